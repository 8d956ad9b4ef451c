import BridgeCore
import ModemCore

/// Messages that come by the control socket for the queue.
extension Dispatcher {
    /// Puts a message for the remote broker into the outbox; `then` hears once that it is on disk or acknowledged, or why
    /// it was refused, and with `follows` of its end after that.
    func enqueue(_ message: DeskMessage, follows: Bool, then: @escaping (DeskMessage.Progress) -> Void) {
        guard !stopping else { return then(.refused("the service is stopping")) }
        let limits = RemoteLimits(maximumPayload: acceptedPayload)
        if let problem = limits.problem(topic: message.topic, payloadCount: message.payload.count) {
            return then(.refused("refused: \(problem.reason)"))
        }
        counters.outAccepted += 1
        counters.outBytes += UInt64(message.payload.count)
        let now = clock.wallClock
        let row = OutboundRow(
            id: takeOutID(), topic: message.topic, payload: message.payload, qos: message.qos, retain: message.retain,
            acceptedAt: now, expiresAt: message.expiry.map { now + $0 }, route: OutboundRow.noRoute)
        pending.appendOut.append(row)
        outbox.accepted(row)
        trail.accepted(.out, row.id, now: clock.now)
        enqueued[row.id] = then
        if follows {
            followed[row.id] = then
            if let seconds = message.expiry { watchExpiry(of: row, after: .seconds(seconds), seconds) }
        }
        commit()
        pump()
    }

    /// Who waits hears of the end when it comes: with the link down nobody asks for the row, which is finished at its turn.
    private func watchExpiry(of row: OutboundRow, after delay: Duration, _ seconds: Int64) {
        _ = clock.schedule(at: clock.now + delay) { [weak self] in
            guard let self, followed[row.id] != nil else { return }
            let isUnderWay = outbox.inFlight.contains { $0.id == row.id }
            guard !isUnderWay, lifetimes.expiry(of: row).map({ $0 <= self.stepClock() }) ?? false else {
                return watchExpiry(of: row, after: .seconds(1), seconds)
            }
            tellEnd(row.id, .expired("it expired: not sent within \(seconds) s"))
        }
    }

    /// A batch is on disk.
    func tellEnqueued(_ rows: [OutboundRow], ids: [Int64?]) {
        guard !enqueued.isEmpty else { return }
        for (row, id) in zip(rows, ids) {
            guard id != nil else {
                tellEnd(row.id, .refused("refused: the queue is full ([queue] max_bytes)"))
                continue
            }
            enqueued.removeValue(forKey: row.id)?(.stored)
        }
    }

    /// A message is finished.
    func tellEnd(_ id: Int64, _ end: DeskMessage.Progress) {
        guard !(enqueued.isEmpty && followed.isEmpty) else { return }
        enqueued.removeValue(forKey: id)?(end)
        followed.removeValue(forKey: id)?(end)
    }

    /// A message is finished: it was refused.
    func tellEnd(_ id: Int64, _ refusal: Refusal) {
        tellEnd(id, refusal.code == "expired" ? .expired(refusal.reason) : .refused("refused: \(refusal.reason)"))
    }
}
