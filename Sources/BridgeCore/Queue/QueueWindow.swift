/// The head of a stored queue, held in memory: what goes next, what is under way, what may be removed.
///
/// The window holds the first rows, bounded in rows and bytes; the rest is on disk. The order is that of the store:
/// rank (priority), then id. It must hold whatever comes from disk and whatever was just accepted, so for each rank the
/// window knows whether the disk **may hold rows it has not got** (`mayHaveMore`), and keeps one rule: of each rank,
/// every row in memory is older than every row that is only on disk.
///
/// - A row just accepted goes straight into the window, before it is on disk, if nothing of its rank waits elsewhere.
///   Else it is **outside**: with the caller until it is committed, and older than no row in memory. Committed, it comes
///   in if nothing of its rank waits on disk; else it stays there until it is loaded.
/// - A row of a rank is given out only when nothing of a higher rank may wait on disk.
/// - A row that finds the window full pushes out the newest row of the lowest rank below its own: to the disk if it is
///   there, else outside.
/// - What a load brings is in order and complete up to its last row; when it brings nothing, the disk holds no more.
///   A load that ran while a row was pushed out did not see that row and is thrown away.
///
/// What counts for correctness is the order of `MessageStore`'s events: they come in the order of the calls. Hand each
/// to the window as it comes.
public struct QueueWindow<Row: QueuedRow>: Sendable {
    /// What to ask the store for.
    public struct LoadRequest: Equatable, Sendable {
        /// Ids that are in memory already.
        public var excluding: [Int64]
        /// At most so many rows.
        public var limit: Int
        /// At most so many bytes, but at least one row.
        public var maximumBytes: Int

        /// A request for the store.
        public init(excluding: [Int64], limit: Int, maximumBytes: Int) {
            self.excluding = excluding
            self.limit = limit
            self.maximumBytes = maximumBytes
        }
    }

    /// What may leave the store.
    public struct Removals: Equatable, Sendable {
        /// Rows acknowledged or refused.
        public var ids: [Int64] = []
        /// The refusals among them, for the list.
        public var refusals: [Refusal] = []
        /// The rows of those, in the same order.
        public var refused: [Row] = []
        /// Whether there is nothing to remove.
        public var isEmpty: Bool { ids.isEmpty && refusals.isEmpty }
    }

    let maximumRows: Int
    let maximumBytes: Int
    /// Rows that may be under way at a time.
    public var maximumInFlight: Int

    var waiting: [[Row]]
    var waitingIDs: Set<Int64> = []
    var waitingBytes = 0
    var mayHaveMore: [Bool]
    var isLoading = false
    var isLoadStale = false
    /// The highest rank (lowest number) that a row was pushed out of since the last answer to a load.
    var lowestEvicted = Row.ranks
    var goneInFlight: Set<Int64> = []
    var finished = Removals()
    var removing: Set<Int64> = []
    var returnedIDs: Set<Int64> = []
    /// Rows accepted and not committed yet, of all that are not finished.
    var unsaved: Set<Int64> = []
    /// Those of them that are not in memory, by rank.
    var outside: [Set<Int64>]

    /// Rows under way, in the order they were given out.
    public internal(set) var inFlight: [Row] = []

    /// An empty window over a store of which nothing is known. A row larger than `maximumBytes` is held alone.
    public init(maximumRows: Int = 256, maximumBytes: Int = 262_144, maximumInFlight: Int = 20) {
        self.maximumRows = max(maximumRows, 1)
        self.maximumBytes = max(maximumBytes, 1)
        self.maximumInFlight = max(maximumInFlight, 1)
        waiting = Array(repeating: [], count: Row.ranks)
        mayHaveMore = Array(repeating: true, count: Row.ranks)
        outside = Array(repeating: [], count: Row.ranks)
    }

