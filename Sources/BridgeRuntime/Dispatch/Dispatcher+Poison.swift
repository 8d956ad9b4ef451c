import BridgeCore

/// Messages that break the link are set aside for a day, so that the rest flows (`PoisonWatch`).
extension Dispatcher {
    static let asideSeconds: Int64 = 86_400

    /// What the module gets next; after two failures of a message not that one.
    func nextRow(_ wallClock: Int64) -> OutboundRow? {
        guard let suspect = poison.needsWitness, outbox.isWaiting(suspect) else {
            return outbox.next(wallClock: wallClock, expiry: lifetimes.expiry)
        }
        // `beat` sees to it.
        if heartbeat != nil { return nil }
        // A message that finds no witness is tried again all the same.
        return outbox.next(wallClock: wallClock, suspect: suspect, expiry: lifetimes.expiry)
            ?? outbox.next(wallClock: wallClock, expiry: lifetimes.expiry)
    }

    /// Keeps a message out of the way. Its row stays on disk, and in the list of `cellbridge queue`.
    func setAside(
        _ id: Int64,
        reason: String = "the link broke, or the module said ERROR, three times as it was sent, while others passed"
    ) {
        guard let row = outbox.setAside(id) else { return }
        pending.setAside.append(SetAside(id: id, until: clock.wallClock + Self.asideSeconds, reason: reason))
        counters.outSetAside += 1
        warn("poison", "set aside \(readable(row.topic)) (message \(id)): \(reason); tried again in a day")
        isUrgent = true
        settle()
    }

    /// Looks after the first one that is due. The wall clock may be set, so not in one sleep.
    func awaitRelease(_ due: Int64?) {
        nextRelease = due
        let wait = due.map { min(max($0 &- clock.wallClock, 0), 3600) }
        asideDue?.move(to: wait.map { clock.now + .seconds($0) })
    }

    func releaseAside() {
        guard let due = nextRelease, due <= clock.wallClock else { return awaitRelease(nextRelease) }
        pending.releaseAside = clock.wallClock
        isUrgent = true
        settle()
    }
}
