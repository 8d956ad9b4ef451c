import BridgeCore
import Glibc
import Testing

@testable import Outbox

/// The writer's thread: grouping, bounds, failures, the end.
@Suite struct StoreWriterTests {
    let directory = ScratchDirectory()

    /// Keeps the writer busy with one event, queues `calls` meanwhile, and lets go.
    private func whileHeld(_ harness: StoreHarness, _ calls: (SQLiteMessageStore) -> Void) {
        harness.events.hold()
        harness.store.commit(StoreBatch(), token: -1)
        #expect(harness.events.waitUntilHolding())
        calls(harness.store)
        harness.events.release()
    }

    @Test func batchesThatWaitShareATransactionButNotAReceipt() throws {
        let harness = try StoreHarness(directory)
        whileHeld(harness) { store in
            for token in 0..<50 { store.commit(.out([outRow("t\(token)")]), token: token) }
            store.loadOutbound(excluding: [], limit: 100, maximumBytes: .max, token: 50)
            store.commit(.remove(1), token: 51)
        }
        let events = harness.events.first(53).dropFirst()
        for (token, event) in events.prefix(50).enumerated() {
            guard case .committed(token, let receipt) = event else {
                Issue.record("\(event)")
                continue
            }
            #expect(receipt.outIDs == [Int64(token + 1)] && receipt.outDepth == token + 1)
        }
        // The read sees what was called before it, not what was called after.
        guard case .outbound(50, let rows) = events.dropFirst(50).first else {
            Issue.record("no rows")
            return
        }
        #expect(rows.count == 50)
        #expect(harness.store.statistics().transactions == 3)
        #expect(harness.store.statistics().batches == 52)
    }

    @Test func overTheBoundACallFailsInItsPlace() throws {
        let harness = try StoreHarness(directory, limits: StoreLimits(waitingCalls: 3))
        whileHeld(harness) { store in
            for token in 0..<5 { store.commit(.out([outRow()]), token: token) }
        }
        let failed = harness.events.first(6).dropFirst().map { if case .failed = $0 { true } else { false } }
        #expect(failed == [false, false, false, true, true])
        #expect(harness.store.statistics().outDepth == 3)
    }

    @Test func theBoundCountsBytesButOneBatchAlwaysFits() throws {
        let harness = try StoreHarness(directory, limits: StoreLimits(waitingBytes: 1000))
        whileHeld(harness) { store in
            store.commit(.out([outRow(cost: 5000)]), token: 0)
            store.commit(.out([outRow()]), token: 1)
        }
        let events = harness.events.first(3)
        guard case .committed(0, _) = events[1], case .failed(1, let words) = events[2] else {
            Issue.record("\(events)")
            return
        }
        #expect(words.contains("does not keep up"))
    }

    @Test func aFullDiskFailsTheBatchAndNothingElse() throws {
        let harness = try StoreHarness(directory, limits: StoreLimits(maximumPages: 160))
        var ids: [Int64] = []
        while let receipt = harness.commit(.out([outRow(cost: 8000)])) { ids += receipt.outIDs.compactMap { $0 } }
        #expect(ids.count > 5)
        let before = harness.store.statistics()
        let words = try #require(harness.failure(.out([outRow(cost: 100), outRow(cost: 90_000)])))
        #expect(words.contains("free space") && words.contains(directory.database))
        #expect(harness.store.statistics() == before)
        #expect(harness.outbound().map(\.id) == ids)
        #expect(harness.commit(.remove(ids[0], ids[1]))?.outDepth == ids.count - 2)
        let again = try #require(harness.append(outRow(cost: 8000)))
        #expect(again.outIDs == [ids.count + 1].map { Int64($0) })
        #expect(again.bytes == 8000 * (ids.count - 1))
        harness.store.close()
        let revived = try StoreHarness(directory)
        #expect(revived.store.statistics().bytes == again.bytes)
    }

