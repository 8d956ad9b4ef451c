import BridgeCore
import Testing

func outRow(
    _ id: Int64 = 0, priority: Int = 1, size: Int = 10, expiresAt: Int64? = nil, echo: Bool = false,
    topic: String = "t", payload: [UInt8]? = nil
) -> OutboundRow {
    OutboundRow(
        id: id, topic: bytes(topic), payload: payload ?? [UInt8](repeating: 0x78, count: size), qos: 1, retain: false,
        priority: priority, acceptedAt: 100, expiresAt: expiresAt, expectsEcho: echo)
}

@Suite struct QueueWindowTests {
    /// A window that knows its store is empty.
    private func drained(rows: Int = 8, bytes: Int = 100_000, inFlight: Int = 20) -> OutboxWindow {
        var window = OutboxWindow(maximumRows: rows, maximumBytes: bytes, maximumInFlight: inFlight)
        #expect(window.loadRequest() != nil)
        window.loaded([])
        return window
    }

    private func commit(_ window: inout OutboxWindow, _ ids: [Int64], priority: Int = 1) {
        window.committed(ids.map { _ in outRow(priority: priority) }, ids: ids)
    }

    private func take(_ window: inout OutboxWindow) -> Int64? { window.next(wallClock: 1000)?.id }

    @Test func afterTheStartNothingGoesBeforeTheDiskWasAsked() {
        var window = OutboxWindow()
        commit(&window, [7])
        #expect(take(&window) == nil)
        #expect(window.loadRequest() == .init(excluding: [], limit: 256, maximumBytes: 262_144))
        #expect(window.loadRequest() == nil, "one load at a time")
        window.loaded([outRow(3), outRow(7)])
        #expect([take(&window), take(&window), take(&window)] == [3, 7, nil])
        #expect(window.loadRequest() != nil)
        window.loaded([])
        #expect(window.loadRequest() == nil)
    }

    @Test func committedRowsGoStraightInWhenNothingWaitsOnDisk() {
        var window = drained()
        commit(&window, [1, 2])
        #expect(window.count == 2)
        #expect(window.protectedIDs == [1])
        #expect(take(&window) == 1)
        #expect(window.protectedIDs == [1, 2])
        #expect(window.loadRequest() == nil)
    }

    @Test func committedRowsStayOnDiskWhileOlderOnesWaitThere() {
        var window = drained(rows: 2)
        commit(&window, [1, 2, 3])
        #expect(take(&window) == 1)
        commit(&window, [4])
        #expect(window.count == 1, "there is room, but 3 is older and on disk")
        #expect(take(&window) == 2)
        #expect(take(&window) == nil)
        let request = window.loadRequest()
        #expect(request == .init(excluding: [1, 2], limit: 2, maximumBytes: 100_000))
        window.loaded([outRow(3), outRow(4)])
        #expect([take(&window), take(&window)] == [3, 4])
    }

    @Test func aRefusedRowHasNoID() {
        var window = drained()
        window.committed([outRow(), outRow(), outRow()], ids: [1, nil, 2])
        #expect([take(&window), take(&window), take(&window)] == [1, 2, nil])
    }

    @Test func aRowCommittedBeforeALoadIsNotTakenTwice() {
        var window = drained(rows: 4)
        commit(&window, [1, 2, 3, 4, 5])
        _ = take(&window)
        _ = take(&window)
        #expect(window.loadRequest() != nil)
        // The commit was called before the load: the load sees its row of another priority, too.
        commit(&window, [6], priority: 0)
        #expect(take(&window) == 6)
        #expect(window.acknowledged(6) == true)
        #expect(window.takeRemovals().ids == [6])
        window.loaded([outRow(6, priority: 0), outRow(5)])
        #expect([take(&window), take(&window), take(&window), take(&window)] == [3, 4, 5, nil])
    }

    @Test func priorityGoesFirstAndOrderHoldsWithin() {
        var window = drained()
        commit(&window, [1, 2], priority: 2)
        commit(&window, [3, 4], priority: 1)
        commit(&window, [5], priority: 0)
        #expect((0..<5).map { _ in take(&window) } == [5, 3, 4, 1, 2])
    }

    @Test func aFullWindowMakesRoomForHigherPriority() {
        var window = drained(rows: 2)
        commit(&window, [1, 2], priority: 2)
        commit(&window, [3], priority: 0)
        #expect(window.count == 2)
        commit(&window, [4], priority: 2)
        #expect((0..<3).map { _ in take(&window) } == [3, 1, nil])
        #expect(window.loadRequest()?.excluding == [3, 1])
        window.loaded([outRow(2, priority: 2), outRow(4, priority: 2)])
        #expect([take(&window), take(&window)] == [2, 4])
    }

