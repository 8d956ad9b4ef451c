import BridgeCore

/// The byte cap.
extension StoreDatabase {
    /// Sees to it that `cost` more bytes may be stored, by the overflow policy; otherwise the reason why not, with
    /// nothing dropped. Drop-oldest takes outbound messages of rank `notAbove` and less urgent ones only: a message
    /// never pushes out a more urgent one.
    func makeRoom(
        for cost: Int, notAbove rank: Int, isInbound: Bool = false, protected: Set<Int64>, at now: Int64,
        receipt: inout StoreReceipt
    ) throws(SQLiteFailure) -> String? {
        let missing = account.bytes + cost - maximumBytes
        if missing <= 0 { return nil }
        switch overflow {
        case .dropNewest where !isInbound:
            return "the queue is full: \(account.bytes) of \(maximumBytes) bytes are taken"
        case .dropNewest, .stopReading:
            // Kept although it is over: what was read cannot be given back. Yet not without end, as what the module
            // receives cannot be stopped.
            if account.bytes + cost <= 2 * maximumBytes { return nil }
            return "the queue holds \(account.bytes) bytes, twice its limit of \(maximumBytes)"
        case .dropOldest:
            guard cost <= maximumBytes else {
                return "\(cost) bytes are more than the queue's limit of \(maximumBytes)"
            }
            guard let victims = try victims(for: missing, notAbove: rank, protected: protected) else {
                return
                    "the queue is full: \(account.bytes) of \(maximumBytes) bytes are taken, and nothing may be dropped"
            }
            for id in victims { try pushOut(id, at: now, &receipt) }
            return nil
        }
    }

    private func pushOut(_ id: Int64, at now: Int64, _ receipt: inout StoreReceipt) throws(SQLiteFailure) {
        guard let gone = try removeOut(id) else { return }
        receipt.droppedOut.append(id)
        state.pushedOut.append(id)
        state.pushedOut.removeFirst(max(0, state.pushedOut.count - StoreState.pushedOutLimit))
        try refuse(
            .out, id, gone.topic, gone.size, "overflow", "pushed out: the queue's limit is \(maximumBytes) bytes",
            acceptedAt: gone.acceptedAt, storedAfter: 0, at: now, &receipt)
    }

    private func victims(
        for missing: Int, notAbove floor: Int, protected: Set<Int64>
    ) throws(SQLiteFailure) -> [Int64]? {
        var found: [Int64] = []
        var freed = 0
        for rank in (floor..<OutboundRow.ranks).reversed() {
            let (above, below) = RowKey.bounds(rank: rank)
            let oldest = try connection.start(.outOrderWithin, [.integer(above), .integer(below)])
            defer { oldest.reset() }
            while try oldest.step() {
                let id = RowKey.id(oldest.integer(0))
                if protected.contains(id) { continue }
                found.append(id)
                freed += Account.bounded(Int(oldest.integer(1)))
                if freed >= missing { return found }
            }
        }
        return nil
    }

    /// A new row that finds no room.
    func refuse(
        _ row: some QueuedRow, _ reason: String, at now: Int64, _ receipt: inout StoreReceipt
    ) throws(SQLiteFailure) {
        try refuse(
            type(of: row).direction, row.id, row.topic, row.payload.count, "overflow", reason,
            acceptedAt: row.acceptedAt, storedAfter: nil, at: now, &receipt)
    }

    func refuse(
        _ direction: Refusal.Direction, _ id: Int64, _ topic: [UInt8], _ size: Int, _ code: String, _ reason: String,
        acceptedAt: Int64, storedAfter: Int64?, at now: Int64, _ receipt: inout StoreReceipt
    ) throws(SQLiteFailure) {
        let refusal = Refusal(
            direction: direction, topic: topic, size: size, code: code, reason: reason, at: now)
        receipt.refusals.append(refusal)
        let age = min(max(now.subtractingReportingOverflow(acceptedAt).partialValue, 0), 1 << 32)
        try record(
            LedgerEntry(
                direction: direction, id: id, topicHash: LedgerEntry.hash(topic), size: size, acceptedAt: acceptedAt,
                storedAfter: storedAfter, finishedAfter: age * 1000, outcome: .refused(refusal.code)))
    }
}
