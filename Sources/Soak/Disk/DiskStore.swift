import BridgeCore

/// A `MessageStore` of one process on the disk of the run: each commit goes through its steps in virtual time.
///
/// A process can be killed between any two of them; before `flushed` nothing of the batch is on disk, from then on all
/// of it is.
final class DiskStore: MessageStore {
    /// Where in a commit the process is.
    enum Step: Int, CaseIterable {
        /// The call was made.
        case called
        /// The transaction is being written.
        case writing
        /// It is on disk; nobody was told.
        case flushed
        /// The process was told.
        case told
    }

    /// What the disk does to every process; belongs to the run.
    final class Conditions {
        var disk: Disk
        /// How long a commit takes.
        var latency: Duration
        /// Commits fail with this text.
        var commitFailure: String?
        /// Loads fail with this text.
        var loadFailure: String?
        /// A commit is on disk.
        var onCommit: (StoreBatch, Disk.Changes) -> Void = { _, _ in }
        /// A commit has come to a step: true kills the process there.
        var kills: (Step) -> Bool = { _ in false }
        /// When a commit last failed, or took longer than it should.
        var troubleAt: Duration = .zero

        init(_ disk: Disk, latency: Duration) {
            self.disk = disk
            self.latency = latency
        }
    }

    private enum Call {
        case commit(StoreBatch, Int)
        case loadOut([Int64], Int, Int, Int)
        case loadIn([Int64], Int, Int, Int)
    }

    private let conditions: Conditions
    private let clock: ProcessClock
    private var calls: [Call] = []
    private var isBusy = false
    private var isClosed = false
    /// Where outcomes go.
    var onEvent: (StoreEvent) -> Void = { _ in }

    init(_ conditions: Conditions, _ clock: ProcessClock) {
        self.conditions = conditions
        self.clock = clock
    }

    func commit(_ batch: StoreBatch, token: Int) { take(.commit(batch, token)) }

    func loadOutbound(excluding: [Int64], limit: Int, maximumBytes: Int, token: Int) {
        take(.loadOut(excluding, limit, maximumBytes, token))
    }

    func loadInbound(excluding: [Int64], limit: Int, maximumBytes: Int, token: Int) {
        take(.loadIn(excluding, limit, maximumBytes, token))
    }

    func close() {
        isClosed = true
        for call in calls { if case .commit(let batch, _) = call, conditions.commitFailure == nil { flush(batch) } }
        calls = []
    }

    private func take(_ call: Call) {
        calls.append(call)
        if case .commit = call, conditions.kills(.called) { return }
        work()
    }

    private func work() {
        guard !isBusy, !clock.isOver, let call = calls.first else { return }
        isBusy = true
        switch call {
        case .commit(let batch, let token): begin(batch, token)
        case .loadOut(let excluding, let limit, let bytes, let token):
            answer { [conditions] in
                if let failure = conditions.loadFailure { return .failed(token: token, failure) }
                return .outbound(
                    token: token,
                    conditions.disk.nextOutbound(excluding: excluding, limit: limit, maximumBytes: bytes))
            }
        case .loadIn(let excluding, let limit, let bytes, let token):
            answer { [conditions] in
                if let failure = conditions.loadFailure { return .failed(token: token, failure) }
                return .inbound(
                    token: token,
                    conditions.disk.inbox.first(excluding: excluding, limit: limit, maximumBytes: bytes))
            }
        }
    }

    private func answer(_ event: @escaping () -> StoreEvent) {
        after(.microseconds(100)) { store in store.finish(event()) }
    }

    private func begin(_ batch: StoreBatch, _ token: Int) {
        after(conditions.latency / 2) { store in
            let conditions = store.conditions
            if conditions.kills(.writing) { return }
            store.after(conditions.latency / 2) { store in
                if let failure = conditions.commitFailure {
                    // It is tried again a second later.
                    conditions.troubleAt = store.clock.now + .seconds(1)
                    return store.finish(.failed(token: token, failure))
                }
                let receipt = store.flush(batch)
                if conditions.kills(.flushed) { return }
                store.finish(.committed(token: token, receipt))
                _ = conditions.kills(.told)
            }
        }
    }

    @discardableResult
    private func flush(_ batch: StoreBatch) -> StoreReceipt {
        let (receipt, changes) = conditions.disk.apply(batch)
        conditions.onCommit(batch, changes)
        return receipt
    }

    private func after(_ delay: Duration, _ body: @escaping (DiskStore) -> Void) {
        _ = clock.schedule(at: clock.now + delay) { [weak self] in
            guard let self, !isClosed else { return }
            body(self)
        }
    }

    private func finish(_ event: StoreEvent) {
        isBusy = false
        calls.removeFirst()
        onEvent(event)
        work()
    }
}