    @Test func aLoadThatDidNotSeeAnEvictedRowIsThrownAway() {
        var window = drained(rows: 2)
        commit(&window, [1, 2, 3], priority: 2)
        #expect(take(&window) == 1)
        #expect(window.loadRequest()?.excluding == [2, 1])
        commit(&window, [4, 5], priority: 0)
        #expect(window.count == 2, "2 was pushed out")
        #expect([take(&window), take(&window)] == [4, 5])
        window.loaded([outRow(3, priority: 2)])
        #expect(take(&window) == nil, "3 must not pass 2")
        #expect(window.loadRequest() != nil)
        window.loaded([outRow(2, priority: 2), outRow(3, priority: 2)])
        #expect([take(&window), take(&window)] == [2, 3])
    }

    @Test func aLoadThatPushesRowsOutDoesNotBringTheirSuccessors() {
        var window = drained(rows: 10, bytes: 1000)
        window.committed([outRow(priority: 0, size: 900), outRow(priority: 0)], ids: [1, 2])
        window.committed([outRow(priority: 0)], ids: [3])
        #expect(take(&window) == 1, "2 and 3 are on disk")
        let sizes = [100, 700, 10]
        window.committed(sizes.map { outRow(priority: 2, size: $0) }, ids: [4, 5, 6])
        #expect(window.count == 2, "6 is on disk")
        #expect(window.loadRequest() == .init(excluding: [4, 5, 1], limit: 10, maximumBytes: 1000))
        window.loaded([outRow(2, priority: 0), outRow(3, priority: 0), outRow(6, priority: 2, size: 10)])
        #expect((0..<4).map { _ in take(&window) } == [2, 3, 4, nil], "6 must not pass 5, which made room for 2")
    }

    @Test func behindAnEvictedRowNothingGoesStraightIn() {
        var window = drained(rows: 2)
        commit(&window, [1, 2], priority: 2)
        commit(&window, [3], priority: 0)
        #expect(take(&window) == 3)
        commit(&window, [4], priority: 2)
        #expect([take(&window), take(&window)] == [1, nil], "2 is on disk, so 4 waits there too")
    }

    @Test func lowerPriorityWaitsWhileHigherMayBeOnDisk() {
        var window = drained(rows: 2)
        commit(&window, [1, 2, 3], priority: 0)
        #expect((0..<2).map { _ in take(&window) } == [1, 2])
        commit(&window, [4], priority: 1)
        #expect(take(&window) == nil, "3 is on disk and goes first")
        #expect(window.loadRequest() != nil)
        window.loaded([outRow(3, priority: 0)])
        #expect(take(&window) == 3)
        #expect(window.loadRequest() != nil)
        window.loaded([])
        #expect(take(&window) == 4)
    }

    @Test func boundsInBytesHoldButOneRowIsAlwaysTaken() {
        var window = drained(rows: 100, bytes: 1000)
        window.committed([outRow(size: 5000), outRow(size: 1)], ids: [1, 2])
        #expect(window.count == 1)
        #expect(take(&window) == 1)
        #expect(window.loadRequest()?.maximumBytes == 1000)
        window.loaded([outRow(2, size: 900), outRow(3, size: 900)])
        #expect(window.count == 1)
        #expect(window.bytes == outRow(2, size: 900).cost)
        #expect(take(&window) == 2)
        #expect(take(&window) == nil)
        #expect(window.loadRequest()?.excluding == [1, 2])
    }

    @Test func afterABreakWhatWasUnderWayGoesFirstAgain() {
        var window = drained()
        commit(&window, [1, 2, 3, 4])
        #expect([take(&window), take(&window), take(&window)] == [1, 2, 3])
        #expect(window.acknowledged(2) == true)
        #expect(window.linkBroke() == [1, 3])
        #expect(window.wasReturned(1))
        #expect(!window.wasReturned(4))
        #expect((0..<4).map { _ in take(&window) } == [1, 3, 4, nil])
        #expect(window.wasReturned(1))
        #expect(window.acknowledged(1) == true)
        #expect(!window.wasReturned(1))
        #expect(window.takeRemovals().ids == [2, 1])
    }

    @Test func oneRowReturnedGoesToItsHead() {
        var window = drained()
        commit(&window, [1, 2])
        #expect(take(&window) == 1)
        #expect(window.returned(1) == true)
        #expect(window.returned(1) == false)
        #expect(take(&window) == 1)
    }

    @Test func returnedRowsAreHeldOverTheBounds() {
        var window = drained(rows: 2)
        commit(&window, [1, 2])
        _ = take(&window)
        _ = take(&window)
        commit(&window, [3, 4])
        window.linkBroke()
        #expect(window.count == 4)
        #expect((0..<4).map { _ in take(&window) } == [1, 2, 3, 4])
    }

