import BridgeTestKit
import LinuxIO
import ModemCore
import MosquittoClient
import Testing

@testable import BridgeRuntime

/// What becomes of messages that go out over the stream.
@Suite struct CarrierPublishTests {
    /// Publishes all with the numbers from 1 on, as fast as they are taken.
    private func publishAll(_ count: Int, _ harness: CarrierHarness, payload: (Int) -> [UInt8] = { [UInt8($0 % 256)] })
    {
        for number in 1...count { harness.publish(Int64(number), "up/t", payload(number)) }
        harness.run { harness.acknowledged.count == count }
    }

    @Test func theWindowIsNeverPassedAndOrderIsKept() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness()
        let onlooker = try Onlooker(harness.loop, port: broker.port, ["up/#"])
        harness.line.delay = 2
        try harness.up(broker.port)
        publishAll(300, harness) { Array("\($0)".utf8) }
        harness.run { onlooker.messages.count == 300 }
        #expect(harness.mostOpen == 20)
        #expect(onlooker.messages.map { text($0.payload) } == (1...300).map { "\($0)" })
        #expect(harness.acknowledged == (1...300).map { Int64($0) })
        #expect(harness.carrier.open.isEmpty)
    }

    @Test func acknowledgementsGoByPacketId() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        var waiting: [[UInt8]] = []
        broker.onPublish = { waiting.append($1.id) }
        try harness.up(broker.port)
        for id in 1...4 { harness.publish(Int64(id)) }
        harness.run { waiting.count == 4 }
        for place in [2, 0, 3, 1] { broker.acknowledge(waiting[place]) }
        // One twice, and one nobody asked for.
        broker.acknowledge(waiting[2])
        broker.acknowledge([0x7F, 0xFF])
        harness.run { harness.acknowledged.count == 4 }
        harness.turns(20)
        #expect(harness.acknowledged == [3, 1, 4, 2])
        #expect(harness.failures.isEmpty)
    }

    @Test func qos0IsDoneWhenTheModuleHasItsBytes() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness()
        harness.line.pieces = 100...100
        try harness.up(broker.port)
        harness.line.takes = false
        harness.publish(1, "up/a", [UInt8](repeating: 1, count: 250), qos: 0)
        harness.publish(2, "up/b", [UInt8](repeating: 2, count: 250), qos: 0)
        harness.run { harness.carrier.waitingBytes > 500 }
        harness.turns(20)
        #expect(harness.acknowledged.isEmpty)
        // The whole of the first message, and not of the second.
        let before = harness.sent
        harness.line.takes = true
        harness.run { !harness.acknowledged.isEmpty }
        #expect(harness.sent - before >= 250)
        harness.run { harness.acknowledged == [1, 2] }
        #expect(harness.sent - before >= 500)
    }

    /// An acknowledgement proves what came before its message, and no more than the module took.
    @Test func anAcknowledgementSaysHowFarTheBrokerIs() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        var waiting: [[UInt8]] = []
        broker.onPublish = { waiting.append($1.id) }
        try harness.up(broker.port)
        let start = harness.carrier.acceptedBytes
        harness.publish(1, "up/t", [UInt8](repeating: 1, count: 500))
        harness.run { waiting.count == 1 && harness.carrier.waitingBytes == 0 }
        let first = harness.carrier.acceptedBytes
        harness.publish(2, "up/t", [UInt8](repeating: 1, count: 500))
        harness.run { waiting.count == 2 && harness.carrier.waitingBytes == 0 }
        broker.acknowledge(waiting[1])
        harness.run { harness.acknowledged == [2] }
        #expect(harness.carrier.acknowledgedBytes == first)
        broker.acknowledge(waiting[0])
        harness.run { harness.acknowledged == [2, 1] }
        #expect(harness.carrier.acknowledgedBytes == first && start < first)
    }

    /// More may wait in a moment: what was published and has not come yet, an acknowledgement of what is out, another
    /// message.
    @Test func whetherMoreCanBeExpected() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        try harness.up(broker.port)
        #expect(harness.carrier.mayGrow)
        harness.carrier.expectsMore = false
        #expect(!harness.carrier.mayGrow)
        harness.line.takes = false
        for id in 1...20 { harness.publish(Int64(id)) }
        #expect(harness.carrier.mayGrow, "they are with the client")
        harness.run { !harness.carrier.mayGrow }
        harness.carrier.expectsMore = true
        #expect(!harness.carrier.canPublish && !harness.carrier.mayGrow, "all wait here")
        harness.line.takes = true
        harness.run { harness.carrier.waitingBytes == 0 }
        #expect(harness.carrier.mayGrow, "an acknowledgement may come")
    }

    @Test func qos0IsBoundedByBytes() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness()
        try harness.up(broker.port)
        harness.line.takes = false
        var id: Int64 = 0
        while harness.carrier.canPublish {
            id += 1
            harness.publish(id, "up/a", [UInt8](repeating: 1, count: 1000), qos: 0)
        }
        #expect(id == Int64(SocketCarrier.unacknowledgedBytes / 1012 + 1))
        harness.line.takes = true
        harness.run { harness.acknowledged == Array(1...id) }
        #expect(harness.carrier.canPublish)
    }

    @Test func expiryIsPassedOn() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness()
        let onlooker = try Onlooker(harness.loop, port: broker.port, ["up/#"])
        try harness.up(broker.port)
        harness.publish(1, expiry: 300)
        harness.publish(2)
        harness.run { onlooker.messages.count == 2 }
        #expect(onlooker.messages.first?.expiry.map { (290...300).contains($0) } == true)
        #expect(onlooker.messages.last?.expiry == nil)
    }

    @Test func theRetainFlagIsPassedOn() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness()
        try harness.up(broker.port)
        harness.publish(1, "kept", [7], retain: true)
        harness.run { harness.acknowledged == [1] }
        let onlooker = try Onlooker(harness.loop, port: broker.port, ["kept"])
        harness.run { onlooker.messages.count == 1 }
        #expect(onlooker.messages.first?.retain == true)
    }

    @Test func anAccessListsNoSetsAside() throws {
        var options = BrokerProcess.Options()
        let directory = try TemporaryDirectory("acl")
        try Files.writeAtomically(directory.file("acl"), bytes("topic read #\ntopic write up/#\n"))
        options.extraLines = ["acl_file \(directory.file("acl"))"]
        let broker = try BrokerProcess(options)
        let harness = try CarrierHarness()
        try harness.up(broker.port)
        harness.publish(1, "forbidden", [1])
        // Mosquitto 2.0.11 hangs up after it has said so: the reason is still heard.
        harness.run { !harness.isOpen }
        #expect(harness.refused[1]?.fate == .aside)
        #expect(harness.refused[1]?.reason.contains("135") == true)
        #expect(harness.returned.isEmpty)
        try harness.up(broker.port)
        harness.publish(2, "up/t", [2])
        harness.run { harness.acknowledged == [2] }
    }

    @Test(
        arguments: [
            (128, .later), (131, .later), (135, .aside), (144, .never), (149, .never), (151, .later), (153, .never),
            (200, .aside),
        ] as [(UInt8, PublishRefusal.Fate)])
    func reasonCodesDecideTheFate(_ code: UInt8, _ fate: PublishRefusal.Fate) throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        broker.onPublish = { $0.acknowledge($1.id, $1.body.last == 1 ? code : 16) }
        try harness.up(broker.port)
        harness.publish(1, "up/t", [1])
        harness.publish(2, "up/t", [2])
        harness.run { harness.acknowledged == [2] }
        #expect(harness.refused[1]?.fate == fate)
        #expect(harness.refused[1]?.code == "broker")
        #expect(harness.refused[1]?.reason.contains("\(code)") == true)
    }

    @Test(arguments: [0, 1])
    func aQoSAboveWhatTheBrokerTakesIsSetAside(_ most: Int) throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        // Maximum QoS.
        broker.greeting = [0x20, 5, 0, 0, 2, 0x24, UInt8(most)]
        try harness.up(broker.port)
        harness.publish(1, "up/t", [1], qos: most + 1)
        harness.publish(2, "up/t", [2], qos: 0)
        harness.run { harness.acknowledged == [2] }
        let reason = "the remote broker takes QoS \(most) at most: set publish_qos = \(most) for its route"
        #expect(harness.refused[1]?.fate == .aside && harness.refused[1]?.code == "broker")
        #expect(harness.refused[1]?.reason.hasPrefix(reason) == true)
        #expect(harness.returned.isEmpty)
    }

    @Test func whatTheBrokerDoesNotTakeIsNeverSent() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        // Maximum Packet Size 1000.
        broker.greeting = [0x20, 8, 0, 0, 5, 0x27, 0, 0, 0x03, 0xE8]
        try harness.up(broker.port)
        harness.publish(1, "up/t", [UInt8](repeating: 0, count: 2000))
        harness.publish(2, "up/+", [1])
        harness.publish(3, "up/t", [1])
        harness.run { harness.acknowledged == [3] }
        #expect(harness.refused[1]?.fate == .never)
        #expect(harness.refused[2]?.fate == .never)
        #expect(broker.count(3) == 1)
        #expect(harness.carrier.open.isEmpty)
    }

    @Test func aPublishOnAnIdleSessionIsNotLate() throws {
        let broker = try BrokerProcess()
        let harness = try CarrierHarness { _ in
        } values: {
            $0.acknowledgementTimeout = .milliseconds(300)
        }
        try harness.up(broker.port)
        let idle = harness.clock.now + .milliseconds(400)
        harness.run { harness.clock.now > idle }
        harness.publish(1)
        // The owner looks at the deadline at once: the client has not written a byte yet.
        let due = try #require(harness.carrier.deadline)
        #expect(due > harness.clock.now)
        harness.run { harness.acknowledged == [1] || !harness.failures.isEmpty }
        #expect(harness.acknowledged == [1])
        #expect(harness.failures.isEmpty)
    }

    @Test func afterASuspiciousEndTheyGoOneAtATime() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        var isHostile = true
        var (underWay, most) = (0, 0)
        broker.onPublish = { broker, packet in
            if isHostile {
                // The third of them.
                if packet.body.last == 3 { broker.send([0xE0, 2, 0x82, 0]) }
                return
            }
            underWay += 1
            most = max(most, underWay)
            harness.loop.schedule(after: .milliseconds(2)) {
                underWay -= 1
                broker.acknowledge(packet.id)
            }
        }
        try harness.up(broker.port)
        for id in 1...5 { harness.publish(Int64(id), "up/t", [UInt8(id)]) }
        harness.run { !harness.failures.isEmpty }
        guard case .closed = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
        #expect(harness.returned.map(\.id) == [1, 2, 3, 4, 5])
        isHostile = false
        try harness.up(broker.port)
        for id in 1...5 { harness.publish(Int64(id), "up/t", [UInt8(id)]) }
        harness.run { harness.acknowledged == [1, 2, 3, 4, 5] }
        #expect(most == 1)
        for id in 6...25 { harness.publish(Int64(id)) }
        harness.run { harness.acknowledged.count == 25 }
        #expect(most > 10)
    }

    @Test func aLowerReceiveMaximumIsKept() throws {
        let harness = try CarrierHarness()
        let broker = try ScriptedBroker(harness.loop)
        // Receive Maximum 3.
        broker.greeting = [0x20, 6, 0, 0, 3, 0x21, 0, 3]
        var waiting: [[UInt8]] = []
        var most = 0
        broker.onPublish = {
            waiting.append($1.id)
            most = max(most, waiting.count)
        }
        try harness.up(broker.port)
        var next: Int64 = 1
        harness.run {
            while next <= 30, harness.carrier.canPublish {
                harness.publish(next)
                next += 1
            }
            if waiting.count >= 3 { broker.acknowledge(waiting.removeFirst()) }
            return harness.acknowledged.count == 28
        }
        #expect(most <= 3)
        #expect(harness.mostOpen <= 3, "more would wait inside the library")
    }
}
