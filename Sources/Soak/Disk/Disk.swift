import BridgeCore

/// What is on the disk: it outlives processes. Everything here is as after the last commit that was flushed.
struct Disk {
    /// What one batch did, as far as the run is interested in single rows.
    struct Changes {
        var removedOut: [OutboundRow] = []
        var removedIn: [InboundRow] = []
        var pushedOut: [OutboundRow] = []
        var refusedOut: [OutboundRow] = []
        var refusedIn: [InboundRow] = []
    }

    private(set) var outbox: OrderedRows<OutboundRow>
    private(set) var inbox = OrderedRows<InboundRow>(ranks: 1)
    private(set) var meta: [String: [UInt8]] = [:]
    private var echoRows: [Int64: EchoRow] = [:]
    /// The last ids that were accepted.
    private var marks = AcceptedThrough(out: 0, in: 0)
    private var aside: [Int64: SetAside] = [:]
    private var pushedOut: Set<Int64> = []
    /// Outbound ids that have an entry of the ledger: their number.
    private var finishedOut: Int64 = 0
    private(set) var refusals = 0
    let maximumBytes: Int
    let overflow: OverflowPolicy

    init(maximumBytes: Int, overflow: OverflowPolicy) {
        outbox = OrderedRows(ranks: OutboundRow.ranks)
        self.maximumBytes = maximumBytes
        self.overflow = overflow
    }

    /// Echoes by id.
    var echoes: [EchoRow] { echoRows.values.sorted { $0.id < $1.id } }
    /// The next free ids.
    var nextIDs: (out: Int64, in: Int64) { (marks.out + 1, marks.in + 1) }
    /// Outbound ids that are neither a row nor in the ledger: none, if the books are right.
    var unaccounted: Int64 { marks.out - finishedOut - Int64(outbox.count) }
    /// Bytes as the cap counts them.
    var bytes: Int { outbox.bytes + inbox.bytes }

    /// Applies a whole batch, in the order of the real store: what goes makes room for what comes, inbound first.
    mutating func apply(_ batch: StoreBatch) -> (StoreReceipt, Changes) {
        var receipt = StoreReceipt()
        var changes = Changes()
        for id in batch.removeOut { if let row = outbox.remove(id) { changes.removedOut.append(row) } }
        for id in batch.removeIn { if let row = inbox.remove(id) { changes.removedIn.append(row) } }
        for var row in batch.appendIn {
            row.id = number(row.id, \.in)
            if let reason = makeRoom(
                for: row.cost, rank: 0, isInbound: true, batch.protected, row.acceptedAt, &receipt, &changes)
            {
                changes.refusedIn.append(row)
                refuse(.in, row.topic, row.payload.count, reason, row.acceptedAt, &receipt)
                receipt.inIDs.append(nil)
                continue
            }
            inbox.append(row, rank: 0)
            receipt.inIDs.append(row.id)
        }
        for var row in batch.appendOut {
            row.id = number(row.id, \.out)
            if let reason = makeRoom(
                for: row.cost, rank: row.rank, isInbound: false, batch.protected, row.acceptedAt, &receipt, &changes)
            {
                changes.refusedOut.append(row)
                finishedOut += 1
                refuse(.out, row.topic, row.payload.count, reason, row.acceptedAt, &receipt)
                receipt.outIDs.append(nil)
                continue
            }
            outbox.append(row, rank: row.rank)
            receipt.outIDs.append(row.id)
        }
        for entry in batch.ledger where entry.direction == .out {
            _ = number(entry.id, \.out)
            if pushedOut.remove(entry.id) == nil { finishedOut += 1 }
        }
        if let through = batch.acceptedThrough {
            marks = AcceptedThrough(out: max(marks.out, through.out), in: max(marks.in, through.in))
        }
        setAside(batch, &receipt)
        for id in batch.removeEchoes { echoRows[id] = nil }
        for echo in batch.addEchoes { echoRows[echo.id] = echo }
        for value in batch.setMeta { meta[value.key] = value.value }
        refusals += batch.refusals.count + receipt.refusals.count
        receipt.outDepth = outbox.count
        receipt.inDepth = inbox.count
        receipt.bytes = bytes
        receipt.isFull = overflow == .stopReading && bytes >= maximumBytes
        return (receipt, changes)
    }

    /// The rows that go next, without those that are aside.
    func nextOutbound(excluding: [Int64], limit: Int, maximumBytes: Int) -> [OutboundRow] {
        outbox.first(excluding: excluding + aside.keys, limit: limit, maximumBytes: maximumBytes)
    }

