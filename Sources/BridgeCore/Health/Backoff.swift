/// Waiting times between attempts: decorrelated jitter, as Mosquitto's bridge has it. Each wait lies between `base` and
/// three times the one before, never over `cap`.
public struct Backoff: Sendable, Equatable {
    /// The shortest wait.
    public let base: Duration
    /// The longest wait.
    public let cap: Duration
    private let baseTicks: Int64
    private let capTicks: Int64
    private var lastTicks: Int64

    /// Waits from `base`, at least a millisecond, to `cap`, at least `base` and at most a year.
    public init(base: Duration, cap: Duration) {
        let year: Int64 = 366 * 86_400 * 1000
        baseTicks = min(max(Self.milliseconds(base, atMost: year), 1), year)
        capTicks = min(max(Self.milliseconds(cap, atMost: year), baseTicks), year)
        lastTicks = baseTicks
        self.base = .milliseconds(baseTicks)
        self.cap = .milliseconds(capTicks)
    }

    /// The next wait.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        // Whole milliseconds under the cap: three times a year cannot overflow.
        let upper = min(capTicks, lastTicks * 3)
        lastTicks = Int64.random(in: baseTicks...max(baseTicks, upper), using: &generator)
        return .milliseconds(lastTicks)
    }

    /// What was tried has worked: waits begin at `base` again.
    public mutating func reset() { lastTicks = baseTicks }

    private static func milliseconds(_ duration: Duration, atMost limit: Int64) -> Int64 {
        let (seconds, attoseconds) = duration.components
        if seconds >= limit / 1000 { return limit }
        if seconds < 0 { return 0 }
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
