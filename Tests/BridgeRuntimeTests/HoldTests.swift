import BridgeCore
import BridgeTestKit
import Testing

@testable import BridgeRuntime

/// What the remote broker acknowledges soon is never written, and nothing is acknowledged locally for less.
@Suite struct HoldTests {
    private func rows(_ rig: Rig) -> [Int] { rig.store.batches.map(\.appendOut.count).filter { $0 > 0 } }

    @Test func whatIsAcknowledgedSoonIsNeverWritten() throws {
        let rig = Rig()
        try rig.online()
        let before = rig.store.batches.count
        for number in 0..<100 {
            rig.publish(number..<number + 1)
            rig.clock.advance(by: .milliseconds(100))
        }
        #expect(rig.broker.acknowledged.count == 100)
        #expect(rig.sent == rig.numbered(0..<100))
        #expect(rig.store.batches.count == before)
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
        // What became of them is, in the end.
        rig.clock.advance(by: .seconds(300))
        #expect(rig.store.ledger.count == 100)
        #expect(rig.ledgerGaps.isEmpty)
        #expect(rig.store.ledger.allSatisfy { $0.storedAfter == nil && $0.outcome == .acknowledged })
        #expect(rig.store.ledger[0].givenAfter == 0 && (1...20).contains(rig.store.ledger[0].finishedAfter))
    }

    @Test func whatIsNotIsWrittenAfterTheIntervalAndAcknowledgedThen() throws {
        let rig = Rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.publish(0..<3)
        rig.clock.advance(by: .milliseconds(999))
        #expect(rows(rig).isEmpty && rig.broker.acknowledged.isEmpty)
        rig.clock.advance(by: .milliseconds(2))
        #expect(rows(rig) == [3])
        #expect(rig.broker.acknowledged.count == 3)
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
    }

    @Test func theIntervalIsAsConfigured() throws {
        let rig = Rig()
        rig.commits.interval = .milliseconds(50)
        try rig.online()
        rig.port.acknowledges = false
        rig.publish(0..<1)
        rig.clock.advance(by: .milliseconds(51))
        #expect(rows(rig) == [1])
    }

    @Test func onlyWhatIsLeftIsWritten() throws {
        let rig = Rig()
        rig.port.outcomeDelay = .milliseconds(98)
        try rig.online()
        rig.publish(0..<20)
        rig.run { rig.broker.acknowledged.count == 20 }
        #expect(rows(rig) == [11] || rows(rig) == [10])
        rig.run { rig.store.outbox.isEmpty && rig.sent.count == 20 }
        #expect(rig.sent == rig.numbered(0..<20))
        rig.clock.advance(by: .seconds(400))
        #expect(rig.ledgerGaps.isEmpty)
    }

    @Test func noMoreIsReadWhileSomethingIsHeld() throws {
        let rig = Rig()
        rig.port.outcomeDelay = .milliseconds(300)
        try rig.online()
        rig.publish(0..<1)
        rig.clock.advance(by: .milliseconds(100))
        rig.publish(1..<4)
        rig.clock.advance(by: .milliseconds(100))
        #expect(rig.dispatcher.pending.appendOut.count == 1)
        rig.run { rig.dispatcher.pending.appendOut.count == 3 }
        rig.run { rig.broker.acknowledged.count == 4 }
    }

    @Test func aBreakWritesWhatIsHeldAtOnce() throws {
        let rig = Rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.publish(0..<3)
        rig.clock.advance(by: .milliseconds(20))
        rig.port.say(["+PDP: DEACT"])
        rig.clock.advance(by: .milliseconds(5))
        #expect(rows(rig) == [3])
        #expect(rig.broker.acknowledged.count == 3)
        rig.port.acknowledges = true
        rig.run { rig.store.outbox.isEmpty }
        #expect(rig.sent == ["message 0"] + rig.numbered(0..<3))
    }

