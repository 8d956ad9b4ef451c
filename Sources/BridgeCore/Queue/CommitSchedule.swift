/// Says when to write to disk what was accepted, and when the local broker may hear of what was read.
///
/// libmosquitto writes all PUBACKs that are due with whatever it writes, so there is one **gate** for everything read: it
/// is open only while every message read is on disk or acknowledged by the remote broker.
///
/// - With the link up and nothing stored waiting, what was read is **held**: it goes from memory to the module. More is
///   read when the module could take more than there is, for an `interval` and three quarters of a `window` at most; then
///   no more is read until all is acknowledged, and the gate opens with nothing written. What is not acknowledged an
///   `interval` after it was read is written.
/// - Else reading goes on, and one commit takes what came in an `interval`, or in less when the local broker stalls: it
///   sends no more than so many messages that it has no PUBACK for. How many is asked for (`window`) and then learned.
/// - An inbound message is written when it was not delivered `inbound` after it came.
/// - What nobody waits for (removals, small values, the ledger) goes along, or after a while alone.
///
/// A value: the same facts and times give the same decisions. It never opens the gate on more than the facts allow.
public struct CommitSchedule: Sendable, Equatable {
    /// The bounds and times.
    public struct Limits: Sendable, Equatable {
        /// How long a message that was read may be held.
        public var interval: Duration = .seconds(1)
        /// How long an inbound message may be in memory only.
        public var inbound: Duration = .milliseconds(150)
        /// How long removals and small values wait for company.
        public var lazy: Duration = .seconds(2)
        /// Removals that do not wait any longer: after a crash so many are doubled.
        public var removals = 64
        /// How long entries of the ledger wait for company.
        public var ledger: Duration = .seconds(300)
        /// Entries of the ledger that are written without company.
        public var ledgerEntries = 1024
        /// Messages that the local broker was asked to send without an acknowledgement.
        public var window = 64
        /// Bytes of messages read that wait for a commit, before reading stops for it.
        public var bytes = 256 << 10
        /// A broker that has more sends it within this time of the acknowledgements.
        public var refill: Duration = .milliseconds(50)
        /// The defaults.
        public init() {}
    }

    /// A commit under way.
    public enum Commit: Sendable, Equatable {
        case none
        /// One with nothing that was read in it.
        case withoutReads
        /// One with what was read, or one that has failed and must be made again.
        case ofReads
    }

    /// How things stand.
    public struct Facts: Sendable, Equatable {
        /// Messages read that are neither in a commit nor acknowledged by the remote broker.
        public var unsettled = 0
        /// Bytes of those.
        public var unsettledBytes = 0
        /// When the oldest of them was read; `nil`: when the gate closed.
        public var unsettledSince: Duration?
        /// Whether the module could take more than waits for it.
        public var isHungry = false
        /// Whether something else of what was read must be on disk first: a refusal, the record of an echo.
        public var hasNotes = false
        /// Whether the module can get nothing before a commit.
        public var isStarved = false
        /// When the oldest inbound message came that is neither in a commit nor acknowledged by the local broker.
        public var inboundSince: Duration?
        /// Rows that wait to be removed from disk.
        public var removals = 0
        /// Whether small values wait.
        public var hasValues = false
        /// Whether something waits for small values to be on disk.
        public var isUrgent = false
        /// Entries of the ledger that wait.
        public var ledgerEntries = 0
        /// Whether the module can publish.
        public var isLinkUp = false
        /// Whether rows that are on disk wait, or are with the module.
        public var hasBacklog = false
        /// The commit under way.
        public var commit = Commit.none
        /// Whether the bridge is stopping.
        public var isStopping = false
        /// Nothing waits.
        public init() {}
    }

    /// What to do.
    public struct Decision: Sendable, Equatable {
        /// Commit everything now, then ask again.
        public var commits = false
        /// Whether the gate is open.
        public var mayWrite = true
        /// Whether to read from the local broker.
        public var mayRead = true
        /// When to ask again if nothing happens before; events ask anyway.
        public var deadline: Duration?
    }

