import BridgeCore
import CSQLite

/// The store's work on its connection: transactions. Used by one thread at a time.
///
/// The start, the byte cap, the ledger, what is set aside, and reads are in extensions.
final class StoreDatabase {
    /// Refusals kept on the list.
    static let refusalLimit = 1000
    /// A database that was left open is checked page by page only up to this size, so that start stays quick: 15 MB
    /// took 15 ms from memory and 90 ms from a cold disk, and flash is slower. Likewise rows are counted anew.
    static let checkedSize = 8 << 20

    /// The database's path, for messages.
    let path: String
    /// What is known of it without reading.
    var state = StoreState()
    /// Transactions committed since the start.
    private(set) var transactions = 0

    /// The open file.
    let connection: Connection
    let limits: StoreLimits
    let maximumBytes: Int
    let overflow: OverflowPolicy

    /// Opens or creates the database in `directory`.
    init(directory: String, maximumBytes: Int, overflow: OverflowPolicy, limits: StoreLimits) throws(StoreError) {
        let file = try StoreFile(directory: directory)
        path = file.path
        self.limits = limits
        // Sums and the double of it must not overflow.
        self.maximumBytes = Account.bounded(maximumBytes)
        self.overflow = overflow
        do {
            connection = try Connection(path: file.path, busyMilliseconds: limits.busyMilliseconds)
        } catch {
            throw StoreError(error, path: file.path)
        }
        let isMigrated = try Schema.adopt(connection, path: file.path)
        do {
            if file.wasLeftOpen, file.size <= Self.checkedSize {
                let finding = try connection.text("PRAGMA quick_check(1)") ?? "no answer"
                guard finding == "ok" else { throw StoreError.damaged(path: file.path, why: finding) }
            }
            state = try restoredState(recounts: isMigrated || file.size <= Self.checkedSize)
            if let pages = limits.maximumPages { try connection.execute("PRAGMA max_page_count = \(pages)") }
        } catch let error as StoreError {
            throw error
        } catch let error as SQLiteFailure {
            throw StoreError(error, path: file.path)
        } catch {
            throw StoreError.unusable(path: file.path, why: "\(error)")
        }
    }

    /// Closes the file; what was committed is folded into it.
    func close() { connection.close() }

    /// What waits, counted.
    var account: Account { state.account }

    // MARK: Writing

    /// Writes `batches` as one transaction, all or none.
    func write(_ batches: [StoreBatch]) throws(SQLiteFailure) -> [StoreReceipt] {
        try transaction { () throws(SQLiteFailure) in
            var receipts: [StoreReceipt] = []
            for batch in batches { receipts.append(try apply(batch)) }
            if state.isLedgerDirty { try writeSegment() }
            return receipts
        }
    }

    /// Does `work` whole or not at all.
    func transaction<Result>(_ work: () throws(SQLiteFailure) -> Result) throws(SQLiteFailure) -> Result {
        let before = state
        do {
            try connection.run(.begin)
            let result = try work()
            try connection.run(.commit)
            transactions += 1
            return result
        } catch {
            connection.rollback()
            state = before
            // With nothing left on the disk the log cannot grow; emptied, it can be written again from its start.
            if error.family == SQLITE_FULL { connection.checkpoint() }
            throw error
        }
    }

    private func apply(_ batch: StoreBatch) throws(SQLiteFailure) -> StoreReceipt {
        var receipt = StoreReceipt()
        // What goes makes room for what comes.
        for id in batch.removeOut { _ = try removeOut(id) }
        for id in batch.removeIn { _ = try removeIn(id) }
        // The cap's own refusals come behind what finished before.
        for entry in batch.ledger { try finish(entry) }
        let protected = Set(batch.protected)
        // Inbound first: the module has acknowledged those already, nobody will send them again.
        let gone = (in: Set(batch.removeIn), out: Set(batch.removeOut))
        for row in batch.appendIn {
            if gone.in.contains(row.id) { receipt.inIDs.append(nil) } else { try append(row, protected, &receipt) }
        }
        for row in batch.appendOut {
            if gone.out.contains(row.id) { receipt.outIDs.append(nil) } else { try append(row, protected, &receipt) }
        }
        if let through = batch.acceptedThrough {
            state.accept(through.out, .out)
            state.accept(through.in, .in)
        }
        try setAside(batch, &receipt)
        if let purge = batch.purge { try take(out: purge, &receipt) }
        try writeNotes(of: batch, and: receipt.refusals)
        if batch.movesMessages { state.isLedgerDirty = true }
        receipt.outDepth = account.outDepth
        receipt.inDepth = account.inDepth
        receipt.bytes = account.bytes
        receipt.isFull = overflow == .stopReading && account.bytes >= maximumBytes
        return receipt
    }

