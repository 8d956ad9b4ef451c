import BridgeCore
import ModuleSimulator

/// What the disk has taken and let go.
extension Ledger {
    func committed(_ batch: StoreBatch, _ changes: Disk.Changes) {
        for row in batch.appendOut {
            if let number = known("o", row.payload, outbound.count) { outbound[number].rows += 1 }
        }
        for row in changes.refusedOut + changes.pushedOut {
            guard let number = known("o", row.payload, outbound.count) else { continue }
            outbound[number].rows -= 1
            outbound[number].isExcused = true
            out.refused += 1
        }
        for row in batch.appendIn {
            guard let number = known("i", row.payload, inbound.count) else { continue }
            inbound[number].rows += 1
            inbound[number].wasKept = true
        }
        for row in changes.refusedIn {
            guard let number = known("i", row.payload, inbound.count) else { continue }
            inbound[number].rows -= 1
            inbound[number].isExcused = true
            incoming.refused += 1
        }
        for row in changes.removedOut { removed(row) }
        for row in changes.removedIn { removed(row) }
        for refusal in batch.refusals where !plan.allowedRefusals.contains(refusal.code) {
            report(.refusals, "refused as \(refusal.code): \(refusal.reason)")
        }
    }

    /// By the wall clock, or by its true age: the bridge does not let a clock that was set back make a message younger.
    private func hasExpired(_ acceptedAt: Int64, _ expiresAt: Int64?, _ publishedAt: Duration) -> Bool {
        guard let expiresAt else { return false }
        // Both times are of whole seconds: where the clock was set meanwhile, what is left of each may add up to one.
        return expiresAt <= wallHigh || clock.now - publishedAt >= .seconds(expiresAt - acceptedAt - 1)
    }

    private func removed(_ row: OutboundRow) {
        guard let number = known("o", row.payload, outbound.count) else { return }
        outbound[number].rows -= 1
        let trail = outbound[number]
        if trail.arrivals > 0 || trail.isExcused { return }
        let hasExpired = hasExpired(row.acceptedAt, row.expiresAt, trail.publishedAt)
        if hasExpired || trail.isTooLong || (row.qos == 0 && trail.isCredited) {
            if hasExpired || trail.isTooLong { out.refused += 1 }
            outbound[number].isExcused = true
        } else {
            report(.nothingLost, "o\(number) leaves the disk and has not arrived")
        }
    }

    private func removed(_ row: InboundRow) {
        guard let number = known("i", row.payload, inbound.count) else { return }
        inbound[number].rows -= 1
        if inbound[number].arrivals > 0 || inbound[number].isExcused { return }
        if hasExpired(row.acceptedAt, row.expiresAt, inbound[number].publishedAt) {
            inbound[number].isExcused = true
            incoming.refused += 1
        } else {
            report(.nothingLost, "i\(number) leaves the inbox and has not arrived")
        }
    }

    func known(_ letter: Character, _ payload: [UInt8], _ count: Int) -> Int? {
        Mark.number(letter, in: payload).flatMap { $0 < count ? $0 : nil }
    }
}
