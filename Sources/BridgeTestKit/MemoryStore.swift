public import BridgeCore

/// A `MessageStore` in memory, with its promises: outcomes in the order of the calls, a batch whole or not at all.
///
/// Answers come by `post`, as those of a disk come from another thread; while `isStopped` they wait for `answer`. A
/// crash forgets what was not answered, or keeps it: both happen to a disk.
public final class MemoryStore: MessageStore {
    private enum Call {
        case commit(StoreBatch, Int)
        case loadOut([Int64], Int, Int, Int)
        case loadIn([Int64], Int, Int, Int)
    }

    /// What is on the disk.
    public private(set) var outbox: [OutboundRow] = []
    /// What is on the disk.
    public private(set) var inbox: [InboundRow] = []
    /// What is on the disk, by outbox id.
    public private(set) var echoes: [Int64: EchoRow] = [:]
    /// The list of refusals.
    public private(set) var refusals: [Refusal] = []
    /// Small values.
    public var meta: [String: [UInt8]] = [:]
    /// What became of finished messages, in the order of the commits.
    public private(set) var ledger: [LedgerEntry] = []
    /// What is set aside, by outbox id.
    public private(set) var aside: [Int64: SetAside] = [:]
    /// Every batch that was committed, in order.
    public private(set) var batches: [StoreBatch] = []
    /// Batches that failed.
    public private(set) var failures = 0

    /// While true nothing is answered but by `answer`.
    public var isStopped = false
    /// Commits fail with this text.
    public var commitFailure: String?
    /// Loads fail with this text.
    public var loadFailure: String?
    /// Bytes that may be stored, as `[queue] max_bytes`.
    public var maximumBytes = Int.max
    /// What happens over that.
    public var overflow = OverflowPolicy.dropOldest
    /// Where outcomes go.
    public var onEvent: (StoreEvent) -> Void = { _ in }
    /// Called at each commit, before its outcome is told.
    public var onCommit: (StoreBatch) -> Void = { _ in }

    private let post: (@escaping () -> Void) -> Void
    private var calls: [Call] = []
    private var marks = AcceptedThrough()
    private var pushedOut: Set<Int64> = []
    private var generation = 0

    /// An empty store; `post` runs what it is given a little later (`ManualClock.soon`).
    public init(post: @escaping (@escaping () -> Void) -> Void) { self.post = post }

    /// Calls that wait for an answer.
    public var waiting: Int { calls.count }
    /// Bytes stored, as the cap counts them.
    public var bytes: Int { outbox.reduce(0) { $0 + $1.cost } + inbox.reduce(0) { $0 + $1.cost } }

    /// As `MessageStore` has it.
    public func commit(_ batch: StoreBatch, token: Int) { take(.commit(batch, token)) }

    /// As `MessageStore` has it.
    public func loadOutbound(excluding: [Int64], limit: Int, maximumBytes: Int, token: Int) {
        take(.loadOut(excluding, limit, maximumBytes, token))
    }

    /// As `MessageStore` has it.
    public func loadInbound(excluding: [Int64], limit: Int, maximumBytes: Int, token: Int) {
        take(.loadIn(excluding, limit, maximumBytes, token))
    }

    /// As `MessageStore` has it.
    public func close() { while !calls.isEmpty { _ = perform(calls.removeFirst()) } }

    /// Answers the first `count` calls that wait.
    public func answer(_ count: Int = .max) {
        for _ in 0..<min(count, calls.count) { onEvent(perform(calls.removeFirst())) }
    }

    /// The process ends here: what was not answered is lost, or with `keepsUnanswered` was written all the same.
    /// Nothing is told to the old owner any more.
    public func crash(keepsUnanswered: Bool = false) {
        if keepsUnanswered { close() }
        calls = []
        generation += 1
        onEvent = { _ in }
        onCommit = { _ in }
    }

    /// The next free ids, as `SQLiteMessageStore` tells them at its start.
    public func nextIDs() -> (out: Int64, in: Int64) { (marks.out + 1, marks.in + 1) }

    private func take(_ call: Call) {
        calls.append(call)
        guard !isStopped else { return }
        let generation = generation
        post { [weak self] in
            guard let self, self.generation == generation, !self.isStopped, !self.calls.isEmpty else { return }
            self.answer(1)
        }
    }

