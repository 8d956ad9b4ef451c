import BridgeCore
import ModemCore

/// The heartbeat: a QoS 1 message that proves the link when nothing else does.
///
/// A half-open connection looks like a quiet one: the module says OK to all it is asked, and nothing arrives. A
/// heartbeat is never stored and never sent again, and no message waits for it. The publisher knows it by its negative
/// number; unanswered, it ends the session as a late acknowledgement of any message does.
extension Dispatcher {
    /// What the watch for a half-open connection has seen.
    struct HeartbeatWatch {
        let topic: [UInt8]
        let every: Duration
        /// When the remote broker was last heard of.
        var lastSign: Duration = .zero
        var nextID: Int64 = -1
    }

    /// Whether an id the module's side names is that of a heartbeat.
    static func isHeartbeat(_ id: Int64) -> Bool { id < 0 }

    /// Something came from the remote broker that a half-open connection would not have brought.
    func signOfLife() {
        guard let every = heartbeat?.every else { return }
        heartbeat?.lastSign = clock.now
        // Left alone when it runs: it looks again when it is due, and a busy link moves no timer.
        heartbeatDue?.start(at: clock.now + every)
    }

    func heartbeatReached() {
        guard module.isOnline, let heartbeat else { return }
        let due = heartbeat.lastSign + heartbeat.every
        if clock.now < due { heartbeatDue?.start(at: due) } else { pump() }
    }

    /// Publishes a heartbeat when one is due and nothing else waits: messages are first, and prove as much.
    func beat() {
        guard let heartbeat, module.canPublish else { return }
        let isDue = clock.now - heartbeat.lastSign >= heartbeat.every && !isMessageComing
        guard isDue || poison.needsWitness.map({ id in outbox.isWaiting(id) }) ?? false else { return }
        self.heartbeat?.nextID -= 1
        poison.given(heartbeat.nextID, now: clock.now)
        module.publish(
            PublishStateMachine.Message(
                id: heartbeat.nextID, topic: heartbeat.topic, payload: Array(heartbeatReport.utf8), qos: 1,
                retain: false))
    }

    /// Whether a message is on its way into memory. While the store does not work nothing is.
    private var isMessageComing: Bool {
        if outLoad != nil { return true }
        if let outstanding, !outstanding.batch.appendOut.isEmpty { return true }
        return !retryScheduled && !pending.appendOut.isEmpty
    }

    private var heartbeatReport: String {
        var report = JSONObject()
        report.add("name", about.name ?? "")
        report.add("at", clock.wallClock)
        report.add("uptime", (clock.now - startedAt).components.seconds)
        report.add("waiting", waiting)
        return report.text
    }

    /// Messages in the outbox that were not acknowledged.
    var waiting: Int {
        let held = pending.appendOut.count + (outstanding?.batch.appendOut.count ?? 0)
        let gone = pending.removeOut.count + (outstanding?.batch.removeOut.count ?? 0)
        return max(outDepth + held - gone, 0)
    }

    func heartbeatAcknowledged(_ id: Int64) {
        poison.acknowledged(id)
        counters.heartbeats += 1
        signOfLife()
    }

    func heartbeatRefused(_ reason: String) {
        // Not at once again: it would be refused the same way.
        signOfLife()
        warn("heartbeat", "the heartbeat on \(readable(heartbeat?.topic ?? [])) cannot be sent: \(reason)")
    }
}