    @Test func expiredRowsBecomeRefusalsWhenTheirTurnComes() {
        var window = drained()
        window.committed([outRow(expiresAt: 160), outRow(expiresAt: 1001), outRow(expiresAt: 5)], ids: [1, 2, 3])
        #expect(window.next(wallClock: 1000)?.id == 2)
        #expect(window.next(wallClock: 1000) == nil)
        let removals = window.takeRemovals()
        #expect(removals.ids == [1, 3])
        #expect(removals.refusals.map(\.code) == ["expired", "expired"])
        #expect(removals.refusals[0].reason == "it expired: 900 s old when its turn came")
        #expect(removals.refusals[0].direction == .out)
        #expect(removals.refusals[0].size == 10)
    }

    @Test func aRowCanBeRefusedUnderWay() {
        var window = drained()
        commit(&window, [1])
        #expect(window.refused(1, code: "too-long", reason: "r", wallClock: 5) == false, "not under way")
        _ = take(&window)
        #expect(window.refused(1, code: "too-long", reason: "r", wallClock: 5) == true)
        #expect(window.takeRemovals().refusals.map(\.reason) == ["r"])
        #expect(window.takeRemovals().isEmpty)
        #expect(window.linkBroke() == [])
    }

    @Test func strayAcknowledgementsAreNotCredited() {
        var window = drained()
        commit(&window, [1])
        #expect(window.acknowledged(1) == false)
        _ = take(&window)
        #expect(window.acknowledged(1) == true)
        #expect(window.acknowledged(1) == false)
        #expect(window.takeRemovals().ids == [1])
    }

    @Test func finishedRowsAreNotLoadedAgainUntilTheirRemovalIsOnDisk() {
        var window = OutboxWindow()
        _ = window.loadRequest()
        window.loaded([outRow(1), outRow(2)])
        #expect([take(&window), take(&window)] == [1, 2])
        window.acknowledged(1)
        #expect(window.takeRemovals().ids == [1])
        window.acknowledged(2)
        #expect(window.finishedCount == 1)
        // The removal failed (disk full) and is tried again: a load in between still has the rows.
        #expect(window.loadRequest()?.excluding == [2, 1])
        window.loaded([outRow(1), outRow(2), outRow(3)])
        #expect(window.count == 1)
        window.removalsCommitted([1])
        #expect(take(&window) == 3)
    }

    @Test func rowsPushedOutByTheStoreAreForgotten() {
        var window = drained()
        commit(&window, [1, 2, 3])
        #expect(take(&window) == 1)
        window.committed([outRow(), outRow()], ids: [4, 5], dropped: [1, 2, 4])
        #expect(window.count == 2)
        #expect(window.linkBroke() == [], "it was under way, and is gone from the disk")
        #expect((0..<3).map { _ in take(&window) } == [3, 5, nil])
    }

    @Test func aDroppedRowUnderWayIsNotReturnedEither() {
        var window = drained()
        commit(&window, [1])
        _ = take(&window)
        window.committed([], ids: [], dropped: [1])
        #expect(window.returned(1) == true)
        #expect(take(&window) == nil)
    }

    @Test func aFailedLoadIsAskedForAgain() {
        var window = OutboxWindow()
        let first = window.loadRequest()
        #expect(window.loadRequest() == nil)
        window.loadFailed()
        #expect(window.loadRequest() == first)
    }

    @Test func drainedMeansNothingOnDiskEither() {
        var window = OutboxWindow()
        #expect(!window.isDrained)
        _ = window.loadRequest()
        window.loaded([])
        #expect(window.isDrained)
        commit(&window, [1])
        #expect(!window.isDrained)
        _ = take(&window)
        #expect(!window.isDrained)
        window.acknowledged(1)
        #expect(window.isDrained)
    }

    @Test func atMostTwentyInboundAreUnderWay() {
        var window = InboxWindow()
        _ = window.loadRequest()
        window.loaded([])
        let rows = (1...30).map { _ in InboundRow(topic: [0x61], payload: [], qos: 1, retain: false, acceptedAt: 0) }
        window.committed(rows, ids: (1...30).map { $0 })
        var taken: [Int64] = []
        while let row = window.next(wallClock: 0) { taken.append(row.id) }
        #expect(taken == Array(1...20))
        window.acknowledged(3)
        #expect(window.next(wallClock: 0)?.id == 21)
        #expect(window.next(wallClock: 0) == nil)
        // The local broker went away: all again, in order.
        #expect(window.linkBroke().count == 20)
        #expect((0..<3).compactMap { _ in window.next(wallClock: 0)?.id } == [1, 2, 4])
        #expect(InboundRow.direction == .in)
    }
}
