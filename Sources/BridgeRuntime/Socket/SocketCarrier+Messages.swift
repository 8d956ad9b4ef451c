import ModemCore
import MosquittoClient

/// Why a publish was refused, and what becomes of the message.
struct PublishRefusal: Equatable {
    /// What to do with it.
    enum Fate: Equatable {
        /// It may go later: the broker is short of something.
        case later
        /// It may go once somebody has changed something: it is kept aside.
        case aside
        /// It will never go.
        case never
    }

    /// What to do with it.
    var fate: Fate
    /// One word, for the list of refusals.
    var code: String
    /// For people.
    var reason: String
}

/// Publishing: what is under way, and what the broker says to it.
extension SocketCarrier {
    /// A message that was given to the client.
    struct OpenMessage: Equatable {
        var id: Int64
        var mid: Int32
        var qos: Int
        var bytes: Int
        /// Its bytes are not among this many of the network's.
        var after: UInt64
    }

    /// Bytes of QoS 0 messages that may be under way: as much as keeps the line busy.
    static let unacknowledgedBytes = 12288

    /// Bytes of all messages that may be under way before another one is taken: a long one goes almost alone, so that none
    /// pile up in the client, and a more urgent one does not wait behind many.
    static let openBytes = 65536

    /// Whether `publish` would be taken now.
    var canPublish: Bool {
        guard phase == .up, isGateOpen, open.count < 256 else { return false }
        var (count, bytes, all) = (0, 0, 0)
        for message in open {
            if message.qos > 0 { count += 1 } else { bytes += message.bytes }
            all += message.bytes
        }
        return count < window && bytes < Self.unacknowledgedBytes && all < Self.openBytes
    }

    /// Whether more bytes could wait in a moment: a message was published whose bytes have not come from the client yet, or
    /// there may be another, and it can be published or an acknowledgement may come that lets it.
    var mayGrow: Bool {
        if open.contains(where: { $0.after >= ciphered }) { return true }
        return expectsMore && (canPublish || open.contains { $0.qos > 0 && $0.after < acceptedBytes })
    }

    /// Publishes at QoS 1 and 2 that may be under way.
    var window: Int { suspects > 0 ? 1 : min(values.window, client?.broker.limits.receiveMaximum ?? 1) }

    /// Whether a message is under way.
    func isOpen(_ id: Int64) -> Bool { open.contains { $0.id == id } }

    /// Publishes a message; its fate follows.
    func publish(_ message: PublishStateMachine.Message) {
        guard let broker = client?.broker, phase == .up else { return }
        do throws(MosquittoError) {
            if message.qos > 0, !open.contains(where: { $0.qos > 0 }) { firstSince = clock.now }
            let mid = try broker.publish(
                topic: message.topic, payload: message.payload, qos: message.qos, retain: message.retain,
                expiry: version == .v5 ? message.expiry : nil)
            open.append(
                OpenMessage(
                    id: message.id, mid: mid, qos: message.qos, bytes: message.topic.count + message.payload.count + 8,
                    after: ciphered))
            if message.qos > 0 { lastGiven = clock.now }
        } catch {
            delegate?.carrierRefused(message.id, Self.refusal(error, limits: broker.limits))
        }
    }

    func published(_ mid: Int32, _ reasonCode: Int32) {
        guard let message = open.first(where: { $0.mid == mid }) else { return }
        if message.qos == 0 {
            // Written, which is not sent.
            fences.append((message.id, endOfPlain))
            return
        }
        guard reasonCode >= 128 else { return finish(message.id) }
        if message == open.first(where: { $0.qos > 0 }) { firstSince = clock.now }
        open.removeAll { $0.mid == mid }
        suspects = max(0, suspects - 1)
        delegate?.carrierRefused(message.id, Self.refusal(reasonCode))
    }

