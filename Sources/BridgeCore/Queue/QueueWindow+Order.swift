extension QueueWindow {
    /// The rank whose first row may go now: the first with a row, unless a higher one may have rows elsewhere.
    var nextRank: Int? {
        for rank in waiting.indices {
            if !waiting[rank].isEmpty { return rank }
            if mayHaveMore[rank] || !outside[rank].isEmpty { return nil }
        }
        return nil
    }

    /// Where the row is that goes next.
    func nextPlace(_ suspect: Int64?) -> (rank: Int, index: Int)? {
        guard let first = nextRank else { return nil }
        guard let suspect, let row = waiting[first].first, row.id == suspect else { return (first, 0) }
        // Of each rank the oldest are in memory, so the first of another topic is the oldest of that.
        for rank in first..<waiting.count {
            let index = waiting[rank].firstIndex { rank != first || $0.topic != row.topic }
            if let index { return (rank, index) }
        }
        return nil
    }

    /// Whether what goes next can only be had by a commit of what was accepted.
    public var needsCommit: Bool {
        for rank in waiting.indices {
            if !waiting[rank].isEmpty || mayHaveMore[rank] { return false }
            if !outside[rank].isEmpty { return true }
        }
        return false
    }

    /// Whether rows that are on disk wait or are under way.
    public var hasStored: Bool {
        // Of each rank the oldest are those that were committed.
        mayHaveMore.contains(true) || inFlight.contains { !unsaved.contains($0.id) }
            || waiting.contains { $0.first.map { !unsaved.contains($0.id) } ?? false }
    }

    /// Whether this row is in memory, or was and is finished.
    public func isKnown(_ id: Int64) -> Bool {
        removing.contains(id) || inFlight.contains { $0.id == id } || finished.ids.contains(id)
            || waitingIDs.contains(id)
    }

    /// Puts a row in its place if there is room, or room can be made by pushing out rows of lower rank.
    mutating func admit(_ row: Row) -> Bool {
        guard makeRoom(for: row) else { return false }
        place(row)
        return true
    }

    /// A row that was under way; it is older than all of its rank that waits, and is held over the bounds.
    mutating func putBack(_ row: Row) {
        returnedIDs.insert(row.id)
        place(row)
    }

    mutating func takeFromFlight(_ id: Int64) -> Row? {
        guard let index = inFlight.firstIndex(where: { $0.id == id }) else { return nil }
        goneInFlight.remove(id)
        returnedIDs.remove(id)
        return inFlight.remove(at: index)
    }

    mutating func finish(_ row: Row, code: String, reason: String, at wallClock: Int64) {
        returnedIDs.remove(row.id)
        finished.ids.append(row.id)
        finished.refused.append(row)
        finished.refusals.append(
            Refusal(
                direction: Row.direction, topic: row.topic, size: row.payload.count, code: code, reason: reason,
                at: wallClock))
    }

    /// Takes out a row that waits and is kept out of the way by a commit; then say `removalsCommitted`. Its row, if there.
    public mutating func setAside(_ id: Int64) -> Row? {
        for rank in waiting.indices {
            guard let index = waiting[rank].firstIndex(where: { $0.id == id }) else { continue }
            let row = waiting[rank].remove(at: index)
            uncount(row)
            returnedIDs.remove(id)
            removing.insert(id)
            return row
        }
        return nil
    }

    /// Rows that were set aside are in the queue again, a few at a time; they may be older than all that is here.
    public mutating func released(_ rows: [Row]) {
        if isLoading, !rows.isEmpty { isLoadStale = true }
        for row in rows where !isKnown(row.id) {
            let isOlder = waiting[row.rank].last.map { row.id < $0.id } ?? false
            // What is newer than all in memory has its place on disk, behind what waits there.
            if isOlder || !mayHaveMore[row.rank] && outside[row.rank].isEmpty {
                place(row)
            } else {
                mayHaveMore[row.rank] = true
            }
        }
    }

    mutating func uncount(_ row: Row) {
        waitingIDs.remove(row.id)
        waitingBytes -= row.cost
    }

    private mutating func place(_ row: Row) {
        waitingIDs.insert(row.id)
        waitingBytes += row.cost
        let index = waiting[row.rank].lastIndex { $0.id < row.id }.map { $0 + 1 } ?? 0
        waiting[row.rank].insert(row, at: index)
    }

    private func hasRoom(for row: Row) -> Bool {
        waitingIDs.count == 0 || (waitingIDs.count < maximumRows && waitingBytes + row.cost <= maximumBytes)
    }

    private mutating func makeRoom(for row: Row) -> Bool {
        while !hasRoom(for: row) {
            guard let lowest = waiting.lastIndex(where: { !$0.isEmpty }), lowest > row.rank else { return false }
            let pushedOut = waiting[lowest].removeLast()
            uncount(pushedOut)
            if isLoading { isLoadStale = true }
            if unsaved.contains(pushedOut.id) {
                outside[lowest].insert(pushedOut.id)
            } else {
                mayHaveMore[lowest] = true
                lowestEvicted = min(lowestEvicted, lowest)
            }
        }
        return true
    }
}
