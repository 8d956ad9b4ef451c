import BridgeCore
import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// The byte cap, as the operator sees it.
@Suite struct OverflowTests {
    /// A bridge whose module is away, with room for ten messages.
    private func full(_ overflow: OverflowPolicy, groupedBytes: Int? = nil) throws -> Rig {
        let rig = Rig()
        if let groupedBytes { rig.commits.bytes = groupedBytes }
        rig.store.overflow = overflow
        rig.store.maximumBytes =
            10
            * OutboundRow(
                topic: bytes("site/sensors/n"), payload: bytes("message 0"), qos: 1, retain: false, acceptedAt: 0
            ).cost
        rig.broker.batchSize = 1
        rig.port.isMute = true
        rig.settings.mayBeBooting = true
        try rig.start()
        rig.run { rig.broker.isConnected }
        return rig
    }

    @Test func dropNewestRefusesWhatComes() throws {
        let rig = try full(.dropNewest)
        rig.publish(0..<10)
        rig.run { rig.broker.acknowledged.count == 10 }
        rig.publish(10..<15)
        rig.run { rig.broker.queue.isEmpty }
        #expect(rig.dispatcher.counters.outRefused == 5)
        #expect(rig.recorder.count("refused site/sensors/n: the queue is full", .warning) == 5)
        rig.port.isMute = false
        rig.run(.seconds(200)) { rig.sent == rig.numbered(0..<10) }
    }

    @Test func dropOldestPushesOutTheFirst() throws {
        let rig = try full(.dropOldest)
        rig.publish(0..<10)
        rig.run { rig.broker.acknowledged.count == 10 }
        rig.publish(2..<5)
        rig.run { rig.broker.queue.isEmpty }
        #expect(rig.recorder.count("pushed out", .warning) == 3)
        rig.port.isMute = false
        rig.run(.seconds(200)) { rig.store.outbox.isEmpty }
        // The one that goes next is protected, so it is the next ones that go.
        #expect(rig.sent == ["message 0"] + rig.numbered(4..<10) + rig.numbered(2..<5))
    }

    @Test func stopReadingStopsAndResumes() throws {
        let rig = try full(.stopReading, groupedBytes: 1)
        rig.publish(0..<40)
        rig.clock.advance(by: .seconds(10))
        #expect(rig.recorder.count("not reading from the local broker", .warning) == 1)
        #expect(rig.store.outbox.count == 10)
        #expect(rig.broker.queue.count == 30)
        // A connection that is lost while nothing is read is not made again: it could not even be greeted.
        rig.broker.drop()
        rig.clock.advance(by: .seconds(20))
        #expect(!rig.broker.isConnected)
        rig.port.isMute = false
        rig.run(.seconds(300)) { rig.sent.count >= 40 }
        #expect(rig.sent == rig.numbered(0..<40))
        #expect(rig.recorder.count("there is room in the queue again") >= 1)
        #expect(rig.dispatcher.counters.outRefused == 0)
    }

    @Test func aQueueFullOfInboundMessagesStillEmpties() throws {
        let rig = Rig()
        rig.store.overflow = .stopReading
        rig.store.maximumBytes = 300
        try rig.online()
        rig.broker.isUp = false
        rig.broker.drop()
        for number in 0..<5 {
            rig.port.deliver("commands/x", bytes("command \(number)"))
            rig.clock.advance(by: .milliseconds(10))
        }
        rig.clock.advance(by: .seconds(2))
        #expect(rig.store.bytes >= 300)
        rig.broker.isUp = true
        rig.run { rig.broker.received.count == 5 }
        rig.run { rig.store.inbox.isEmpty }
    }

    @Test func whatTheModuleDeliversWhileTheStoreFailsIsBounded() throws {
        let rig = Rig()
        try rig.online()
        rig.store.commitFailure = "disk full"
        rig.broker.isUp = false
        rig.broker.drop()
        let payload = [UInt8](repeating: 0x61, count: 4000)
        for _ in 0..<600 {
            rig.port.deliver("commands/x", payload)
            rig.clock.advance(by: .milliseconds(5))
        }
        rig.clock.advance(by: .seconds(3))
        let held = rig.dispatcher.pending.appendIn.reduce(0) { $0 + $1.cost }
        #expect(held <= Dispatcher.unstoredLimit)
        #expect(held == rig.dispatcher.unstoredBytes)
        #expect(rig.dispatcher.counters.inRefused > 300)
        rig.store.commitFailure = nil
        rig.broker.isUp = true
        rig.run { rig.broker.received.count + Int(rig.dispatcher.counters.inRefused) == 600 }
    }
}