    private func perform(_ call: Call) -> StoreEvent {
        switch call {
        case .commit(let batch, let token):
            if let commitFailure {
                failures += 1
                return .failed(token: token, commitFailure)
            }
            let receipt = write(batch)
            batches.append(batch)
            onCommit(batch)
            return .committed(token: token, receipt)
        case .loadOut(let excluding, let limit, let maximum, let token):
            if let loadFailure { return .failed(token: token, loadFailure) }
            let sorted = outbox.filter { aside[$0.id] == nil }.sorted { ($0.rank, $0.id) < ($1.rank, $1.id) }
            return .outbound(token: token, bounded(sorted, excluding, limit, maximum))
        case .loadIn(let excluding, let limit, let maximum, let token):
            if let loadFailure { return .failed(token: token, loadFailure) }
            return .inbound(token: token, bounded(inbox, excluding, limit, maximum))
        }
    }

    private func bounded<Row: QueuedRow>(_ rows: [Row], _ excluding: [Int64], _ limit: Int, _ maximum: Int) -> [Row] {
        let excluded = Set(excluding)
        var found: [Row] = []
        var bytes = 0
        for row in rows where !excluded.contains(row.id) {
            bytes += row.cost
            if !found.isEmpty, bytes > maximum || found.count >= limit { break }
            found.append(row)
        }
        return found
    }

    private func write(_ batch: StoreBatch) -> StoreReceipt {
        var receipt = StoreReceipt()
        outbox.removeAll { batch.removeOut.contains($0.id) }
        inbox.removeAll { batch.removeIn.contains($0.id) }
        for entry in batch.ledger {
            let mark: WritableKeyPath<AcceptedThrough, Int64> = entry.direction == .out ? \.out : \.in
            _ = number(entry.id, mark)
            if entry.direction == .out, pushedOut.remove(entry.id) != nil { continue }
            ledger.append(entry)
        }
        for var row in batch.appendIn {
            row.id = number(row.id, \.in)
            if batch.removeIn.contains(row.id) {
                receipt.inIDs.append(nil)
                continue
            }
            if let reason = makeRoom(for: row.cost, rank: nil, batch.protected, row.acceptedAt, &receipt) {
                refuse(row, reason, row.acceptedAt, isStored: false, &receipt)
                receipt.inIDs.append(nil)
                continue
            }
            inbox.append(row)
            receipt.inIDs.append(row.id)
        }
        for var row in batch.appendOut {
            row.id = number(row.id, \.out)
            if batch.removeOut.contains(row.id) {
                receipt.outIDs.append(nil)
                continue
            }
            if let reason = makeRoom(for: row.cost, rank: row.rank, batch.protected, row.acceptedAt, &receipt) {
                refuse(row, reason, row.acceptedAt, isStored: false, &receipt)
                receipt.outIDs.append(nil)
                continue
            }
            outbox.append(row)
            receipt.outIDs.append(row.id)
        }
        if let through = batch.acceptedThrough {
            marks = AcceptedThrough(out: max(marks.out, through.out), in: max(marks.in, through.in))
        }
        setAside(batch, &receipt)
        if let purge = batch.purge { take(out: purge, &receipt) }
        for id in batch.removeEchoes { echoes[id] = nil }
        for echo in batch.addEchoes { echoes[echo.id] = echo }
        refusals += batch.refusals + receipt.refusals
        for value in batch.setMeta { meta[value.key] = value.value }
        receipt.outDepth = outbox.count
        receipt.inDepth = inbox.count
        receipt.bytes = bytes
        receipt.isFull = overflow == .stopReading && bytes >= maximumBytes
        return receipt
    }

    /// The id of a new row: its own, or the next one.
    private func number(_ id: Int64, _ mark: WritableKeyPath<AcceptedThrough, Int64>) -> Int64 {
        let number = id > 0 ? id : marks[keyPath: mark] + 1
        marks[keyPath: mark] = max(marks[keyPath: mark], number)
        return number
    }

