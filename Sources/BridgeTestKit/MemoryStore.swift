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
    private var nextID: Int64 = 1
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
            let sorted = outbox.sorted { ($0.rank, $0.id) < ($1.rank, $1.id) }
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
        for var row in batch.appendIn {
            if let reason = makeRoom(for: row.cost, rank: 0, batch.protected, row.acceptedAt, &receipt) {
                refuse(.in, row.topic, row.payload.count, reason, row.acceptedAt, &receipt)
                receipt.inIDs.append(nil)
                continue
            }
            row.id = takeID()
            inbox.append(row)
            receipt.inIDs.append(row.id)
        }
        for var row in batch.appendOut {
            if let reason = makeRoom(for: row.cost, rank: row.rank, batch.protected, row.acceptedAt, &receipt) {
                refuse(.out, row.topic, row.payload.count, reason, row.acceptedAt, &receipt)
                receipt.outIDs.append(nil)
                continue
            }
            row.id = takeID()
            outbox.append(row)
            receipt.outIDs.append(row.id)
        }
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

    private func takeID() -> Int64 {
        defer { nextID += 1 }
        return nextID
    }

    private func makeRoom(
        for cost: Int, rank: Int, _ protected: [Int64], _ at: Int64, _ receipt: inout StoreReceipt
    ) -> String? {
        guard bytes + cost > maximumBytes else { return nil }
        switch overflow {
        case .dropNewest: return "the queue is full"
        case .stopReading: return bytes + cost <= 2 * maximumBytes ? nil : "the queue holds twice its limit"
        case .dropOldest:
            while bytes + cost > maximumBytes {
                let victim = outbox.filter { $0.rank >= rank && !protected.contains($0.id) }
                    .max { ($0.rank, -$0.id) < ($1.rank, -$1.id) }
                guard let victim else { return "the queue is full" }
                outbox.removeAll { $0.id == victim.id }
                receipt.droppedOut.append(victim.id)
                refuse(.out, victim.topic, victim.payload.count, "pushed out", at, &receipt)
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
