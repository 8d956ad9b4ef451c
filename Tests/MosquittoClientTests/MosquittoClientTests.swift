import LinuxIO
import MosquittoClient
import Testing

/// Against a real mosquitto.
@Suite struct MosquittoClientTests {
    typealias Subscription = MosquittoClient.SubscribeOptions

    @Test func theSubscriptionOptionsOfMQTT5Hold() throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, .local(broker.port, "bridge"))
        let other = try Driven(loop, .local(broker.port, "other", clean: true))
        _ = try driven.connected()
        _ = try other.connected()
        try other.publish("t/kept", [1], retain: true)
        let options = Subscription(noLocal: true, retainAsPublished: true, retainHandling: 1)
        #expect(try driven.subscribe("t/#", options: options) == [1])
        // Our own is not sent back, the other's arrives with the flag it was published with.
        try driven.publish("t/own", [2])
        try other.publish("t/new", [3], retain: true)
        try other.publish("t/new", [4])
        loop.run { driven.messages.count >= 3 }
        #expect(driven.messages.map(\.payload) == [[1], [3], [4]])
        #expect(driven.messages.map(\.retain) == [true, true, false])
        // Retain handling 1: a subscription that exists already brings no retained message again.
        driven.events = []
        #expect(try driven.subscribe("t/#", options: options) == [1])
        try other.publish("t/last", [5])
        loop.run { !driven.messages.isEmpty }
        #expect(driven.messages.map(\.payload) == [[5]])
    }

    @Test func withoutOptionsOurOwnComesBackAndTheRetainFlagIsLost() throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, .local(broker.port, "plain", clean: true))
        _ = try driven.connected()
        _ = try driven.subscribe("t")
        try driven.publish("t", [1], retain: true)
        loop.run { driven.messages.count == 1 }
        #expect(driven.messages.map(\.retain) == [false])
    }

    @Test func aMessageOverThePacketSizeIsDroppedByTheBrokerAndTheNextComes() throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        var options = MosquittoClient.Options.local(broker.port, "bounded")
        options.maximumPacketSize = 1 << 20
        let driven = try Driven(loop, options)
        let other = try Driven(loop, .local(broker.port, "other", clean: true))
        _ = try driven.connected()
        _ = try other.connected()
        _ = try driven.subscribe("t")
        try other.publish("t", [UInt8](repeating: 7, count: (1 << 20) + 1))
        try other.publish("t", [1])
        loop.run { !driven.messages.isEmpty }
        #expect(driven.messages.map(\.payload.count) == [1])
        #expect(driven.client.isConnected && driven.farewells.isEmpty)
    }

    @Test func unsubscribingEndsTheMessages() throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, .local(broker.port, "plain", clean: true))
        _ = try driven.connected()
        _ = try driven.subscribe("t")
        let mid = try driven.client.unsubscribe("t")
        loop.run { driven.events.contains(.unsubscribed(mid: mid)) }
        #expect(try driven.publish("t") == 16)
        #expect(driven.messages.isEmpty)
    }

    @Test(arguments: [0, 1, 2])
    func aPublishEndsWithTheBrokersReason(_ qos: Int) throws {
        let broker = try TestBroker(
            "allow_anonymous true\nacl_file @/acl", files: ["acl": "topic readwrite open/#\n"])
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, .local(broker.port, "publisher", clean: true))
        _ = try driven.connected()
        let nobody = try driven.publish("open/a", qos: qos)
        _ = try driven.subscribe("open/#", qos: 2)
        let heard = try driven.publish("open/a", qos: qos)
        // PUBCOMP carries no "no subscribers"; QoS 0 carries nothing at all.
        #expect(nobody == [0, 16, 0][qos])
        #expect(heard == 0)
        loop.run { driven.messages.count == 1 }
        // Mosquitto 2.0.11 closes the connection right after it has denied a publish, so this comes last.
        #expect(try driven.publish("closed/a", qos: qos) == [0, 135, 135][qos])
        #expect(driven.messages.first?.qos == qos)
    }

    @Test func payloadsCrossUnchanged() throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, .local(broker.port, "both", clean: true))
        _ = try driven.connected()
        _ = try driven.subscribe("t/#")
        let everyByte = (0...255).map { UInt8($0) }
        let large = (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let payloads = [everyByte, [], large, [0], Array("höhe".utf8)]
        for payload in payloads { #expect(try driven.publish("t/ü x", payload) == 0) }
        loop.run { driven.messages.count == payloads.count }
        #expect(driven.messages.map(\.payload) == payloads)
        #expect(driven.messages.allSatisfy { $0.topic == Array("t/ü x".utf8) && $0.qos == 1 })
    }

    @Test func aRestartedBrokerIsFoundAgainWithTheSession() throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, .local(broker.port, "bridge"))
        #expect(try driven.connected() == false)
        _ = try driven.subscribe("t")
        broker.stop()
        loop.run { driven.farewells.count == 1 }
        #expect(!driven.client.isConnected)
        #expect(throws: MosquittoError.self) {
            try driven.client.publish(topic: [0x74], payload: [], qos: 1, retain: false)
        }
        driven.client.connect()
        loop.run { driven.farewells.count == 2 }
        #expect(driven.farewells.last?.hasSuffix("Connection refused") == true)
        try broker.start()
        #expect(try driven.connected() == true)
        #expect(try driven.publish("t") == 0)
        loop.run { driven.messages.count == 1 }
    }

    @Test func anUnacknowledgedPublishIsNotSentAgainByItself() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        broker.onPacket = { broker, packet in
            if packet[0] == 0x10 { broker.send([0x20, 3, 0, 0, 0]) }
        }
        let driven = try Driven(loop, .local(broker.port, "once"))
        _ = try driven.connected()
        _ = try driven.client.publish(topic: [0x74], payload: [7], qos: 1, retain: false)
        loop.run { broker.count(0x30) == 1 }
        broker.reset()
        loop.run { driven.farewells.count == 1 }
        _ = try driven.connected()
        let mid = try driven.client.publish(topic: [0x75], payload: [8], qos: 0, retain: false)
        loop.run { driven.reasonCode(mid) == 0 && broker.count(0x30) == 2 }
        #expect(broker.packets.last?.contains(8) == true)
    }

    @Test func userNameAndPasswordAreChecked() throws {
        let folder = try makeFolder()
        try runTool("/usr/bin/mosquitto_passwd", ["-c", "-b", folder + "/passwords", "bridge", "secret word"])
        let broker = try TestBroker("allow_anonymous false\npassword_file @/passwords", folder: folder)
        defer { broker.stop() }
        let loop = try EventLoop()
        var options = MosquittoClient.Options.local(broker.port, "user", clean: true)
        options.username = "bridge"
        options.password = Array("secret word".utf8)
        #expect(try Driven(loop, options).connected() == false)
        options.password = Array("wrong".utf8)
        for (version, code) in [(MosquittoClient.ProtocolVersion.v5, Int32(135)), (.v311, 5)] {
            options.protocolVersion = version
            let refused = try Driven(loop, options)
            refused.client.connect()
            loop.run { !refused.events.isEmpty }
            #expect(refused.refusal == code)
            #expect(refused.events.count == 1)
        }
    }

    @Test func theWillIsPublishedWhenTheConnectionIsDroppedAndNotOnDisconnect() throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let watcher = try Driven(loop, .local(broker.port, "watcher", clean: true))
        _ = try watcher.connected()
        _ = try watcher.subscribe("#", qos: 2)
        var options = MosquittoClient.Options.local(broker.port, "mortal", clean: true)
        options.will = .init(topic: Array("gone".utf8), payload: [0, 255], qos: 1, retain: true)
        let driven = try Driven(loop, options)
        _ = try driven.connected()
        driven.client.disconnect()
        loop.run { driven.farewells.count == 1 }
        _ = try driven.connected()
        driven.client.mayWrite = false
        driven.client.disconnect()
        loop.run { driven.farewells == ["dropped on request"] && !watcher.messages.isEmpty }
        #expect(watcher.messages == [.init(topic: Array("gone".utf8), payload: [0, 255], qos: 1, retain: false)])
    }

    @Test func whatCannotBeSentIsRefusedAtOnce() throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, .local(broker.port, "strict", clean: true))
        _ = try driven.connected()
        for topic in [[], Array("a/#".utf8), [0x61, 0, 0x62], [0xFF, 0xFE]] as [[UInt8]] {
            #expect(throws: MosquittoError.self, "\(topic)") {
                try driven.client.publish(topic: topic, payload: [], qos: 1, retain: false)
            }
        }
        #expect(throws: MosquittoError.self) { try driven.client.subscribe("a/#/b", qos: 1) }
        #expect(throws: MosquittoError.self) { try driven.client.subscribe("a", qos: 3) }
        #expect(try driven.publish("fine") == 16)
    }

    @Test func localhostReachesABrokerThatListensOnIPv4Only() throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        var options = MosquittoClient.Options.local(broker.port, "named", clean: true)
        options.host = "localhost"
        #expect(try Driven(loop, options).connected() == false)
    }

    @Test(arguments: [
        ("", 60), ("id", 4), ("id", 65536), ("id", -1),
    ])
    func optionsTheLibraryDoesNotTakeAreRefused(_ id: String, _ keepalive: Int) throws {
        let loop = try EventLoop()
        var options = MosquittoClient.Options.local(1883, id)
        options.keepalive = keepalive
        #expect(throws: MosquittoError.self) { try MosquittoClient(options, loop: loop) { _ in } }
    }
}