    /// The id of a new row: its own, or the next one.
    private mutating func number(_ id: Int64, _ mark: WritableKeyPath<AcceptedThrough, Int64>) -> Int64 {
        let number = id > 0 ? id : marks[keyPath: mark] + 1
        marks[keyPath: mark] = max(marks[keyPath: mark], number)
        return number
    }

    private mutating func setAside(_ batch: StoreBatch, _ receipt: inout StoreReceipt) {
        guard !aside.isEmpty || !batch.setAside.isEmpty else { return }
        for entry in batch.setAside where outbox.row(entry.id) != nil { aside[entry.id] = entry }
        aside = aside.filter { outbox.row($0.key) != nil }
        for id in batch.retryAside { aside[id]?.until = 0 }
        let byTime = aside.values.sorted { ($0.until, $0.id) < ($1.until, $1.id) }
        let over = max(0, aside.count - SetAside.limit)
        let due = byTime.enumerated().prefix { $0.offset < over || $0.element.until <= batch.releaseAside ?? 0 }
        let back = due.prefix(SetAside.releaseLimit).map(\.element.id).sorted()
        for id in back { aside[id] = nil }
        receipt.released = back.compactMap { outbox.row($0) }
        receipt.asideCount = aside.count
        receipt.nextRelease = aside.values.map(\.until).min()
    }

    private mutating func makeRoom(
        for cost: Int, rank: Int, isInbound: Bool, _ protected: [Int64], _ at: Int64, _ receipt: inout StoreReceipt,
        _ changes: inout Changes
    ) -> String? {
        guard bytes + cost > maximumBytes else { return nil }
        switch overflow {
        case .dropNewest where !isInbound: return "the queue is full"
        case .dropNewest, .stopReading:
            return bytes + cost <= 2 * maximumBytes ? nil : "the queue holds twice its limit"
        case .dropOldest:
            guard cost <= maximumBytes else { return "more than the queue's limit" }
            let isKept = Set(protected)
            var freed = 0
            var victims: [OutboundRow] = []
            search: for low in stride(from: OutboundRow.ranks - 1, through: rank, by: -1) {
                for row in outbox.rows(of: low) where !isKept.contains(row.id) {
                    victims.append(row)
                    freed += row.cost
                    if bytes + cost - freed <= maximumBytes { break search }
                }
            }
            guard bytes + cost - freed <= maximumBytes else { return "the queue is full, and nothing may be dropped" }
            for row in victims {
                _ = outbox.remove(row.id)
                changes.pushedOut.append(row)
                pushedOut.insert(row.id)
                finishedOut += 1
                receipt.droppedOut.append(row.id)
                refuse(.out, row.topic, row.payload.count, "pushed out", at, &receipt)
            }
            return nil
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

/// Rows by id, and by rank in the order of their ids; adding, removing and reading from the front cost next to nothing.
struct OrderedRows<Row: QueuedRow> {
    private var byID: [Int64: Row] = [:]
    /// Ids in order, of rows that may be gone.
    private var order: [[Int64]]
    private var heads: [Int]
    private(set) var bytes = 0

    init(ranks: Int) {
        order = Array(repeating: [], count: ranks)
        heads = Array(repeating: 0, count: ranks)
    }

    var count: Int { byID.count }

    func row(_ id: Int64) -> Row? { byID[id] }

    mutating func append(_ row: Row, rank: Int) {
        byID[row.id] = row
        order[rank].append(row.id)
        bytes += row.cost
    }

    mutating func remove(_ id: Int64) -> Row? {
        guard let row = byID.removeValue(forKey: id) else { return nil }
        bytes -= row.cost
        let rank = row.rank
        while heads[rank] < order[rank].count, byID[order[rank][heads[rank]]] == nil { heads[rank] += 1 }
        if heads[rank] > 256, heads[rank] * 2 > order[rank].count {
            order[rank].removeFirst(heads[rank])
            heads[rank] = 0
        }
        return row
    }

    /// The rows of a rank, oldest first.
    func rows(of rank: Int) -> some Sequence<Row> { order[rank][heads[rank]...].lazy.compactMap { byID[$0] } }

    /// The first rows by rank and id, without those in `excluding`, bounded as `MessageStore` has it.
    func first(excluding: [Int64], limit: Int, maximumBytes: Int) -> [Row] {
        let excluded = Set(excluding)
        var found: [Row] = []
        var bytes = 0
        for rank in order.indices {
            for row in rows(of: rank) where !excluded.contains(row.id) {
                bytes += row.cost
                if !found.isEmpty, bytes > maximumBytes || found.count >= limit { return found }
                found.append(row)
            }
        }
        return found
    }
}
