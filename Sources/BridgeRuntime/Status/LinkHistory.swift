import ModemCore

/// How the link is and was, for `status`. Times are Unix seconds.
struct LinkHistory {
    /// A time without a link, and what was done about it.
    struct Outage: Equatable, Sendable {
        /// The highest rung of the ladder that was tried; nil: none yet.
        var rung: Rung?
        /// Why the link went, or why the last try failed.
        var reason: String
        /// When it went.
        let began: Int64
        /// When the link was back; nil: not yet.
        var ended: Int64?
    }

    private(set) var isOnline = false
    /// Since when it is as it is.
    private(set) var since: Int64
    /// Why it is offline; nil while it is online.
    private(set) var reason: String?
    /// The last time without a link, the present one included; nil: it never broke, and came up at once.
    private(set) var outage: Outage?

    /// The service has just started.
    init(now: Int64) {
        since = now
        reason = "starting"
    }

    mutating func cameUp(now: Int64) {
        if !isOnline { since = now }
        isOnline = true
        reason = nil
        if outage?.ended == nil { outage?.ended = now }
    }

    mutating func broke(_ reason: String, now: Int64) {
        if isOnline { since = now }
        isOnline = false
        self.reason = reason
        outage = Outage(reason: reason, began: now)
    }

    mutating func recovers(_ recovery: Recovery) {
        guard !isOnline else { return }
        var present = Outage(reason: reason ?? "", began: since)
        if let outage, outage.ended == nil { present = outage }
        present.rung = max(present.rung ?? recovery.rung, recovery.rung)
        if let reason = recovery.reason {
            self.reason = reason
            present.reason = reason
        }
        outage = present
    }
}