    private func append(
        _ row: InboundRow, _ protected: Set<Int64>, _ receipt: inout StoreReceipt
    ) throws(SQLiteFailure) {
        var row = row
        row.id = try number(row.id, .in)
        let reason = try makeRoom(
            for: row.cost, notAbove: 0, isInbound: true, protected: protected, at: row.acceptedAt, receipt: &receipt)
        if let reason {
            try refuse(row, reason, at: row.acceptedAt, &receipt)
            receipt.inIDs.append(nil)
        } else {
            try connection.run(.insertIn, row.values)
            state.account.addIn(row.cost)
            receipt.inIDs.append(row.id)
        }
    }

    private func append(
        _ row: OutboundRow, _ protected: Set<Int64>, _ receipt: inout StoreReceipt
    ) throws(SQLiteFailure) {
        var row = row
        row.id = try number(row.id, .out)
        let reason = try makeRoom(
            for: row.cost, notAbove: row.rank, protected: protected, at: row.acceptedAt, receipt: &receipt)
        if let reason {
            try refuse(row, reason, at: row.acceptedAt, &receipt)
            receipt.outIDs.append(nil)
        } else {
            try connection.run(.insertOut, row.values)
            state.account.addOut(row.cost)
            receipt.outIDs.append(row.id)
        }
    }

    /// The id of a new row: its own, or the next one.
    private func number(_ id: Int64, _ direction: Refusal.Direction) throws(SQLiteFailure) -> Int64 {
        let next = (direction == .out ? state.accepted.out : state.accepted.in) + 1
        let number = id == 0 ? next : id
        guard RowKey.ids.contains(number) else {
            throw SQLiteFailure(code: SQLITE_RANGE, message: "\(number) is no number for a message")
        }
        state.accept(number, direction)
        return number
    }

    private func writeNotes(of batch: StoreBatch, and own: [Refusal]) throws(SQLiteFailure) {
        for id in batch.removeEchoes { try connection.run(.deleteEcho, [.integer(id)]) }
        for echo in batch.addEchoes { try connection.run(.insertEcho, echo.values) }
        for refusal in batch.refusals { try connection.run(.insertRefusal, refusal.values) }
        for refusal in own { try connection.run(.insertRefusal, refusal.values) }
        if !(batch.refusals.isEmpty && own.isEmpty) {
            try connection.run(.trimRefusals, [.number(Self.refusalLimit)])
        }
        for meta in batch.setMeta {
            if let value = meta.value {
                try connection.run(.setMeta, [.text(meta.key), .bytes(value)])
            } else {
                try connection.run(.deleteMeta, [.text(meta.key)])
            }
        }
    }

    /// Takes an inbound row out; false when it is not there.
    func removeIn(_ id: Int64) throws(SQLiteFailure) -> Bool {
        let statement = try connection.start(.deleteIn, [.integer(id)])
        defer { statement.reset() }
        guard try statement.step() else { return false }
        state.account.removeIn(Int(statement.integer(0)))
        return true
    }

    /// Takes an outbound row out; what it was, nil when it is not there.
    func removeOut(_ id: Int64) throws(SQLiteFailure) -> (topic: [UInt8], size: Int, acceptedAt: Int64)? {
        guard RowKey.ids.contains(id) else { return nil }
        let statement = try connection.start(.deleteOut, RowKey.keys(id))
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        state.account.removeOut(Int(statement.integer(0)))
        if state.aside.removeValue(forKey: id) != nil { try connection.run(.deleteAside, [.integer(id)]) }
        return (statement.bytes(1), Int(statement.integer(2)), statement.integer(3))
    }
}

extension StoreBatch {
    /// Whether it changes what the last row of the ledger tells.
    fileprivate var movesMessages: Bool {
        !(appendOut.isEmpty && appendIn.isEmpty && removeOut.isEmpty && removeIn.isEmpty && ledger.isEmpty)
            || acceptedThrough != nil || purge != nil
    }
}
