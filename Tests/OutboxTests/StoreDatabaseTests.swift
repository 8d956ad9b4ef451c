import BridgeCore
import Testing

@testable import Outbox

/// The byte cap under each policy.
@Suite struct StoreDatabaseTests {
    let directory = ScratchDirectory()

    private func filled(_ overflow: OverflowPolicy, _ priorities: [Int] = [1, 1, 1]) throws -> StoreHarness {
        let harness = try StoreHarness(directory, maximumBytes: 300, overflow: overflow)
        for priority in priorities { harness.append(outRow(priority: priority)) }
        return harness
    }

    @Test func dropNewestRefusesTheNewMessageAndListsIt() throws {
        let harness = try filled(.dropNewest)
        let receipt = try #require(harness.append(outRow("new")))
        #expect(receipt.outIDs == [nil])
        #expect(receipt.droppedOut.isEmpty)
        #expect(receipt.bytes == 300 && receipt.outDepth == 3 && !receipt.isFull)
        let refusal = try #require(receipt.refusals.first)
        #expect(refusal.code == "overflow" && refusal.topic == Array("new".utf8) && refusal.size == 33)
        #expect(refusal.at == 1000 && refusal.direction == .out && refusal.reason.contains("300"))
        #expect(try harness.store.recentRefusals(limit: 9) == receipt.refusals)
        // A removal in the same batch makes the room.
        var batch = StoreBatch.out([outRow()])
        batch.removeOut = [1]
        #expect(harness.commit(batch)?.outIDs == [5])
        // The module has acknowledged what comes in: it is kept, up to twice the cap.
        #expect(harness.commit(.inbound(inRow()))?.inIDs == [1])
        for _ in 0..<10 { _ = harness.commit(.inbound(inRow())) }
        let over = try #require(harness.commit(.inbound(inRow())))
        #expect(over.inIDs == [nil] && over.refusals.first?.direction == .in && over.bytes <= 600)
    }

    @Test(
        arguments: [
            // Priorities waiting, priority of the new one, protected ids, what goes.
            ([1, 1, 1], 1, [], [1]),
            ([0, 2, 1], 1, [], [2]),
            ([2, 1, 2], 0, [], [1]),
            ([2, 1, 2], 0, [1], [3]),
            ([1, 1, 2], 1, [3, 1], [2]),
            ([1, 1, 1], 1, [1, 2, 3], []),
            ([0, 0, 0], 1, [], []),
            ([0, 1, 0], 2, [], []),
        ] as [([Int], Int, [Int64], [Int64])])
    func dropOldestTakesTheLeastUrgentThenTheOldest(
        _ waiting: [Int], _ priority: Int, _ protected: [Int64], _ dropped: [Int64]
    ) throws {
        let harness = try filled(.dropOldest, waiting)
        let receipt = try #require(harness.commit(.out([outRow("n", priority: priority)], protected: protected)))
        #expect(receipt.droppedOut == dropped)
        #expect(receipt.outIDs == [dropped.isEmpty ? nil : 4])
        #expect(receipt.refusals.count == 1)
        #expect(receipt.bytes == 300 && receipt.outDepth == 3)
        let left: [Int64] = dropped.isEmpty ? [1, 2, 3] : [1, 2, 3, 4].filter { !dropped.contains($0) }
        #expect(harness.outbound().map(\.id).sorted() == left)
    }

    @Test func dropOldestTakesAsManyAsNeededOrNone() throws {
        let harness = try filled(.dropOldest, [2, 1, 1])
        #expect(harness.append(outRow(cost: 250))?.droppedOut == [1, 2, 3])
        #expect(harness.outbound().map(\.cost) == [250])
        // Could never fit: nothing is dropped for it.
        let receipt = try #require(harness.append(outRow(cost: 301)))
        #expect(receipt.outIDs == [nil] && receipt.droppedOut.isEmpty && receipt.outDepth == 1)
        // Two where only one may go.
        #expect(harness.commit(.remove(4))?.bytes == 0)
        harness.append(outRow(), outRow(), outRow())
        let none = try #require(harness.commit(.out([outRow(cost: 200)], protected: [6, 7])))
        #expect(none.outIDs == [nil] && none.droppedOut.isEmpty && none.outDepth == 3)
    }

    @Test func inboundPushesOutOutboundButIsNeverPushedOut() throws {
        let harness = try filled(.dropOldest, [0, 0, 1])
        #expect(harness.commit(.inbound(inRow(), protected: [1]))?.droppedOut == [3])
        #expect(harness.commit(.inbound(inRow(), protected: [1]))?.droppedOut == [2])
        let last = try #require(harness.commit(.inbound(inRow(), protected: [1])))
        #expect(last.inIDs == [nil] && last.droppedOut.isEmpty && last.refusals.first?.direction == .in)
        #expect(harness.commit(.inbound(inRow()))?.inIDs == [4])
        #expect(harness.append(outRow(priority: 0))?.outIDs == [nil])
        #expect(harness.inbound().map(\.id) == [1, 2, 4])
    }

    @Test func stopReadingKeepsWhatWasReadAndSaysSo() throws {
        let harness = try StoreHarness(directory, maximumBytes: 300, overflow: .stopReading)
        #expect(harness.append(outRow(), outRow())?.isFull == false)
        #expect(harness.append(outRow())?.isFull == true)
        let over = try #require(harness.append(outRow()))
        #expect(over.outIDs == [4] && over.isFull && over.bytes == 400 && over.refusals.isEmpty)
        #expect(harness.commit(.inbound(inRow(), inRow()))?.inIDs == [1, 2])
        // Twice the cap is the end.
        let end = try #require(harness.commit(.inbound(inRow())))
        #expect(end.inIDs == [nil] && end.bytes == 600)
        var batch = StoreBatch.remove(1, 2, 3)
        batch.removeIn = [1]
        #expect(harness.commit(batch)?.isFull == false)
    }

    @Test func theCapCountsWhatARestartFinds() throws {
        let first = try filled(.dropNewest)
        first.store.close()
        let harness = try StoreHarness(directory, maximumBytes: 300, overflow: .dropNewest)
        #expect(harness.append(outRow())?.outIDs == [nil])
    }

    @Test(arguments: [Int.max, 0, -5]) func extremeCapsDoNotTrap(_ cap: Int) throws {
        for overflow in [OverflowPolicy.dropOldest, .dropNewest, .stopReading] {
            let harness = try StoreHarness(directory, maximumBytes: cap, overflow: overflow)
            let receipt = try #require(harness.append(outRow()))
            #expect((receipt.outIDs == [nil]) == (cap <= 0))
            harness.store.close()
        }
    }

    @Test func removingTwiceOrTheUnknownChangesNothing() throws {
        let harness = try filled(.dropNewest)
        #expect(harness.commit(.remove(1, 1, 77, -1))?.bytes == 200)
        #expect(harness.commit(.remove(1))?.outDepth == 2)
    }
}
