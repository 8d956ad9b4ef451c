import BridgeCore
import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// The message that proves a quiet link.
@Suite struct HeartbeatTests {
    static let topic = "cellbridge/box/heartbeat"

    private func rig(
        _ routes: [Route] = [Rig.out, Rig.incoming], every: Duration = .seconds(180), topic: String = Self.topic
    ) -> Rig {
        let rig = Rig(routes)
        rig.about.name = "box"
        rig.about.heartbeat = (bytes(topic), every)
        return rig
    }

    private func beats(_ rig: Rig, topic: String = Self.topic) -> [ScriptedModulePort.Publish] {
        rig.port.publishes.filter { $0.topic == bytes(topic) }
    }

    @Test func itIsSentOnceForEachTimeOfSilence() throws {
        let rig = rig()
        try rig.online()
        let since = rig.clock.now
        rig.clock.advance(by: .seconds(178))
        #expect(beats(rig).isEmpty)
        rig.clock.advance(by: .seconds(2))
        #expect(beats(rig).count == 1)
        #expect(beats(rig)[0].qos == 1)
        #expect(!beats(rig)[0].retain)
        let at = 1_700_000_000 + (since + .seconds(179)).components.seconds
        let text = String(decoding: beats(rig)[0].payload, as: UTF8.self)
        #expect(text.hasPrefix("{\"name\":\"box\",\"at\":\(at),\"uptime\":"))
        #expect(text.hasSuffix(",\"waiting\":0}"))
        rig.clock.advance(by: .seconds(1800))
        #expect(beats(rig).count == 10 || beats(rig).count == 11)
        #expect(rig.dispatcher.counters.breaks == 0)
    }

    @Test func itIsNoMessage() throws {
        let rig = rig()
        try rig.online()
        let commits = rig.store.batches.count
        rig.clock.advance(by: .seconds(200))
        #expect(beats(rig).count == 1)
        #expect(rig.dispatcher.counters.heartbeats == 1)
        #expect(rig.dispatcher.counters.outAcknowledged == 0)
        #expect(rig.dispatcher.counters.outAccepted == 0)
        #expect(rig.dispatcher.counters.strayAcknowledgements == 0)
        #expect(rig.store.batches.count == commits, "nothing is written to disk")
        #expect(rig.store.outbox.isEmpty && rig.store.echoes.isEmpty)
    }

    @Test func otherAcknowledgementsTakeItsPlace() throws {
        let rig = rig()
        try rig.online()
        for number in 0..<20 {
            rig.publish(number..<number + 1)
            rig.clock.advance(by: .seconds(100))
        }
        #expect(beats(rig).isEmpty)
        #expect(rig.dispatcher.counters.outAcknowledged == 20)
    }

    @Test func inboundMessagesTakeItsPlace() throws {
        let rig = rig()
        try rig.online()
        for _ in 0..<20 {
            rig.port.deliver("commands/x", bytes("1"))
            rig.clock.advance(by: .seconds(100))
        }
        #expect(beats(rig).isEmpty)
    }

    @Test func whatOnlyTheModuleTookDoesNot() throws {
        let rig = rig()
        try rig.online()
        for number in 0..<10 {
            rig.publish(number..<number + 1, qos: 0)
            rig.clock.advance(by: .seconds(100))
        }
        #expect(beats(rig).count >= 4)
    }

    @Test func unansweredItEndsTheSessionWhichComesBack() throws {
        let rig = rig()
        try rig.online()
        rig.clock.advance(by: .seconds(100))
        // Half open: the module says OK to everything.
        rig.port.acknowledges = false
        rig.run(.seconds(100)) { beats(rig).count == 1 }
        let sent = rig.clock.now
        rig.run(.seconds(20)) { !rig.module.isOnline }
        #expect(rig.clock.now - sent < .seconds(11))
        rig.port.acknowledges = true
        rig.run(.seconds(30)) { rig.isOnline }
        #expect(rig.recorder.count("offline: the heartbeat's PUBACK is late", .warning) == 1)
        #expect(rig.dispatcher.counters.breaks == 1)
        #expect(rig.dispatcher.counters.sessions == 2)
        // Not sent again by itself: the new session has its own silence.
        rig.clock.advance(by: .seconds(170))
        #expect(beats(rig).count == 1)
        rig.clock.advance(by: .seconds(20))
        #expect(beats(rig).count == 2)
        rig.publish(0..<3)
        rig.run { rig.dispatcher.counters.outAcknowledged == 3 }
        #expect(rig.sent.suffix(3) == rig.numbered(0..<3)[...])
    }

