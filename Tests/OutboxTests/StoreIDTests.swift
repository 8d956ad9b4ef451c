import BridgeCore
import Testing

@testable import Outbox

/// Who numbers messages, and from where.
@Suite struct StoreIDTests {
    let directory = ScratchDirectory()

    @Test func rowsKeepTheIdsTheyCameWith() throws {
        let harness = try StoreHarness(directory)
        #expect(try harness.store.nextIDs() == (1, 1))
        var first = outRow("a")
        first.id = 7
        var inbound = inRow()
        inbound.id = 3
        var batch = StoreBatch.out([first])
        batch.appendIn = [inbound]
        let receipt = try #require(harness.commit(batch))
        #expect(receipt.outIDs == [7] && receipt.inIDs == [3])
        #expect(harness.outbound().map(\.id) == [7] && harness.inbound().map(\.id) == [3])
        #expect(try harness.store.nextIDs() == (8, 4))
        // One without an id comes behind them.
        #expect(harness.append(outRow("b"))?.outIDs == [8])
    }

    @Test func anIdIsFreeOnlyOnceThoughItsRowIsGone() throws {
        let harness = try StoreHarness(directory)
        var row = outRow("a")
        row.id = 41
        harness.append(row)
        harness.commit(.remove(41))
        harness.store.close()
        #expect(try StoreHarness(directory).store.nextIDs() == (42, 1))
    }

    @Test func anIdThatIsTakenFailsTheBatchWhole() throws {
        let harness = try StoreHarness(directory)
        var row = outRow("a")
        row.id = 5
        harness.append(row)
        #expect(harness.failure(.out([outRow("b"), row])) != nil)
        #expect(harness.outbound().map(\.id) == [5])
    }
}
