/// Which of the messages that wait are meant: every condition that is given must hold.
public struct QueueSelection: Sendable, Equatable {
    /// Numbers that one selection may name.
    public static let idLimit = 1000

    /// Their numbers.
    public var ids: Set<Int64>?
    /// What their topic, on the side they go to, must match.
    public var filter: TopicFilter?
    /// The index of the route that took them; of outbound messages only.
    public var route: Int?
    /// Accepted before this time, Unix seconds.
    public var acceptedBefore: Int64?

    /// Every message.
    public init() {}

    /// Whether it means every message.
    public var isEverything: Bool { ids == nil && filter == nil && route == nil && acceptedBefore == nil }

    /// Whether this message is meant; `route` nil: it is an inbound one.
    public func matches(id: Int64, topic: [UInt8], route: Int?, acceptedAt: Int64) -> Bool {
        if let ids, !ids.contains(id) { return false }
        if let wanted = self.route, wanted != route { return false }
        if let acceptedBefore, acceptedAt >= acceptedBefore { return false }
        return filter.map { $0.matches(topic) } ?? true
    }
}

/// Messages that somebody wants out of the queue: refused with the code `purged`.
public struct QueuePurge: Sendable, Equatable {
    /// What ledger and list of refusals call it.
    public static let code = "purged"
    /// The reason on the list of refusals.
    public static let reason = "taken out of the queue by hand"
    /// Messages taken out with one commit; the rest comes with the next.
    public static let batch = 256
    /// Rows that one commit looks at.
    public static let lookLimit = 8192

    /// Which way they go.
    public var direction: Refusal.Direction
    /// Which.
    public var selection: QueueSelection
    /// Goes on behind this place (`Done.next`).
    public var after: Int64
    /// Unix seconds.
    public var at: Int64
    /// Ids that are under way and stay.
    public var sparing: [Int64] = []

    /// A purge from the head of the queue, or from where an earlier one stopped.
    public init(_ direction: Refusal.Direction, _ selection: QueueSelection, after: Int64 = .min, at: Int64) {
        self.direction = direction
        self.selection = selection
        self.after = after
        self.at = at
    }

    /// What a commit took out.
    public struct Done: Sendable, Equatable {
        /// Their numbers.
        public var ids: [Int64] = []
        /// Messages that were meant and are under way.
        public var spared = 0
        /// Where to go on; nil: all were looked at.
        public var next: Int64?

        /// Nothing was found.
        public init() {}
    }
}
