/// What is known of the messages under way for the delivery ledger, and the entries of those that are finished until a
/// commit takes them.
///
/// Times are monotonic, so a clock that is set shortens or lengthens nothing. Of what does not fit, and of messages of an
/// earlier run, only the wall clock is known.
public struct MessageTrail: Sendable {
    /// The most messages of each direction with times.
    public static let noteLimit = 1024
    /// The most entries that wait; over it the oldest are lost, and the ledger will say so.
    public static let entryLimit = 8192

    private struct Notes {
        var accepted: Duration?
        var stored: Duration?
        var given: Duration?
    }

    private var out: [Int64: Notes] = [:]
    private var incoming: [Int64: Notes] = [:]
    /// Entries that no commit has taken.
    public private(set) var entries: [LedgerEntry] = []
    /// Entries lost since the start because no commit could take them.
    public private(set) var lost = 0

    /// An empty trail.
    public init() {}

    /// A message got its number.
    public mutating func accepted(_ direction: Refusal.Direction, _ id: Int64, now: Duration) {
        note(direction, id) { $0.accepted = now }
    }

    /// A message is on disk; `isInMemory`: it may be given out without being loaded.
    public mutating func stored(_ direction: Refusal.Direction, _ id: Int64, isInMemory: Bool, now: Duration) {
        if isInMemory { note(direction, id) { $0.stored = now } } else { forget(direction, id) }
    }

    /// A message was given to the module, or to the local broker.
    public mutating func given(_ direction: Refusal.Direction, _ id: Int64, now: Duration) {
        note(direction, id) { $0.given = now }
    }

    /// Somebody else makes the entry.
    public mutating func forget(_ direction: Refusal.Direction, _ id: Int64) {
        if direction == .out { out[id] = nil } else { incoming[id] = nil }
    }

    /// The store has refused a message and made the entry, though it was finished meanwhile: a message has one entry.
    public mutating func withdraw(_ direction: Refusal.Direction, _ id: Int64) {
        forget(direction, id)
        entries.removeAll { $0.direction == direction && $0.id == id }
    }

    /// A message is finished. `wallClock`: Unix seconds.
    public mutating func finished<Row: QueuedRow>(
        _ row: Row, _ outcome: LedgerEntry.Outcome, wallClock: Int64, now: Duration
    ) {
        let notes = Row.direction == .out ? out[row.id] : incoming[row.id]
        forget(Row.direction, row.id)
        let age =
            notes?.accepted.map { milliseconds(now - $0) }
            ?? wallClock.subtractingReportingOverflow(row.acceptedAt).partialValue.multipliedReportingOverflow(by: 1000)
            .partialValue
        func offset(_ time: Duration?) -> Int64? { time.map { age - milliseconds(now - $0) } }
        // Of a message with notes from its beginning it is known whether it was written.
        let storedAfter = notes?.accepted == nil ? 0 : offset(notes?.stored)
        add(
            LedgerEntry(
                direction: Row.direction, id: row.id, topicHash: LedgerEntry.hash(row.topic), size: row.payload.count,
                acceptedAt: row.acceptedAt, storedAfter: storedAfter, givenAfter: offset(notes?.given),
                finishedAfter: age, outcome: outcome))
    }

    /// A message was refused as it came.
    public mutating func refused(_ id: Int64, _ refusal: Refusal) {
        add(
            LedgerEntry(
                direction: refusal.direction, id: id, topicHash: LedgerEntry.hash(refusal.topic), size: refusal.size,
                acceptedAt: refusal.at, finishedAfter: 0, outcome: .refused(refusal.code)))
    }

    /// The entries for a commit; handed out once.
    public mutating func takeEntries() -> [LedgerEntry] {
        defer { entries = [] }
        return entries
    }

    private mutating func add(_ entry: LedgerEntry) {
        entries.append(entry)
        guard entries.count > Self.entryLimit else { return }
        entries.removeFirst(Self.entryLimit / 8)
        lost += Self.entryLimit / 8
    }

    private mutating func note(_ direction: Refusal.Direction, _ id: Int64, _ change: (inout Notes) -> Void) {
        func apply(_ all: inout [Int64: Notes]) {
            guard all[id] != nil || all.count < Self.noteLimit else { return }
            change(&all[id, default: Notes()])
        }
        if direction == .out { apply(&out) } else { apply(&incoming) }
    }
}

func milliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
}
