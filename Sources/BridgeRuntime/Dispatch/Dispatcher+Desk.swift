import BridgeCore
import ModemCore

/// Messages that come by the control socket for the queue.
extension Dispatcher {
    /// Puts a message for the remote broker into the outbox; `then` gets nil once it is on disk or acknowledged, else why
    /// it was refused.
    func enqueue(_ message: DeskMessage, then: @escaping (String?) -> Void) {
        guard !stopping else { return then("the service is stopping") }
        let limits = RemoteLimits(maximumPayload: profile?.payloadLimit ?? Self.largestPayload)
        if let problem = limits.problem(topic: message.topic, payloadCount: message.payload.count) {
            return then("refused: \(problem.reason)")
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
        commit()
        pump()
    }

    /// A batch is on disk.
    func tellEnqueued(_ rows: [OutboundRow], ids: [Int64?]) {
        guard !enqueued.isEmpty else { return }
        for (row, id) in zip(rows, ids) {
            enqueued.removeValue(forKey: row.id)?(id == nil ? "refused: the queue is full ([queue] max_bytes)" : nil)
        }
    }
}
