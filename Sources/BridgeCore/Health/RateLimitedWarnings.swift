/// Keeps warnings from flooding the log: of each code the first few in an interval are told, the rest are counted and
/// told in one line when the interval is over.
public struct RateLimitedWarnings: Sendable {
    /// What the log says.
    public enum Line: Equatable, Sendable {
        /// The warning itself.
        case warning
        /// So many more of this code were not told one by one.
        case summary(code: String, more: UInt64)
    }

    private struct Interval: Sendable {
        var end: Duration
        var told: Int
        var hushed: UInt64 = 0
    }

    private let limit: Int
    private let interval: Duration
    private let maximumCodes: Int
    private var intervals: [String: Interval] = [:]

    /// The code that stands for all others when too many are in use.
    public static let otherCode = "other"

    /// `limit` warnings of a code are told per `interval`; more than `maximumCodes` at a time share one.
    public init(limit: Int = 5, interval: Duration = .seconds(60), maximumCodes: Int = 64) {
        self.limit = limit
        self.interval = interval
        self.maximumCodes = maximumCodes
    }

    /// When the next summary is due; `nil` while nothing was held back.
    public var deadline: Duration? { intervals.values.compactMap { $0.hushed > 0 ? $0.end : nil }.min() }

    /// A warning of this code came up: what the log says, in this order; nothing when it is only counted.
    public mutating func raised(_ code: String, now: Duration) -> [Line] {
        var lines = deadlineReached(now: now)
        let key = intervals[code] != nil || intervals.count < maximumCodes ? code : Self.otherCode
        var current = intervals[key] ?? Interval(end: now + interval, told: 0)
        if current.told < limit {
            current.told += 1
            lines.append(.warning)
        } else {
            current.hushed += 1
        }
        intervals[key] = current
        return lines
    }

    /// Ends the intervals that are over: the summaries to tell, by code.
    public mutating func deadlineReached(now: Duration) -> [Line] {
        let over = intervals.filter { $0.value.end <= now }.sorted { $0.key < $1.key }
        for (code, _) in over { intervals[code] = nil }
        return over.compactMap { code, interval in
            interval.hushed > 0 ? .summary(code: code, more: interval.hushed) : nil
        }
    }
}
