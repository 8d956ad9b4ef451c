import ATProtocol
import BridgeCore
import BridgeTestKit
import LinuxIO
import ModemCore
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// What becomes of messages that come in over the stream.
@Suite struct CarrierInboundTests {
    @Test(arguments: [1...1460, 1...3])
    func twoThousandOfAllByteValuesComeInOrder(_ pieces: ClosedRange<Int>) throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
        }
        harness.line.pieces = pieces
        try harness.up(broker.port)
        let onlooker = try Onlooker(harness.loop, port: broker.port)
        func payload(_ number: Int) -> [UInt8] {
            bytes("\(number) ") + (0..<(number % 40)).map { UInt8(truncatingIfNeeded: number * 40 + $0) }
        }
        onlooker.publishAll("down/x", count: 2000, payload: payload)
        harness.run(limit: .seconds(60)) { harness.received.count >= 2000 }
        let isSame = harness.received.map(\.payload) == (0..<2000).map(payload)
        #expect(isSame)
        let areForAll = harness.audiences.allSatisfy { $0 == .everybody }
        #expect(areForAll)
        #expect(harness.failures.isEmpty)
    }

    @Test func behindAClosedGateNothingIsAcknowledged() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
        }
        harness.onBatchEnd = { [unowned harness] in harness.carrier.setGate(open: false) }
        try harness.up(broker.port)
        let onlooker = try Onlooker(harness.loop, port: broker.port)
        onlooker.publishAll("down/x", count: 50) { [UInt8($0)] }
        // Only what was read at once: no more comes through a closed gate, and never more than the broker may send.
        harness.run { !harness.received.isEmpty }
        harness.turns(300)
        let count = harness.received.count
        #expect(count <= 20)
        #expect(!harness.carrier.canPublish)
        harness.cut()
        let first = harness.received.map(\.payload)
        harness.received = []
        harness.onBatchEnd = {}
        try harness.up(broker.port)
        harness.run { harness.received.count == 50 }
        #expect(first == (0..<count).map { [UInt8($0)] })
        #expect(harness.received.map(\.payload) == (0..<50).map { [UInt8($0)] })
    }

    @Test func aGateThatOpensLetsTheRestCome() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
        }
        harness.onBatchEnd = { [unowned harness] in
            harness.carrier.setGate(open: false)
            harness.loop.schedule(after: .milliseconds(3)) { harness.carrier.setGate(open: true) }
        }
        try harness.up(broker.port)
        let onlooker = try Onlooker(harness.loop, port: broker.port)
        onlooker.publishAll("down/x", count: 200) { [UInt8($0)] }
        harness.run { harness.received.count == 200 }
        #expect(harness.received.map(\.payload) == (0..<200).map { [UInt8($0)] })
        harness.run { harness.carrier.canPublish }
        harness.publish(1)
        harness.run { harness.acknowledged == [1] }
    }

    @Test func overlappingFiltersBringOneCopy() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["a/+/c", "a/b/#"])
        }
        try harness.up(broker.port)
        let onlooker = try Onlooker(harness.loop, port: broker.port)
        for number in 0..<20 { try onlooker.publish("a/b/c", [UInt8(number)]) }
        try onlooker.publish("a/x/c", [100])
        try onlooker.publish("a/b/d", [101])
        harness.run { harness.received.contains { $0.payload == [101] } }
        #expect(harness.received.map(\.payload) == (0..<20).map { [$0] } + [[100], [101]])
    }

    @Test func guestsHaveCopiesOfTheirOwn() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
        }
        try harness.up(broker.port)
        let onlooker = try Onlooker(harness.loop, port: broker.port)
        var answers: [GuestSubscription] = []
        for filter in ["down/x", "down/+", "other/#"] {
            harness.carrier.subscribe(try TopicFilter(bytes(filter)), qos: 1) { answers.append($0) }
        }
        harness.run { answers == [.granted, .granted, .granted] }
        try onlooker.publish("down/x", [1])
        try onlooker.publish("other/x", [2])
        try onlooker.publish("down/y/z", [3])
        harness.run { harness.received.contains { $0.payload == [3] } }
        func audience(_ payload: UInt8) -> [Audience] {
            zip(harness.received, harness.audiences).filter { $0.0.payload == [payload] }.map(\.1)
        }
        #expect(audience(1).sorted { "\($0)" < "\($1)" } == [.guests, .routes])
        #expect(audience(2) == [.guests])
        #expect(audience(3) == [.everybody])
        var gone: [Bool] = []
        harness.carrier.unsubscribe(bytes("other/#")) { gone.append($0) }
        #expect(gone.isEmpty, "not before the broker's answer")
        harness.run { gone == [true] }
        // A route's own filter is neither asked for again nor dropped for a guest.
        harness.carrier.subscribe(try TopicFilter(bytes("down/#")), qos: 1) { answers.append($0) }
        harness.carrier.unsubscribe(bytes("down/#")) { gone.append($0) }
        harness.run { answers.count == 4 && gone == [true, true] }
        try onlooker.publish("other/x", [4])
        try onlooker.publish("down/y/z", [5])
        harness.run { harness.received.contains { $0.payload == [5] } }
        #expect(audience(4).isEmpty)
    }

    @Test func leftoverGuestsTakeNothingFromTheRoutes() throws {
        let broker = try BrokerProcess()
        let first = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
        }
        try first.up(broker.port)
        var isGranted = false
        first.carrier.subscribe(try TopicFilter(bytes("down/x")), qos: 1) { isGranted = $0 == .granted }
        first.run { isGranted }
        first.cut()
        // Another process: it knows nothing of that one's guest.
        let second = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
            $0.staleFilters = [bytes("old/#")]
        }
        try second.up(broker.port)
        second.run { second.unsubscribed == ["old/#"] }
        let onlooker = try Onlooker(second.loop, port: broker.port)
        try onlooker.publish("down/x", [1])
        try onlooker.publish("down/y", [2])
        second.run { second.received.contains { $0.payload == [2] } }
        let ones = zip(second.received, second.audiences).filter { $0.0.payload == [1] }.map(\.1)
        #expect(ones.count { $0 != .guests } == 1)
        #expect(second.received.count { $0.payload == [2] } == 1)
    }

    /// What a broker still sends to a guest of an earlier process, whose filter was dropped meanwhile, is no message for a
    /// guest of this one with the same filter.
    @Test func aGuestGetsNothingOfAnEarlierProcess() throws {
        var identifiers: [[UInt8]] = []
        for process in [1, 2] as [UInt64] {
            let harness = try CarrierHarness {
                $0.seed = process << 32
            } values: {
                $0.take(["down/#"])
            }
            let broker = try ScriptedBroker(harness.loop)
            try harness.up(broker.port)
            var isGranted = false
            harness.carrier.subscribe(try TopicFilter(bytes("left/#")), qos: 1) { isGranted = $0 == .granted }
            harness.run { isGranted }
            let body = try #require(broker.packets.last { $0.kind == 8 }).body
            identifiers.append(Array(body[3..<(3 + Int(body[2]))]))
            for (number, properties) in identifiers.enumerated() {
                let message =
                    [0, 6] + bytes("left/x") + [0, 9, UInt8(properties.count)] + properties + [UInt8(number)]
                broker.send([0x32, UInt8(message.count)] + message)
            }
            harness.run { broker.count(4) == identifiers.count }
            #expect(harness.received.map(\.payload) == [[UInt8(identifiers.count - 1)]])
            #expect(harness.audiences == [.guests])
        }
        #expect(identifiers[0] != identifiers[1])
    }

    /// Another broker's way: one message with all identifiers, which libmosquitto does not read.
    @Test func oneCopyForSeveralSubscriptionsIsTakenInTheEnd() throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["a/+", "a/b"])
        }
        let broker = try ScriptedBroker(harness.loop)
        func send(_ properties: [UInt8]) {
            let body = [0, 3] + bytes("a/b") + [0, 9, UInt8(properties.count)] + properties + [1]
            broker.send([0x32, UInt8(body.count)] + body)
        }
        func hasIdentifier() -> [Bool] { broker.packets.suffix(2).map { $0.body[2] > 0 } }
        for expected in [[true, true], [false, false]] {
            try harness.up(broker.port)
            #expect(hasIdentifier() == expected)
            let failures = harness.failures.count
            send([0x0B, 1, 0x0B, 2])
            harness.run { harness.failures.count > failures }
            #expect(harness.received.isEmpty)
        }
        #expect(harness.carrier.isOldProtocol)
        #expect("\(harness.failures)".contains("no subscription identifiers are"))
        #expect("\(harness.failures)".contains("3.1.1 is"))
    }

    @Test func retainedMessagesComeWithANewSubscription() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["kept/#"])
        }
        let onlooker = try Onlooker(harness.loop, port: broker.port)
        for number in 0..<30 { try onlooker.publish("kept/\(number)", [UInt8(number)], retain: true) }
        try harness.up(broker.port)
        harness.run { harness.received.count == 30 }
        harness.cut()
        try harness.up(broker.port)
        try onlooker.publish("kept/last", [99])
        harness.run { harness.received.contains { $0.payload == [99] } }
        // An old subscription does not bring them again.
        #expect(harness.received.count == 31)
    }

    @Test func nothingComesAfterTheConnectionIsGone() throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["a"])
        }
        let broker = try ScriptedBroker(harness.loop)
        broker.granted = nil
        try harness.open(broker.port)
        harness.run { broker.count(8) == 1 }
        // A refused SUBACK ends it; the messages behind it are in the same batch.
        let message: [UInt8] = [0x32, 7, 0, 1, 0x61, 0, 9, 0, 1]
        harness.line.pieces = 1000...1000
        harness.onBatchEnd = { [unowned harness] in harness.carrier.setGate(open: false) }
        broker.send([0x90, 4] + (broker.packets.last?.id ?? []) + [0, 0x87] + message + message)
        harness.run { !harness.failures.isEmpty }
        harness.turns(20)
        #expect(harness.received.isEmpty)
        #expect(harness.batches == 0)
        #expect(harness.carrier.isGateOpen)
    }
}
