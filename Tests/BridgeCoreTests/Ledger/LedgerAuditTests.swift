import Testing

@testable import BridgeCore

@Suite struct LedgerAuditTests {
    private func audit(_ through: Int64, floor: Int64 = 0, since: Int64? = nil) -> LedgerAudit {
        LedgerAudit(accepted: AcceptedThrough(out: through), floor: AcceptedThrough(out: floor), since: since)
    }

    @Test func acknowledgedRefusedAndWaitingMakeUpAllThatWasAccepted() {
        var audit = audit(6)
        // In any order.
        for id in [4, 1, 3] as [Int64] { audit.add(ledgerEntry(id)) }
        audit.add(ledgerEntry(2, at: 1_794_999_000, .refused("expired")))
        audit.add(waiting: 6, .out, acceptedAt: 1_795_000_009, isAside: true)
        audit.add(waiting: 5, .out, acceptedAt: 1_795_000_009, isAside: false)
        let found = audit.finish()
        #expect(found.isBalanced)
        #expect(found.out.accepted == 6 && found.out.acknowledged == 3 && found.out.refused == 1)
        #expect(found.out.waiting == 2 && found.out.aside == 1)
        #expect(found.reachesBackTo == 1_794_999_000 && found.newest == 1_795_000_009)
        #expect(found.in.accepted == 0 && found.in.isBalanced)
    }

    @Test func directionsAreSeparate() {
        var audit = LedgerAudit(accepted: AcceptedThrough(out: 1, in: 2), floor: AcceptedThrough())
        audit.add(ledgerEntry(1))
        audit.add(ledgerEntry(1, .in))
        audit.add(waiting: 2, .in, acceptedAt: 0, isAside: false)
        let found = audit.finish()
        #expect(found.isBalanced && found.out.accepted == 1 && found.in.accepted == 2 && found.in.waiting == 1)
    }

    @Test func aMessageWithoutATraceIsMissing() {
        var audit = audit(9)
        for id in [2, 5, 6] as [Int64] { audit.add(ledgerEntry(id)) }
        let found = audit.finish()
        #expect(!found.isBalanced)
        #expect(found.out.missing == [1...1, 3...4, 7...9] && found.out.missingCount == 6)
        #expect(found.out.accepted == found.out.acknowledged + found.out.missingCount)
    }

    @Test func aMessageWithTwoTracesIsToldWithWhatIsKnown() {
        var audit = audit(4)
        let twice = [ledgerEntry(1), ledgerEntry(1, .out, .refused("expired")), ledgerEntry(2), ledgerEntry(3)]
        for entry in twice { audit.add(entry) }
        audit.add(waiting: 2, .out, acceptedAt: 0, isAside: false)
        audit.add(waiting: 3, .out, acceptedAt: 0, isAside: true)
        audit.add(waiting: 4, .out, acceptedAt: 0, isAside: false)
        let isDoubled = audit.judge()
        #expect(isDoubled)
        for entry in twice { audit.explain(entry) }
        let found = audit.finish()
        #expect(!found.isBalanced && found.out.doubledCount == 3 && found.out.missingCount == 0)
        #expect(
            found.out.doubled == [
                .init(id: 1, traces: [.finished(twice[0]), .finished(twice[1])]),
                .init(id: 2, traces: [.waiting, .finished(twice[2])]),
                .init(id: 3, traces: [.aside, .finished(twice[3])]),
            ])
    }

    @Test func aRowThatWasNeverAcceptedIsTold() {
        var audit = audit(1)
        audit.add(ledgerEntry(1))
        audit.add(waiting: 5, .out, acceptedAt: 0, isAside: false)
        let found = audit.finish()
        #expect(found.out.unaccepted == [5] && found.out.accepted == 1 && !found.isBalanced)
    }

    @Test func whatTheLedgerForgotIsNotAskedFor() {
        var audit = audit(5, floor: 3)
        audit.add(waiting: 2, .out, acceptedAt: 0, isAside: false)
        audit.add(ledgerEntry(4))
        audit.add(ledgerEntry(5))
        var found = audit.finish()
        #expect(found.isBalanced && found.out.first == 4 && found.out.accepted == 2 && found.out.waitingEarlier == 1)
        // But nothing is there twice.
        audit.add(ledgerEntry(2))
        _ = audit.judge()
        found = audit.finish()
        #expect(found.out.doubled.map(\.id) == [2] && !found.isBalanced)
    }

    @Test func sinceCountsFromTheFirstAcceptedThen() {
        func found(_ since: Int64) -> StoreVerification {
            var audit = audit(5, since: since)
            for id in Int64(1)...4 where id != 3 { audit.add(ledgerEntry(id, at: 100 * id)) }
            audit.add(waiting: 5, .out, acceptedAt: 500, isAside: false)
            return audit.finish()
        }
        #expect(found(0).out.missing == [3...3] && found(0).out.accepted == 5)
        #expect(found(350).out.first == 4 && found(350).isBalanced && found(350).out.accepted == 2)
        #expect(found(501).out.accepted == 0 && found(501).isBalanced)
    }

    @Test func aDamagedSegmentIsTold() {
        var segment = LedgerSegment()
        for id in Int64(1)...3 { _ = segment.append(ledgerEntry(id)) }
        var audit = audit(3)
        var bytes = segment.bytes
        audit.add(segment: 8, bytes)
        let sound = audit.finish()
        #expect(sound.isBalanced)
        bytes[9] ^= 1
        audit = self.audit(3)
        audit.add(segment: 8, bytes)
        let found = audit.finish()
        #expect(found.damaged == [.init(segment: 8, damage: .checksum)] && found.out.missing == [1...3])
        #expect(!found.isBalanced)
    }

    @Test func listsAreBoundedAndCountsGoOn() {
        var audit = audit(1000)
        for id in stride(from: Int64(2), through: 2000, by: 2) {
            for _ in 0..<2 { audit.add(ledgerEntry(id)) }
        }
        let found = audit.finish()
        let limit = StoreVerification.detailLimit
        #expect(found.out.missingCount == 500 && found.out.missing.count == limit)
        #expect(found.out.doubledCount == 1000 && found.out.doubled.count == limit)
        #expect(found.out.unacceptedCount == 500 && found.out.unaccepted.count == limit)
    }

    @Test(arguments: [Int64.min, .max]) func extremesDoNotTrap(_ extreme: Int64) {
        var audit = LedgerAudit(
            accepted: AcceptedThrough(out: extreme, in: extreme), floor: AcceptedThrough(out: extreme, in: extreme),
            since: extreme)
        audit.add(waiting: extreme, .out, acceptedAt: extreme, isAside: true)
        audit.add(waiting: extreme, .in, acceptedAt: extreme, isAside: false)
        audit.add(
            LedgerEntry(
                direction: .in, id: extreme, topicHash: 0, size: 0, acceptedAt: extreme, finishedAfter: extreme,
                outcome: .acknowledged))
        let found = audit.finish()
        #expect(!found.isBalanced)
    }
}
