/// Whether the books of a store are balanced: each accepted message is acknowledged, refused or waiting, and only one of
/// these.
public struct StoreVerification: Sendable, Equatable {
    /// One trace of a message.
    public enum Trace: Sendable, Equatable {
        /// It waits in the store.
        case waiting
        /// It waits, set aside.
        case aside
        /// The ledger has it as finished.
        case finished(LedgerEntry)
    }

    /// A message with more than one trace.
    public struct Doubled: Sendable, Equatable {
        /// Its number.
        public var id: Int64
        /// What is known of it; at most `detailLimit` traces.
        public var traces: [Trace]

        /// A message with more than one trace.
        public init(id: Int64, traces: [Trace]) {
            self.id = id
            self.traces = traces
        }
    }

    /// The books of one direction.
    public struct Way: Sendable, Equatable {
        /// The ids that are judged; empty where `first` is above `last`.
        public var first: Int64
        /// The last id accepted.
        public var last: Int64
        /// Ids judged that the other side's broker has.
        public var acknowledged = 0
        /// Ids judged that were refused.
        public var refused = 0
        /// Ids judged that wait, those set aside among them.
        public var waiting = 0
        /// Ids judged that are set aside.
        public var aside = 0
        /// Messages that wait and are too old to be judged: the ledger has forgotten what came with them.
        public var waitingEarlier = 0
        /// Ids judged without any trace.
        public var missingCount = 0
        /// The first of them, as ranges.
        public var missing: [ClosedRange<Int64>] = []
        /// Ids with more than one trace, also among those too old to be judged.
        public var doubledCount = 0
        /// The first of them.
        public var doubled: [Doubled] = []
        /// Ids above `last`: stored without having been accepted.
        public var unacceptedCount = 0
        /// The first of them.
        public var unaccepted: [Int64] = []

        /// Books with nothing in them yet.
        public init(first: Int64, last: Int64) {
            self.first = first
            self.last = last
        }

        /// Messages accepted: ids judged.
        public var accepted: Int { last >= first ? Int(last - first) + 1 : 0 }
        /// Whether nothing is missing, doubled or unaccounted for.
        public var isBalanced: Bool { missingCount == 0 && doubledCount == 0 && unacceptedCount == 0 }
    }

    /// A ledger segment that cannot be read; what it told is lost, so its ids are among the missing.
    public struct Damaged: Sendable, Equatable {
        /// Its number in the table.
        public var segment: Int64
        /// What is wrong with it.
        public var damage: LedgerDamage

        /// A segment that cannot be read.
        public init(segment: Int64, damage: LedgerDamage) {
            self.segment = segment
            self.damage = damage
        }
    }

    /// Entries of a list, and traces of an entry, that are kept; the counts go on.
    public static let detailLimit = 100

    /// Local to remote.
    public var out: Way
    /// Remote to local.
    public var `in`: Way
    /// Segments that cannot be read, the first `detailLimit`.
    public var damaged: [Damaged] = []
    /// How many there are.
    public var damagedCount = 0
    /// When the oldest message of the ledger was accepted, Unix seconds; `nil`: the ledger is empty.
    public var reachesBackTo: Int64?
    /// When the newest thing the store knows of happened, Unix seconds; `nil`: nothing has.
    public var newest: Int64?

    /// The books of both directions.
    public init(out: Way, in: Way) {
        self.out = out
        self.in = `in`
    }

    /// Whether all is accounted for.
    public var isBalanced: Bool { out.isBalanced && `in`.isBalanced && damagedCount == 0 }
}