    /// Rows in memory that are not under way.
    public var count: Int { waitingIDs.count }
    /// Bytes of those.
    public var bytes: Int { waitingBytes }
    /// Rows finished whose removal was not handed out yet.
    public var finishedCount: Int { finished.ids.count }
    /// Whether the window knows the whole queue, and it is empty: nothing waits and nothing is under way.
    public var isDrained: Bool {
        waitingIDs.count == 0 && inFlight.isEmpty && !mayHaveMore.contains(true) && outside.allSatisfy(\.isEmpty)
    }
    /// When the oldest row was accepted that waits or is under way, as far as it is in memory: of each rank the oldest
    /// are. Unix seconds.
    public var oldestAcceptance: Int64? {
        (inFlight.map(\.acceptedAt) + waiting.compactMap { $0.first?.acceptedAt }).min()
    }
    /// Ids the store's drop-oldest must leave alone: those under way and the one that goes next.
    public var protectedIDs: [Int64] {
        var ids = inFlight.map(\.id)
        if let rank = nextRank { ids.append(waiting[rank][0].id) }
        return ids
    }

    // MARK: - From the store

    /// A row with an id of its own, newer than all before it, that is to be committed later (`committed`) or will never
    /// be written (`neverWritten`). It may be given out at once.
    public mutating func accepted(_ row: Row) {
        unsaved.insert(row.id)
        if mayHaveMore[row.rank] || !outside[row.rank].isEmpty || !admit(row) { outside[row.rank].insert(row.id) }
    }

    /// These rows were finished before they were committed, and are in no batch.
    public mutating func neverWritten(_ ids: [Int64]) {
        unsaved.subtract(ids)
        removing.subtract(ids)
    }

    /// A batch was committed: the rows it appended, their ids in the same order (`nil`: refused by the byte cap), and
    /// the ids that drop-oldest pushed out, among which may be new ones.
    public mutating func committed(_ rows: [Row], ids: [Int64?], dropped gone: [Int64] = []) {
        var gone = gone
        for (row, id) in zip(rows, ids) {
            unsaved.remove(row.id)
            outside[row.rank].remove(row.id)
            guard let id else {
                gone.append(row.id)
                continue
            }
            guard !mayHaveMore[row.rank], !isKnown(id) else { continue }
            var stored = row
            stored.id = id
            if !admit(stored) { mayHaveMore[row.rank] = true }
        }
        if !gone.isEmpty { dropped(gone) }
    }

    /// The store pushed these rows out to make room. One that is under way stays so, but does not come back.
    mutating func dropped(_ ids: [Int64]) {
        let gone = Set(ids)
        for rank in waiting.indices {
            for row in waiting[rank] where gone.contains(row.id) { uncount(row) }
            waiting[rank].removeAll { gone.contains($0.id) }
        }
        goneInFlight.formUnion(inFlight.map(\.id).filter { gone.contains($0) })
        returnedIDs.subtract(gone)
    }

    /// What to load now; `nil` when there is no need, no room, or a load is under way. The answer goes to `loaded` or
    /// `loadFailed`.
    public mutating func loadRequest() -> LoadRequest? {
        guard !isLoading, let firstUnknown = mayHaveMore.firstIndex(of: true) else { return nil }
        let first = waiting.firstIndex { !$0.isEmpty }
        let isBlocked = first.map { firstUnknown < $0 } ?? true
        let isLow = waitingIDs.count <= maximumRows / 2 && waitingBytes <= maximumBytes / 2
        guard isBlocked || isLow else { return nil }
        isLoading = true
        isLoadStale = false
        // Rows of lower rank make room for those that are missing, so they do not count.
        let held = waiting[...firstUnknown].joined()
        let known = waitingIDs.sorted() + inFlight.map(\.id) + finished.ids + removing.sorted()
        return LoadRequest(
            excluding: known, limit: max(maximumRows - held.count, 1),
            maximumBytes: max(maximumBytes - held.reduce(0) { $0 + $1.cost }, 1))
    }