    /// Why a row finds no room; `rank` nil: an inbound one.
    private func makeRoom(
        for cost: Int, rank: Int?, _ protected: [Int64], _ at: Int64, _ receipt: inout StoreReceipt
    ) -> String? {
        guard bytes + cost > maximumBytes else { return nil }
        switch overflow {
        case .dropNewest where rank != nil: return "the queue is full"
        case .dropNewest, .stopReading:
            return bytes + cost <= 2 * maximumBytes ? nil : "the queue holds twice its limit"
        case .dropOldest:
            while bytes + cost > maximumBytes {
                let victim = outbox.filter { $0.rank >= rank ?? 0 && !protected.contains($0.id) }
                    .max { ($0.rank, -$0.id) < ($1.rank, -$1.id) }
                guard let victim else { return "the queue is full" }
                outbox.removeAll { $0.id == victim.id }
                receipt.droppedOut.append(victim.id)
                pushedOut.insert(victim.id)
                refuse(victim, "pushed out", at, isStored: true, &receipt)
            }
            return nil
        }
    }

    private func refuse<Row: QueuedRow>(
        _ row: Row, _ reason: String, _ at: Int64, isStored: Bool, code: String = "overflow",
        _ receipt: inout StoreReceipt
    ) {
        receipt.refusals.append(
            Refusal(
                direction: Row.direction, topic: row.topic, size: row.payload.count, code: code, reason: reason,
                at: at))
        ledger.append(
            LedgerEntry(
                direction: Row.direction, id: row.id, topicHash: LedgerEntry.hash(row.topic), size: row.payload.count,
                acceptedAt: row.acceptedAt, storedAfter: isStored ? 0 : nil,
                finishedAfter: (at - row.acceptedAt) * 1000, outcome: .refused(code)))
    }

    /// As the real store, with smaller batches.
    private func take(out purge: QueuePurge, _ receipt: inout StoreReceipt) {
        var done = QueuePurge.Done()
        func take<Row: QueuedRow>(_ row: Row, _ key: Int64, _ route: Int?) -> Bool {
            guard key > purge.after, done.next == nil,
                purge.selection.matches(id: row.id, topic: row.topic, route: route, acceptedAt: row.acceptedAt)
            else { return false }
            if purge.sparing.contains(row.id) {
                done.spared += 1
                return false
            }
            done.ids.append(row.id)
            if done.ids.count >= 4 { done.next = key }
            refuse(row, QueuePurge.reason, purge.at, isStored: true, code: QueuePurge.code, &receipt)
            return true
        }
        switch purge.direction {
        case .out:
            outbox.sort { ($0.rank, $0.id) < ($1.rank, $1.id) }
            outbox.removeAll { take($0, Int64($0.rank) << 40 + $0.id, $0.route) }
            outbox.sort { $0.id < $1.id }
            aside = aside.filter { !done.ids.contains($0.key) }
            receipt.droppedOut += done.ids
            receipt.asideCount = aside.count
            receipt.nextRelease = aside.values.map(\.until).min()
        case .in:
            inbox.removeAll { take($0, $0.id, nil) }
            receipt.droppedIn += done.ids
        }
        receipt.purged = done
    }

    private func setAside(_ batch: StoreBatch, _ receipt: inout StoreReceipt) {
        let known = Set(outbox.map(\.id))
        for entry in batch.setAside where known.contains(entry.id) { aside[entry.id] = entry }
        aside = aside.filter { known.contains($0.key) }
        for id in batch.retriesAllAside ? aside.keys.sorted() : batch.retryAside where aside[id] != nil {
            aside[id]?.until = 0
            receipt.retried.append(id)
        }
        let byTime = aside.values.sorted { ($0.until, $0.id) < ($1.until, $1.id) }
        let over = max(0, aside.count - SetAside.limit)
        let due = byTime.enumerated().prefix { $0.offset < over || $0.element.until <= batch.releaseAside ?? 0 }
        let back = Set(due.prefix(SetAside.releaseLimit).map(\.element.id))
        for id in back { aside[id] = nil }
        receipt.released = outbox.filter { back.contains($0.id) }.sorted { $0.id < $1.id }
        receipt.asideCount = aside.count
        receipt.nextRelease = aside.values.map(\.until).min()
    }
}
