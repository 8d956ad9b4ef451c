import BridgeCore
import Testing

@testable import Outbox

/// Messages that somebody wants out of the queue.
@Suite struct StorePurgeTests {
    private let directory = ScratchDirectory()

    private func purge(
        _ direction: Refusal.Direction = .out, _ change: (inout QueueSelection) -> Void = { _ in }
    ) -> QueuePurge {
        var selection = QueueSelection()
        change(&selection)
        return QueuePurge(direction, selection, at: 2000)
    }

    @Test func whatCameInTheSameBatchIsMeantAndWhatIsSparedStays() throws {
        let harness = try StoreHarness(directory)
        var batch = StoreBatch()
        batch.appendOut = (0..<5).map { outRow("a/\($0)", cost: 90, priority: $0 % 3) }
        batch.setAside = [SetAside(id: 2, until: 99, reason: "x")]
        batch.purge = purge { $0.filter = try? TopicFilter(Array("a/#".utf8)) }
        batch.purge?.sparing = [3]
        let receipt = try #require(harness.commit(batch))
        #expect(receipt.outIDs == [1, 2, 3, 4, 5])
        #expect(receipt.purged?.ids.sorted() == [1, 2, 4, 5] && receipt.purged?.spared == 1)
        #expect(receipt.purged?.next == nil && receipt.droppedOut.sorted() == [1, 2, 4, 5])
        #expect(receipt.outDepth == 1 && receipt.asideCount == 0 && receipt.nextRelease == nil)
        #expect(receipt.refusals.count == 4 && receipt.refusals.allSatisfy { $0.code == "purged" && $0.at == 2000 })
        let reader = try #require(try StoreReader.open(directory: directory.path))
        let books = try reader.verify()
        #expect(books.isBalanced && books.out.refused == 4 && books.out.waiting == 1)
    }

    @Test func theBooksBalanceAfterAnotherStart() throws {
        do {
            let harness = try StoreHarness(directory)
            var batch = StoreBatch()
            batch.appendOut = (0..<600).map { _ in outRow("a", cost: 70) }
            harness.commit(batch)
            batch = StoreBatch()
            batch.purge = purge()
            let receipt = try #require(harness.commit(batch))
            #expect(receipt.purged?.ids.count == QueuePurge.batch && receipt.purged?.next != nil)
            #expect(try harness.store.purge(purge { $0.ids = [300, 301, 9999] }) == 2)
            #expect(try harness.store.purge(purge(.in)) == 0)
            harness.store.close()
        }
        let harness = try StoreHarness(directory)
        #expect(harness.store.statistics().outDepth == 600 - QueuePurge.batch - 2)
        #expect(try harness.store.nextIDs().out == 601)
        harness.store.close()
        let books = try #require(try StoreReader.open(directory: directory.path)).verify()
        #expect(books.isBalanced && books.out.refused == QueuePurge.batch + 2)
    }

    @Test func allThatIsAsideIsRetried() throws {
        let harness = try StoreHarness(directory)
        var batch = StoreBatch()
        batch.appendOut = (0..<40).map { _ in outRow("a", cost: 70) }
        batch.setAside = (1...30).map { SetAside(id: $0, until: 9000, reason: "x") }
        harness.commit(batch)
        batch = StoreBatch()
        batch.retriesAllAside = true
        var receipt = try #require(harness.commit(batch))
        #expect(receipt.retried == Array(1...30) && receipt.released.count == SetAside.releaseLimit)
        #expect(receipt.nextRelease == 0)
        batch = StoreBatch()
        batch.releaseAside = 1
        receipt = try #require(harness.commit(batch))
        #expect(receipt.released.count == 30 - SetAside.releaseLimit && receipt.asideCount == 0)
    }
}
