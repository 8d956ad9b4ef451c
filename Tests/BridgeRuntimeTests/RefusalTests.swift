import BridgeCore
import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// Refused, never silently dropped: counted, listed, logged.
@Suite struct RefusalTests {
    private func payload(_ count: Int) -> [UInt8] { [UInt8](repeating: 0x61, count: count) }

    @Test func tooLongIsSaidInTheWordsOfTheManual() throws {
        let rig = Rig([Route(direction: .out, topic: bytes("sensors/#"))])
        rig.port.identity = "YM310"
        try rig.online()
        rig.broker.publish("sensors/x", payload(3000))
        rig.run { rig.broker.acknowledged.count == 1 }
        let text = "refused sensors/x: 3000 bytes is over the module's limit of 2384"
        #expect(rig.recorder.lines.contains(LogRecorder.Line(level: .warning, text: text)))
        #expect(rig.dispatcher.counters.outRefused == 1)
        #expect(rig.store.refusals.map(\.code) == ["too-long"])
        #expect(rig.port.publishes.isEmpty)
    }

    @Test func whatIsTooLongForTheModuleFoundLaterIsRefusedThen() throws {
        let rig = Rig([Route(direction: .out, topic: bytes("sensors/#"))])
        rig.port.identity = "YM310"
        rig.port.isMute = true
        rig.settings.mayBeBooting = true
        try rig.start()
        rig.run { rig.broker.isConnected }
        rig.broker.publish("sensors/x", payload(3000))
        rig.broker.publish("sensors/y", payload(5000))
        rig.broker.publish("sensors/z", payload(20))
        rig.run { rig.broker.acknowledged.count == 3 }
        #expect(rig.recorder.count("refused sensors/y: 5000 bytes is over the module's limit of 4100") == 1)
        #expect(rig.recorder.count("refused sensors/x") == 0)
        rig.port.isMute = false
        rig.run(.seconds(200)) { rig.port.publishes.count == 1 }
        rig.run { rig.store.outbox.isEmpty }
        #expect(rig.recorder.count("refused sensors/x: 3000 bytes is over the module's limit of 2384") == 1)
        #expect(rig.store.refusals.map(\.topic) == [bytes("sensors/y"), bytes("sensors/x")])
        #expect(rig.dispatcher.counters.outRefused == 2)
    }

    @Test func manyConsecutiveRefusalsAreWorkedOff() throws {
        let rig = Rig([Route(direction: .out, topic: bytes("sensors/#"))])
        rig.port.identity = "YM310"
        rig.port.isMute = true
        rig.settings.mayBeBooting = true
        try rig.start()
        rig.run { rig.broker.isConnected }
        for _ in 0..<300 { rig.broker.publish("sensors/x", payload(2500)) }
        rig.broker.publish("sensors/z", payload(20))
        rig.run { rig.broker.acknowledged.count == 301 }
        rig.port.isMute = false
        rig.run(.seconds(200)) { rig.port.publishes.count == 1 && rig.store.outbox.isEmpty }
        #expect(rig.store.refusals.count == 300)
        #expect(rig.recorder.count("refused sensors/x") == 5, "the rest is summed up")
        rig.clock.advance(by: .seconds(61))
        #expect(rig.recorder.count("295 more of: too-long") == 1)
    }

    @Test(arguments: ["sensors/a\"b", "sensors/a\\b", "sensors/\u{1}", "sensors/" + String(repeating: "x", count: 260)])
    func aTopicTheModuleCannotCarryIsRefused(_ topic: String) throws {
        let rig = Rig()
        try rig.online()
        rig.broker.publish(topic)
        rig.run { rig.broker.acknowledged.count == 1 }
        #expect(rig.store.refusals.map(\.code) == ["topic"])
        #expect(rig.recorder.count("refused", .warning) == 1)
        #expect(rig.port.publishes.isEmpty)
    }

    @Test func noWildcardReachesADollarTopic() throws {
        let rig = Rig([
            Route(direction: .out, topic: bytes("#"), localPrefix: bytes("plant/")),
            Route(direction: .in, topic: bytes("#"), remotePrefix: bytes("far/")),
        ])
        try rig.online()
        rig.broker.publish("plant/$CONTROL/x")
        rig.run { rig.broker.acknowledged.count == 1 }
        rig.port.deliver("far/$SYS/x", bytes("1"))
        rig.run { rig.store.refusals.count == 2 }
        #expect(rig.store.refusals.map(\.direction) == [.out, .in])
        #expect(rig.port.publishes.isEmpty)
        #expect(rig.broker.received.isEmpty)
    }

    @Test func theExpiredIsRefusedWhenItsTurnComes() throws {
        let rig = Rig([Route(direction: .out, topic: bytes("sensors/#"), expirySeconds: 60)])
        rig.port.isMute = true
        rig.settings.mayBeBooting = true
        try rig.start()
        rig.run { rig.broker.isConnected }
        rig.broker.publish("sensors/old", bytes("1"))
        rig.clock.advance(by: .seconds(70))
        rig.broker.publish("sensors/new", bytes("2"))
        rig.port.isMute = false
        rig.run(.seconds(200)) { rig.port.publishes.count == 1 && rig.store.outbox.isEmpty }
        #expect(rig.sent == ["2"])
        #expect(rig.store.refusals.map(\.code) == ["expired"])
        #expect(rig.recorder.count("refused sensors/old: it expired", .warning) == 1)
    }

    @Test func whatTheLocalBrokerDeniesIsRefused() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.publishReason = 135
        rig.port.deliver("commands/x", bytes("1"))
        rig.run { rig.store.refusals.count == 1 && rig.store.inbox.isEmpty }
        #expect(rig.store.refusals[0].code == "denied")
        #expect(rig.recorder.count("(reason code 135): check its ACL", .warning) == 1)
        #expect(rig.dispatcher.counters.inRefused == 1)
    }

    @Test func aRiseOfTheBrokersDroppedCountIsAWarning() throws {
        let rig = Rig()
        try rig.online()
        let topic = "$SYS/broker/publish/messages/dropped"
        #expect(rig.broker.subscriptions.contains(topic))
        for count in ["17", "17", "20", "3", "nonsense", "5"] { rig.broker.publish(topic, bytes(count), qos: 0) }
        rig.clock.advance(by: .seconds(1))
        #expect(rig.recorder.count("has dropped 3 message(s)", .warning) == 1)
        #expect(rig.recorder.count("has dropped 2 message(s)", .warning) == 1)
        #expect(rig.recorder.count("has dropped", .warning) == 2)
    }

    @Test func aRouteMayCarryTheDroppedCountToo() throws {
        let rig = Rig([Route(direction: .out, topic: bytes("$SYS/#"), remotePrefix: bytes("box/"))])
        try rig.online()
        rig.broker.publish("$SYS/broker/publish/messages/dropped", bytes("17"), qos: 0)
        rig.run { rig.port.publishes.count == 1 }
        #expect(rig.broker.subscriptions == ["$SYS/#"])
    }
}