    @Test func withoutItSilenceIsSilence() throws {
        let rig = rig()
        rig.about.heartbeat = nil
        try rig.online()
        rig.clock.advance(by: .seconds(3600))
        #expect(rig.port.publishes.isEmpty)
        #expect(rig.dispatcher.counters.breaks == 0)
    }

    @Test(arguments: [Route.Direction.in, .both])
    func itsEchoIsNotDelivered(_ direction: Route.Direction) throws {
        let rig = rig([Route(direction: direction, topic: bytes("#"))])
        rig.about.name = nil
        try rig.online()
        rig.clock.advance(by: .seconds(200))
        let beat = try #require(beats(rig).first)
        for _ in 0..<2 { rig.port.deliver(Self.topic, beat.payload) }
        // One of an earlier run.
        rig.port.deliver(Self.topic, bytes("{}"))
        rig.port.deliver("other", bytes("1"))
        rig.run { rig.broker.received.count == 1 }
        rig.clock.advance(by: .seconds(2))
        #expect(rig.broker.received.map(\.topic) == [bytes("other")])
        #expect(rig.dispatcher.counters.echoesDropped == 3)
        #expect(rig.dispatcher.counters.inReceived == 1)
    }

    @Test func waitingMessagesGoFirst() throws {
        let rig = rig()
        try rig.online()
        // Due after the message, which does not wait for the disk: the heartbeat is not needed.
        rig.clock.advance(by: .seconds(170))
        rig.store.isStopped = true
        rig.publish(0..<1)
        rig.clock.advance(by: .seconds(60))
        #expect(rig.dispatcher.counters.outAcknowledged == 1)
        #expect(rig.sent == rig.numbered(0..<1))
    }

    @Test func aMessageThatCannotBeStoredHoldsNothingUp() throws {
        let rig = rig()
        try rig.online()
        rig.store.commitFailure = "disk full"
        rig.publish(0..<1)
        rig.clock.advance(by: .seconds(200))
        #expect(beats(rig).count == 1)
        rig.store.commitFailure = nil
        rig.run { rig.sent.first == "message 0" }
    }

    @Test func aQueueIsEmptiedBeforeIt() throws {
        let rig = rig(every: .milliseconds(20))
        rig.port.outcomeDelay = .milliseconds(25)
        try rig.online()
        rig.publish(0..<300)
        rig.run { rig.sent.contains("message 0") }
        rig.run { rig.sent.contains("message 299") }
        let between = rig.port.publishes.drop { $0.payload != bytes("message 0") }
            .prefix { $0.payload != bytes("message 299") }
        #expect(between.count == 299)
    }

    @Test func anErrorIsNotItsEnd() throws {
        let rig = rig()
        try rig.online()
        var left = 2
        rig.port.script = { line in
            guard line.hasPrefix("AT+MPUB="), left > 0 else { return nil }
            left -= 1
            return ["ERROR"]
        }
        rig.clock.advance(by: .seconds(200))
        #expect(beats(rig).count == 1)
        #expect(rig.dispatcher.counters.breaks == 0)
        #expect(rig.dispatcher.counters.heartbeats == 1)
    }

    @Test func oneThatCannotBeCarriedIsSaidAndHarmsNothing() throws {
        let rig = rig(topic: "with \" quote")
        try rig.online()
        rig.clock.advance(by: .seconds(600))
        #expect(rig.recorder.count("cannot be sent", .warning) == 3)
        #expect(rig.module.isOnline)
        #expect(rig.dispatcher.counters.outRefused == 0)
    }

    @Test func aStopDoesNotWaitForIt() throws {
        let rig = rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.run(.seconds(200)) { beats(rig).count == 1 }
        rig.clock.advance(by: .milliseconds(100))
        let began = rig.clock.now
        rig.dispatcher.drain { rig.module.stop() }
        rig.run { rig.isFinished }
        #expect(rig.clock.now - began < .seconds(1))
    }
}
