import BridgeRuntime

/// Time that passes from one scheduled call to the next: nothing sleeps, and the same calls give the same run.
///
/// Calls are made in the order of time, then of scheduling. A heap, since a bridge moves its deadlines at each event.
final class VirtualClock: BridgeClock {
    private struct Entry {
        var due: Duration
        var number: Int
        var slot: Int
    }

    private struct Slot {
        var number = 0
        var handler: (() -> Void)?
    }

    private(set) var now: Duration = .zero
    /// What the wall clock is ahead of where it was started; jumps are added here.
    var wallOffset: Int64 = 0
    private let epoch: Int64
    private var heap: [Entry] = []
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var nextNumber = 1
    /// Calls made.
    private(set) var calls = 0

    init(epoch: Int64 = 1_790_000_000) { self.epoch = epoch }

    var wallClock: Int64 { epoch + wallOffset + now.components.seconds }

    /// Calls that are scheduled.
    var count: Int { slots.count - freeSlots.count }

    func schedule(at due: Duration, _ handler: @escaping () -> Void) -> ScheduledCall {
        let number = nextNumber
        nextNumber += 1
        let slot = freeSlots.popLast() ?? slots.count
        if slot == slots.count { slots.append(Slot()) }
        slots[slot] = Slot(number: number, handler: handler)
        push(Entry(due: max(due, now), number: number, slot: slot))
        return ScheduledCall { [unowned self] in cancel(slot, number) }
    }

    /// Calls `handler` after `delay`; it cannot be called off.
    func after(_ delay: Duration, _ handler: @escaping () -> Void) { _ = schedule(at: now + delay, handler) }

    /// Calls `handler` at this moment, after what runs now has returned.
    func soon(_ handler: @escaping () -> Void) { _ = schedule(at: now, handler) }

    /// Makes the next call, if it is due by `end`; false when there is none, and then it is `end`.
    func step(until end: Duration) -> Bool {
        while let first = heap.first {
            if first.due > end { break }
            pop()
            guard slots[first.slot].number == first.number, let handler = slots[first.slot].handler else { continue }
            release(first.slot)
            now = first.due
            calls += 1
            handler()
            return true
        }
        now = max(now, end)
        return false
    }

    private func cancel(_ slot: Int, _ number: Int) {
        guard slots[slot].number == number else { return }
        release(slot)
        // What was called off stays in the heap until its time; not when that is most of it.
        if heap.count > 4 * count + 1024 { rebuild() }
    }

    private func release(_ slot: Int) {
        slots[slot] = Slot()
        freeSlots.append(slot)
    }

    // MARK: The heap

    private func rebuild() {
        let kept = heap.filter { slots[$0.slot].number == $0.number }
        heap = []
        for entry in kept { push(entry) }
    }

    private func isBefore(_ left: Entry, _ right: Entry) -> Bool {
        left.due == right.due ? left.number < right.number : left.due < right.due
    }

    private func push(_ entry: Entry) {
        heap.append(entry)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(entry, heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = entry
    }

    private func pop() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, isBefore(heap[child + 1], heap[child]) { child += 1 }
            guard isBefore(heap[child], last) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
    }
}

/// The clock of one process: when that is killed, nothing it had scheduled happens any more.
final class ProcessClock: BridgeClock {
    private let clock: VirtualClock
    private(set) var isOver = false
    /// Calls that are scheduled.
    private(set) var count = 0

    init(_ clock: VirtualClock) { self.clock = clock }

    var now: Duration { clock.now }
    var wallClock: Int64 { clock.wallClock }

    func schedule(at due: Duration, _ handler: @escaping () -> Void) -> ScheduledCall {
        count += 1
        let ticket = Ticket()
        let call = clock.schedule(at: due) { [self] in
            take(ticket)
            if !isOver { handler() }
        }
        return ScheduledCall { [self] in
            take(ticket)
            call.cancel()
        }
    }

    private final class Ticket { var isTaken = false }

    private func take(_ ticket: Ticket) {
        if !ticket.isTaken { count -= 1 }
        ticket.isTaken = true
    }

    func end() { isOver = true }
}
