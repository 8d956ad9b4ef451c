import BridgeCore

/// Commits, loads and removals: one commit under way at a time, what comes meanwhile is the next.
extension Dispatcher {
    /// The names of small values in the store.
    enum Meta {
        /// The bytes an `AT+MPUBEX` declared that may still be open.
        static let dataMode = "mpubex"
        /// Filters subscribed at the local broker, one a line.
        static let localFilters = "local-filters"
        /// Filters subscribed at the remote broker, one a line.
        static let remoteFilters = "remote-filters"
        /// What is known of the certificates in the modules.
        static let tlsManifests = "tls-manifests"
        /// What the recovery ladder remembers.
        static let ladder = "ladder"
        /// What was known of the PIN file when the card refused it.
        static let refusedPIN = "refused-pin"
    }

    /// Writes everything that waits, if a commit can be made now.
    func commit() {
        guard outstanding == nil, !retryScheduled, let batch = takeBatch() else { return }
        takeWaiters()
        let token = takeToken()
        outstanding = (token, batch)
        counters.commits += 1
        store.commit(batch, token: token)
    }

    /// All that waits, as one batch; `nil`: nothing does.
    func takeBatch() -> StoreBatch? {
        takeFinished()
        let changes = echoes.takeChanges()
        pending.addEchoes += changes.add
        pending.removeEchoes += changes.remove
        counters.echoesForgotten = echoes.forgotten
        heldEchoes = []
        pending.ledger += trail.takeEntries()
        guard !pending.isEmpty else { return nil }
        pending.protected = outbox.protectedIDs
        switch pending.purge?.direction {
        case .out?: pending.purge?.sparing = outbox.inFlight.map(\.id)
        case .in?: pending.purge?.sparing = inbox.inFlight.map(\.id)
        case nil: break
        }
        pending.acceptedThrough = AcceptedThrough(out: nextIDs.out - 1, in: nextIDs.in - 1)
        defer {
            pending = StoreBatch()
            unstoredBytes = 0
            arrivals = [:]
            isUrgent = false
        }
        return pending
    }

    /// An event of the store.
    func stored(_ event: StoreEvent) {
        switch event {
        case .committed(let token, let receipt):
            guard let (expected, batch) = outstanding, expected == token else { return }
            outstanding = nil
            committed(batch, receipt)
        case .outbound(let token, let rows):
            guard token == outLoad else { return }
            outLoad = nil
            if !loadedOnce {
                // Those that may have been with the module when the last run ended.
                loadedOnce = true
                echoes.restore([], unfinished: Array(rows.prefix(Self.removalBatch)))
            }
            outbox.loaded(rows)
            pump()
        case .inbound(let token, let rows):
            guard token == inLoad else { return }
            inLoad = nil
            inbox.loaded(rows)
            pumpInbox()
        case .failed(let token, let reason):
            failed(token, reason)
        }
    }

    private func committed(_ batch: StoreBatch, _ receipt: StoreReceipt) {
        // The next commit may begin before all is done.
        let waiters = commitWaiters.current
        commitWaiters.current = []
        outbox.removalsCommitted(batch.removeOut)
        inbox.removalsCommitted(batch.removeIn)
        outbox.committed(batch.appendOut, ids: receipt.outIDs, dropped: receipt.droppedOut)
        inbox.committed(batch.appendIn, ids: receipt.inIDs, dropped: receipt.droppedIn)
        depths = (receipt.outDepth, receipt.inDepth, receipt.asideCount, receipt.bytes)
        outDepth = receipt.outDepth
        outbox.removalsCommitted(batch.setAside.map(\.id))
        outbox.released(receipt.released)
        awaitRelease(receipt.nextRelease)
        noteStored(batch, receipt)
        tellEnqueued(batch.appendOut, ids: receipt.outIDs)
        for refusal in receipt.refusals { tell(refusal) }
        // The last one holds; what was recorded and removed in one batch is not there.
        if let record = batch.setMeta.last(where: { $0.key == Meta.dataMode })?.value,
            let bytes = Int(String(decoding: record, as: UTF8.self))
        {
            module.dataModeRecorded(bytes: bytes)
        }
        if let manifest, batch.setMeta.contains(where: { $0.key == Meta.tlsManifests && $0.value == manifest.bytes }) {
            self.manifest = nil
            module.manifestRecorded(token: manifest.token)
        }
        // With nothing but inbound messages in it, the queue empties only by what the local broker answers.
        let isFull = receipt.isFull && receipt.outDepth > 0
        if isFull != local.isReadingStopped {
            local.isReadingStopped = isFull
            log(
                .warning,
                isFull
                    ? "the queue has reached [queue] max_bytes: not reading from the local broker until there is room"
                    : "there is room in the queue again: reading from the local broker")
        }
        if let onceStored {
            self.onceStored = nil
            onceStored()
        }
        // What was read is on disk: its PUBACKs may go.
        settle()
        pump()
        pumpInbox()
        answer(waiters, receipt)
    }