    @Test func onAFullDiskRemovalsPassAndNothingOvertakes() throws {
        let harness = try StoreHarness(directory, limits: StoreLimits(maximumPages: 160))
        var count = 0
        while harness.commit(.out([outRow(cost: 8000)])) != nil { count += 1 }
        // The last commit was the one that failed.
        whileHeld(harness) { store in
            store.commit(.out([outRow(cost: 9000)]), token: 100)
            store.commit(.remove(1, 2, 3), token: 101)
            store.commit(.out([outRow(cost: 100)]), token: 102)
        }
        let events = harness.events.first(count + 5).suffix(3)
        let outcome = events.map { if case .committed = $0 { true } else { false } }
        #expect(outcome == [false, true, false])
        #expect(harness.store.statistics().outDepth == count - 3)
    }

    @Test func aLockedFileFailsTheBatchAndTheNextWorks() throws {
        let harness = try StoreHarness(directory)
        let other = try Connection(path: directory.database, busyMilliseconds: 0)
        try other.execute("BEGIN IMMEDIATE")
        let words = try #require(harness.failure(.out([outRow()])))
        #expect(words.contains("another process"))
        try other.execute("ROLLBACK")
        other.close()
        #expect(harness.append(outRow())?.outDepth == 1)
    }

    @Test func closeFinishesWhatWaits() throws {
        let harness = try StoreHarness(directory)
        harness.events.hold()
        for token in 0..<20 { harness.store.commit(.out([outRow()]), token: token) }
        harness.events.release()
        harness.store.close()
        harness.store.close()
        #expect(harness.events.first(20).count == 20)
        #expect(contents(directory.log).isEmpty)
        harness.store.commit(StoreBatch(), token: 20)
        #expect(harness.events.first(21).last == .failed(token: 20, "the message store is closed"))
        #expect(throws: StoreError.closed) { _ = try harness.store.meta("k") }
        #expect(try StoreHarness(directory).store.statistics().outDepth == 20)
    }

    @Test func goingWithoutCloseFinishesToo() throws {
        let events = Events()
        do {
            let store = try SQLiteMessageStore(
                directory: directory.path, maximumBytes: 1 << 20, overflow: .dropNewest, onEvent: { events.take($0) })
            for token in 0..<20 { store.commit(.out([outRow()]), token: token) }
        }
        #expect(events.first(20).count == 20)
        #expect(contents(directory.log).isEmpty)
    }

    @Test func closeFromAnEventDoesNotWaitForItself() throws {
        let events = Events()
        let holder = Holder()
        let store = try SQLiteMessageStore(
            directory: directory.path, maximumBytes: 1 << 20, overflow: .dropNewest
        ) { event in
            holder.store?.close()
            events.take(event)
        }
        holder.store = store
        store.commit(.out([outRow()]), token: 0)
        #expect(events.first(1).count == 1)
        holder.store = nil
    }

    private final class Holder: @unchecked Sendable { weak var store: SQLiteMessageStore? }

    @Test func manyThreadsMayCall() async throws {
        let harness = try StoreHarness(directory)
        let store = harness.store
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for index in 0..<50 {
                        store.commit(.out([outRow("w\(worker)/\(index)")]), token: worker * 50 + index)
                        if index % 10 == 0 {
                            store.loadOutbound(excluding: [], limit: 5, maximumBytes: 1000, token: 1000)
                            _ = try? store.meta("k")
                            _ = store.statistics()
                        }
                    }
                }
            }
        }
        #expect(harness.events.first(440).count == 440)
        #expect(store.statistics().outDepth == 400)
        #expect(store.statistics().bytes == harness.outboundOfAll().reduce(0) { $0 + $1.cost })
    }
}

extension StoreHarness {
    /// Everything, read past the bookkeeping of tokens.
    fileprivate func outboundOfAll() -> [OutboundRow] {
        let before = events.first(0).count
        store.loadOutbound(excluding: [], limit: 10_000, maximumBytes: .max, token: 0)
        guard case .outbound(_, let rows) = events.first(before + 1).last else { return [] }
        return rows
    }
}
