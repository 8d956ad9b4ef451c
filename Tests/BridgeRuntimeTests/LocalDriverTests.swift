import BridgeCore
import BridgeTestKit
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// The connection to the local broker.
@Suite struct LocalDriverTests {
    @Test func reconnectsAreAtMostFiveSecondsApartAndSaidOnce() throws {
        let rig = Rig()
        try rig.online()
        rig.clock.advance(by: .seconds(10))
        rig.broker.isUp = false
        rig.broker.drop()
        rig.clock.advance(by: .seconds(120))
        let gaps = zip(rig.broker.attempts, rig.broker.attempts.dropFirst()).map { $1 - $0 }.dropFirst()
        #expect(gaps.count > 20)
        #expect(gaps.allSatisfy { $0 <= .seconds(5) })
        #expect(rig.recorder.count("trying again until it is back", .warning) == 1)
        rig.broker.isUp = true
        rig.run { rig.broker.isConnected }
        #expect(rig.recorder.count("local:1883: connected") == 2)
        rig.publish(0..<1)
        rig.run { rig.sent.count == 1 }
    }

    @Test func aRefusalAfterALossIsSaidToo() throws {
        let rig = Rig()
        try rig.online()
        rig.clock.advance(by: .seconds(10))
        rig.broker.isUp = false
        rig.broker.drop()
        rig.clock.advance(by: .seconds(30))
        rig.broker.isUp = true
        rig.broker.refusal = 135
        rig.clock.advance(by: .seconds(30))
        #expect(rig.recorder.count("trying again until it is back", .warning) == 2)
        #expect(rig.recorder.count("refused: not authorised; check [local] username", .warning) == 1)
    }

    @Test func connectionsThatDoNotLastAreNoFlood() throws {
        let rig = Rig()
        try rig.online()
        rig.clock.advance(by: .seconds(10))
        let before = rig.broker.attempts.count
        // Another client with our client id takes the session each time.
        for _ in 0..<600 {
            rig.clock.advance(by: .milliseconds(500))
            rig.broker.drop()
        }
        #expect(rig.broker.attempts.count - before < 100)
        #expect(rig.recorder.count("trying again until it is back", .warning) <= 6)
        #expect(rig.recorder.count("local:1883: connected") <= 7)
    }

    @Test func subscriptionsAskForWhatTheBridgeNeeds() throws {
        let rig = Rig()
        try rig.online()
        let options = rig.broker.options["sensors/#"]
        #expect(options == MosquittoClient.SubscribeOptions(noLocal: true, retainAsPublished: true, retainHandling: 1))
    }

    @Test func withAnOldBrokerBothRoutesAreRefusedAndTheRestGoesOn() throws {
        let rig = Rig([
            Route(direction: .both, topic: bytes("shared/#")), Rig.out, Rig.incoming,
            Route(direction: .in, topic: bytes("x"), localPrefix: bytes("sensors/"), remotePrefix: bytes("far/")),
        ])
        rig.broker.isOld = true
        try rig.online()
        #expect(rig.recorder.count("the route shared/# (both) is refused: without MQTT 5", .error) == 1)
        #expect(rig.recorder.count("the route sensors/x (in) is refused: without MQTT 5", .error) == 1)
        #expect(rig.recorder.count("is refused: without MQTT 5", .error) == 2)
        #expect(!rig.broker.subscriptions.contains("shared/#"))
        #expect(rig.broker.unsubscribed.contains("shared/#"))
        #expect(rig.broker.options["sensors/#"] == MosquittoClient.SubscribeOptions())
        rig.publish(0..<1)
        rig.run { rig.sent.count == 1 }
        rig.port.deliver("commands/x", bytes("1"))
        rig.run { rig.broker.received.count == 1 }
        rig.port.deliver("shared/x", bytes("1"))
        rig.clock.advance(by: .seconds(1))
        #expect(rig.broker.received.count == 1)
        #expect(rig.dispatcher.counters.inUnrouted == 1)
    }

    @Test func staleFiltersAreDroppedAndForgottenOnceThatIsAcknowledged() throws {
        let rig = Rig()
        rig.store.meta[Dispatcher.Meta.localFilters] = bytes("old/#\nsensors/#")
        rig.store.meta[Dispatcher.Meta.remoteFilters] = bytes("past/#\ncommands/#")
        rig.broker.isUp = false
        var isAnswering = false
        rig.port.script = { line in
            line.hasPrefix("AT+MUNSUB") && !isAnswering ? ["+CME ERROR: 767"] : nil
        }
        try rig.start()
        rig.run { rig.module.isOnline }
        rig.clock.advance(by: .seconds(2))
        func kept(_ key: String) -> [String] {
            (rig.store.meta[key] ?? []).split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(kept(Dispatcher.Meta.localFilters) == ["sensors/#", "old/#"])
        #expect(kept(Dispatcher.Meta.remoteFilters) == ["commands/#", "past/#"])
        rig.broker.isUp = true
        rig.run { kept(Dispatcher.Meta.localFilters) == ["sensors/#"] }
        #expect(rig.broker.unsubscribed == ["old/#"])
        isAnswering = true
        try rig.restart()
        rig.run { kept(Dispatcher.Meta.remoteFilters) == ["commands/#"] }
        #expect(rig.port.commands.contains("AT+MUNSUB=\"past/#\""))
        // The next run has nothing to drop.
        let before = rig.port.commands.count
        try rig.restart()
        rig.run { rig.isOnline }
        #expect(!rig.port.commands[before...].contains { $0.hasPrefix("AT+MUNSUB") })
    }

    @Test func copiesOfOverlappingFiltersAreTakenOnce() throws {
        let rig = Rig([
            Route(direction: .out, topic: bytes("a/+/c")), Route(direction: .out, topic: bytes("a/b/#")),
        ])
        try rig.online()
        let ids = ["a/+/c", "a/b/#"].map { rig.broker.options[$0]?.identifier ?? 0 }
        #expect(Set(ids).count == 2 && !ids.contains(0))
        for id in ids { rig.broker.publish("a/b/c", bytes("one"), identifiers: [id]) }
        rig.broker.publish("a/b/d", bytes("two"), identifiers: [ids[1]])
        rig.run { rig.port.publishes.count == 2 }
        rig.run { rig.store.outbox.isEmpty && rig.broker.queue.isEmpty }
        #expect(rig.sent == ["one", "two"])
        #expect(rig.dispatcher.counters.copiesDropped == 1)
    }

    @Test func aMessageTheBrokerWillNeverTakeDoesNotBlockTheOthers() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.largestPayload = 100
        rig.port.deliver("commands/big", [UInt8](repeating: 0x61, count: 200))
        rig.port.deliver("commands/small", bytes("1"))
        rig.run { rig.broker.received.count == 1 && rig.store.inbox.isEmpty }
        #expect(rig.broker.received[0].topic == bytes("commands/small"))
        rig.run { !rig.store.refusals.isEmpty }
        #expect(rig.store.refusals.map(\.code) == ["local"])
    }
}
