import ATProtocol
import BridgeTestKit
import LinuxIO
import ModemCore
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// How a session over the stream comes up, and why it does not.
@Suite struct CarrierSessionTests {
    @Test(arguments: [0, 3])
    func comesUpWithWillUserAndSubscriptions(_ delay: Int) throws {
        var options = BrokerProcess.Options()
        options.allowsAnonymous = false
        options.users = ["box": "secret", "onlooker": "secret"]
        let broker = try BrokerProcess(options)
        let harness = try CarrierHarness {
            $0.username = bytes("box")
            $0.password = bytes("secret")
            $0.will = MqttWill(topic: bytes("gone"), message: bytes("box"), qos: 1, retain: false)
        } values: {
            $0.take(["down/#", "both/+"], noLocal: ["both/+"])
        }
        harness.line.delay = delay
        harness.line.pieces = delay == 0 ? 1...1460 : 1...7
        let onlooker = try Onlooker(harness.loop, port: broker.port, ["gone", "both/+"], username: "onlooker")
        try harness.up(broker.port)
        #expect(harness.sessions == 1)
        #expect(harness.subscribed == ["down/#", "both/+"])
        // What comes back and what does not.
        harness.publish(1, "both/x", [1])
        harness.publish(2, "down/x", [2])
        harness.run { harness.acknowledged == [1, 2] && harness.received.count == 1 }
        try onlooker.publish("both/x", [3])
        harness.run { harness.received.count == 2 }
        #expect(harness.received.map(\.payload) == [[2], [3]])
        harness.cut()
        harness.run { onlooker.messages.contains { $0.topic == bytes("gone") } }
        #expect(onlooker.messages.last?.payload == bytes("box"))
        #expect(harness.failures.isEmpty)
    }

    @Test func establishedOnlyAfterTheLastSuback() throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["a", "b", "c"])
        }
        let broker = try ScriptedBroker(harness.loop)
        broker.granted = nil
        try harness.open(broker.port)
        harness.run { broker.count(8) == 3 }
        #expect(harness.sessions == 1)
        for (number, packet) in broker.packets.filter({ $0.kind == 8 }).enumerated() {
            #expect(harness.establishments == 0)
            #expect(!harness.carrier.canPublish)
            broker.send([0x90, 4] + packet.id + [0, 1])
            harness.run { harness.subscribed.count == number + 1 }
        }
        #expect(harness.establishments == 1)
        #expect(harness.carrier.canPublish)
    }

    @Test func identifiersAndOptionsAreOnTheWire() throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["a", "b"], noLocal: ["b"], qos: 2)
        }
        let broker = try ScriptedBroker(harness.loop)
        try harness.up(broker.port)
        let packets = broker.packets.filter { $0.kind == 8 }.map(\.body)
        // Identifier 0x0B, a variable number; then the filter, then QoS 1, no local, retain handling 1.
        #expect(packets.allSatisfy { $0[3] == 0x0B })
        #expect(packets.map { $0.last } == [0x11, 0x15])
    }

    @Test func badCredentialsAreRefused() throws {
        var options = BrokerProcess.Options()
        options.allowsAnonymous = false
        options.users = ["box": "secret"]
        let broker = try BrokerProcess(options)
        let harness = try CarrierHarness {
            $0.username = bytes("box")
            $0.password = bytes("wrong")
        }
        try harness.open(broker.port)
        harness.run { !harness.failures.isEmpty }
        guard case .refused(let text) = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
        #expect(text.contains("Not authorized") || text.contains("not authorized"), "\(text)")
        #expect(harness.failures.count == 1)
        #expect(harness.establishments == 0)
    }

    @Test(arguments: [(134, true), (135, true), (133, true), (136, false), (137, false), (151, false), (159, false)])
    func connackReasonsAreTold(_ code: UInt8, _ isRefusal: Bool) throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        broker.greeting = [0x20, 3, 0, code, 0]
        try harness.open(broker.port)
        harness.run { !harness.failures.isEmpty }
        switch harness.failures.first {
        case .refused: #expect(isRefusal)
        case .closed: #expect(!isRefusal)
        default: Issue.record("\(harness.failures)")
        }
    }

    @Test func aRefusedSubscriptionEndsItOnce() throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["secret/#", "down/#"])
        }
        let broker = try ScriptedBroker(harness.loop)
        broker.granted = 0x87
        try harness.open(broker.port)
        harness.run { !harness.failures.isEmpty }
        guard case .refused(let text) = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
        #expect(text.contains("secret/#") && text.contains("135"))
        harness.turns(20)
        #expect(harness.failures.count == 1)
        #expect(harness.establishments == 0)
    }

    @Test func aBrokerThatHangsUpIsClosed() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        broker.greeting = []
        try harness.open(broker.port)
        harness.run { broker.count(1) == 1 }
        broker.hangUp()
        harness.run { !harness.isOpen }
        #expect(harness.failures == [.closed("the broker closed the connection")])
        #expect(harness.carrier.phase == .down)
    }

    @Test func aBrokerThatSaysGoodbyeIsClosed() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        try harness.up(broker.port)
        broker.send([0xE0, 2, 0x8B, 0])
        harness.run { !harness.failures.isEmpty }
        guard case .closed(let text) = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
        #expect(text.contains("shutting down"), "\(text)")
    }

    @Test func aMissingSubackIsSilence() throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["a"])
            $0.acknowledgementTimeout = .milliseconds(1)
        }
        let broker = try ScriptedBroker(harness.loop)
        broker.granted = nil
        try harness.open(broker.port)
        harness.run { harness.carrier.phase == .subscribing }
        let due = try #require(harness.carrier.deadline)
        #expect(due > harness.clock.now + .seconds(10) && due <= harness.clock.now + .seconds(15))
        // What has waited at the broker comes first, and shows that it is there.
        harness.run { harness.clock.now > due - .milliseconds(14_900) }
        let before = harness.received.count
        broker.send([0x30, 5, 0, 1, 0x61, 0, 0x78])
        harness.run { harness.received.count > before }
        harness.carrier.deadlineReached(now: due)
        let later = try #require(harness.carrier.deadline)
        #expect(later > due && harness.failures.isEmpty)
        harness.carrier.deadlineReached(now: later)
        harness.run { !harness.failures.isEmpty }
        #expect(harness.failures == [.silent("no SUBACK came in time")])
    }

    @Test(arguments: [[0x20, 3, 0, 0x84, 0], [0x20, 2, 0, 1]] as [[UInt8]])
    func anOldBrokerIsSpokenToInItsOwnVersion(_ answer: [UInt8]) throws {
        let harness = try CarrierHarness { _ in
        } values: {
            $0.take(["a/#"])
        }
        let broker = try ScriptedBroker(harness.loop)
        broker.greeting = answer
        try harness.open(broker.port)
        harness.run { !harness.failures.isEmpty }
        guard case .closed(let text) = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
        #expect(text.contains("3.1.1"))
        #expect(harness.carrier.isOldProtocol)
        // A 3.1.1 SUBACK has no properties.
        broker.greeting = [0x20, 2, 0, 0]
        broker.granted = nil
        try harness.open(broker.port)
        harness.run { broker.count(8) == 1 }
        #expect(broker.packets.last { $0.kind == 1 }?.body[6] == 4)
        broker.send([0x90, 3] + (broker.packets.last?.id ?? []) + [1])
        harness.run { harness.establishments == 1 }
    }
}
