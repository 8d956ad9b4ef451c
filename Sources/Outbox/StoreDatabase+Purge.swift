import BridgeCore

/// Messages that somebody wants out of the queue.
extension StoreDatabase {
    /// Takes out some of those that are meant, at most `QueuePurge.batch`, and makes their entries.
    func take(out purge: QueuePurge, _ receipt: inout StoreReceipt) throws(SQLiteFailure) {
        var done = QueuePurge.Done()
        for found in try meant(by: purge, &done) {
            let isGone = purge.direction == .out ? try removeOut(found.id) != nil : try removeIn(found.id)
            guard isGone else { continue }
            done.ids.append(found.id)
            try refuse(
                purge.direction, found.id, found.topic, found.size, QueuePurge.code, QueuePurge.reason,
                acceptedAt: found.acceptedAt, storedAfter: 0, at: purge.at, &receipt)
        }
        switch purge.direction {
        case .out: receipt.droppedOut += done.ids
        case .in: receipt.droppedIn += done.ids
        }
        receipt.purged = done
        receipt.asideCount = state.aside.count
        receipt.nextRelease = state.aside.values.min()
    }

    private func meant(
        by purge: QueuePurge, _ done: inout QueuePurge.Done
    ) throws(SQLiteFailure) -> [(id: Int64, topic: [UInt8], size: Int, acceptedAt: Int64)] {
        let isOut = purge.direction == .out
        let sparing = Set(purge.sparing)
        var found: [(id: Int64, topic: [UInt8], size: Int, acceptedAt: Int64)] = []
        var looked = 0
        let row = try connection.start(isOut ? .scanOut : .scanIn, [.integer(purge.after)])
        defer { row.reset() }
        while try row.step() {
            let key = row.integer(0)
            let (id, topic) = (isOut ? RowKey.id(key) : key, row.bytes(2))
            looked += 1
            if purge.selection.matches(
                id: id, topic: topic, route: isOut ? Int(clamping: row.integer(4)) : nil, acceptedAt: row.integer(1))
            {
                if sparing.contains(id) {
                    done.spared += 1
                } else {
                    found.append((id, topic, max(0, Int(clamping: row.integer(3))), row.integer(1)))
                }
            }
            if found.count >= QueuePurge.batch || looked >= QueuePurge.lookLimit {
                done.next = key
                break
            }
        }
        return found
    }
}
