import BridgeCore

/// The hold: what was read and not written, and the gate to the local broker (`CommitSchedule`).
extension Dispatcher {
    /// Does what the schedule says; after everything that may change it.
    func settle() {
        takeFinished()
        heldEchoes.removeAll { !echoes.awaitsStore($0) }
        var decision = schedule.decide(facts, now: clock.now)
        if decision.commits {
            commit()
            decision = schedule.decide(facts, now: clock.now)
        }
        local.setGate(mayWrite: decision.mayWrite, mayRead: decision.mayRead)
        module.carrier?.setGate(open: isInboundSettled)
        module.carrier?.expectsMore = decision.mayRead || outbox.count > 0
        commitDue?.move(to: decision.deadline)
    }

    /// Whether all that came from the remote broker is on disk, or with the local one.
    var isInboundSettled: Bool { pending.appendIn.isEmpty && (outstanding?.batch.appendIn.isEmpty ?? true) }

    /// When the oldest message was read that is neither in a commit nor acknowledged.
    private func unsettledSince() -> Duration? {
        let first = pending.appendOut.first?.id ?? .max
        batchTimes.removeFirst(batchTimes.prefix { $0.end <= first }.count)
        return batchTimes.first?.time
    }

    private var facts: CommitSchedule.Facts {
        var facts = CommitSchedule.Facts()
        facts.unsettled = pending.appendOut.count
        facts.unsettledBytes = pending.appendOut.reduce(0) { $0 + $1.cost }
        facts.unsettledSince = unsettledSince()
        facts.isHungry = outbox.count == 0 && module.canPublish
        facts.hasNotes = !pending.refusals.isEmpty || !pending.addEchoes.isEmpty || !heldEchoes.isEmpty
        facts.isStarved = outbox.needsCommit
        facts.inboundSince = pending.appendIn.first.map { arrivals[$0.id] ?? .zero }
        facts.removals = pending.removeOut.count + pending.removeIn.count
        facts.hasValues = !(pending.setMeta.isEmpty && pending.setAside.isEmpty && pending.releaseAside == nil)
        facts.isUrgent = isUrgent
        facts.ledgerEntries = trail.entries.count
        facts.isLinkUp = module.isOnline
        facts.hasBacklog = outbox.hasStored
        facts.isStopping = stopping
        if let outstanding {
            facts.commit = outstanding.batch.holdsReads ? .ofReads : .withoutReads
        } else if retryScheduled {
            facts.commit = pending.holdsReads ? .ofReads : .withoutReads
        }
        return facts
    }

    /// Takes what is finished out of the windows: what was not written needs no removal, and may be forgotten.
    func takeFinished() {
        let out = outbox.takeRemovals()
        let written = withdraw(out.ids, from: &pending.appendOut)
        outbox.neverWritten(written.found.map(\.id))
        pending.removeOut += written.left
        let incoming = inbox.takeRemovals()
        let delivered = withdraw(incoming.ids, from: &pending.appendIn)
        inbox.neverWritten(delivered.found.map(\.id))
        pending.removeIn += delivered.left
        for row in delivered.found {
            unstoredBytes -= row.cost
            arrivals[row.id] = nil
        }
        for (row, refusal) in zip(out.refused, out.refusals) {
            finish(row, refusal)
            tellEnd(row.id, refusal)
        }
        for (row, refusal) in zip(incoming.refused, incoming.refusals) { finish(row, refusal) }
    }

    private func finish<Row: QueuedRow>(_ row: Row, _ refusal: Refusal) {
        trail.finished(row, .refused(refusal.code), wallClock: clock.wallClock, now: clock.now)
        refuse(refusal)
    }
}
