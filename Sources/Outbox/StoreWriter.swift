import BridgeCore
import Glibc
import Synchronization

/// The queue of calls and the loop of the one thread that owns the database.
// SAFETY: `@unchecked Sendable` because `waiting`, `waitingBytes` and `isClosing` are touched with `condition` held
// only, `statistics` is a Mutex, and `database` is touched by the writer thread only (by its maker before it starts).
final class StoreWriter: @unchecked Sendable {
    /// One call.
    enum Work {
        case commit(StoreBatch, token: Int)
        case loadOutbound(LoadRequest)
        case loadInbound(LoadRequest)
        case ask(@Sendable (StoreDatabase) -> Void)
        /// A call that found the queue full: it keeps its place, so that events keep the order of the calls.
        case turnedAway(token: Int)
    }

    /// What a load takes of the queue's bytes beside its exclusions.
    private static let callCost = 64

    /// The newest figures; from any thread.
    let statistics: Mutex<StoreStatistics>
    private let condition = Condition()
    private let limits: StoreLimits
    private let database: StoreDatabase
    private let onEvent: @Sendable (StoreEvent) -> Void
    private var waiting: [Work] = []
    private var waitingBytes = 0
    private var isClosing = false

    init(database: StoreDatabase, limits: StoreLimits, onEvent: @escaping @Sendable (StoreEvent) -> Void) {
        self.database = database
        self.limits = limits
        self.onEvent = onEvent
        statistics = Mutex(StoreStatistics(database))
    }

    // MARK: Any thread

    /// Queues a call of `cost` bytes with an event; after `close` it fails at once, on the caller's thread.
    func put(_ work: Work, cost: Int, token: Int) {
        let isTaken = condition.withLock {
            if isClosing { return false }
            let hasRoom = waiting.count < limits.waitingCalls && waitingBytes + cost <= limits.waitingBytes
            if waiting.isEmpty || hasRoom {
                waiting.append(work)
                waitingBytes += cost
            } else {
                waiting.append(.turnedAway(token: token))
            }
            condition.signal()
            return true
        }
        if !isTaken { onEvent(.failed(token: token, StoreError.closed.description)) }
    }

    /// Queues a question, whatever waits; false after `close`.
    func ask(_ question: @escaping @Sendable (StoreDatabase) -> Void) -> Bool {
        condition.withLock {
            if isClosing { return false }
            waiting.append(.ask(question))
            condition.signal()
            return true
        }
    }

    /// Takes no more calls and lets `run` end once the queue is empty.
    func close() {
        condition.withLock {
            isClosing = true
            condition.signal()
        }
    }

    /// What `batch` takes of the queue's bytes.
    static func cost(_ batch: StoreBatch) -> Int {
        var cost = callCost
        for row in batch.appendOut { cost += row.cost }
        for row in batch.appendIn { cost += row.cost }
        for meta in batch.setMeta { cost += meta.value?.count ?? 0 }
        let ids = batch.removeOut.count + batch.removeIn.count + batch.removeEchoes.count + batch.protected.count
        cost += 8 * (ids + batch.retryAside.count) + 96 * batch.ledger.count
        return cost + 512 * (batch.addEchoes.count + batch.refusals.count + batch.setAside.count)
    }

    /// What a load takes of the queue's bytes.
    static func cost(_ request: LoadRequest) -> Int { callCost + 8 * request.excluding.count }

    // MARK: The writer thread

    /// Works until `close`; then closes the database.
    func run() {
        while let calls = take() { work(calls) }
        database.close()
    }

    /// Everything that waits; `nil` when it is over.
    private func take() -> [Work]? {
        condition.withLock {
            while waiting.isEmpty {
                if isClosing { return nil }
                condition.wait()
            }
            let calls = waiting
            waiting = []
            waitingBytes = 0
            return calls
        }
    }

    private func work(_ calls: [Work]) {
        var group: [(batch: StoreBatch, token: Int)] = []
        for call in calls {
            if case .commit(let batch, let token) = call {
                group.append((batch, token))
                continue
            }
            // A read sees what was committed before it, and only that.
            commit(group)
            group = []
            switch call {
            case .commit: break
            case .loadOutbound(let request):
                report(request.token) { () throws(SQLiteFailure) in
                    .outbound(token: request.token, try database.nextOutbound(request))
                }
            case .loadInbound(let request):
                report(request.token) { () throws(SQLiteFailure) in
                    .inbound(token: request.token, try database.nextInbound(request))
                }
            case .ask(let question): question(database)
            case .turnedAway(let token):
                onEvent(.failed(token: token, "too much waits for \(database.path): its disk does not keep up"))
            }
        }
        commit(group)
    }

    private func report(_ token: Int, _ load: () throws(SQLiteFailure) -> StoreEvent) {
        let event: StoreEvent
        do { event = try load() } catch { event = .failed(token: token, error.words(database.path)) }
        onEvent(event)
    }

    /// One transaction for all; when that fails, one for each, so that what only frees room is not held up by what
    /// finds none.
    private func commit(_ group: [(batch: StoreBatch, token: Int)]) {
        if group.isEmpty { return }
        do {
            let receipts = try database.write(group.map(\.batch))
            publish(batches: group.count)
            for (call, receipt) in zip(group, receipts) { onEvent(.committed(token: call.token, receipt)) }
        } catch {
            if group.count == 1 {
                onEvent(.failed(token: group[0].token, error.words(database.path)))
            } else {
                commitOneByOne(group)
            }
        }
    }

    private func commitOneByOne(_ group: [(batch: StoreBatch, token: Int)]) {
        // Once messages could not be stored, later ones must not overtake them.
        var stopped: String?
        for (batch, token) in group {
            let appends = !(batch.appendOut.isEmpty && batch.appendIn.isEmpty)
            if appends, let stopped {
                onEvent(.failed(token: token, stopped))
                continue
            }
            do {
                let receipts = try database.write([batch])
                publish(batches: 1)
                for receipt in receipts { onEvent(.committed(token: token, receipt)) }
            } catch {
                let words = error.words(database.path)
                if appends { stopped = words }
                onEvent(.failed(token: token, words))
            }
        }
    }

    private func publish(batches: Int) {
        statistics.withLock { current in
            let total = current.batches + batches
            current = StoreStatistics(database)
            current.batches = total
        }
    }
}
