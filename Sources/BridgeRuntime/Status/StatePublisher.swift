import BridgeCore
import ModemCore

/// Says at the local broker how the link is: `cellbridge/<name>/state` and `cellbridge/<name>/link`, both retained.
///
/// Nothing of this is stored: what holds is the newest, and that is published again when the local broker is back. A
/// change is told at once, but no two within a second, so that a link that flaps is no flood.
final class StatePublisher {
    /// What stands in a report beside the state.
    struct Facts {
        /// The name of the module's profile; `nil` before it is known.
        var profile: String?
        /// Messages in the outbox.
        var waiting = 0
        /// When the first certificate ends, Unix seconds.
        var certificatesEnd: Int64?
        /// What was counted.
        var counters = Counters()
    }

    static let spacing: Duration = .seconds(1)
    /// Characters of a reason, which may quote the module.
    static let reasonLimit = 200
    static let online = "online"
    static let offline = "offline"

    private let stateTopic: [UInt8]
    private let linkTopic: [UInt8]
    private let clock: any BridgeClock
    private let local: LocalDriver
    private let facts: () -> Facts
    private var state = StatePublisher.offline
    private var since: Int64
    private var reason = "starting"
    private var rung: Rung?
    private var isDirty = true
    private var lastSent: Duration?
    /// The state that this connection to the local broker was told.
    private var told: String?
    private var due: MovingDeadline?

    init(name: String, clock: any BridgeClock, local: LocalDriver, facts: @escaping () -> Facts) {
        stateTopic = Self.stateTopic(name)
        linkTopic = Self.linkTopic(name)
        self.clock = clock
        self.local = local
        self.facts = facts
        since = clock.wallClock
        due = MovingDeadline(clock) { [weak self] in self?.flush() }
    }

    /// Where the state is, and the will of the local connection.
    static func stateTopic(_ name: String) -> [UInt8] { Array("cellbridge/\(name)/state".utf8) }

    /// Where its details are.
    static func linkTopic(_ name: String) -> [UInt8] { Array("cellbridge/\(name)/link".utf8) }

    /// Whether a message on this topic is one of ours that came back: *no local* does not hold for what is retained
    /// already when a filter is subscribed, and MQTT 3.1.1 has none.
    func owns(_ topic: [UInt8]) -> Bool { topic == stateTopic || topic == linkTopic }

    /// The link is up.
    func linkUp() {
        rung = nil
        change(to: Self.online, "connected")
        flush()
    }

    /// The link is down; why, and what is done about it if that is known.
    func linkDown(_ reason: String, rung: Rung?) {
        change(to: Self.offline, reason)
        self.rung = rung
        flush()
    }

    /// Recovery goes on at this rung. Its reason is that of the last try, if it has one of its own.
    func recovers(_ recovery: Recovery) {
        let newReason = recovery.reason ?? reason
        guard state == Self.offline, rung != recovery.rung || reason != newReason else { return }
        (rung, reason) = (recovery.rung, newReason)
        isDirty = true
        flush()
    }

    /// The local broker is there (again): it hears the newest.
    func localConnected() {
        told = nil
        isDirty = true
        flush()
    }

    /// The last word before the connection ends in order, which the will does not follow.
    ///
    /// At QoS 0, since a message of QoS 1 may have to wait behind others, and nothing waits any more.
    func finish(_ reason: String) {
        due?.move(to: nil)
        change(to: Self.offline, reason)
        rung = nil
        send(qos: 0)
    }

    private func change(to state: String, _ reason: String) {
        if self.state != state { since = clock.wallClock }
        (self.state, self.reason) = (state, reason)
        isDirty = true
    }

    private func flush() {
        guard isDirty, local.isConnected else { return }
        if let lastSent, clock.now < lastSent + Self.spacing {
            due?.start(at: lastSent + Self.spacing)
            return
        }
        due?.move(to: nil)
        send(qos: 1)
    }

    private func send(qos: Int) {
        lastSent = clock.now
        if told != state || qos == 0 {
            guard publish(stateTopic, state, qos) else { return }
            told = state
        }
        guard publish(linkTopic, report, qos) else { return }
        isDirty = false
    }

    /// False when it has to be tried again later.
    private func publish(_ topic: [UInt8], _ text: String, _ qos: Int) -> Bool {
        let row = InboundRow(topic: topic, payload: Array(text.utf8), qos: qos, retain: true, acceptedAt: 0)
        switch local.publish(row) {
        case .taken, .never: return true
        case .later:
            if local.isConnected { due?.start(at: clock.now + Self.spacing) }
            return false
        }
    }

    private var report: String {
        let facts = facts()
        var counters = JSONObject()
        counters.add("sessions", facts.counters.sessions)
        counters.add("breaks", facts.counters.breaks)
        counters.add("module_restarts", facts.counters.moduleRestarts)
        counters.add("heartbeats", facts.counters.heartbeats)
        counters.add("out_acknowledged", facts.counters.outAcknowledged)
        counters.add("out_refused", facts.counters.outRefused)
        counters.add("in_received", facts.counters.inReceived)
        counters.add("in_delivered", facts.counters.inDelivered)
        counters.add("in_refused", facts.counters.inRefused)
        var report = JSONObject()
        report.add("state", state)
        report.add("since", since)
        report.add("reason", String(reason.prefix(Self.reasonLimit)))
        report.add("rung", rung?.word)
        report.add("profile", facts.profile)
        report.add("waiting", facts.waiting)
        if let end = facts.certificatesEnd {
            // The date stays true when the report gets old, the days are for people.
            report.add("certificates_end", end)
            report.add("certificate_days", (end - clock.wallClock) / 86400)
        }
        report.add("counters", counters)
        return report.text
    }
}
