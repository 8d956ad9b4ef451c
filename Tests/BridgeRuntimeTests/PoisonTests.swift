import BridgeCore
import BridgeTestKit
import Testing

@testable import BridgeRuntime

/// A message that breaks the link each time does not keep the rest from flowing.
@Suite struct PoisonTests {
    /// A module that drops the connection when it gets `word`; or says ERROR.
    private func rig(dropsOn word: String, error: Bool = false, heartbeat: Bool = true) throws -> Rig {
        let rig = Rig()
        if heartbeat { rig.about.heartbeat = (bytes("beat"), .seconds(3600)) }
        rig.port.script = { [unowned port = rig.port] line in
            guard line.hasPrefix("AT+MPUB"), line.contains(word) else { return nil }
            if error { return ["ERROR"] }
            port.status = 0
            return ["OK", "CLOSED"]
        }
        try rig.online()
        return rig
    }

    private func tries(_ rig: Rig, _ word: String) -> Int {
        rig.port.commands.count { $0.hasPrefix("AT+MPUB") && $0.contains(word) }
    }

    @Test func withAsManyAsideAsThereMayBeTheyDoNotGoRoundAtOnce() throws {
        let rig = Rig()
        try rig.online()
        rig.dispatcher.depths.aside = SetAside.limit - 1
        rig.module.perform { _ in rig.dispatcher.moduleSetAside(98, reason: "x") }
        #expect(rig.module.canPublish)
        rig.dispatcher.depths.aside = SetAside.limit
        rig.module.perform { _ in rig.dispatcher.moduleSetAside(99, reason: "x") }
        #expect(!rig.module.canPublish)
        rig.run(.seconds(1)) { rig.module.canPublish }
    }

    @Test(arguments: [false, true])
    func theRestFlowsInOrder(error: Bool) throws {
        let rig = try rig(dropsOn: "bad", error: error)
        for number in 0..<5 { rig.broker.publish("sensors/a", bytes("a\(number)")) }
        rig.broker.publish("sensors/a", bytes("bad"))
        for number in 5..<10 {
            rig.broker.publish("sensors/a", bytes("a\(number)"))
            rig.broker.publish("sensors/b", bytes("b\(number)"))
        }
        rig.run(.seconds(300)) { rig.port.acknowledged.count >= 15 }
        let a = rig.sent.filter { $0.hasPrefix("a") }
        let b = rig.sent.filter { $0.hasPrefix("b") && $0 != "beat" }
        #expect(a == (0..<10).map { "a\($0)" })
        #expect(b == (5..<10).map { "b\($0)" })
        #expect(tries(rig, "bad") == 3)
        #expect(rig.dispatcher.counters.outSetAside == 1)
        #expect(rig.store.aside.count == 1)
        #expect(rig.recorder.count("set aside site/sensors/a", .warning) == 1)
        // It is kept, and tried again after a day.
        rig.clock.advance(by: .seconds(86_000))
        #expect(tries(rig, "bad") == 3 && rig.store.outbox.count == 1)
        rig.port.script = { _ in nil }
        rig.run(.seconds(4000)) { rig.sent.contains("bad") }
        rig.run { rig.store.outbox.isEmpty && rig.store.aside.isEmpty }
    }

    @Test func withoutHeartbeatsAnotherMessageBearsWitness() throws {
        let rig = try rig(dropsOn: "bad", heartbeat: false)
        rig.broker.publish("sensors/a", bytes("bad"))
        rig.broker.publish("sensors/a", bytes("after"))
        rig.broker.publish("sensors/b", bytes("other"))
        rig.run(.seconds(300)) { rig.sent.contains("after") }
        #expect(rig.sent == ["other", "after"])
        #expect(tries(rig, "bad") == 3)
    }

    @Test func aHeartbeatBearsWitnessWhenNothingElseWaits() throws {
        let rig = try rig(dropsOn: "bad")
        rig.broker.publish("sensors/a", bytes("bad"))
        rig.broker.publish("sensors/a", bytes("after"))
        rig.run(.seconds(300)) { rig.sent.contains("after") }
        #expect(rig.port.publishes.count { $0.topic == bytes("beat") } == 1)
        #expect(rig.dispatcher.counters.outSetAside == 1)
    }

    @Test func withoutAWitnessItIsTriedForEver() throws {
        let rig = try rig(dropsOn: "bad", heartbeat: false)
        rig.broker.publish("sensors/a", bytes("bad"))
        rig.broker.publish("sensors/a", bytes("after"))
        rig.clock.advance(by: .seconds(600))
        #expect(tries(rig, "bad") > 5)
        #expect(rig.dispatcher.counters.outSetAside == 0)
        rig.port.script = { _ in nil }
        rig.run(.seconds(300)) { rig.sent.contains("after") }
        #expect(rig.sent.first == "bad")
    }

    @Test func twoPoisonousMessagesDoNotShieldEachOther() throws {
        let rig = try rig(dropsOn: "bad")
        rig.broker.publish("sensors/a", bytes("bad 1"))
        rig.broker.publish("sensors/b", bytes("bad 2"))
        rig.broker.publish("sensors/c", bytes("good"))
        rig.run(.seconds(600)) { rig.dispatcher.counters.outSetAside == 2 && rig.sent.contains("good") }
    }

    @Test func aLinkThatBreaksOnEverythingIsWeather() throws {
        let rig = try rig(dropsOn: "AT+MPUB")
        for number in 0..<10 { rig.broker.publish("sensors/\(number)", bytes("m\(number)")) }
        rig.clock.advance(by: .seconds(900))
        #expect(rig.dispatcher.counters.outSetAside == 0)
        rig.port.script = { _ in nil }
        rig.run(.seconds(300)) { Set(rig.sent).count { $0.hasPrefix("m") } == 10 }
    }

    @Test func itStaysAsideOverARestart() throws {
        let rig = try rig(dropsOn: "bad")
        rig.broker.publish("sensors/a", bytes("bad"))
        rig.run(.seconds(300)) { rig.store.aside.count == 1 }
        let before = tries(rig, "bad")
        try rig.restart()
        rig.run(.seconds(120)) { rig.isOnline }
        rig.clock.advance(by: .seconds(600))
        #expect(tries(rig, "bad") == before)
        rig.port.script = { _ in nil }
        rig.run(.seconds(90_000)) { rig.sent.contains("bad") }
        rig.clock.advance(by: .seconds(400))
        #expect(rig.ledgerGaps.isEmpty)
    }
}