    func finish(_ id: Int64) {
        guard let index = open.firstIndex(where: { $0.id == id }) else { return }
        if index == open.firstIndex(where: { $0.qos > 0 }) { firstSince = clock.now }
        let message = open.remove(at: index)
        if message.qos > 0 {
            suspects = max(0, suspects - 1)
            acknowledgedBytes = max(acknowledgedBytes, min(message.after, acceptedBytes))
        }
        delegate?.carrierAcknowledged(id, qos: message.qos)
    }

    /// When an acknowledgement is late: all bytes are out, and nothing has come for so long; or that of the first message
    /// has not come for much longer, whatever else has.
    var lateAt: Duration? {
        guard isGateOpen, open.contains(where: { $0.qos > 0 }) else { return nil }
        // Acknowledgements come in the order of the messages: the first one's is late however much else comes.
        // Long ones get the time that the slowest line takes for them.
        let bytes = open.reduce(0) { $0 + $1.bytes }
        let first = firstSince + max(values.acknowledgementTimeout * 6, .seconds(120)) + .milliseconds(bytes * 4)
        guard outgoing.count == 0 else { return first }
        return min(first, max(lastReceived, emptySince, lastGiven) + values.acknowledgementTimeout)
    }

    /// Why it is late at `lateAt`, in words.
    func lateness(now: Duration) -> String {
        let isSilent =
            outgoing.count == 0
            && max(lastReceived, emptySince, lastGiven) + values.acknowledgementTimeout <= now
        return isSilent
            ? "an acknowledgement is late, and nothing else came either"
            : "the oldest message has no acknowledgement for \((now - firstSince).components.seconds) s, whatever else came"
    }

    /// When `deadlineReached` wants to be called.
    var deadline: Duration? {
        switch phase {
        case .down, .connecting: nil
        case .subscribing: due.map { max($0, lastReceived + subackTime) }
        case .closing: due
        case .up: lateAt
        }
    }

    func deadlineReached(now: Duration) {
        guard let deadline, deadline <= now else { return }
        switch phase {
        case .down, .connecting: break
        case .subscribing: failSoon(.silent("no SUBACK came in time"))
        case .closing: finishSoon()
        case .up: failSoon(.silent(lateness(now: now)))
        }
        (due, lastReceived, firstSince) = (nil, now, now)
    }

    /// What it means for the message that the client does not even send it. What the broker has said in CONNACK has the
    /// fate of the reason code that would answer the PUBLISH.
    static func refusal(_ error: MosquittoError, limits: MosquittoClient.Limits) -> PublishRefusal {
        switch error.code {
        case .qosNotSupported:
            PublishRefusal(
                fate: .aside, code: "broker",
                reason: "the remote broker takes QoS \(limits.maximumQoS) at most: \(lowerQoS(limits.maximumQoS))")
        case .invalid, .tooLarge: PublishRefusal(fate: .never, code: "mqtt", reason: "\(error)")
        default: PublishRefusal(fate: .later, code: "mqtt", reason: "\(error)")
        }
    }

    /// What to do about a QoS that the broker does not take.
    private static func lowerQoS(_ most: Int) -> String {
        "set publish_qos = \(most) for its route (with pub: -q \(most))"
    }

    /// What a reason code of PUBACK or PUBREC means for the message (MQTT 5.0, 3.4.2.1).
    static func refusal(_ code: Int32) -> PublishRefusal {
        let (fate, words): (PublishRefusal.Fate, String) =
            switch code {
            case 128: (.later, "unspecified error")
            case 131: (.later, "implementation specific error")
            case 135: (.aside, "not authorised: check the rights of this client")
            case 144: (.never, "topic name invalid")
            case 149: (.never, "packet too large")
            case 151: (.later, "quota exceeded")
            case 153: (.never, "payload format invalid")
            case 154: (.aside, "retain not supported")
            case 155: (.aside, "QoS not supported: \(lowerQoS(0))")
            default: (.aside, "refused")
            }
        return PublishRefusal(
            fate: fate, code: "broker", reason: "the remote broker said: \(words) (reason code \(code))")
    }
}
