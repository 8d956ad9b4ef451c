import ATProtocol
import BridgeTestKit
import LinuxIO
import ModemCore
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// How it ends: by silence, by a cut, and in order.
@Suite struct CarrierSilenceTests {
    @Test func halfOpenWithMessagesUnderWayIsSilence() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.acknowledgementTimeout = .milliseconds(300)
        }
        try harness.up(broker.port)
        harness.line.swallows = true
        for id in 1...5 { harness.publish(Int64(id)) }
        let start = harness.clock.now
        harness.run { !harness.failures.isEmpty }
        let time = harness.clock.now - start
        #expect(harness.failures == [.silent("an acknowledgement is late, and nothing else came either")])
        #expect(time >= .milliseconds(300) && time < .seconds(2))
        #expect(harness.returned.map(\.id) == [1, 2, 3, 4, 5])
        // One of the five could be the reason.
        harness.line.swallows = false
        try harness.up(broker.port)
        #expect(harness.carrier.window == 1)
        for id in 1...5 { harness.publish(Int64(id)) }
        harness.run { harness.acknowledged.count == 5 }
        #expect(harness.carrier.window == 20)
    }

    @Test func aStalledModuleIsNotTakenForASilentBroker() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.acknowledgementTimeout = .seconds(1)
        }
        try harness.up(broker.port)
        harness.line.takes = false
        harness.publish(1)
        harness.run { harness.carrier.waitingBytes > 0 }
        let later = harness.clock.now + .milliseconds(1500)
        harness.run { harness.clock.now > later }
        #expect(harness.failures.isEmpty)
        harness.line.takes = true
        harness.run { harness.acknowledged == [1] }
        #expect(harness.failures.isEmpty)
    }

    @Test func aClosedGateIsNotTakenForASilentBroker() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.acknowledgementTimeout = .seconds(1)
        }
        try harness.up(broker.port)
        harness.publish(1)
        harness.carrier.setGate(open: false)
        let later = harness.clock.now + .milliseconds(1500)
        harness.run { harness.clock.now > later }
        #expect(harness.failures.isEmpty)
        harness.carrier.setGate(open: true)
        harness.run { harness.acknowledged == [1] }
        #expect(harness.failures.isEmpty)
    }

    @Test func halfOpenWithNothingUnderWayIsSilenceByKeepAlive() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { $0.keepalive = 5 }
        try harness.up(broker.port)
        harness.line.swallows = true
        harness.run(limit: .seconds(30)) { !harness.failures.isEmpty }
        guard case .silent(let text) = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
        #expect(text.contains("keep-alive"))
    }

    @Test func aCutReturnsWhatIsUnderWayInOrder() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        var waiting: [[UInt8]] = []
        broker.onPublish = { if $1.first & 6 != 0 { waiting.append($1.id) } }
        try harness.up(broker.port)
        for id in 1...8 { harness.publish(Int64(id), qos: id == 4 ? 0 : 1) }
        harness.run { waiting.count == 7 && harness.acknowledged == [4] }
        broker.acknowledge(waiting[2])
        harness.run { harness.acknowledged == [4, 3] }
        harness.cut()
        #expect(harness.returned.map(\.id) == [1, 2, 5, 6, 7, 8])
        #expect(harness.carrier.open.isEmpty)
        #expect(!harness.carrier.canPublish)
        #expect(harness.carrier.deadline == nil)
        #expect(harness.carrier.waitingBytes == 0)
        #expect(harness.carrier.streamClosed().isEmpty)
    }

    @Test func whatTheBrokerSaidLastIsHeard() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        var waiting: [[UInt8]] = []
        broker.onPublish = { waiting.append($1.id) }
        try harness.up(broker.port)
        for id in 1...5 { harness.publish(Int64(id)) }
        harness.run { waiting.count == 5 }
        harness.line.pieces = 1000...1000
        for id in waiting { broker.acknowledge(id) }
        broker.send([0xE0, 2, 0x8E, 0])
        broker.hangUp()
        harness.run { !harness.failures.isEmpty }
        #expect(harness.acknowledged == [1, 2, 3, 4, 5])
        guard case .closed(let text) = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
        #expect(text.contains("taken over"), "\(text)")
    }

    @Test func anEndWhileTheClientHangsIsToldAllTheSame() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        try harness.up(broker.port)
        harness.carrier.client?.broker.mayRead = false
        broker.hangUp()
        harness.run { !harness.failures.isEmpty }
        #expect(harness.failures == [.closed("the broker closed the connection")])
    }

    // MARK: In order

    @Test(arguments: [1...1, 1...1460])
    func disconnectArrivesSoThatTheWillIsNotPublished(_ pieces: ClosedRange<Int>) throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness {
            $0.will = MqttWill(topic: bytes("gone"), message: bytes("box"), qos: 1, retain: false)
        }
        harness.line.pieces = pieces
        harness.line.delay = 1
        let onlooker = try Onlooker(harness.loop, port: broker.port, ["gone", "up/#"])
        try harness.up(broker.port)
        for id in 1...5 { harness.publish(Int64(id)) }
        harness.carrier.finish()
        harness.run { harness.farewells == 1 }
        try onlooker.publish("gone", [0])
        harness.run { onlooker.messages.contains { $0.payload == [0] } }
        harness.run { onlooker.messages.count { $0.topic == bytes("up/t") } == 5 }
        harness.run { broker.log.contains("Received DISCONNECT from box") }
        try onlooker.publish("gone", [1])
        harness.run { onlooker.messages.contains { $0.payload == [1] && $0.topic == bytes("gone") } }
        #expect(onlooker.messages.count { $0.topic == bytes("gone") } == 2)
        #expect(harness.failures.isEmpty)
    }

    /// The module takes the last bytes between `finish` and the client's DISCONNECT.
    @Test func aModuleThatIsFasterThanTheClientDoesNotCutItShort() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        try harness.up(broker.port)
        harness.line.takes = false
        harness.publish(1)
        harness.run { harness.carrier.waitingBytes > 0 }
        let waiting = harness.carrier.firstBytes(harness.carrier.waitingBytes)
        harness.carrier.finish()
        harness.write(waiting)
        harness.carrier.accepted(waiting.count)
        harness.line.takes = true
        harness.run { harness.farewells == 1 }
        #expect(harness.sent > 0)
        harness.run { broker.count(14) == 1 }
        #expect(harness.carrier.phase == .down)
    }

    @Test func finishIsBoundedWhenNothingIsTaken() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness()
        try harness.up(broker.port)
        harness.line.takes = false
        let start = harness.clock.now
        harness.carrier.finish()
        harness.run { harness.farewells == 1 }
        #expect(harness.clock.now - start < .seconds(3))
        harness.turns(50)
        #expect(harness.farewells == 1)
    }

    @Test func finishWithoutASessionIsOver() throws {
        let harness = try CarrierHarness()
        harness.carrier.finish()
        harness.run { harness.farewells == 1 }
        let broker = try ScriptedBroker(harness.loop)
        broker.greeting = []
        try harness.open(broker.port)
        harness.run { broker.count(1) == 1 }
        harness.carrier.finish()
        // It is accepted at the same moment.
        broker.send([0x20, 3, 0, 0, 0])
        harness.run { harness.farewells == 2 }
        #expect(harness.sessions == 0)
    }

    @Test func aConnectionThatEndsMeanwhileFinishesToo() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness()
        try harness.up(broker.port)
        harness.line.takes = false
        harness.carrier.finish()
        harness.turns(5)
        harness.cut()
        harness.run { harness.farewells == 1 }
        #expect(harness.failures.isEmpty)
    }

    @Test func behindAClosedGateFinishAcknowledgesNothing() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["down/#"])
        }
        harness.onBatchEnd = { [unowned harness] in harness.carrier.setGate(open: false) }
        try harness.up(broker.port)
        let onlooker = try Onlooker(harness.loop, port: broker.port)
        try onlooker.publish("down/x", [1])
        harness.run { harness.received.count == 1 }
        harness.carrier.finish()
        harness.run { harness.farewells == 1 }
        harness.onBatchEnd = {}
        try harness.up(broker.port)
        harness.run { harness.received.count == 2 }
        #expect(harness.received.map(\.payload) == [[1], [1]])
        // A gate that opens in time lets the farewell out, and the acknowledgement before it.
        harness.onBatchEnd = { [unowned harness] in harness.carrier.setGate(open: false) }
        try onlooker.publish("down/x", [2])
        harness.run { harness.received.count == 3 }
        harness.carrier.finish()
        harness.turns(10)
        harness.carrier.setGate(open: true)
        harness.run { harness.farewells == 2 }
        harness.run { broker.log.contains("Received DISCONNECT from box") }
        harness.onBatchEnd = {}
        try harness.up(broker.port)
        try onlooker.publish("down/x", [3])
        harness.run { harness.received.count == 4 }
        #expect(harness.received.last?.payload == [3])
    }

    @Test func lateEventsOfAnEarlierConnectionChangeNothing() throws {
        var said: [(MosquittoClient.Event) -> Void] = []
        let harness = try CarrierHarness { _ in
        } values: { values in
            let make = values.makeClient
            values.makeClient = { (version, onEvent) throws(MosquittoError) in
                said.append(onEvent)
                return try make(version, onEvent)
            }
        }
        let broker = try ScriptedBroker(harness.loop)
        broker.onPublish = { _, _ in }
        try harness.up(broker.port)
        harness.publish(1)
        harness.cut()
        let events: [MosquittoClient.Event] = [
            .connected(sessionPresent: true), .subscribed(mid: 1, granted: [135]), .published(mid: 1, reasonCode: 0),
            .message(MosquittoClient.Message(topic: bytes("a"), payload: [1], qos: 1, retain: false)),
            .refused(reasonCode: 135, text: "no"), .disconnected(text: "gone"), .unsubscribed(mid: 1),
        ]
        for event in events { said[0](event) }
        #expect(harness.carrier.phase == .down)
        try harness.up(broker.port)
        harness.publish(2)
        let open = harness.carrier.open
        for event in events { said[0](event) }
        #expect(harness.carrier.phase == .up)
        #expect(harness.carrier.open == open)
        #expect(harness.sessions == 2)
        #expect(harness.failures.isEmpty)
        #expect(harness.received.isEmpty)
        #expect(harness.acknowledged.isEmpty)
    }
}
