public import BridgeRuntime

/// Time that passes only when a test says so: the same calls give the same run.
///
/// What is scheduled runs inside `advance` and `run`, in the order of time, then of scheduling.
public final class ManualClock: BridgeClock {
    private struct Entry {
        var due: Duration
        var number: Int
        var handler: () -> Void
    }

    /// Time since the clock was made.
    public private(set) var now: Duration = .zero
    /// The Unix seconds of time zero; a change is a step of the wall clock.
    public var epoch: Int64
    private var entries: [Entry] = []
    private var nextNumber = 0

    /// A clock at zero; `epoch`: the Unix seconds of that moment.
    public init(epoch: Int64 = 1_700_000_000) { self.epoch = epoch }

    /// Unix seconds.
    public var wallClock: Int64 { epoch + now.components.seconds }

    /// When the next call is due; `nil` when nothing is scheduled.
    public var nextDue: Duration? { entries.map(\.due).min() }

    /// How many calls are scheduled.
    public var count: Int { entries.count }

    /// Calls `handler` once time has come to `due`.
    public func schedule(at due: Duration, _ handler: @escaping () -> Void) -> ScheduledCall {
        let number = nextNumber
        nextNumber += 1
        entries.append(Entry(due: max(due, now), number: number, handler: handler))
        return ScheduledCall { [weak self] in self?.entries.removeAll { $0.number == number } }
    }

    /// Runs `handler` at this moment, after what runs now has returned.
    public func soon(_ handler: @escaping () -> Void) { _ = schedule(at: now, handler) }

    /// Runs what is due now, and what that schedules for now. Traps when that never ends: something spins.
    public func settle() { run(until: now) }

    /// Lets time pass, running what comes due at its time.
    public func advance(by duration: Duration) {
        let end = now + duration
        run(until: end)
        now = end
    }

    /// Lets time pass until `holds`, for at most `limit`; whether it holds.
    public func run(limit: Duration, until holds: () -> Bool) -> Bool {
        let end = now + limit
        while !holds() {
            guard let due = nextDue, due <= end else {
                now = end
                return holds()
            }
            step(due)
        }
        return true
    }

    private func run(until end: Duration) {
        var turns = 0
        while let due = nextDue, due <= end {
            turns = due > now ? 0 : turns + 1
            precondition(turns < 100_000, "something is scheduled for now again and again")
            step(due)
        }
    }

    private func step(_ due: Duration) {
        now = max(now, due)
        let first = entries.indices.min {
            (entries[$0].due, entries[$0].number) < (entries[$1].due, entries[$1].number)
        }
        guard let first else { return }
        entries.remove(at: first).handler()
    }
}
