import BridgeCore
import CSQLite

/// The store's work on its connection: transactions, the byte cap, reads. Used by one thread at a time.
final class StoreDatabase {
    /// Refusals kept on the list.
    static let refusalLimit = 1000
    /// A database that was left open is checked page by page only up to this size, so that start stays quick: 15 MB
    /// took 15 ms from memory and 90 ms from a cold disk, and flash is slower.
    static let checkedSize = 8 << 20

    /// The database's path, for messages.
    let path: String
    /// What waits.
    private(set) var account: Account
    /// Transactions committed since the start.
    private(set) var transactions = 0

    /// The open file; reads are in an extension.
    let connection: Connection
    private let maximumBytes: Int
    private let overflow: OverflowPolicy

    /// Opens or creates the database in `directory`.
    init(directory: String, maximumBytes: Int, overflow: OverflowPolicy, limits: StoreLimits) throws(StoreError) {
        let file = try StoreFile(directory: directory)
        path = file.path
        // Sums and the double of it must not overflow.
        self.maximumBytes = Account.bounded(maximumBytes)
        self.overflow = overflow
        do {
            connection = try Connection(path: file.path, busyMilliseconds: limits.busyMilliseconds)
        } catch {
            throw StoreError(error, path: file.path)
        }
        try Schema.adopt(connection, path: file.path)
        do {
            if file.wasLeftOpen, file.size <= Self.checkedSize {
                let finding = try connection.text("PRAGMA quick_check(1)") ?? "no answer"
                guard finding == "ok" else { throw StoreError.damaged(path: file.path, why: finding) }
            }
            account = Account(
                outDepth: Int(try connection.integer("SELECT count(*) FROM outbox") ?? 0),
                outBytes: Int(try connection.integer("SELECT sum(cost) FROM outbox") ?? 0),
                inDepth: Int(try connection.integer("SELECT count(*) FROM inbox") ?? 0),
                inBytes: Int(try connection.integer("SELECT sum(cost) FROM inbox") ?? 0))
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

    // MARK: Writing

    /// Writes `batches` as one transaction, all or none.
    func write(_ batches: [StoreBatch]) throws(SQLiteFailure) -> [StoreReceipt] {
        let before = account
        do {
            try connection.run(.begin)
            var receipts: [StoreReceipt] = []
            for batch in batches { receipts.append(try apply(batch)) }
            try connection.run(.commit)
            transactions += 1
            return receipts
        } catch {
            connection.rollback()
            account = before
            // With nothing left on the disk the log cannot grow; emptied, it can be written again from its start.
            if error.family == SQLITE_FULL { connection.checkpoint() }
            throw error
        }
    }

    private func apply(_ batch: StoreBatch) throws(SQLiteFailure) -> StoreReceipt {
        var receipt = StoreReceipt()
        // What goes makes room for what comes.
        for id in batch.removeOut { _ = try removeOut(id) }
        for id in batch.removeIn {
            let statement = try connection.start(.deleteIn, [.integer(id)])
            defer { statement.reset() }
            if try statement.step() { account.removeIn(Int(statement.integer(0))) }
        }
        let protected = Set(batch.protected)
        // Inbound first: the module has acknowledged those already, nobody will send them again.
        for row in batch.appendIn {
            let cost = row.cost
            let reason = try makeRoom(
                for: cost, notAbove: .min, isInbound: true, protected: protected, at: row.acceptedAt, receipt: &receipt)
            if let reason {
                refuse(.in, row.topic, row.payload.count, reason, row.acceptedAt, &receipt)
                receipt.inIDs.append(nil)
            } else {
                receipt.inIDs.append(try insert(row))
                account.addIn(cost)
            }
        }
        for row in batch.appendOut {
            let cost = row.cost
            let reason = try makeRoom(
                for: cost, notAbove: row.priority, protected: protected, at: row.acceptedAt, receipt: &receipt)
            if let reason {
                refuse(.out, row.topic, row.payload.count, reason, row.acceptedAt, &receipt)
                receipt.outIDs.append(nil)
            } else {
                receipt.outIDs.append(try insert(row))
                account.addOut(cost)
            }
        }
        try writeNotes(of: batch, and: receipt.refusals)
        receipt.outDepth = account.outDepth
        receipt.inDepth = account.inDepth
        receipt.bytes = account.bytes
        receipt.isFull = overflow == .stopReading && account.bytes >= maximumBytes
        return receipt
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

    private func insert(_ row: OutboundRow) throws(SQLiteFailure) -> Int64 {
        try insert(.insertOut, row.values)
    }

    private func insert(_ row: InboundRow) throws(SQLiteFailure) -> Int64 {
        try insert(.insertIn, row.values)
    }

    private func insert(_ query: Query, _ values: [Statement.Value]) throws(SQLiteFailure) -> Int64 {
        let statement = try connection.start(query, values)
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : 0
    }

    private func removeOut(_ id: Int64) throws(SQLiteFailure) -> (topic: [UInt8], size: Int)? {
        let statement = try connection.start(.deleteOut, [.integer(id)])
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        account.removeOut(Int(statement.integer(0)))
        return (statement.bytes(1), Int(statement.integer(2)))
    }

    // MARK: The byte cap

    /// Sees to it that `cost` more bytes may be stored, by the overflow policy; otherwise the reason why not, with
    /// nothing dropped. Drop-oldest takes outbound messages of priority `notAbove` and less urgent ones only: a
    /// message never pushes out a more urgent one.
    private func makeRoom(
        for cost: Int, notAbove priority: Int, isInbound: Bool = false, protected: Set<Int64>, at now: Int64,
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
            guard let victims = try victims(for: missing, notAbove: priority, protected: protected) else {
                return
                    "the queue is full: \(account.bytes) of \(maximumBytes) bytes are taken, and nothing may be dropped"
            }
            for id in victims {
                guard let (topic, size) = try removeOut(id) else { continue }
                receipt.droppedOut.append(id)
                refuse(.out, topic, size, "pushed out: the queue's limit is \(maximumBytes) bytes", now, &receipt)
            }
            return nil
        }
    }

    private func victims(
        for missing: Int, notAbove floor: Int, protected: Set<Int64>
    ) throws(SQLiteFailure) -> [Int64]? {
        var found: [Int64] = []
        var freed = 0
        var ceiling = Int64.max
        while true {
            let lowest = try connection.start(.lowestPriority, [.number(floor), .integer(ceiling)])
            let priority = try lowest.step() ? lowest.optionalInteger(0) : nil
            lowest.reset()
            guard let priority else { return nil }
            let oldest = try connection.start(.oldestOfPriority, [.integer(priority)])
            defer { oldest.reset() }
            while try oldest.step() {
                let id = oldest.integer(0)
                if protected.contains(id) { continue }
                found.append(id)
                freed += Account.bounded(Int(oldest.integer(1)))
                if freed >= missing { return found }
            }
            guard priority > .min else { return nil }
            ceiling = priority - 1
        }
    }

    private func refuse(
        _ direction: Refusal.Direction, _ topic: [UInt8], _ size: Int, _ reason: String, _ at: Int64,
        _ receipt: inout StoreReceipt
    ) {
        receipt.refusals.append(
            Refusal(direction: direction, topic: topic, size: size, code: "overflow", reason: reason, at: at))
    }
}
