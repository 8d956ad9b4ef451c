import BridgeCore
import Glibc
import Testing

@testable import Outbox

/// The books as seen from another process, and that they can be found wrong.
@Suite struct StoreReaderTests {
    let directory = ScratchDirectory()

    /// Five messages: 1 acknowledged, 2 refused, 3 to 5 wait.
    private func harness() throws -> StoreHarness {
        let harness = try StoreHarness(directory)
        harness.append(outRow("a"), outRow("b"), outRow("c"), outRow("d"), outRow("e"))
        var batch = StoreBatch.remove(1, 2)
        batch.ledger = [entry(1), entry(2, .out, .refused("expired"))]
        batch.appendIn = [inRow("x"), inRow("y")]
        harness.commit(batch)
        return harness
    }

    @Test(arguments: [true, false]) func theBooksAreReadWhileTheServiceRunsAndWhenNot(_ isRunning: Bool) throws {
        let harness = try harness()
        if !isRunning { harness.store.close() }
        let found = try directory.verify()
        #expect(found.isBalanced)
        #expect(found.out.accepted == 5 && found.out.acknowledged == 1 && found.out.refused == 1)
        #expect(found.out.waiting == 3 && found.in.accepted == 2 && found.in.waiting == 2)
        #expect(found.newest == 2000 && found.reachesBackTo == 1000)
        guard isRunning else { return }
        // The writer is not held up, and its next commit is seen.
        let reader = try #require(try StoreReader.open(directory: directory.path))
        #expect(harness.commit(.ledger([entry(6)])) != nil)
        #expect(try reader.verify().out.acknowledged == 2)
    }

    @Test func aRowDeletedBehindItsBackIsMissing() throws {
        let harness = try harness()
        try directory.tamper("DELETE FROM outbox WHERE key = 4; DELETE FROM inbox WHERE id = 2")
        let found = try directory.verify()
        #expect(!found.isBalanced && found.out.missing == [4...4] && found.in.missing == [2...2])
        #expect(found.out.waiting == 2)
        // Also when it is the last one, and after a restart.
        harness.store.close()
        #expect(try StoreHarness(directory).store.nextIDs() == (6, 3))
        #expect(try directory.verify().in.missing == [2...2])
    }

    @Test func aRowThatWasFinishedAndIsThereStillIsDoubled() throws {
        let harness = try harness()
        harness.commit(.ledger([entry(4)]))
        let found = try directory.verify()
        #expect(found.out.doubled == [.init(id: 4, traces: [.waiting, .finished(entry(4))])])
        #expect(!found.isBalanced)
    }

    @Test func anEntryWrittenTwiceIsDoubled() throws {
        let harness = try harness()
        harness.commit(.ledger([entry(1)]))
        #expect(
            try directory.verify().out.doubled == [.init(id: 1, traces: [.finished(entry(1)), .finished(entry(1))])])
    }

    @Test func aRowUnderTwoPrioritiesIsDoubled() throws {
        _ = try harness()
        try directory.tamper(
            "INSERT INTO outbox SELECT key + \(RowKey.span), flags, accepted_at, expires_at, route, topic, payload FROM outbox WHERE key = 3"
        )
        #expect(try directory.verify().out.doubled.map(\.id) == [3])
    }

    @Test func aRowThatWasNeverAcceptedIsTold() throws {
        _ = try harness()
        try directory.tamper("UPDATE outbox SET key = 9 WHERE key = 5")
        let found = try directory.verify()
        #expect(found.out.unaccepted == [9] && found.out.missing == [5...5])
    }

    @Test func sinceCountsByAcceptance() throws {
        let harness = try harness()
        harness.commit(.ledger([entry(6, at: 5000), entry(7, at: 5001)]))
        let found = try directory.verify(since: 5001)
        #expect(found.out.accepted == 1 && found.out.first == 7 && found.isBalanced)
    }

    // MARK: Lists

    @Test func listsTellWhatWaitsAndWhatWasRefused() throws {
        let harness = try harness()
        var batch = StoreBatch()
        batch.setAside = [SetAside(id: 4, until: 99, reason: "three breaks")]
        batch.refusals = [Refusal(direction: .out, topic: [1], size: 2, code: "expired", reason: "old", at: 3)]
        var urgent = outRow("u", cost: 90, priority: 0)
        urgent.expiresAt = 77
        batch.appendOut = [urgent]
        harness.commit(batch)
        let reader = try #require(try StoreReader.open(directory: directory.path))
        let waiting = try reader.waiting(limit: 10)
        #expect(waiting.map(\.id) == [6, 3, 5, 1, 2])
        #expect(waiting.map(\.direction) == [.out, .out, .out, .in, .in])
        #expect(
            waiting.first
                == StoreReader.Waiting(
                    direction: .out, id: 6, topic: Array("u".utf8), size: 25, priority: 0, acceptedAt: 1000,
                    expiresAt: 77, route: 0))
        #expect(try reader.waiting(limit: 1).map(\.id) == [6, 1])
        #expect(try reader.aside(limit: 5).map(\.aside) == [SetAside(id: 4, until: 99, reason: "three breaks")])
        #expect(try reader.refusals(limit: 5) == batch.refusals)
        #expect(try reader.waiting(limit: 0).isEmpty && reader.aside(limit: -1).isEmpty)
        // Whole messages, those aside among them, and only some.
        let out = try reader.messages(.out)
        #expect(out.messages.map(\.head.id) == [6, 3, 4, 5] && out.next == nil)
        #expect(out.messages.first?.payload == urgent.payload && out.messages[2].head.aside?.until == 99)
        var selection = QueueSelection()
        selection.ids = [2, 3, 4]
        #expect(try reader.messages(.in, selection).messages.map(\.head.id) == [2])
        #expect(try reader.waiting(selection, limit: 9).map(\.id) == [3, 2])
        #expect(try reader.waiting(selection, directions: [.in], limit: 9).map(\.id) == [2])
        #expect(try reader.aside(selection, limit: 9).map(\.id) == [4])
        selection.filter = try TopicFilter(Array("x/#".utf8))
        #expect(try reader.aside(selection, limit: 9).isEmpty)
        let summary = try reader.summary()
        #expect((summary.out, summary.in, summary.aside) == (4, 2, 1))
        #expect(summary.oldestOut == 1000 && summary.oldestIn == 2000 && summary.writtenAt ?? 0 > 1_000_000_000)
    }

    // MARK: What is no store

    @Test func noStoreIsNoFailure() throws {
        #expect(try StoreReader.open(directory: directory.path) == nil)
        #expect(try StoreReader.open(directory: directory.path + "/nothing/here") == nil)
        write([], to: directory.database)
        #expect(try StoreReader.open(directory: directory.path) == nil)
    }

    @Test func otherFilesAreNamed() throws {
        write(Array("this is no database, whatever its name says, and long enough".utf8), to: directory.database)
        #expect(throws: StoreError.self) { try StoreReader.open(directory: directory.path) }
        write([], to: directory.database)
        try directory.tamper("CREATE TABLE theirs(x)")
        #expect(throws: StoreError.foreign(path: directory.database)) {
            try StoreReader.open(directory: directory.path)
        }
    }
}
