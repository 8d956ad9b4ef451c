/// A promise that was not kept; the first one ends the run.
public struct Violation: Error, Equatable, Sendable, CustomStringConvertible {
    /// Which promise.
    public enum Promise: String, Sendable, CaseIterable {
        /// A local PUBACK means: on disk, or acknowledged by the remote broker, or refused for a good reason.
        case acknowledgedOnlyWhenSafe = "acknowledged-only-when-safe"
        /// What was acknowledged locally arrives, unless it was refused for a reason that the product has.
        case nothingLost = "nothing-lost"
        /// Order of first arrivals per topic.
        case order
        /// No duplicate without a break.
        case noDuplicateWithoutBreak = "no-duplicate-without-break"
        /// An acknowledgement is credited to the message it is for.
        case creditedRightly = "credited-rightly"
        /// One command on the wire at a time, and nothing into a data mode.
        case oneCommand = "one-command"
        /// Nothing but the probe while the session looks for the module.
        case onlyProbe = "only-probe"
        /// Module restarts keep their distance.
        case restartSpacing = "restart-spacing"
        /// Everything in memory has a bound.
        case boundedMemory = "bounded-memory"
        /// What came from the module is in the inbox, or acknowledged, within 200 ms.
        case inboundKept = "inbound-kept"
        /// Every accepted message is a row on disk or has its entry in the delivery ledger.
        case books
        /// Payloads cross unchanged, and on the right topic.
        case content
        /// Online again, and everything through, within a stated time after the faults.
        case comesBack = "comes-back"
        /// Only refusals the product has reasons for.
        case refusals
    }

    /// Which promise.
    public var promise: Promise
    /// What happened.
    public var text: String
    /// When, since the start of the run.
    public var at: Duration

    /// `order at 12.3 s: …`
    public var description: String { "\(promise.rawValue) at \(at.shown): \(text)" }
}

extension Duration {
    /// Seconds with milliseconds, for people.
    var shown: String {
        let all = milliseconds
        let rest = all % 1000
        return "\(all / 1000).\(rest < 10 ? "00" : rest < 100 ? "0" : "")\(rest) s"
    }
}
