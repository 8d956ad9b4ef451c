import BridgeCore
import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// From the local broker to the module.
@Suite struct OutboundTests {
    @Test func whatWasInFlightGoesBackToTheHeadInOrder() throws {
        let rig = Rig()
        try rig.online()
        rig.publish(0..<20)
        rig.run { rig.port.publishes.count == 7 }
        // The seventh is with the module and unanswered when the link goes.
        rig.port.say(["+PDP: DEACT"])
        rig.run { rig.sent.count >= 21 }
        rig.run { rig.store.outbox.isEmpty }
        let seventh = rig.numbered(6..<7)[0]
        #expect(rig.sent.count { $0 == seventh } == 2)
        #expect(rig.sent == rig.numbered(0..<7) + rig.numbered(6..<20))
        #expect(rig.dispatcher.counters.breaks == 1)
        #expect(rig.dispatcher.counters.outRetried == 1)
    }

    @Test func anAcknowledgedRowIsNeverSentAgainInTheSameRun() throws {
        let rig = Rig()
        try rig.offline()
        // Removals do not reach the disk; the rows stay there and are loaded around.
        rig.publish(0..<600)
        rig.run { rig.store.outbox.count == 600 }
        rig.port.isMute = false
        rig.run { rig.port.publishes.count == 100 }
        rig.store.commitFailure = "disk full"
        rig.clock.advance(by: .seconds(30))
        #expect(rig.store.outbox.count > 300)
        rig.port.say(["CLOSED"])
        rig.port.status = 0
        rig.clock.advance(by: .seconds(30))
        rig.store.commitFailure = nil
        rig.run(.seconds(120)) { rig.store.outbox.isEmpty }
        #expect(Set(rig.sent).count == 600)
        #expect(rig.sent.count <= 601)
    }

    @Test func removalsAreBatched() throws {
        let rig = Rig()
        rig.port.latency = .microseconds(100)
        rig.port.outcomeDelay = .microseconds(100)
        try rig.offline()
        rig.publish(0..<67)
        rig.run { rig.store.outbox.count == 67 }
        rig.port.isMute = false
        rig.run { rig.store.outbox.count == 3 }
        let began = rig.clock.now
        rig.run { rig.store.outbox.isEmpty }
        #expect(rig.clock.now - began >= .milliseconds(1900))
        #expect(rig.clock.now - began < .milliseconds(2100))
        let removals = rig.store.batches.filter { !$0.removeOut.isEmpty }
        #expect(removals.map(\.removeOut.count) == [64, 3], "64 at once")
    }

    @Test func theEchoIsOnDiskWhenTheRowLeavesIt() throws {
        let rig = Rig([Route(direction: .both, topic: bytes("shared/#"))])
        try rig.offline()
        rig.broker.publish("shared/a", bytes("one"))
        rig.run { rig.store.outbox.count == 1 }
        rig.port.isMute = false
        rig.run { rig.store.outbox.isEmpty }
        let removal = rig.store.batches.firstIndex { !$0.removeOut.isEmpty } ?? -1
        let echo = rig.store.batches.firstIndex { !$0.addEchoes.isEmpty } ?? .max
        #expect(echo <= removal)
        try dropsOneEcho(rig)
    }

    @Test func theEchoOfAHeldMessageIsOnDiskBeforeThatIsAcknowledged() throws {
        let rig = Rig([Route(direction: .both, topic: bytes("shared/#"))])
        try rig.online()
        rig.broker.publish("shared/a", bytes("one"))
        rig.run { rig.dispatcher.counters.outAcknowledged == 1 }
        #expect(rig.broker.acknowledged.isEmpty)
        rig.run { rig.broker.acknowledged.count == 1 }
        #expect(rig.store.batches.allSatisfy { $0.appendOut.isEmpty })
        try dropsOneEcho(rig)
    }

    @Test(arguments: [true, false])
    func anEchoThatComesIsNotWritten(_ isBeforeAcknowledgement: Bool) throws {
        let rig = Rig([Route(direction: .both, topic: bytes("shared/#"))])
        try rig.online()
        rig.clock.advance(by: .seconds(20))
        rig.broker.publish("shared/a", bytes("one"))
        rig.run { rig.port.publishes.count == 1 }
        if !isBeforeAcknowledgement { rig.run { rig.dispatcher.counters.outAcknowledged == 1 } }
        rig.port.deliver("shared/a", bytes("one"))
        let began = rig.clock.now
        rig.run { rig.broker.acknowledged.count == 1 }
        #expect(rig.clock.now - began < .milliseconds(50))
        rig.clock.advance(by: .seconds(60))
        #expect(rig.store.batches.allSatisfy { $0.appendOut.isEmpty && $0.addEchoes.isEmpty })
        #expect(rig.broker.received.isEmpty)
    }

