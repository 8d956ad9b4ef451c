import BridgeCore
import BridgeTestKit
import Testing

@testable import BridgeRuntime

/// The end in order: what the local broker has is not delivered again at the next start.
struct StopTests {
    /// Stops as the service does; how long it took.
    private func stop(_ rig: Rig, _ place: SourceLocation = #_sourceLocation) -> Duration {
        let began = rig.clock.now
        rig.bridge.stop()
        rig.run(.seconds(8), place) { rig.isFinished }
        var isOver = false
        rig.bridge.stopLocal { isOver = true }
        rig.run(.seconds(3), place) { isOver }
        rig.bridge.leave()
        rig.clock.settle()
        return rig.clock.now - began
    }

    @Test func aDeliveryThatIsOpenAtTheStopIsWaitedFor() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.answersPublishes = false
        for number in 0..<3 { rig.port.deliver("commands/x", bytes("\(number)")) }
        rig.run { rig.broker.received.count { $0.topic == bytes("commands/x") } == 3 }
        // They are on disk meanwhile.
        rig.run { rig.store.inbox.count == 3 }
        _ = rig.clock.schedule(at: rig.clock.now + .milliseconds(400)) { rig.broker.answer() }
        let time = stop(rig)
        #expect(rig.store.inbox.isEmpty && rig.dispatcher.counters.inDelivered == 3)
        #expect(time > .milliseconds(400) && time < .milliseconds(1500), "\(time)")
    }

    @Test func whatIsAcknowledgedWhileItIsBeingWrittenIsRemovedAfterwards() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.answersPublishes = false
        rig.store.isStopped = true
        for number in 0..<3 { rig.port.deliver("commands/x", bytes("\(number)")) }
        // Its commit is under way when it is acknowledged.
        rig.clock.advance(by: .milliseconds(300))
        rig.broker.answer()
        _ = rig.clock.schedule(at: rig.clock.now + .milliseconds(300)) {
            rig.store.isStopped = false
            rig.store.answer()
        }
        _ = stop(rig)
        #expect(rig.store.inbox.isEmpty && rig.dispatcher.counters.inDelivered == 3)
    }

    @Test func whatComesWhileTheSessionIsClosedIsDeliveredToo() throws {
        let rig = Rig()
        try rig.online()
        var isClosing = false
        rig.port.script = { [unowned port = rig.port] line in
            if line == "AT+MDISCONNECT", !isClosing {
                isClosing = true
                for number in 0..<30 { port.deliver("commands/x", bytes("\(number)")) }
            }
            return nil
        }
        let time = stop(rig)
        #expect(isClosing && rig.broker.received.count { $0.topic == bytes("commands/x") } == 30)
        #expect(rig.store.inbox.isEmpty && rig.dispatcher.counters.inDelivered == 30 && time < .seconds(1))
    }

    @Test func aLocalBrokerThatAcknowledgesNothingDelaysTheEndByASecondEachTime() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.answersPublishes = false
        rig.port.deliver("commands/x", bytes("a"))
        rig.run { rig.broker.received.contains { $0.topic == bytes("commands/x") } }
        let time = stop(rig)
        #expect(time > .seconds(2) && time < .seconds(3), "\(time)")
        #expect(rig.store.inbox.count == 1)
    }

    @Test func whatTheLocalBrokerSendsMeanwhileIsStoredBeforeItIsAcknowledged() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.answersPublishes = false
        rig.port.deliver("commands/x", bytes("a"))
        rig.run { rig.broker.received.contains { $0.topic == bytes("commands/x") } }
        let due = rig.clock.now
        for number in 0..<10 {
            _ = rig.clock.schedule(at: due + .milliseconds(20 * number)) { rig.publish(number..<(number + 1)) }
        }
        _ = rig.clock.schedule(at: due + .milliseconds(300)) { rig.broker.answer() }
        _ = stop(rig)
        #expect(rig.broker.prematureAcknowledgements.isEmpty && rig.store.inbox.isEmpty)
        let kept = rig.store.outbox.map { String(decoding: $0.payload, as: UTF8.self) }
        #expect(rig.broker.acknowledged.count == 10 && kept == rig.numbered(0..<10))
    }
}
