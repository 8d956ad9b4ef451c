import LinuxIO
import MosquittoClient
import Testing

/// The order the whole service rests on: read, commit, acknowledge.
@Suite struct AcknowledgeOrderTests {
    private func greeted(_ broker: FakeBroker) {
        broker.onPacket = { broker, packet in
            if packet[0] == 0x10 { broker.send([0x20, 3, 0, 0, 0]) }
        }
    }

    @Test func noPubackIsWrittenBeforeTheOwnerReleasesTheBatch() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        greeted(broker)
        let driven = try Driven(loop, .local(broker.port, "order"))
        driven.onFirstMessage = { driven.client.mayWrite = false }
        _ = try driven.connected()
        for id in 1...10 as ClosedRange<UInt8> { broker.sendMessage(id) }
        loop.run { driven.messages.count == 10 }
        // Whatever else wants to be written has to wait as well, and goes out behind the acknowledgements.
        let mid = try driven.client.publish(topic: [0x75], payload: [], qos: 0, retain: false)
        broker.sendMessage(11)
        loop.run { driven.messages.count == 11 }
        #expect(broker.count(0x40) == 0)
        #expect(broker.count(0x30) == 0)
        driven.client.mayWrite = true
        loop.run { driven.reasonCode(mid) == 0 && broker.count(0x40) == 11 }
        let types = broker.packets.map { $0[0] & 0xF0 }
        #expect(Array(types.prefix(11)) == [0x10] + [UInt8](repeating: 0x40, count: 10))
    }

    @Test func theBatchEndComesBeforeThePubacksWhenNobodyHoldsThem() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        greeted(broker)
        let driven = try Driven(loop, .local(broker.port, "order"))
        var acknowledgedAtBatchEnd: [Int] = []
        driven.onBatch = { acknowledgedAtBatchEnd.append(broker.count(0x40)) }
        _ = try driven.connected()
        for id in 1...10 as ClosedRange<UInt8> { broker.sendMessage(id) }
        loop.run { broker.count(0x40) == 10 }
        #expect(acknowledgedAtBatchEnd.first == 0)
        #expect(driven.batches.reduce(0, +) == 10)
    }

    @Test func aHeldBatchIsNotAcknowledgedByDisconnect() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        greeted(broker)
        let driven = try Driven(loop, .local(broker.port, "order"))
        driven.onFirstMessage = { driven.client.mayWrite = false }
        _ = try driven.connected()
        broker.sendMessage(1)
        loop.run { driven.messages.count == 1 }
        driven.client.disconnect()
        loop.run { driven.farewells.count == 1 }
        #expect(broker.packets.map { $0[0] & 0xF0 } == [0x10])
        #expect(driven.farewells == ["dropped on request"])
    }

    @Test func disconnectInsideAMessageEventAcknowledgesNothing() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        greeted(broker)
        let driven = try Driven(loop, .local(broker.port, "order"))
        driven.onFirstMessage = { driven.client.disconnect() }
        _ = try driven.connected()
        broker.sendMessage(1)
        loop.run { driven.farewells.count == 1 }
        #expect(broker.packets.map { $0[0] & 0xF0 } == [0x10])
        #expect(driven.batches.isEmpty)
    }

    @Test(arguments: [MosquittoClient.ProtocolVersion.v5, .v311])
    func whatWasNotReleasedComesAgainAndWhatWasDoesNot(_ version: MosquittoClient.ProtocolVersion) throws {
        let broker = try TestBroker()
        defer { broker.stop() }
        let loop = try EventLoop()
        var options = MosquittoClient.Options.local(broker.port, "held")
        options.protocolVersion = version
        let driven = try Driven(loop, options)
        #expect(try driven.connected() == false)
        #expect(try driven.subscribe("in/#") == [1])
        let publisher = try Driven(loop, .local(broker.port, "publisher", clean: true))
        _ = try publisher.connected()
        driven.onFirstMessage = { driven.client.mayWrite = false }
        for number in 1...10 as ClosedRange<UInt8> { try publisher.publish("in/x", [number]) }
        loop.run { driven.messages.count == 10 }
        driven.client.disconnect()
        loop.run { driven.farewells.count == 1 }

        driven.onFirstMessage = {}
        driven.client.mayWrite = true
        #expect(try driven.connected() == true)
        loop.run { driven.messages.count == 10 }
        #expect(driven.messages.map(\.payload) == (1...10).map { [UInt8($0)] })
        driven.client.disconnect()
        loop.run { driven.farewells.count == 1 }
        #expect(driven.farewells == ["closed on request"])

        #expect(try driven.connected() == true)
        try publisher.publish("in/x", [99])
        loop.run { !driven.messages.isEmpty }
        #expect(driven.messages.map(\.payload) == [[99]])
    }

    @Test func nothingIsReadWhileMayReadIsFalse() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        greeted(broker)
        let driven = try Driven(loop, .local(broker.port, "gate"))
        _ = try driven.connected()
        driven.client.mayRead = false
        broker.sendMessage(1)
        // Written after the message was sent, seen by the broker: the client's socket has been served meanwhile.
        _ = try driven.client.publish(topic: [0x75], payload: [], qos: 0, retain: false)
        loop.run { broker.count(0x30) == 1 }
        #expect(driven.messages.isEmpty)
        driven.client.mayRead = true
        loop.run { driven.messages.count == 1 }
    }

    @Test func batchesAreBounded() throws {
        let broker = try TestBroker("allow_anonymous true\nmax_inflight_messages 1000")
        defer { broker.stop() }
        let loop = try EventLoop()
        var options = MosquittoClient.Options.local(broker.port, "bounded")
        options.receiveMaximum = 1000
        let driven = try Driven(loop, options)
        _ = try driven.connected()
        _ = try driven.subscribe("in")
        driven.client.mayRead = false
        let publisher = try Driven(loop, .local(broker.port, "publisher", clean: true))
        _ = try publisher.connected()
        for _ in 0..<20 {
            let mids = try (0..<20).map { _ in
                try publisher.client.publish(topic: [0x69, 0x6E], payload: [1], qos: 1, retain: false)
            }
            loop.run { mids.allSatisfy { publisher.reasonCode($0) != nil } }
            publisher.events = []
        }
        driven.client.mayRead = true
        loop.run { driven.messages.count == 400 }
        #expect(driven.batches.max() == 20)
    }
}
