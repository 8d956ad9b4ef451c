import BridgeCore

/// What the writer keeps in memory of the database; a value, so that a transaction that fails puts the old one back.
struct StoreState {
    /// What waits, counted.
    var account = Account()
    /// The last ids accepted.
    var accepted = AcceptedThrough()
    /// The highest ids the ledger has forgotten: above them every id must be accounted for.
    var floor = AcceptedThrough()
    /// What is set aside: when each is due, by outbox id.
    var aside: [Int64: Int64] = [:]
    /// The ledger's newest segment and its number.
    var segment = LedgerSegment()
    var segmentNumber: Int64 = 1
    /// When the newest entry finished, Unix seconds.
    var lastFinished: Int64 = 0
    /// Whether the newest segment's row is not as it should be.
    var isLedgerDirty = false
    /// Ids that were pushed out: the dispatcher may have sent them before it heard of it. The newest only: what it can
    /// have sent is what was under way, or next, when the batch was written.
    var pushedOut: [Int64] = []

    static let pushedOutLimit = 4096

    /// Keeps the marks at or above an id that is in use.
    mutating func accept(_ id: Int64, _ direction: Refusal.Direction) {
        switch direction {
        case .out: accepted.out = max(accepted.out, id)
        case .in: accepted.in = max(accepted.in, id)
        }
    }

    /// Ids are forgotten.
    mutating func forget(through out: Int64, _ inbound: Int64) {
        floor.out = max(floor.out, out)
        floor.in = max(floor.in, inbound)
    }
}

/// The place of an outbox row: one order for priority and id, so that the table needs no index.
enum RowKey {
    /// Ids stay below it: 34,000 years at one message a second.
    static let span: Int64 = 1 << 40
    static let ids: ClosedRange<Int64> = 1...span - 1

    /// Normal priority, the usual one, has the plain id: short keys are short on disk.
    static func key(_ id: Int64, rank: Int) -> Int64 { Int64(rank - 1) * span + id }
    static func id(_ key: Int64) -> Int64 { key & (span - 1) }
    static func rank(_ key: Int64) -> Int { Int(min(max((key >> 40) + 1, 0), Int64(OutboundRow.ranks - 1))) }
    /// Every key of a rank lies between these, exclusive.
    static func bounds(rank: Int) -> (Int64, Int64) { (key(0, rank: rank), key(span, rank: rank)) }
    /// Where a message may be.
    static func keys(_ id: Int64) -> [Statement.Value] {
        (0..<OutboundRow.ranks).map { .integer(key(id, rank: $0)) }
    }
}
