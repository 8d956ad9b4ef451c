import ATProtocol
import BridgeTestKit
import LinuxIO
import ModemCore
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// What waits is bounded, whatever either side does.
@Suite struct CarrierBoundsTests {
    /// One read and one TLS record on top of the limit.
    private static let most = SocketCarrier.outgoingLimit + 4096 + 256

    @Test func largeMessagesDoNotPileUpWhileTheModuleTakesNothing() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness()
        let onlooker = try Onlooker(harness.loop, port: broker.port, ["up/#"])
        try harness.up(broker.port)
        harness.line.takes = false
        let payload = (0..<200_000).map { UInt8($0 % 256) }
        var next: Int64 = 1
        while harness.carrier.canPublish {
            harness.publish(next, "up/t", payload)
            next += 1
        }
        #expect(next == 2, "one is over the bytes that may be under way")
        harness.run { harness.carrier.waitingBytes >= SocketCarrier.outgoingLimit }
        let before = (harness.carrier.waitingBytes, harness.carrier.plainRead)
        harness.turns(500)
        #expect(harness.carrier.waitingBytes == before.0)
        #expect(harness.carrier.plainRead == before.1)
        #expect(harness.carrier.client?.stream.mayRead == false)
        harness.line.takes = true
        harness.run(limit: .seconds(60)) {
            while next <= 100, harness.carrier.canPublish {
                harness.publish(next, "up/t", payload)
                next += 1
            }
            return harness.acknowledged.count == 100
        }
        #expect(harness.mostWaiting <= Self.most)
        harness.run { onlooker.messages.count == 100 }
        let areSame = onlooker.messages.allSatisfy { $0.payload == payload }
        #expect(areSame)
    }

    @Test func nothingIsAskedOfTheModuleWhileTheClientTakesNothing() throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
        }
        let broker = try ScriptedBroker(harness.loop)
        try harness.up(broker.port)
        harness.line.pieces = 1460...1460
        // A broker that floods: QoS 0 messages nobody can refuse.
        harness.carrier.client?.broker.mayRead = false
        let message: [UInt8] =
            [0x30, 0x8C, 0x08] + [0, 6] + bytes("down/x") + [0] + [UInt8](repeating: 7, count: 1027)
        var sent = 0
        for _ in 0..<2000 {
            broker.send(message)
            sent += 1
        }
        harness.run { !harness.carrier.mayReceive }
        harness.turns(300)
        let pending = try #require(harness.carrier.client?.stream.pendingBytes)
        #expect(pending >= SocketCarrier.incomingLimit && pending < SocketCarrier.incomingLimit + 1460)
        #expect(harness.received.isEmpty)
        harness.carrier.client?.broker.mayRead = true
        harness.run { harness.received.count == sent }
        #expect(harness.failures.isEmpty)
    }

    @Test func amodulesFloodEndsTheConnection() throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
        }
        let broker = try ScriptedBroker(harness.loop)
        try harness.up(broker.port)
        harness.line.pushes = true
        harness.carrier.client?.broker.mayRead = false
        let message: [UInt8] =
            [0x30, 0x8C, 0x08] + [0, 6] + bytes("down/x") + [0] + [UInt8](repeating: 7, count: 1027)
        for _ in 0..<2000 { broker.send(message) }
        harness.run { !harness.failures.isEmpty }
        guard case .broken = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
        #expect(harness.failures.count == 1)
    }

    @Test(arguments: 0..<20)
    func rubbishEndsTheSessionAndNothingElse(_ seed: UInt64) throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
        }
        let broker = try ScriptedBroker(harness.loop)
        try harness.up(broker.port)
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        let rubbish = (0..<4000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 40)
        }
        // A PUBLISH that is damaged, then anything.
        broker.send([0x32, 7, 0, 1, 0x61, 0, 9, UInt8(seed), 1] + rubbish)
        broker.hangUp()
        harness.run { !harness.isOpen }
        #expect(harness.failures.count == 1)
        // The next one finds no trace of it.
        try harness.up(broker.port)
        harness.publish(1)
        harness.run { harness.acknowledged == [1] }
    }
}
