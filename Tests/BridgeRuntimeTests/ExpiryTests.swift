import BridgeCore
import BridgeTestKit
import Testing

@testable import BridgeRuntime

/// Messages that are too old when their turn comes are refused: by the route, or by what the publisher asked for.
@Suite struct ExpiryTests {
    private func offline(_ routes: [Route], epoch: Int64 = 1_700_000_000) throws -> Rig {
        let rig = Rig(routes)
        rig.clock.epoch = epoch
        try rig.offline()
        return rig
    }

    private static let times: [(route: Int64?, message: UInt32?, arrives: Bool)] = [
        (60, nil, false), (nil, 60, false), (3600, 60, false), (60, 3600, false), (3600, 7200, true),
    ]

    @Test(arguments: times)
    func theShorterTimeCounts(_ route: Int64?, _ message: UInt32?, _ arrives: Bool) throws {
        let rig = try offline([Route(direction: .out, topic: bytes("a"), expirySeconds: route)])
        rig.broker.publish("a", bytes("x"), expiry: message)
        rig.clock.advance(by: .seconds(90))
        rig.port.isMute = false
        rig.run(.seconds(200)) { rig.dispatcher.counters.outRefused + rig.dispatcher.counters.outAcknowledged == 1 }
        #expect(rig.sent.isEmpty != arrives)
        rig.clock.advance(by: .seconds(3))
        #expect(rig.store.refusals.map(\.code) == (arrives ? [] : ["expired"]))
    }

    @Test func anInboundCommandThatWaitedTooLongIsRefusedNotReplayed() throws {
        let rig = Rig([Route(direction: .in, topic: bytes("commands/#"), expirySeconds: 60)])
        try rig.online()
        rig.broker.isUp = false
        rig.broker.drop()
        rig.port.deliver("commands/x", bytes("old"))
        rig.clock.advance(by: .seconds(50))
        rig.port.deliver("commands/x", bytes("new"))
        rig.clock.advance(by: .seconds(20))
        rig.broker.isUp = true
        rig.run { rig.broker.received.count == 1 }
        #expect(rig.broker.received[0].payload == bytes("new"))
        #expect((35...40).contains(rig.broker.received[0].expiry ?? 0), "what is left is passed on")
        rig.clock.advance(by: .seconds(3))
        #expect(rig.dispatcher.counters.inRefused == 1)
        #expect(rig.store.refusals.map(\.code) == ["expired"])
        rig.clock.advance(by: .seconds(400))
        #expect(rig.ledgerGaps.isEmpty)
    }

    @Test func aClockThatIsSetMakesNothingOld() throws {
        let rig = try offline([Route(direction: .out, topic: bytes("a"), expirySeconds: 600)], epoch: 100)
        rig.broker.publish("a", bytes("x"))
        rig.clock.advance(by: .seconds(90))
        rig.clock.epoch = 1_800_000_000
        rig.port.isMute = false
        rig.run(.seconds(200)) { rig.sent == ["x"] }
        #expect(rig.dispatcher.counters.outRefused == 0)
    }
}
