import BridgeCore
import Testing

@testable import Outbox

/// Messages set aside.
@Suite struct StoreAsideTests {
    let directory = ScratchDirectory()

    private func aside(_ ids: Int64..., until: Int64 = 5000) -> StoreBatch {
        var batch = StoreBatch()
        batch.setAside = ids.map { SetAside(id: $0, until: until + $0, reason: "it broke the link \($0) times") }
        return batch
    }

    private func harness(_ limits: StoreLimits = StoreLimits(busyMilliseconds: 20)) throws -> StoreHarness {
        let harness = try StoreHarness(directory, maximumBytes: 600, limits: limits)
        harness.append(outRow("a"), outRow("b"), outRow("c"), outRow("d"), outRow("e"))
        return harness
    }

    @Test func whatIsAsideIsNotLoadedButCounted() throws {
        let harness = try harness()
        let receipt = try #require(harness.commit(aside(2, 4)))
        #expect(receipt.asideCount == 2 && receipt.nextRelease == 5002 && receipt.outDepth == 5)
        #expect(receipt.bytes == 500 && receipt.released.isEmpty)
        #expect(harness.outbound().map(\.id) == [1, 3, 5])
        #expect(harness.outbound(excluding: [1], limit: 1).map(\.id) == [3])
        harness.store.close()
        let again = try StoreHarness(directory)
        #expect(again.outbound().map(\.id) == [1, 3, 5])
        #expect(again.store.statistics().asideCount == 2 && again.store.statistics().nextRelease == 5002)
        let found = try directory.verify()
        #expect(found.isBalanced && found.out.waiting == 5 && found.out.aside == 2)
    }

    @Test func aNewRowMayBeSetAsideAtOnceAndAnUnknownOneNot() throws {
        let harness = try harness()
        var batch = aside(6, 77)
        batch.appendOut = [outRow("f")]
        let receipt = try #require(harness.commit(batch))
        #expect(receipt.outIDs == [6] && receipt.asideCount == 1)
        #expect(harness.outbound().map(\.id) == [1, 2, 3, 4, 5])
    }

    @Test func itGoesBackWhenItsTimeComes() throws {
        let harness = try harness()
        harness.commit(aside(2, 4))
        var batch = StoreBatch()
        batch.releaseAside = 5001
        #expect(harness.commit(batch)?.released == [])
        batch.releaseAside = 5003
        let receipt = try #require(harness.commit(batch))
        #expect(receipt.released.map(\.id) == [2] && receipt.released.map(\.topic) == [Array("b".utf8)])
        #expect(receipt.asideCount == 1 && receipt.nextRelease == 5004)
        #expect(harness.outbound().map(\.id) == [1, 2, 3, 5])
        // It may come back a second time.
        #expect(harness.commit(aside(2))?.asideCount == 2)
    }

    @Test func itGoesBackWhenItIsRetried() throws {
        let harness = try harness()
        harness.commit(aside(2, 4))
        var batch = StoreBatch()
        batch.retryAside = [4, 5, 99]
        let receipt = try #require(harness.commit(batch))
        #expect(receipt.released.map(\.id) == [4] && receipt.asideCount == 1)
        #expect(harness.outbound().map(\.id) == [1, 3, 4, 5])
        #expect(try harness.store.retryAside([2, 4]) == [2])
        #expect(try harness.store.retryAside(nil) == [])
        #expect(harness.outbound().count == 5)
    }

    @Test func manyGoBackAFewAtATime() throws {
        let harness = try StoreHarness(directory)
        harness.commit(.out((0..<40).map { outRow("t\($0)") }))
        var batch = StoreBatch()
        batch.setAside = (1...40).map { SetAside(id: 41 - $0, until: $0, reason: "") }
        #expect(harness.commit(batch)?.asideCount == 40)
        batch = StoreBatch()
        batch.releaseAside = 100
        var seen: [Int64] = []
        for left in [24, 8, 0] {
            let receipt = try #require(harness.commit(batch))
            #expect(receipt.asideCount == left)
            #expect(receipt.released.map(\.id) == receipt.released.map(\.id).sorted())
            seen += receipt.released.map(\.id)
        }
        #expect(seen.sorted() == (1...40).map { Int64($0) })
        // The first due went first.
        #expect(seen.prefix(16).min() == 25)
    }

    @Test func oneTooManyLetsTheFirstDueGo() throws {
        let harness = try harness(StoreLimits(busyMilliseconds: 20, asideMessages: 2))
        #expect(harness.commit(aside(2, 4))?.released == [])
        let receipt = try #require(harness.commit(aside(1, until: 9000)))
        #expect(receipt.released.map(\.id) == [2] && receipt.asideCount == 2)
    }

    @Test func itMayBePushedOutOrRemoved() throws {
        let harness = try harness()
        harness.commit(aside(1, 2, 3))
        #expect(harness.append(outRow(cost: 200))?.droppedOut == [1])
        let receipt = try #require(harness.commit(.remove(2)))
        #expect(receipt.asideCount == 1)
        harness.store.close()
        #expect(try StoreHarness(directory).store.statistics().asideCount == 1)
    }

    @Test func aBatchThatFailsSetsNothingAside() throws {
        let harness = try harness()
        var taken = outRow()
        taken.id = 1
        var batch = aside(2)
        batch.appendOut = [taken]
        #expect(harness.failure(batch) != nil)
        #expect(harness.outbound().count == 5 && harness.store.statistics().asideCount == 0)
    }
}