    private func noteStored(_ batch: StoreBatch, _ receipt: StoreReceipt) {
        let now = clock.now
        for (row, id) in zip(batch.appendOut, receipt.outIDs) {
            if id == nil { trail.withdraw(.out, row.id) }
            trail.stored(.out, row.id, isInMemory: id != nil && outbox.isKnown(row.id), now: now)
        }
        for (row, id) in zip(batch.appendIn, receipt.inIDs) {
            if id == nil { trail.withdraw(.in, row.id) }
            trail.stored(.in, row.id, isInMemory: id != nil && inbox.isKnown(row.id), now: now)
        }
        let purged = Set(receipt.purged?.ids ?? [])
        for id in receipt.droppedOut {
            trail.forget(.out, id)
            let reason =
                purged.contains(id)
                ? "it was taken out of the queue by hand"
                : "newer messages took its room in the queue ([queue] max_bytes)"
            tellEnd(id, .refused("refused: \(reason)"))
        }
        for id in receipt.droppedIn { trail.forget(.in, id) }
    }

    private func failed(_ token: Int, _ reason: String) {
        if token == outLoad {
            outLoad = nil
            outbox.loadFailed()
        } else if token == inLoad {
            inLoad = nil
            inbox.loadFailed()
        } else if let (expected, batch) = outstanding, expected == token {
            outstanding = nil
            counters.commitFailures += 1
            let (both, dropped) = batch.followed(by: pending)
            pending = both
            outbox.neverWritten(dropped.out)
            inbox.neverWritten(dropped.in)
            unstoredBytes = pending.appendIn.reduce(0) { $0 + $1.cost }
        } else {
            return
        }
        warn("store", "the queue on disk: \(reason); nothing is acknowledged until it works again")
        guard !retryScheduled else { return settle() }
        retryScheduled = true
        failWaiters(reason)
        settle()
        _ = clock.schedule(at: clock.now + Self.commitRetry) { [weak self] in
            self?.retryScheduled = false
            self?.commit()
            self?.settle()
            self?.loadMore()
        }
    }

    // MARK: Loads

    func loadMore() {
        guard !retryScheduled else { return }
        if outLoad == nil, let request = outbox.loadRequest() {
            let token = takeToken()
            outLoad = token
            store.loadOutbound(
                excluding: request.excluding, limit: request.limit, maximumBytes: request.maximumBytes, token: token)
        }
        if inLoad == nil, let request = inbox.loadRequest() {
            let token = takeToken()
            inLoad = token
            store.loadInbound(
                excluding: request.excluding, limit: request.limit, maximumBytes: request.maximumBytes, token: token)
        }
    }

    // MARK: Small values

    /// Keeps the filters that the brokers' sessions may hold; with the next commit.
    func recordFilters() {
        pending.set(Meta.localFilters, joined(localFilters))
        pending.set(Meta.remoteFilters, joined(remoteFilters))
    }

    /// Keeps a small value over restarts.
    func remember(_ key: String, _ value: [UInt8]?) {
        pending.set(key, value)
        isUrgent = true
        settle()
    }

    private func joined(_ filters: [[UInt8]]) -> [UInt8] { Array(filters.joined(separator: [0x0A])) }

    func takeToken() -> Int {
        nextToken += 1
        return nextToken
    }
}

extension StoreBatch {
    /// This batch, which was not committed, and then another, as one; and the ids of rows that need not be written.
    func followed(by next: StoreBatch) -> (batch: StoreBatch, dropped: (out: [Int64], in: [Int64])) {
        var both = self
        both.appendOut += next.appendOut
        both.appendIn += next.appendIn
        // The store removes first, so a row and its removal must not come together.
        let out = withdraw(next.removeOut, from: &both.appendOut)
        let incoming = withdraw(next.removeIn, from: &both.appendIn)
        both.removeOut += out.left
        both.removeIn += incoming.left
        both.addEchoes += next.addEchoes
        both.removeEchoes += next.removeEchoes
        both.refusals += next.refusals
        both.ledger += next.ledger
        both.setAside += next.setAside
        both.retryAside += next.retryAside
        both.retriesAllAside = both.retriesAllAside || next.retriesAllAside
        both.purge = next.purge ?? purge
        both.releaseAside = next.releaseAside ?? releaseAside
        for meta in next.setMeta { both.set(meta.key, meta.value) }
        return (both, (out.found.map(\.id), incoming.found.map(\.id)))
    }

    /// Sets a small value, in place of what was to be set under this name before.
    mutating func set(_ key: String, _ value: [UInt8]?) {
        setMeta.removeAll { $0.key == key }
        setMeta.append(Meta(key: key, value: value))
    }

    /// Whether it holds what must be on disk before what was read may be acknowledged.
    var holdsReads: Bool { !appendOut.isEmpty || !refusals.isEmpty || !addEchoes.isEmpty }
}

/// Takes the rows with these ids out; `left`: the ids that are not among them.
func withdraw<Row: QueuedRow>(_ ids: [Int64], from rows: inout [Row]) -> (found: [Row], left: [Int64]) {
    var found: [Row] = []
    var left: [Int64] = []
    for id in ids {
        if let index = rows.firstIndex(where: { $0.id == id }) {
            found.append(rows.remove(at: index))
        } else {
            left.append(id)
        }
    }
    return (found, left)
}
