import BridgeCore
import Testing

@testable import Outbox

/// An entry of a message that was sent.
func entry(
    _ id: Int64, _ direction: Refusal.Direction = .out, at acceptedAt: Int64 = 1000,
    _ outcome: LedgerEntry.Outcome = .acknowledged
) -> LedgerEntry {
    LedgerEntry(
        direction: direction, id: id, topicHash: LedgerEntry.hash(Array("t".utf8)), size: 33, acceptedAt: acceptedAt,
        storedAfter: 20, givenAfter: 40, finishedAfter: 300, outcome: outcome)
}

extension StoreBatch {
    static func ledger(_ entries: [LedgerEntry]) -> StoreBatch {
        var batch = StoreBatch()
        batch.ledger = entries
        return batch
    }
}

extension ScratchDirectory {
    /// What a look from outside finds.
    func verify(since: Int64? = nil) throws -> StoreVerification {
        let reader = try #require(try StoreReader.open(directory: path))
        defer { reader.close() }
        return try reader.verify(since: since)
    }

    /// All entries of the ledger.
    func ledger() throws -> [LedgerEntry] {
        let connection = try Connection(path: database, busyMilliseconds: 100, isReadOnly: true)
        defer { connection.close() }
        var found: [LedgerEntry] = []
        let statement = try connection.start(.segments)
        while try statement.step() { found += try LedgerSegment.entries(of: statement.bytes(1)) }
        statement.reset()
        return found
    }

    /// Changes the store behind its back.
    func tamper(_ sql: String) throws {
        let connection = try Connection(path: database, busyMilliseconds: 100)
        defer { connection.close() }
        try connection.execute(sql)
    }
}

@Suite struct StoreLedgerTests {
    let directory = ScratchDirectory()

    @Test func entriesComeWithTheirBatchAndSurvive() throws {
        let harness = try StoreHarness(directory)
        harness.append(outRow("a"), outRow("b"), outRow("c"))
        var batch = StoreBatch.remove(1, 2)
        batch.ledger = [entry(1), entry(2, .out, .refused("expired")), entry(4)]
        batch.acceptedThrough = AcceptedThrough(out: 5, in: 2)
        #expect(harness.commit(batch)?.outDepth == 1)
        harness.commit(.ledger([entry(5), entry(1, .in), entry(2, .in)]))
        #expect(try directory.ledger() == batch.ledger + [entry(5), entry(1, .in), entry(2, .in)])
        harness.store.close()
        let again = try StoreHarness(directory)
        #expect(try again.store.nextIDs() == (6, 3))
        again.commit(.ledger([entry(6)]))
        #expect(try directory.ledger().map(\.id) == [1, 2, 4, 5, 1, 2, 6])
        let found = try directory.verify()
        #expect(found.isBalanced && found.out.acknowledged == 4 && found.out.refused == 1 && found.out.waiting == 1)
        #expect(found.in.acknowledged == 2)
    }

    @Test func whatIsRemovedByItsOwnBatchIsNotWritten() throws {
        // A batch that failed and what finished meanwhile, as one.
        let harness = try StoreHarness(directory)
        var (first, second, inbound) = (outRow("a"), outRow("b"), inRow())
        (first.id, second.id, inbound.id) = (1, 2, 1)
        var batch = StoreBatch.out([first, second])
        batch.appendIn = [inbound]
        batch.removeOut = [1]
        batch.removeIn = [1]
        batch.ledger = [entry(1), entry(1, .in)]
        let receipt = try #require(harness.commit(batch))
        #expect(receipt.outIDs == [nil, 2] && receipt.inIDs == [nil] && receipt.refusals.isEmpty)
        #expect(receipt.outDepth == 1 && receipt.inDepth == 0)
        #expect(try directory.verify().isBalanced)
    }

    @Test func marksAloneAreKept() throws {
        let harness = try StoreHarness(directory)
        var batch = StoreBatch()
        batch.acceptedThrough = AcceptedThrough(out: 9, in: 4)
        #expect(!batch.isEmpty)
        harness.commit(batch)
        // They never go back.
        batch.acceptedThrough = AcceptedThrough(out: 3, in: 3)
        harness.commit(batch)
        harness.store.close()
        #expect(try StoreHarness(directory).store.nextIDs() == (10, 5))
        #expect(try directory.verify().out.missing == [1...9])
    }

    @Test func aBatchThatFailsLeavesNoEntry() throws {
        let harness = try StoreHarness(directory)
        harness.append(outRow("a"))
        var taken = outRow("again")
        taken.id = 1
        var batch = StoreBatch.out([taken])
        batch.ledger = (2..<400).map { entry($0) }
        #expect(harness.failure(batch) != nil)
        #expect(try directory.ledger().isEmpty)
        harness.commit(.ledger([entry(2)]))
        #expect(try directory.ledger() == [entry(2)])
        #expect(try harness.store.nextIDs().out == 3)
        #expect(try directory.verify().isBalanced)
    }

    @Test(arguments: [0, -1, 1 << 40]) func aNumberOutOfRangeFailsTheBatch(_ id: Int64) throws {
        let harness = try StoreHarness(directory)
        #expect(harness.failure(.ledger([entry(id)])) != nil)
        var row = outRow()
        row.id = id
        #expect((harness.append(row) == nil) == (id != 0))
    }

    // MARK: The byte cap

