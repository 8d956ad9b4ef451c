import BridgeCore
import CSQLite

/// The ledger: segments that are filled one after the other. The last one's row is written again with each commit, so
/// the figures that must be on disk with every commit stand in it too.
extension StoreDatabase {
    /// An entry of the dispatcher's.
    func finish(_ entry: LedgerEntry) throws(SQLiteFailure) {
        guard RowKey.ids.contains(entry.id) else {
            throw SQLiteFailure(code: SQLITE_RANGE, message: "\(entry.id) is no number for a message")
        }
        state.accept(entry.id, entry.direction)
        // It has one already, from when it was pushed out.
        if entry.direction == .out, let index = state.pushedOut.firstIndex(of: entry.id) {
            state.pushedOut.remove(at: index)
            return
        }
        try record(entry)
    }

    /// Adds an entry; a full segment is written, and the next one begun.
    func record(_ entry: LedgerEntry) throws(SQLiteFailure) {
        state.isLedgerDirty = true
        if !state.segment.append(entry) {
            try writeSegment()
            state.segment = LedgerSegment()
            state.segmentNumber += 1
            state.isLedgerDirty = true
            _ = state.segment.append(entry)
            try forget()
        }
        let entry = entry.bounded
        state.lastFinished = entry.acceptedAt + entry.finishedAfter / 1000
    }

    /// Writes the last segment as it is now, with the figures.
    func writeSegment() throws(SQLiteFailure) {
        try connection.run(
            .writeSegment,
            [
                .integer(state.segmentNumber), .integer(state.lastFinished), .integer(state.accepted.out),
                .integer(state.accepted.in), .integer(state.floor.out), .integer(state.floor.in),
                .number(account.outDepth), .number(account.inDepth), .number(account.bytes),
                .bytes(state.segment.bytes),
            ])
        state.isLedgerDirty = false
    }

    /// Takes the oldest segments away, whole: those over the bound, and those too old; a few at a time.
    private func forget() throws(SQLiteFailure) {
        for _ in 0..<4 {
            let statement = try connection.start(.firstSegment)
            defer { statement.reset() }
            guard try statement.step() else { return }
            let number = statement.integer(0)
            let held = state.segmentNumber.subtractingReportingOverflow(number)
            let isOver = held.overflow || held.partialValue >= Int64(limits.ledgerSegments)
            let isOld = statement.integer(1) < state.lastFinished - limits.ledgerSeconds
            guard number < state.segmentNumber, isOver || isOld else { return }
            var out = statement.integer(2)
            var inbound = statement.integer(3)
            // One that cannot be read had ids up to the last accepted when it was written.
            if let entries = try? LedgerSegment.entries(of: statement.bytes(4)) {
                out = entries.lazy.filter { $0.direction == .out }.map(\.id).max() ?? 0
                inbound = entries.lazy.filter { $0.direction == .in }.map(\.id).max() ?? 0
            }
            state.forget(through: out, inbound)
            statement.reset()
            try connection.run(.deleteSegment, [.integer(number)])
        }
    }

    /// What is known of the database, from its own tables; `recounts`: not trusting its figures.
    func restoredState(recounts: Bool) throws(SQLiteFailure) -> StoreState {
        var state = StoreState()
        let last = try connection.start(.lastSegment)
        defer { last.reset() }
        if try last.step() {
            func mark(_ column: Int32) -> Int64 { min(max(last.integer(column), 0), RowKey.span - 2) }
            // So that numbers have room above, whatever a tampered row says.
            state.segmentNumber = min(max(last.integer(0), 1), 1 << 60)
            state.lastFinished = min(max(last.integer(1), 0), 1 << 40)
            state.accepted = AcceptedThrough(out: mark(2), in: mark(3))
            state.floor = AcceptedThrough(out: mark(4), in: mark(5))
            state.account = Account(
                outDepth: Int(clamping: last.integer(6)), outBytes: Int(clamping: last.integer(8)),
                inDepth: Int(clamping: last.integer(7)))
            let bytes = last.bytes(9)
            if let segment = try? LedgerSegment(decoding: bytes) {
                state.segment = segment
            } else if !bytes.isEmpty {
                // Kept for `queue verify` to tell of.
                state.segmentNumber += 1
            }
        }
        if recounts {
            let (outDepth, outBytes) = try sum(.sumOut)
            let (inDepth, inBytes) = try sum(.sumIn)
            state.account = Account(outDepth: outDepth, outBytes: outBytes, inDepth: inDepth, inBytes: inBytes)
        }
        for rank in 0..<OutboundRow.ranks {
            let (above, below) = RowKey.bounds(rank: rank)
            state.accept(RowKey.id(try largest(.lastOut, [.integer(above), .integer(below)])), .out)
        }
        state.accept(min(try largest(.lastIn), RowKey.span - 2), .in)
        state.accept(min(try largest(.lastEcho), RowKey.span - 2), .out)
        let aside = try connection.start(.aside)
        defer { aside.reset() }
        while try aside.step() { state.aside[aside.integer(0)] = aside.integer(1) }
        return state
    }

    private func largest(_ query: Query, _ values: [Statement.Value] = []) throws(SQLiteFailure) -> Int64 {
        let statement = try connection.start(query, values)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }

    private func sum(_ query: Query) throws(SQLiteFailure) -> (count: Int, bytes: Int) {
        let statement = try connection.start(query)
        defer { statement.reset() }
        return try statement.step()
            ? (Int(clamping: statement.integer(0)), Int(clamping: statement.integer(1))) : (0, 0)
    }
}
