import BridgeCore
import BridgeTestKit
import Testing

@testable import BridgeRuntime

/// From the module to the local broker.
@Suite struct InboundTests {
    @Test func atMostTwentyAreUnderWayAndAllComeAgainAfterAReconnect() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.answersPublishes = false
        for number in 0..<50 {
            rig.port.deliver("commands/x", bytes("command \(number)"))
            rig.clock.advance(by: .milliseconds(5))
        }
        rig.clock.advance(by: .seconds(1))
        #expect(rig.broker.received.count == 20)
        rig.broker.answer(5)
        rig.clock.advance(by: .seconds(1))
        #expect(rig.broker.received.count == 25)
        rig.broker.drop()
        rig.broker.answersPublishes = true
        rig.run { rig.store.inbox.isEmpty }
        let order = (0..<25).map { "command \($0)" } + (5..<50).map { "command \($0)" }
        #expect(rig.broker.received.map { String(decoding: $0.payload, as: UTF8.self) } == order)
        #expect(rig.dispatcher.counters.inRetried == 20)
        #expect(rig.dispatcher.counters.inDelivered == 50)
        #expect(rig.dispatcher.locallyPublished.isEmpty)
    }

    @Test func whatTheLocalBrokerAcknowledgesAtOnceIsNeverWritten() throws {
        let rig = Rig()
        try rig.online()
        rig.store.isStopped = true
        for number in 0..<30 { rig.port.deliver("commands/x", bytes("\(number)")) }
        rig.run { rig.broker.received.count == 30 }
        rig.store.isStopped = false
        rig.store.answer()
        rig.clock.advance(by: .seconds(10))
        #expect(rig.store.batches.allSatisfy { $0.appendIn.isEmpty })
        #expect(rig.dispatcher.counters.inDelivered == 30)
        #expect(rig.dispatcher.unstoredBytes == 0 && rig.dispatcher.arrivals.isEmpty)
    }

    @Test func itIsOnDiskUntilItIsAcknowledged() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.answersPublishes = false
        rig.port.deliver("commands/x", bytes("1"))
        rig.run { rig.broker.received.count == 1 }
        rig.clock.advance(by: .milliseconds(199))
        #expect(rig.store.inbox.count == 1)
        rig.clock.advance(by: .seconds(10))
        #expect(rig.store.inbox.count == 1)
        rig.broker.answersPublishes = true
        try rig.restart()
        rig.run { rig.store.inbox.isEmpty }
        #expect(rig.broker.received.count == 2)
    }

    @Test func itIsOnDiskWithin200MillisecondsOfItsLastByte() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.answersPublishes = false
        for number in 0..<30 { rig.port.deliver("commands/x", bytes("\(number)")) }
        rig.clock.advance(by: .milliseconds(199))
        #expect(rig.store.inbox.count == 30)
    }

    @Test func theRouteSaysQoSAndRetain() throws {
        let rig = Rig([
            Route(direction: .in, topic: bytes("a"), qos: 2, retain: .keep),
            Route(direction: .in, topic: bytes("b"), localPrefix: bytes("from/"), qos: 0),
        ])
        try rig.online()
        rig.port.deliver("a", bytes("1"))
        rig.run { rig.broker.received.count == 1 }
        rig.port.deliver("b", bytes("2"))
        rig.run { rig.broker.received.count == 2 }
        #expect(rig.broker.received.map(\.qos) == [2, 0])
        #expect(rig.broker.received.map(\.retain) == [true, false])
        #expect(rig.broker.received.map(\.topic) == [bytes("a"), bytes("from/b")])
    }

    @Test func whatBothRepeatsAfterTheSubscriptionIsDropped() throws {
        let rig = Rig([Route(direction: .both, topic: bytes("shared/#"))])
        try rig.online()
        rig.port.deliver("shared/a", bytes("retained"))
        rig.run { rig.broker.received.count == 1 }
        // The session breaks, and the remote broker repeats its retained message behind the SUBACK.
        rig.port.say(["+PDP: DEACT"])
        rig.run { !rig.module.isOnline }
        rig.run { rig.module.isOnline }
        rig.port.deliver("shared/a", bytes("retained"))
        rig.clock.advance(by: .seconds(1))
        #expect(rig.broker.received.count == 1)
        #expect(rig.dispatcher.counters.repeatsDropped == 1)
        rig.clock.advance(by: .seconds(10))
        rig.port.deliver("shared/a", bytes("retained"))
        rig.run { rig.broker.received.count == 2 }
    }

    @Test func ownEchoIsDroppedOnceBetweenBreaks() throws {
        let rig = Rig([Route(direction: .both, topic: bytes("shared/#"))])
        try rig.online()
        rig.clock.advance(by: .seconds(20))
        rig.broker.publish("shared/a", bytes("mine"))
        rig.run { rig.port.publishes.count == 1 }
        rig.clock.advance(by: .milliseconds(50))
        for _ in 0..<2 { rig.port.deliver("shared/a", bytes("mine")) }
        rig.clock.advance(by: .seconds(1))
        #expect(rig.dispatcher.counters.echoesDropped == 1)
        #expect(rig.broker.received.map(\.payload) == [bytes("mine")])
    }

    @Test func aMessageNoRouteTakesIsCountedAndSaid() throws {
        let rig = Rig()
        try rig.online()
        rig.port.say(["+MSUB: \"commands/x\",9 byte,short"])
        rig.port.deliver("elsewhere", bytes("1"))
        rig.clock.advance(by: .seconds(2))
        #expect(rig.broker.received.isEmpty)
        #expect(rig.dispatcher.counters.inUnframed >= 1)
    }
}