    @Test func whatTheCapRefusesHasItsEntryFromTheStore() throws {
        let harness = try StoreHarness(directory, maximumBytes: 300, overflow: .dropOldest)
        harness.append(outRow("a"), outRow("b"), outRow("c"))
        var urgent = outRow("d", priority: 0)
        urgent.acceptedAt = 1060
        #expect(harness.append(urgent)?.droppedOut == [1])
        #expect(harness.append(outRow("e", priority: 2))?.outIDs == [nil])
        let entries = try directory.ledger()
        try #require(entries.map(\.id) == [1, 5])
        #expect(entries.map(\.outcome) == [.refused("overflow"), .refused("overflow")])
        #expect(entries[0].storedAfter == 0 && entries[1].storedAfter == nil)
        #expect(entries[0].finishedAfter == 60_000 && entries[0].topicHash == LedgerEntry.hash(Array("a".utf8)))
        #expect(try directory.verify().isBalanced)
        #expect(try harness.store.nextIDs().out == 6)
    }

    @Test func whatWasPushedOutWhileItWasSentIsFinishedOnce() throws {
        let harness = try StoreHarness(directory, maximumBytes: 300, overflow: .dropOldest)
        harness.append(outRow("a"), outRow("b"), outRow("c"))
        harness.append(outRow("d"))
        // The dispatcher had given it to the module before it heard of that.
        var late = StoreBatch.remove(1)
        late.ledger = [entry(1)]
        harness.commit(late)
        let found = try directory.verify()
        #expect(found.isBalanced && found.out.refused == 1 && found.out.acknowledged == 0 && found.out.waiting == 3)
    }

    // MARK: Bounds

    private func filled(_ limits: StoreLimits, step: Int64) throws -> StoreHarness {
        let harness = try StoreHarness(directory, limits: limits)
        for start in stride(from: Int64(1), to: 2000, by: 50) {
            harness.commit(.ledger((start..<start + 50).map { entry($0, at: 1000 + $0 * step) }))
        }
        return harness
    }

    @Test func theLedgerIsBoundedInSizeAndForgetsTheOldestWhole() throws {
        let harness = try filled(StoreLimits(busyMilliseconds: 20, ledgerSegments: 4), step: 1)
        let kept = try directory.ledger().map(\.id)
        #expect(kept.count > 200 && kept.count < 600)
        #expect((kept == Array((kept.first ?? 0)...2000)) == true)
        let found = try directory.verify()
        #expect(found.isBalanced && found.out.first == kept.first && found.out.last == 2000)
        harness.store.close()
        let again = try StoreHarness(directory)
        again.commit(.ledger([entry(2001)]))
        #expect(try directory.verify().out.first == kept.first)
    }

    @Test func theLedgerIsBoundedInAge() throws {
        // A message a minute for 2000 minutes, one day kept.
        _ = try filled(StoreLimits(busyMilliseconds: 20, ledgerSeconds: 86_400), step: 60)
        let kept = try directory.ledger().map(\.id)
        // A segment goes once its last message is over a day old.
        #expect(kept.count >= 1440 && kept.count < 1700)
        #expect(try directory.verify().isBalanced)
    }

    @Test func twelveBytesAMessageAtVolume() throws {
        let harness = try StoreHarness(directory)
        for start in stride(from: Int64(1), to: 20_000, by: 64) {
            harness.commit(.ledger((start..<start + 64).map { entry($0, at: 1000 + $0) }))
        }
        harness.store.close()
        let perMessage = Double(contents(directory.database).count) / 20_032
        #expect(perMessage < 12.5, "\(perMessage) bytes")
    }

    @Test func aDamagedSegmentIsToldAndTheNextGoesOn() throws {
        do {
            let harness = try StoreHarness(directory)
            harness.commit(.ledger((1...5).map { entry($0) }))
            harness.store.close()
        }
        try directory.tamper("UPDATE ledger SET entries = x'0102030405060708'")
        let harness = try StoreHarness(directory)
        #expect(try harness.store.nextIDs().out == 6)
        harness.commit(.ledger([entry(6)]))
        let found = try directory.verify()
        #expect(found.damaged == [.init(segment: 1, damage: .checksum)] && found.out.missing == [1...5])
        #expect(found.out.acknowledged == 1 && !found.isBalanced)
    }

    @Test(arguments: [Int64.min, .max]) func tamperedFiguresDoNotTrap(_ extreme: Int64) throws {
        do {
            let harness = try StoreHarness(directory)
            harness.append(outRow())
            harness.store.close()
        }
        // SQLite reads the smallest number only as an expression.
        let number = extreme == .min ? "(-9223372036854775807 - 1)" : "\(extreme)"
        try directory.tamper(
            """
            UPDATE ledger SET segment = \(number), finished_at = \(number), out_through = \(number),
                in_through = \(number), out_floor = \(number), in_floor = \(number), out_depth = \(number),
                in_depth = \(number), bytes = \(number);
            INSERT INTO outbox VALUES(\(number), \(number), \(number), \(number), \(number), x'', x'');
            INSERT INTO inbox VALUES(\(number), \(number), \(number), \(number), x'', x'');
            INSERT INTO aside VALUES(\(number), \(number), 'x');
            """)
        let harness = try StoreHarness(directory)
        #expect(harness.outbound().count >= 1)
        harness.commit(.ledger([entry(7)]))
        harness.append(outRow())
        harness.commit(.remove(extreme, 1))
        _ = try directory.verify()
        let reader = try #require(try StoreReader.open(directory: directory.path))
        _ = try reader.waiting(limit: 9)
        _ = try reader.aside(limit: 9)
        _ = try harness.store.retryAside(nil)
    }
}