    /// After a restart the echo is still known, and dropped once.
    private func dropsOneEcho(_ rig: Rig) throws {
        #expect(rig.store.echoes.count == 1)
        try rig.restart()
        rig.run(.seconds(120)) { rig.isOnline }
        for _ in 0..<2 { rig.port.deliver("shared/a", bytes("one")) }
        rig.clock.advance(by: .seconds(1))
        #expect(rig.dispatcher.counters.echoesDropped == 1)
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 1)])
    func theQoSIsThatOfTheMessageUpToTheRoutes(_ received: Int, _ wanted: Int) throws {
        let rig = Rig()
        try rig.online()
        rig.broker.publish("sensors/a", bytes("x"), qos: received)
        rig.run { rig.port.publishes.count == 1 }
        #expect(rig.port.publishes[0].qos == wanted)
        #expect(rig.port.publishes[0].topic == bytes("site/sensors/a"))
        rig.run { rig.store.outbox.isEmpty }
    }

    @Test func publishQoSIsAsConfigured() throws {
        let rig = Rig([Route(direction: .out, topic: bytes("a"), publishQoS: 2)])
        try rig.online()
        rig.broker.publish("a", bytes("x"), qos: 0)
        rig.run { rig.port.publishes.count == 1 }
        #expect(rig.port.publishes[0].qos == 2)
        rig.run { rig.store.outbox.isEmpty && rig.dispatcher.counters.outAcknowledged == 1 }
    }

    @Test(arguments: [(Route.Retain.keep, true), (.clear, false)])
    func theRetainFlagIsKeptOrCleared(_ retain: Route.Retain, _ wanted: Bool) throws {
        let rig = Rig([Route(direction: .out, topic: bytes("a"), retain: retain)])
        try rig.online()
        rig.broker.publish("a", bytes("x"), retain: true)
        rig.run { rig.port.publishes.count == 1 }
        #expect(rig.port.publishes[0].retain == wanted)
    }

    @Test func anyPayloadArrivesAndTheModeIsSwitchedOnlyWhenTheKindChanges() throws {
        let rig = Rig()
        try rig.online()
        let all = (0...255).map { UInt8($0) }
        let payloads = [bytes("text \"quoted\" \\"), bytes("more"), all, [0], [0x0D, 0x0A], [], bytes("end")]
        for payload in payloads { rig.broker.publish("sensors/a", payload) }
        rig.run { rig.port.publishes.count == payloads.count }
        #expect(rig.port.publishes.map(\.payload) == payloads)
        let switches = rig.port.commands.filter { $0.hasPrefix("AT+MQTTMODE=") }
        #expect(switches.suffix(2) == ["AT+MQTTMODE=1", "AT+MQTTMODE=0"])
        #expect(switches.count == 3, "one of the bring-up")
    }

    @Test func aMessageForUsIsReadInTheModeOfTheMoment() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.publish("sensors/a", [0, 1, 2])
        rig.run { rig.port.isHex }
        rig.port.deliver("commands/x", bytes("in hex, \r\nOK\r\n"))
        rig.run { rig.broker.received.count == 1 }
        rig.broker.publish("sensors/a", bytes("text"))
        rig.run { !rig.port.isHex }
        rig.port.deliver("commands/x", bytes("in text"))
        rig.run { rig.broker.received.count == 2 }
        #expect(rig.broker.received.map(\.payload) == [bytes("in hex, \r\nOK\r\n"), bytes("in text")])
    }

    @Test func highPriorityGoesFirst() throws {
        let rig = Rig([
            Route(direction: .out, topic: bytes("alarm"), priority: .high),
            Route(direction: .out, topic: bytes("#"), priority: .low),
        ])
        try rig.online()
        for number in 0..<5 { rig.broker.publish("slow/\(number)", bytes("low \(number)")) }
        rig.broker.publish("alarm", bytes("high"))
        rig.run { rig.port.publishes.count == 6 }
        let place = rig.sent.firstIndex(of: "high") ?? .max
        #expect(place <= 1, "at most the one under way is before it")
    }
}
