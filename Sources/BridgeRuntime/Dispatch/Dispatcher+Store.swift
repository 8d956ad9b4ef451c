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
        /// What was known of the PIN file when the card refused it.
        static let refusedPIN = "refused-pin"
    }

    func commit() {
        guard outstanding == nil, !retryScheduled else { return }
        takeEchoChanges()
        guard !pending.isEmpty else { return }
        pending.protected = outbox.protectedIDs
        let token = takeToken()
        outstanding = (token, pending)
        pending = StoreBatch()
        unstoredBytes = 0
        counters.commits += 1
        store.commit(outstanding?.batch ?? StoreBatch(), token: token)
    }

    func takeEchoChanges() {
        let changes = echoes.takeChanges()
        pending.addEchoes += changes.add
        pending.removeEchoes += changes.remove
        counters.echoesForgotten = echoes.forgotten
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
        outbox.removalsCommitted(batch.removeOut)
        inbox.removalsCommitted(batch.removeIn)
        outbox.committed(batch.appendOut, ids: receipt.outIDs, dropped: receipt.droppedOut)
        inbox.committed(batch.appendIn, ids: receipt.inIDs)
        outDepth = receipt.outDepth
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
        // Everything read is on disk: its PUBACKs may go.
        if !pending.holdsReads { local.release() }
        commit()
        pump()
        pumpInbox()
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
            unstoredBytes += batch.appendIn.reduce(0) { $0 + $1.cost }
            pending = batch.followed(by: pending)
        } else {
            return
        }
        warn("store", "the queue on disk: \(reason); nothing is acknowledged until it works again")
        guard !retryScheduled else { return }
        retryScheduled = true
        _ = clock.schedule(at: clock.now + Self.commitRetry) { [weak self] in
            self?.retryScheduled = false
            self?.commit()
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

    // MARK: Removals

    /// Sees to it that finished rows leave the disk soon.
    func collectRemovals() {
        let finished = outbox.finishedCount + inbox.finishedCount
        guard finished > 0 else { return }
        if finished >= Self.removalBatch {
            flushRemovals()
        } else {
            removalsDue?.start(at: clock.now + Self.removalDelay)
        }
    }

    func flushRemovals() {
        removalsDue?.move(to: nil)
        let out = outbox.takeRemovals()
        let incoming = inbox.takeRemovals()
        pending.removeOut += out.ids
        pending.removeIn += incoming.ids
        for refusal in out.refusals + incoming.refusals { refuse(refusal) }
        commit()
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
        commit()
    }

    private func joined(_ filters: [[UInt8]]) -> [UInt8] { Array(filters.joined(separator: [0x0A])) }

    func takeToken() -> Int {
        nextToken += 1
        return nextToken
    }
}

extension StoreBatch {
    /// This batch and then another, as one.
    func followed(by next: StoreBatch) -> StoreBatch {
        var both = self
        both.appendOut += next.appendOut
        both.appendIn += next.appendIn
        both.removeOut += next.removeOut
        both.removeIn += next.removeIn
        both.addEchoes += next.addEchoes
        both.removeEchoes += next.removeEchoes
        both.refusals += next.refusals
        for meta in next.setMeta { both.set(meta.key, meta.value) }
        return both
    }

    /// Sets a small value, in place of what was to be set under this name before.
    mutating func set(_ key: String, _ value: [UInt8]?) {
        setMeta.removeAll { $0.key == key }
        setMeta.append(Meta(key: key, value: value))
    }

    /// Whether it holds what came from the local broker: that is acknowledged only once it is on disk.
    var holdsReads: Bool { !appendOut.isEmpty || !refusals.isEmpty }
}
