import BridgeCore

/// What the control socket asks of the queue: written at once, and answered when it is on disk.
extension Dispatcher {
    /// Why something of the queue could not be done.
    struct QueueTrouble: Error, Equatable {
        var text: String
    }

    /// Who waits for a commit. Called with the receipt; with nil when there was nothing to write.
    typealias CommitWaiter = (Result<StoreReceipt?, QueueTrouble>) -> Void

    /// Those who wait: for the commit under way, and for the one after it.
    struct CommitWaiters {
        var current: [CommitWaiter] = []
        var next: [CommitWaiter] = []
    }

    /// Messages that a purge may still take out are given to nobody.
    var isPurging: Bool { outstanding?.batch.purge != nil }

    /// Whether the books on disk are as this process knows them, once `then` is called.
    func flush(then: @escaping (Result<Void, QueueTrouble>) -> Void) {
        whenCommitted { then($0.map { _ in }) }
    }

    /// Lets messages that are aside go back into the queue, these or all; `then` gets the numbers of those that were.
    func retryAside(_ ids: [Int64]?, then: @escaping (Result<[Int64], QueueTrouble>) -> Void) {
        guard !stopping else { return then(.failure(QueueTrouble(text: "the service is stopping"))) }
        if let ids { pending.retryAside += ids } else { pending.retriesAllAside = true }
        whenCommitted { result in
            then(
                result.map { receipt in
                    let retried = receipt?.retried ?? []
                    return ids.map { ids in retried.filter(Set(ids).contains) } ?? retried
                })
        }
    }

    /// Takes messages out of the queue; `then` gets how many, and how many stayed because they are under way.
    func purge(
        _ direction: Refusal.Direction, _ selection: QueueSelection,
        then: @escaping (Result<(purged: Int, spared: Int), QueueTrouble>) -> Void
    ) {
        guard !stopping else { return then(.failure(QueueTrouble(text: "the service is stopping"))) }
        guard !hasPurge else { return then(.failure(QueueTrouble(text: "another purge is under way: try again"))) }
        hasPurge = true
        purge(QueuePurge(direction, selection, at: clock.wallClock), (0, 0), then)
    }

    private func purge(
        _ purge: QueuePurge, _ sofar: (purged: Int, spared: Int),
        _ then: @escaping (Result<(purged: Int, spared: Int), QueueTrouble>) -> Void
    ) {
        pending.purge = purge
        whenCommitted { [weak self] result in
            guard let self else { return }
            switch result {
            case .failure(let trouble):
                hasPurge = false
                then(.failure(trouble))
            case .success(let receipt):
                let done = receipt?.purged ?? QueuePurge.Done()
                let counts = (sofar.purged + done.ids.count, sofar.spared + done.spared)
                if let next = done.next, !stopping {
                    var rest = purge
                    rest.after = next
                    self.purge(rest, counts, then)
                } else {
                    hasPurge = false
                    log(.info, "\(counts.0) message(s) were purged from the queue")
                    then(.success(counts))
                }
            }
        }
    }

    /// Calls `then` once all that is known now is on disk, or cannot be written.
    func whenCommitted(_ then: @escaping CommitWaiter) {
        commitWaiters.next.append(then)
        guard !retryScheduled else { return failWaiters("its disk does not work now") }
        commit()
        goOnForWaiters()
    }

    /// The batch with the requests is about to be committed.
    func takeWaiters() {
        commitWaiters.current += commitWaiters.next
        commitWaiters.next = []
    }

    /// The batch is on disk, and everything that it changes in memory is done.
    func answer(_ waiters: [CommitWaiter], _ receipt: StoreReceipt) {
        for waiter in waiters { waiter(.success(receipt)) }
        goOnForWaiters()
    }

    /// Those who came while a commit was under way want the next at once; if there is nothing to write, all is on disk.
    private func goOnForWaiters() {
        guard !commitWaiters.next.isEmpty, outstanding == nil, !retryScheduled else { return }
        commit()
        guard outstanding == nil else { return }
        let waiters = commitWaiters.next
        commitWaiters.next = []
        for waiter in waiters { waiter(.success(nil)) }
    }

    /// What was asked for is not done later, when nobody waits for it any more.
    func failWaiters(_ reason: String) {
        pending.withdrawRequests()
        let waiters = commitWaiters.current + commitWaiters.next
        commitWaiters = CommitWaiters()
        for waiter in waiters { waiter(.failure(QueueTrouble(text: "the queue cannot be written: \(reason)"))) }
    }
}

extension StoreBatch {
    /// Takes out what somebody waits for who is told that it failed.
    mutating func withdrawRequests() {
        retryAside = []
        retriesAllAside = false
        purge = nil
    }
}