    @Test func aStopWritesWhatIsHeldAtOnce() throws {
        let rig = Rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.publish(0..<3)
        rig.clock.advance(by: .milliseconds(20))
        rig.dispatcher.drain {}
        rig.clock.advance(by: .milliseconds(5))
        #expect(rows(rig) == [3])
        #expect(rig.broker.acknowledged.count == 3)
    }

    @Test func anInboundMessageWaitsForAHoldThatEnds() throws {
        let rig = Rig()
        rig.port.outcomeDelay = .milliseconds(100)
        try rig.online()
        rig.publish(0..<1)
        rig.clock.advance(by: .milliseconds(20))
        rig.port.deliver("commands/x", bytes("in"))
        rig.clock.advance(by: .milliseconds(60))
        #expect(rig.broker.received.isEmpty, "it would take the PUBACK along")
        rig.run { rig.broker.received.count == 1 }
        rig.clock.advance(by: .seconds(1))
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
        #expect(rig.store.batches.allSatisfy { $0.appendOut.isEmpty && $0.appendIn.isEmpty })
    }

    @Test func aHoldThatDoesNotEndIsWrittenForAnInboundMessage() throws {
        let rig = Rig()
        try rig.online()
        rig.port.acknowledges = false
        rig.publish(0..<1)
        rig.clock.advance(by: .milliseconds(20))
        rig.port.deliver("commands/x", bytes("in"))
        rig.clock.advance(by: .milliseconds(160))
        #expect(rows(rig) == [1])
        #expect(rig.broker.received.count == 1)
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
    }

    @Test func withTheLinkDownCommitsAreGrouped() throws {
        let rig = Rig()
        try rig.offline()
        for number in 0..<500 {
            rig.publish(number..<number + 1)
            rig.clock.advance(by: .milliseconds(20))
        }
        rig.clock.advance(by: .seconds(1))
        #expect(rows(rig).count <= 11)
        #expect(rig.broker.acknowledged.count == 500)
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
    }

    @Test func aBrokerWithASmallWindowIsNotStalled() throws {
        let rig = Rig()
        rig.broker.window = 5
        try rig.offline()
        for number in 0..<1000 {
            rig.publish(number..<number + 1)
            rig.clock.advance(by: .milliseconds(20))
        }
        rig.clock.advance(by: .seconds(1))
        #expect(rig.broker.acknowledged.count == 1000)
        #expect(rows(rig).count <= 210)
    }

    @Test(arguments: [0, 1])
    func aFloodKeepsTheModuleBusy(qos: Int) throws {
        let rig = Rig()
        rig.broker.batchSize = 20
        rig.broker.window = 64
        try rig.online()
        var times: [Duration] = []
        rig.port.onPublish = { [clock = rig.clock] _ in times.append(clock.now) }
        rig.publish(0..<1000, qos: qos)
        rig.run { rig.sent.count == 1000 }
        #expect(rig.sent == rig.numbered(0..<1000))
        let longest = zip(times.dropFirst(), times).map { $0 - $1 }.max() ?? .zero
        #expect(longest <= .milliseconds(8))
        #expect(rows(rig).isEmpty, "the local broker keeps what is not read")
        rig.run { rig.broker.acknowledged.count == 1000 }
    }

    @Test func withoutADiskTheLinkStillCarries() throws {
        let rig = Rig()
        try rig.online()
        rig.store.commitFailure = "disk full"
        rig.publish(0..<50)
        rig.run { rig.broker.acknowledged.count == 50 }
        #expect(rig.broker.prematureAcknowledgements.isEmpty)
    }

    @Test func refusalsAreListedBeforeTheirAcknowledgement() throws {
        let rig = Rig()
        try rig.online()
        rig.broker.publish("sensors/x", [UInt8](repeating: 0x61, count: 9000))
        rig.clock.advance(by: .milliseconds(900))
        #expect(rig.broker.acknowledged.isEmpty)
        rig.run { rig.broker.acknowledged.count == 1 }
        #expect(rig.store.refusals.count == 1)
        #expect(rig.store.ledger.map(\.outcome) == [.refused("too-long")])
        #expect(rig.ledgerGaps.isEmpty)
    }
}