    /// What the store had, in its order.
    public mutating func loaded(_ rows: [Row]) {
        isLoading = false
        if isLoadStale { return }
        guard let last = rows.last else {
            for rank in mayHaveMore.indices { mayHaveMore[rank] = false }
            return
        }
        var complete = last.rank
        lowestEvicted = Row.ranks
        for (index, row) in rows.enumerated() where !isKnown(row.id) {
            // Behind a row of its rank that was pushed out just now, a row would be out of order.
            if row.rank < lowestEvicted && admit(row) { continue }
            for left in rows[index...] where !isKnown(left.id) { mayHaveMore[left.rank] = true }
            complete = min(complete, row.rank)
            break
        }
        for rank in 0..<min(complete, lowestEvicted) { mayHaveMore[rank] = false }
    }

    /// The load did not happen; `loadRequest` will ask again.
    public mutating func loadFailed() { isLoading = false }

    // MARK: - To the broker

    /// Takes the next row, which then is under way; `nil` when none may go now.
    ///
    /// Rows whose time is over become refusals as their turn comes. `wallClock`: Unix seconds; `expiry`: when a row
    /// expires by it; `suspect`: a row in whose place one of another topic or rank is to go, or none.
    public mutating func next(
        wallClock: Int64, suspect: Int64? = nil, expiry: (Row) -> Int64? = { $0.expiresAt }
    ) -> Row? {
        guard inFlight.count < maximumInFlight else { return nil }
        while let (rank, index) = nextPlace(suspect) {
            let row = waiting[rank].remove(at: index)
            uncount(row)
            if let expiresAt = expiry(row), expiresAt <= wallClock {
                let age = (row.expiresAt ?? expiresAt) &- row.acceptedAt &+ (wallClock &- expiresAt)
                let reason = "it expired: \(max(age, 0)) s old when its turn came"
                finish(row, code: "expired", reason: reason, at: wallClock)
                continue
            }
            inFlight.append(row)
            return row
        }
        return nil
    }

    /// Whether this row is in memory and not under way.
    public func isWaiting(_ id: Int64) -> Bool { waitingIDs.contains(id) }

    /// Whether this row is under way and the store has none of it any more: pushed out or refused meanwhile.
    public func isGone(_ id: Int64) -> Bool { goneInFlight.contains(id) }

    /// Whether this row was under way before: what is sent now may double it.
    public func wasReturned(_ id: Int64) -> Bool { returnedIDs.contains(id) }

    /// The broker has this row: it may be removed. False when it was not under way.
    @discardableResult
    public mutating func acknowledged(_ id: Int64) -> Bool {
        guard takeFromFlight(id) != nil else { return false }
        finished.ids.append(id)
        return true
    }

    /// A row under way cannot be carried: removed and listed. False when it was not under way.
    @discardableResult
    public mutating func refused(_ id: Int64, code: String, reason: String, wallClock: Int64) -> Bool {
        guard let row = takeFromFlight(id) else { return false }
        finish(row, code: code, reason: reason, at: wallClock)
        return true
    }

    /// A row under way goes back to the head of its rank, to be sent again. False when it was not under way.
    @discardableResult
    public mutating func returned(_ id: Int64) -> Bool {
        let isGone = goneInFlight.contains(id)
        guard let row = takeFromFlight(id) else { return false }
        if !isGone { putBack(row) }
        return true
    }

    /// The link to the broker broke: all that was under way goes back to the head, in order. Returns its ids.
    @discardableResult
    public mutating func linkBroke() -> [Int64] {
        let rows = inFlight.filter { !goneInFlight.contains($0.id) }
        inFlight = []
        goneInFlight = []
        for row in rows { putBack(row) }
        return rows.map(\.id)
    }

    // MARK: - Removals

    /// What to remove with the next batch; handed out once. Say when it is on disk: `removalsCommitted`.
    public mutating func takeRemovals() -> Removals {
        defer { finished = Removals() }
        removing.formUnion(finished.ids)
        return finished
    }

    /// The batch with these removals is on disk. One that failed must be committed again.
    public mutating func removalsCommitted(_ ids: [Int64]) { removing.subtract(ids) }
}