    private let limits: Limits
    private var window: Int
    private var heldSince: Duration?
    private var lazySince: Duration?
    private var ledgerSince: Duration?
    /// Messages read since the gate was last open.
    private var reads = 0
    /// The interval was over with so many reads, and more could have come.
    private var stalledAt: Int?
    private var openedAt: Duration?
    /// So many stalls in a row were followed by as many messages at once.
    private var stalls = 0

    /// A schedule with nothing held.
    public init(limits: Limits = Limits()) {
        self.limits = limits
        window = limits.window
    }

    /// A new connection to the local broker.
    public mutating func connected() {
        window = limits.window
        (stalledAt, openedAt, stalls, reads) = (nil, nil, 0, 0)
    }

    /// A batch of so many messages was read.
    public mutating func read(_ count: Int, now: Duration) {
        if reads == 0, let openedAt, let stalledAt {
            // Chance may do this once or twice to a broker that was not stalled at all.
            stalls = now - openedAt <= limits.refill && count >= stalledAt ? stalls + 1 : 0
            if stalls >= 3 { window = stalledAt }
        }
        stalledAt = nil
        reads += count
        window = min(max(window, reads), limits.window)
    }

    /// What to do now. Ask after every event.
    public mutating func decide(_ facts: Facts, now: Duration) -> Decision {
        var decision = Decision()
        let isUnsettled = facts.unsettled > 0 || facts.hasNotes
        decision.mayWrite = !isUnsettled && facts.commit != .ofReads
        let holds = facts.unsettled > 0 && facts.isLinkUp && !facts.hasBacklog
        if decision.mayWrite { opened(now) } else if heldSince == nil { heldSince = now }
        decision.mayRead = (!holds || readsOn(facts, now: now)) && facts.commit != .ofReads
        lazySince = facts.removals > 0 || facts.hasValues ? lazySince ?? now : nil
        ledgerSince = facts.ledgerEntries > 0 ? ledgerSince ?? now : nil
        guard facts.commit == .none else { return decision }

        var due: [Duration] = []
        if isUnsettled, let heldSince {
            let isFull = !holds && (reads >= window || facts.unsettledBytes >= limits.bytes)
            let isAtOnce = isFull || facts.isStopping || (facts.isStarved && facts.isLinkUp)
            // While it is held, each message has its time, and the gate twice as long.
            let since = facts.hasNotes ? heldSince : max(facts.unsettledSince ?? heldSince, heldSince)
            due.append(isAtOnce ? now : min(since, heldSince + limits.interval) + limits.interval)
            stalledAt = !holds && !isAtOnce && heldSince + limits.interval <= now ? reads : nil
        }
        if let since = facts.inboundSince { due.append(facts.isStopping ? now : since + limits.inbound) }
        if facts.isUrgent || facts.removals >= limits.removals { due.append(now) }
        if decision.mayWrite {
            if let lazySince { due.append(lazySince + limits.lazy) }
            if let ledgerSince {
                due.append(facts.ledgerEntries >= limits.ledgerEntries ? now : ledgerSince + limits.ledger)
            }
        }
        decision.deadline = due.min()
        decision.commits = decision.deadline.map { $0 <= now } ?? false
        return decision
    }

    /// Whether more is read while something is held. Not while an inbound message waits for the gate.
    private func readsOn(_ facts: Facts, now: Duration) -> Bool {
        guard facts.isHungry, !facts.isStopping, facts.inboundSince == nil, let heldSince else { return false }
        return reads < limits.window * 3 / 4 && facts.unsettledBytes < limits.bytes
            && now - heldSince < limits.interval
    }

    private mutating func opened(_ now: Duration) {
        heldSince = nil
        guard reads > 0 else { return }
        reads = 0
        openedAt = now
    }
}
