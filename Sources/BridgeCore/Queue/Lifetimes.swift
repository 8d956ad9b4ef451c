/// When messages expire by a wall clock that may be set while they wait.
///
/// A box without a clock of its own starts in 1970, and NTP sets it minutes later: what was accepted before must not be
/// old by that. Within one run time is monotonic, so a step of the wall clock is seen, and messages accepted before it
/// are given the same time as if the clock had been right all along. Of those of an earlier run only the wall clock is
/// known; where it had never been set, they begin anew with this run.
public struct Lifetimes: Sendable {
    /// A difference of wall and monotonic time that is a step, in seconds; less is the grain of the clock, or slewing.
    static let step: Int64 = 5
    /// Steps remembered; over it the two oldest become one.
    static let limit = 16
    /// No clock that was ever set shows less: the beginning of 2020, Unix seconds.
    static let unset: Int64 = 1_577_836_800

    private struct Step {
        var seconds: Int64
        /// The first ids accepted after it.
        var out: Int64
        var `in`: Int64
    }

    private let start: Int64
    private let firstOut: Int64
    private let firstIn: Int64
    private var offset: Int64
    private var steps: [Step] = []

    /// A run begins: its first ids, Unix seconds, monotonic time.
    public init(firstIDs: (out: Int64, in: Int64), wallClock: Int64, now: Duration) {
        (firstOut, firstIn) = (firstIDs.out, firstIDs.in)
        start = wallClock
        offset = wallClock &- now.components.seconds
    }

    /// Looks at the clocks; before ids are given and before rows are judged.
    public mutating func observe(wallClock: Int64, now: Duration, nextIDs: (out: Int64, in: Int64)) {
        let difference = wallClock &- now.components.seconds
        let change = difference &- offset
        offset = difference
        guard change >= Self.step || change <= -Self.step else { return }
        steps.append(Step(seconds: change, out: nextIDs.out, in: nextIDs.in))
        if steps.count > Self.limit {
            steps[1].seconds &+= steps[0].seconds
            steps.removeFirst()
        }
    }

    /// When a row expires by the wall clock as it is now; `nil`: never.
    public func expiry<Row: QueuedRow>(of row: Row) -> Int64? {
        guard let expiresAt = row.expiresAt else { return nil }
        let isOut = Row.direction == .out
        let isOwn = row.id >= (isOut ? firstOut : firstIn)
        // The id of a row of an earlier run is before every step; only one whose clock was never set goes by them.
        let later = steps.reduce(0) { $0 &+ (row.id < (isOut ? $1.out : $1.in) ? $1.seconds : 0) }
        if isOwn { return saturating(expiresAt, later) }
        guard row.acceptedAt < Self.unset else { return expiresAt }
        return saturating(saturating(start, expiresAt &- row.acceptedAt), later)
    }
}

private func saturating(_ time: Int64, _ more: Int64) -> Int64 {
    let (sum, isOver) = time.addingReportingOverflow(more)
    return isOver ? (more > 0 ? .max : .min) : sum
}
