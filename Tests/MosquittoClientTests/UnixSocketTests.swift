import LinuxIO
import MosquittoClient
import Testing

/// The remote side of the socket link: MQTT 5 through a unix socket, with a real broker behind it.
@Suite struct UnixSocketTests {
    /// A broker that listens on a socket in its folder, with these lines for that listener.
    private func broker(_ lines: String = "", general: String = "", files: [String: String] = [:]) throws -> TestBroker
    {
        let text = """
            \(general.contains("allow_anonymous") ? "" : "allow_anonymous true")
            \(general)
            listener 0 @/socket
            \(lines)
            """
        return try TestBroker(text, files: files)
    }

    private func options(_ broker: TestBroker, _ id: String, window: Int? = 20) -> MosquittoClient.Options {
        var options = MosquittoClient.Options.local(0, id)
        options.host = broker.folder + "/socket"
        options.window = window
        return options
    }

    @Test func theLimitsOfTheConnackAreTold() throws {
        let broker = try broker(
            "max_qos 1",
            general: "max_inflight_messages 7\nmax_packet_size 5000\nmax_keepalive 50\nretain_available false")
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, options(broker, "limits"))
        #expect(driven.client.freeWindow == 0)
        _ = try driven.connected()
        var expected = MosquittoClient.Limits()
        expected.receiveMaximum = 7
        expected.maximumQoS = 1
        expected.retainAvailable = false
        expected.maximumPacketSize = 5000
        expected.serverKeepalive = 50
        #expect(driven.client.limits == expected)
        #expect(driven.client.window == 7 && driven.client.freeWindow == 7)
        let larger = #expect(throws: MosquittoError.self) {
            try driven.publish("t", [UInt8](repeating: 1, count: 5000))
        }
        #expect(larger?.code == .tooLarge)
        let higher = #expect(throws: MosquittoError.self) { try driven.publish("t", qos: 2) }
        #expect(higher?.code == .qosNotSupported)
        #expect(driven.client.freeWindow == 7)
        #expect(try driven.publish("t") == 16)
    }

    @Test func withoutAWordOfTheBrokerTheDefaultsHold() throws {
        let broker = try broker(general: "max_inflight_messages 0")
        defer { broker.stop() }
        let driven = try Driven(EventLoop(), options(broker, "plain", window: 100))
        _ = try driven.connected()
        #expect(driven.client.limits == MosquittoClient.Limits())
        #expect(driven.client.window == 100)
    }

    @Test func theWindowIsKeptFilledAndNeverOverrun() throws {
        let broker = try broker(general: "max_inflight_messages 100")
        defer { broker.stop() }
        let loop = try EventLoop()
        let driven = try Driven(loop, options(broker, "window", window: 50))
        _ = try driven.connected()
        _ = try driven.subscribe("t")
        var sent = 0
        func fill() {
            while sent < 2000, driven.client.freeWindow > 0 {
                let payload = [UInt8(sent >> 8), UInt8(sent & 0xFF)]
                _ = try? driven.client.publish(topic: [0x74], payload: payload, qos: 1, retain: false)
                sent += 1
            }
        }
        driven.onEvent = { if case .published = $0 { fill() } }
        fill()
        #expect(sent == 50)
        loop.run { driven.messages.count == 2000 }
        let inOrder = driven.messages.map(\.payload) == (0..<2000).map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(inOrder)
    }

    @Test func aRefusedPublishIsToldWithItsReason() throws {
        let broker = try broker(
            general: "acl_file @/acl", files: ["acl": "topic readwrite yes/#\n"])
        defer { broker.stop() }
        let driven = try Driven(EventLoop(), options(broker, "acl"))
        _ = try driven.connected()
        #expect(try driven.publish("yes/1") == 16)
        #expect(try driven.publish("no/1") == 135)
        #expect(MosquittoClient.reasonText(135) == "Not authorized (the broker's access list forbids it)")
        // The refused one has its place back. (mosquitto 2.0.11 then drops the connection, which later ones do not.)
        #expect(driven.client.freeWindow == (driven.client.isConnected ? 20 : 0))
    }

    @Test func aStrangerIsRefused() throws {
        let broker = try broker(
            general: "allow_anonymous false\npassword_file @/users", files: ["users": "box:$7$101$bm9uZQ==$bm9uZQ==\n"])
        defer { broker.stop() }
        let loop = try EventLoop()
        var options = options(broker, "stranger")
        (options.username, options.password) = ("box", Array("wrong".utf8))
        let driven = try Driven(loop, options)
        driven.client.connect()
        loop.run { driven.refusal != nil }
        #expect(driven.refusal == 135)
    }

    @Test func ownMessagesDoNotComeBackAndTheExpiryIsPassedOn() throws {
        let broker = try broker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let one = try Driven(loop, options(broker, "one"))
        let other = try Driven(loop, options(broker, "other"))
        _ = try one.connected()
        _ = try other.connected()
        #expect(try one.subscribe("t", options: .init(noLocal: true)) == [1])
        #expect(try other.subscribe("t", options: .init(noLocal: true)) == [1])
        let mid = try one.client.publish(topic: [0x74], payload: [1], qos: 1, retain: false, expiry: 3600)
        loop.run { one.reasonCode(mid) == 0 && other.messages.count == 1 }
        #expect(other.messages.first?.expiry.map { 3590...3600 ~= $0 } == true)
        try other.publish("t", [2])
        loop.run { one.messages.count == 1 }
        #expect(one.messages.map(\.payload) == [[2]])
    }

    @Test func aSessionTakenOverEndsThere() throws {
        let broker = try broker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let one = try Driven(loop, options(broker, "same"))
        _ = try one.connected()
        let other = try Driven(loop, options(broker, "same"))
        _ = try other.connected()
        // mosquitto 2.0.11 closes without a DISCONNECT; for one see ConnectTests.
        loop.run { one.farewells.count == 1 }
        #expect(one.client.freeWindow == 0 && other.client.isConnected)
    }

    @Test func theWillKnowsItsExpiry() throws {
        let broker = try broker()
        defer { broker.stop() }
        let loop = try EventLoop()
        let witness = try Driven(loop, options(broker, "witness"))
        _ = try witness.connected()
        _ = try witness.subscribe("will")
        var options = options(broker, "mortal")
        options.will = .init(topic: Array("will".utf8), payload: [7], qos: 1, delay: 0, expiry: 60)
        let mortal = try Driven(loop, options)
        _ = try mortal.connected()
        mortal.client.mayWrite = false
        mortal.client.disconnect()
        loop.run { witness.messages.count == 1 }
        #expect(witness.messages.first?.payload == [7])
        #expect(witness.messages.first?.expiry.map { 50...60 ~= $0 } == true)
    }

    @Test func whatWasNotCommittedComesAgain() throws {
        let broker = try broker(general: "max_inflight_messages 500")
        defer { broker.stop() }
        let loop = try EventLoop()
        var receiving = options(broker, "receiver")
        receiving.receiveMaximum = 500
        let sender = try Driven(loop, options(broker, "sender", window: 200))
        _ = try sender.connected()
        do {
            let driven = try Driven(loop, receiving)
            _ = try driven.connected()
            _ = try driven.subscribe("t")
            driven.client.disconnect()
            loop.run { driven.farewells.count == 1 }
        }
        for number in 0..<300 {
            loop.run { sender.client.freeWindow > 0 }
            _ = try sender.client.publish(topic: [0x74], payload: [UInt8(number & 0xFF)], qos: 1, retain: false)
        }
        loop.run { sender.client.freeWindow == 200 }
        // Killed between the first batch and its commit, while further ones could be read.
        let killed = try Driven(loop, receiving)
        killed.onBatch = { killed.client.mayWrite = false }
        _ = try killed.connected()
        loop.run { killed.messages.count == 300 }
        killed.client.disconnect()
        loop.run { killed.farewells.count == 1 }
        #expect(killed.farewells == ["dropped on request"])
        // Every one of them comes again, in order, and this time is acknowledged.
        let next = try Driven(loop, receiving)
        #expect(try next.connected())
        loop.run { next.messages.count == 300 }
        let same = next.messages.map(\.payload) == (0..<300).map { [UInt8($0 & 0xFF)] }
        #expect(same)
        next.client.disconnect()
        loop.run { next.farewells.count == 1 }
        let last = try Driven(loop, receiving)
        #expect(try last.connected())
        try sender.publish("t", [42])
        loop.run { !last.messages.isEmpty }
        #expect(last.messages.map(\.payload) == [[42]])
    }
}
