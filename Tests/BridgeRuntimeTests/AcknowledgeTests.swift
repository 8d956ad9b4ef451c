import BridgeCore
import BridgeTestKit
import Testing

@testable import BridgeRuntime

/// A local PUBACK means: on disk, or acknowledged by the remote broker.
@Suite struct AcknowledgeTests {
    @Test func nothingIsAcknowledgedBeforeItIsOnDisk() throws {
        let rig = Rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.store.isStopped = true
        rig.publish(0..<10)
        rig.clock.advance(by: .seconds(30))
        #expect(rig.broker.acknowledged.isEmpty)
        rig.store.answer()
        rig.store.isStopped = false
        rig.clock.settle()
        rig.store.answer()
        rig.run { rig.broker.acknowledged.count == 10 }
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
    }

    @Test func whatComesDuringACommitWaitsForItsOwn() throws {
        let rig = Rig()
        try rig.online()
        rig.store.isStopped = true
        rig.publish(0..<3)
        rig.clock.settle()
        rig.broker.drop()
        rig.clock.advance(by: .seconds(1))
        rig.publish(3..<6)
        rig.clock.settle()
        rig.store.isStopped = false
        rig.store.answer(1)
        rig.run { rig.broker.acknowledged.count == 6 }
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
        rig.run { Set(rig.sent).isSuperset(of: rig.numbered(0..<6)) }
    }

    @Test func aFailedCommitIsRetriedAndAcknowledgedThen() throws {
        let rig = Rig()
        try rig.offline()
        rig.store.commitFailure = "disk full"
        rig.publish(0..<10)
        rig.clock.advance(by: .seconds(7))
        #expect(rig.broker.acknowledged.isEmpty)
        #expect(rig.store.failures > 3)
        #expect(rig.recorder.count("the queue on disk: disk full; nothing is acknowledged", .warning) == 5)
        rig.store.commitFailure = nil
        rig.port.isMute = false
        rig.run { rig.sent.count == 10 && rig.broker.acknowledged.count == 10 }
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
        #expect(rig.sent == rig.numbered(0..<10))
    }

    @Test func readingStopsWhileTheStoreFails() throws {
        let rig = Rig()
        try rig.offline()
        rig.store.commitFailure = "disk full"
        rig.publish(0..<500)
        rig.clock.advance(by: .seconds(5))
        #expect(rig.dispatcher.pending.appendOut.count == 64)
        // A connection that is lost meanwhile must not bring the same messages again and again.
        for _ in 0..<10 {
            rig.broker.drop()
            rig.clock.advance(by: .seconds(90))
        }
        #expect(rig.dispatcher.pending.appendOut.count == 64)
        #expect(!rig.broker.isConnected)
        rig.store.commitFailure = nil
        rig.port.isMute = false
        rig.run(.seconds(600)) { Set(rig.sent).count == 500 }
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
    }

    @Test func aConnectionLostBeforeTheCommitBringsTheMessagesAgain() throws {
        let rig = Rig()
        try rig.offline()
        rig.store.isStopped = true
        rig.publish(0..<5)
        rig.clock.advance(by: .seconds(2))
        rig.broker.drop()
        rig.clock.settle()
        // The process ends before the disk has answered: nothing of it was promised.
        rig.store.isStopped = false
        rig.port.isMute = false
        try rig.restart()
        rig.run { rig.sent.count == 5 }
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
        #expect(rig.sent == rig.numbered(0..<5))
    }

    @Test func stoppingAcknowledgesNothingThatIsNotOnDisk() throws {
        let rig = Rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.store.commitFailure = "disk full"
        rig.publish(0..<5)
        rig.clock.advance(by: .milliseconds(100))
        var isDrained = false
        rig.dispatcher.drain { isDrained = true }
        rig.run(.seconds(6)) { isDrained }
        var isClosed = false
        rig.local.stop { isClosed = true }
        rig.run(.seconds(1)) { isClosed }
        #expect(rig.broker.acknowledged.isEmpty)
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
        #expect(rig.broker.queue.count == 5)
    }

    @Test func stoppingAcknowledgesWhatIs() throws {
        let rig = Rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.publish(0..<5)
        rig.clock.advance(by: .milliseconds(1))
        let began = rig.clock.now
        var isDrained = false
        rig.dispatcher.drain { isDrained = true }
        rig.run(.seconds(6)) { isDrained }
        #expect(rig.clock.now - began >= .seconds(4), "the open publish is waited for")
        rig.module.stop()
        rig.run(.seconds(2)) { rig.isFinished }
        var isClosed = false
        rig.local.stop { isClosed = true }
        rig.run(.seconds(1)) { isClosed }
        #expect(rig.broker.acknowledged.count == 5)
        #expect(rig.store.outbox.count == 5)
        #expect(rig.port.commands.suffix(2) == ["AT+MDISCONNECT", "AT+MIPCLOSE"])
    }

    @Test func whatTheModuleDeliversAtTheVeryEndIsHandedToTheStore() throws {
        let rig = Rig()
        try rig.online()
        rig.dispatcher.drain {}
        rig.clock.settle()
        rig.store.isStopped = true
        for number in 0..<3 {
            rig.port.deliver("commands/x", bytes("last \(number)"))
            rig.clock.settle()
        }
        rig.dispatcher.handOver()
        rig.store.close()
        #expect(rig.store.inbox.count == 3)
    }

    @Test func refusedMessagesAreOnTheListBeforeTheyAreAcknowledged() throws {
        let rig = Rig()
        try rig.online()
        rig.store.isStopped = true
        rig.broker.publish("sensors/x", [UInt8](repeating: 0x61, count: 9000))
        rig.clock.advance(by: .seconds(1))
        #expect(rig.broker.acknowledged.isEmpty)
        rig.store.isStopped = false
        rig.store.answer()
        rig.run { rig.broker.acknowledged.count == 1 }
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
    }
}
