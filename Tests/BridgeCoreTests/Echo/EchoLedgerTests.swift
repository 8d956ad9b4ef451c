import BridgeCore
import Testing

@Suite struct EchoLedgerTests {
    private func online(receiveLimit: Int = 1360, limits: EchoLedger.Limits = .init()) -> EchoLedger {
        var ledger = EchoLedger(receiveLimit: receiveLimit, limits: limits)
        ledger.linkCameUp(now: .zero)
        return ledger
    }

    private func row(_ id: Int64, _ payload: String = "on", topic: String = "lamp", echo: Bool = true) -> OutboundRow {
        outRow(id, echo: echo, topic: topic, payload: bytes(payload))
    }

    private func judge(
        _ ledger: inout EchoLedger, _ payload: String = "on", topic: String = "lamp", at seconds: Int = 1,
        isBoth: Bool = true
    ) -> EchoVerdict {
        ledger.judge(topic: bytes(topic), payload: bytes(payload), isBoth: isBoth, now: .seconds(seconds))
    }

    @Test func anEchoIsDroppedOnce() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.acknowledged(1, now: .zero, wallClock: 1000)
        #expect(judge(&ledger) == .dropEcho(id: 1))
        #expect(judge(&ledger) == .deliver, "somebody else's")
    }

    @Test func anEchoMayComeBeforeTheAcknowledgement() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        #expect(judge(&ledger) == .dropEcho(id: 1))
        ledger.acknowledged(1, now: .seconds(2), wallClock: 1000)
        #expect(judge(&ledger, at: 3) == .deliver)
    }

    @Test func onlyTopicAndPayloadTogetherMakeAnEcho() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        #expect(judge(&ledger, "off") == .deliver)
        #expect(judge(&ledger, "on", topic: "lamp2") == .deliver)
        #expect(judge(&ledger, "ON") == .deliver)
        #expect(judge(&ledger, "on") == .dropEcho(id: 1))
    }

    @Test func equalPublishesAreEachEchoedOnce() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.published(row(2), now: .zero)
        #expect(judge(&ledger) == .dropEcho(id: 1))
        #expect(judge(&ledger) == .dropEcho(id: 2))
        #expect(judge(&ledger) == .deliver)
    }

    @Test func aRowThatExpectsNoEchoIsNotEntered() {
        var ledger = online()
        ledger.published(row(1, echo: false), now: .zero)
        #expect(ledger.count == 0)
        #expect(judge(&ledger) == .deliver)
    }

    @Test func anEntryLapsesThirtySecondsAfterTheAcknowledgement() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        #expect(ledger.deadline == nil, "not before the acknowledgement")
        ledger.acknowledged(1, now: .seconds(100), wallClock: 1000)
        #expect(ledger.deadline == .seconds(130))
        var other = ledger
        #expect(judge(&ledger, at: 129) == .dropEcho(id: 1))
        #expect(judge(&other, at: 130) == .deliver)
        #expect(other.count == 0)
        ledger.deadlineReached(now: .seconds(130))
        #expect(ledger.count == 0)
    }

    @Test func noTimePassesWhileTheLinkIsDown() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.acknowledged(1, now: .zero, wallClock: 1000)
        ledger.linkBroke()
        #expect(ledger.deadline == nil)
        ledger.deadlineReached(now: .seconds(500))
        ledger.linkCameUp(now: .seconds(1000))
        #expect(ledger.deadline == .seconds(1030))
        var other = ledger
        #expect(judge(&ledger, at: 1029) == .dropEcho(id: 1), "it waited at the broker")
        #expect(judge(&other, at: 1030) == .deliver)
    }

    @Test func afterABreakADroppedEchoMayBeDroppedOnceMore() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.acknowledged(1, now: .zero, wallClock: 1000)
        #expect(judge(&ledger) == .dropEcho(id: 1))
        ledger.linkBroke()
        #expect(judge(&ledger, at: 2) == .deliver, "read late, of the session before")
        ledger.linkCameUp(now: .seconds(10))
        #expect(judge(&ledger, at: 11) == .dropEcho(id: 1), "sent again: the module's PUBACK was lost")
        #expect(judge(&ledger, at: 12) == .deliver)
    }

    @Test func aPublishOfUnknownOutcomeMayBeEchoedTwice() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.linkBroke()
        ledger.linkCameUp(now: .seconds(10))
        ledger.published(row(1), now: .seconds(11))
        #expect(judge(&ledger, at: 12) == .dropEcho(id: 1))
        #expect(judge(&ledger, at: 12) == .dropEcho(id: 1))
        #expect(judge(&ledger, at: 12) == .deliver)
        ledger.acknowledged(1, now: .seconds(13), wallClock: 1000)
        #expect(ledger.deadline == .seconds(43))
    }

    @Test func aPublishThatNeverComesAgainLapsesAfterTheReconnect() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.linkBroke()
        ledger.linkCameUp(now: .seconds(10))
        #expect(judge(&ledger, at: 40) == .deliver)
    }

    @Test func aRepublishedRowWaitsForItsAcknowledgementAgain() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.linkBroke()
        ledger.linkCameUp(now: .seconds(10))
        ledger.published(row(1), now: .seconds(11))
        #expect(ledger.deadline == nil)
        #expect(judge(&ledger, at: 60) == .dropEcho(id: 1))
    }

    @Test func aWithdrawnPublishMakesNoEcho() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.withdrawn(1)
        #expect(judge(&ledger) == .deliver)
        ledger.published(row(2), now: .zero)
        ledger.published(row(2), now: .zero)
        ledger.withdrawn(2)
        #expect(judge(&ledger) == .dropEcho(id: 2))
        #expect(judge(&ledger) == .deliver)
    }

    @Test func copiesAreBounded() {
        var limits = EchoLedger.Limits()
        limits.copies = 2
        var ledger = online(limits: limits)
        for _ in 0..<5 { ledger.published(row(1), now: .zero) }
        #expect([judge(&ledger), judge(&ledger), judge(&ledger)] == [.dropEcho(id: 1), .dropEcho(id: 1), .deliver])
    }

    @Test func aCutEchoIsKnownByItsBeginning() {
        var ledger = online(receiveLimit: 4)
        ledger.published(row(1, "abcdefgh"), now: .zero)
        #expect(judge(&ledger, "abc") == .deliver, "shorter than the limit: not cut there")
        #expect(judge(&ledger, "abcde") == .deliver, "longer than the limit")
        #expect(judge(&ledger, "abcx") == .deliver)
        #expect(judge(&ledger, "abcd", topic: "other") == .deliver)
        #expect(judge(&ledger, "abcd") == .dropEcho(id: 1))
        #expect(judge(&ledger, "abcd") == .deliver)
        ledger.published(row(2, "abcdefgh"), now: .zero)
        #expect(judge(&ledger, "abcdefgh") == .dropEcho(id: 2), "whole after all")
        ledger.published(row(3, "abc"), now: .zero)
        #expect(judge(&ledger, "abcd") == .deliver, "not the beginning of a longer one")
    }

    @Test func aPayloadOfExactlyTheLimitIsNotCut() {
        var ledger = online(receiveLimit: 4)
        ledger.published(row(1, "abcd"), now: .zero)
        #expect(judge(&ledger, "abcd") == .dropEcho(id: 1))
    }

    @Test func rowsAreStoredWhenAcknowledgedAndRemovedWhenTheyLapse() {
        var ledger = online(receiveLimit: 4)
        ledger.published(row(1, "abcdefgh"), now: .zero)
        #expect(ledger.takeChanges().add.isEmpty)
        ledger.acknowledged(1, now: .zero, wallClock: 1234)
        let changes = ledger.takeChanges()
        #expect(changes.add.map(\.id) == [1])
        #expect(changes.add.first?.acknowledgedAt == 1234)
        #expect(changes.add.first?.prefix == bytes("abcd"))
        #expect(changes.add.first?.length == 8)
        #expect(changes.remove.isEmpty)
        _ = judge(&ledger, "abcd")
        #expect(ledger.takeChanges() == ([], []), "handed out once; kept until it lapses")
        ledger.deadlineReached(now: .seconds(30))
        #expect(ledger.takeChanges() == ([], [1]))
    }

    @Test func whatWasNeverWrittenNeedsNoRemoval() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.acknowledged(1, now: .zero, wallClock: 1)
        ledger.deadlineReached(now: .seconds(30))
        #expect(ledger.takeChanges() == ([], []))
    }

    @Test func shortPayloadsAreStoredWithoutTheirBytes() {
        var ledger = online()
        ledger.published(row(1), now: .zero)
        ledger.acknowledged(1, now: .zero, wallClock: 1)
        #expect(ledger.takeChanges().add.first?.prefix == [])
    }

    @Test func aRestartTakesOverWhatWasStored() throws {
        var before = online(receiveLimit: 4)
        before.published(row(1, "abcdefgh"), now: .zero)
        before.published(row(2, "on"), now: .zero)
        before.acknowledged(1, now: .zero, wallClock: 1)
        before.acknowledged(2, now: .zero, wallClock: 1)
        var ledger = EchoLedger(receiveLimit: 4)
        ledger.restore(before.takeChanges().add)
        #expect(ledger.deadline == nil)
        ledger.linkCameUp(now: .seconds(1000))
        #expect(judge(&ledger, "abcd", at: 1001) == .dropEcho(id: 1))
        #expect(judge(&ledger, "on", at: 1001) == .dropEcho(id: 2))
        #expect(judge(&ledger, "on", at: 1001) == .deliver)
        ledger.deadlineReached(now: .seconds(1030))
        #expect(ledger.takeChanges().remove.sorted() == [1, 2])
    }

    @Test func aRowUnderWayWhenTheProcessEndedMayBeEchoedTwice() {
        var ledger = EchoLedger(receiveLimit: 1360)
        ledger.restore([], unfinished: [row(5), row(6, "x", echo: false)])
        #expect(ledger.count == 1)
        ledger.linkCameUp(now: .zero)
        ledger.published(row(5), now: .seconds(1))
        #expect([judge(&ledger), judge(&ledger), judge(&ledger)] == [.dropEcho(id: 5), .dropEcho(id: 5), .deliver])
    }

    @Test func anIDGivenAgainIsANewEntry() {
        var ledger = EchoLedger(receiveLimit: 1360)
        ledger.restore([EchoRow(id: 1, topic: bytes("old"), length: 2, prefix: [], digest: 7, acknowledgedAt: 0)])
        ledger.linkCameUp(now: .zero)
        ledger.published(row(1), now: .zero)
        #expect(ledger.count == 1)
        #expect(judge(&ledger) == .dropEcho(id: 1))
        #expect(judge(&ledger) == .deliver)
    }

    @Test func overTheBoundTheOldestIsForgotten() {
        var limits = EchoLedger.Limits()
        limits.echoes = 3
        var ledger = online(limits: limits)
        for id in 1...4 { ledger.published(row(Int64(id), "\(id)"), now: .zero) }
        #expect(ledger.count == 3)
        #expect(ledger.forgotten == 1)
        #expect(judge(&ledger, "1") == .deliver)
        #expect(judge(&ledger, "2") == .dropEcho(id: 2))
        #expect(EchoLedger.Limits().echoes == 256)
    }
}
