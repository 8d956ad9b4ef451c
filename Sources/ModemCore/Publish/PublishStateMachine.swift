public import ATProtocol

/// Hands one message at a time to the module's MQTT client and says when it was acknowledged.
///
/// QoS 0 is done at `OK`, QoS 1 at `PUBACK`, QoS 2 at `PUBCOMP` (YM310 AT manual 13.4). One publish is open at a time,
/// because the module's acknowledgements carry no packet id; one that comes with none open is stray and credited to
/// nobody.
public struct PublishStateMachine: ~Copyable {
    /// A message to publish.
    public struct Message: Equatable, Sendable {
        /// The caller's number for it.
        public var id: Int64
        /// Topic on the remote broker.
        public var topic: [UInt8]
        /// Any bytes.
        public var payload: [UInt8]
        /// 0...2.
        public var qos: Int
        /// The retain flag.
        public var retain: Bool
        /// For how many seconds it is still good; only a socket link can pass that on. `nil`: for ever.
        public var expiry: UInt32?

        /// A message to publish.
        public init(id: Int64, topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, expiry: UInt32? = nil) {
            self.id = id
            self.topic = topic
            self.payload = payload
            self.qos = qos
            self.retain = retain
            self.expiry = expiry
        }
    }

    /// How a payload goes over the line.
    public enum Encoding: Equatable, Sendable {
        /// `AT+MPUB` in `MQTTMODE=0` with `\22` and `\5C`.
        case text
        /// `AT+MPUB` in `MQTTMODE=1`.
        case hex
        /// `AT+MPUBEX`, where MPUB's limits rule the other two out.
        case data
    }

    /// What the driver has to do.
    public enum Action: Equatable {
        /// Nothing.
        case none
        /// Give this command to the session.
        case submit(ATCommand)
        /// Before the `AT+MPUBEX` of this many bytes may be submitted, its record must be on disk; then `recorded`.
        case record(bytes: Int)
        /// Acknowledged by the remote broker (QoS 0: accepted by the module).
        case acknowledged(id: Int64, wasData: Bool)
        /// Cannot be carried; the reason.
        case refused(id: Int64, code: String, reason: String)
        /// The module said `ERROR`: the message stays, the link decides whether the session stands.
        case rejected(id: Int64, reason: String)
        /// No final result: the message stays; the session is resynchronising.
        case timedOut(id: Int64)
        /// The acknowledgement is late by `[remote] ack_timeout`: the session must end.
        case late(id: Int64, what: String)
        /// An acknowledgement that belongs to nobody.
        case stray
    }

    private enum State {
        case idle
        /// `AT+MQTTMODE` is on the wire; the publish follows.
        case switching(Message, to: Encoding)
        /// The record of an MPUBEX is being written.
        case recording(Message)
        /// The publish is on the wire; `acknowledged` when the outcome came before the `OK`.
        case publishing(Message, Encoding, acknowledged: Bool)
        /// `OK` came; PUBACK or PUBCOMP is due. `received`: PUBREC was read since.
        case awaiting(Message, Encoding, deadline: Duration, received: Bool)
    }

    private var state = State.idle
    private var mode: Encoding?
    private let acknowledgementTimeout: Duration
    /// The limits in force.
    public var profile: ModuleProfile

    /// A machine with nothing open; the module's MQTTMODE is not known yet.
    public init(profile: ModuleProfile, acknowledgementTimeout: Duration) {
        self.profile = profile
        self.acknowledgementTimeout = acknowledgementTimeout
    }

    /// Whether a message can be begun.
    public var isIdle: Bool { if case .idle = state { true } else { false } }

    /// Whether a command of this machine is with the session.
    public var isOnTheWire: Bool {
        switch state {
        case .idle, .recording, .awaiting: false
        case .switching, .publishing: true
        }
    }

    /// The message that is open.
    public var openMessage: Int64? {
        switch state {
        case .idle: nil
        case .switching(let message, _), .recording(let message), .publishing(let message, _, _),
            .awaiting(let message, _, _, _):
            message.id
        }
    }

    /// When `deadlineReached` is due.
    public var deadline: Duration? { if case .awaiting(_, _, let due, _) = state { due } else { nil } }

    /// The module is known to be in `MQTTMODE=0` again (bring-up), or its mode is not known (`nil`).
    public mutating func modeIs(text: Bool?) { mode = text.map { $0 ? .text : .hex } }

    /// How this payload would go over the line; `nil`: it cannot.
    public static func encoding(of payload: [UInt8], topic: [UInt8], profile: ModuleProfile) -> Encoding? {
        func fits(_ bytes: Int) -> Bool { profile.lineLimit.map { topic.count + bytes + 20 <= $0 } ?? true }
        if ATCommand.isText(payload) {
            let escaped = ATCommand.textEscapedLength(payload)
            if escaped <= profile.publishLimit, fits(escaped) { return .text }
        }
        if payload.count <= profile.publishLimit, fits(2 * payload.count) { return .hex }
        if payload.count <= profile.dataPublishLimit, !payload.isEmpty { return .data }
        return nil
    }

    /// Begins a publish. Our own misuse (one is open) is answered with `none`.
    public mutating func begin(_ message: Message, now: Duration) -> Action {
        guard case .idle = state else { return .none }
        guard let encoding = Self.encoding(of: message.payload, topic: message.topic, profile: profile) else {
            return .refused(
                id: message.id, code: "too-long",
                reason: "\(message.payload.count) bytes is over the module's limit of \(profile.payloadLimit)")
        }
        // An empty payload is the same in both modes; what MPUBEX does in MQTTMODE=1 is not known.
        let needed: Encoding? = message.payload.isEmpty ? nil : encoding == .hex ? .hex : .text
        if let needed, mode != needed {
            state = .switching(message, to: needed)
            return .submit(.mqttMode(needed == .hex ? 1 : 0))
        }
        return publish(message, encoding)
    }

    private mutating func publish(_ message: Message, _ encoding: Encoding) -> Action {
        if encoding == .data {
            state = .recording(message)
            return .record(bytes: message.payload.count)
        }
        do {
            let command =
                encoding == .text || message.payload.isEmpty
                ? try ATCommand.mpubText(
                    topic: message.topic, qos: message.qos, retain: message.retain, payload: message.payload)
                : try ATCommand.mpubHex(
                    topic: message.topic, qos: message.qos, retain: message.retain, payload: message.payload)
            state = .publishing(message, encoding, acknowledged: false)
            return .submit(command)
        } catch {
            state = .idle
            return .refused(id: message.id, code: "topic", reason: "\(error)")
        }
    }

    /// The record of the MPUBEX is on disk.
    public mutating func recorded() -> Action {
        guard case .recording(let message) = state else { return .none }
        do {
            let command = try ATCommand.mpubex(
                topic: message.topic, qos: message.qos, retain: message.retain, data: message.payload)
            state = .publishing(message, .data, acknowledged: false)
            return .submit(command)
        } catch {
            state = .idle
            return .refused(id: message.id, code: "topic", reason: "\(error)")
        }
    }

    /// The command of this machine is complete.
    public mutating func commandCompleted(_ result: CommandResult, now: Duration) -> Action {
        switch state {
        case .idle, .recording, .awaiting:
            return .none
        case .switching(let message, let wanted):
            switch result.final {
            case .ok, .text:
                state = .idle
                mode = wanted
                let encoding = Self.encoding(of: message.payload, topic: message.topic, profile: profile) ?? wanted
                return publish(message, encoding)
            case .timedOut, .noPrompt:
                state = .idle
                mode = nil
                return .timedOut(id: message.id)
            case .error, .cmeError, .cmsError:
                state = .idle
                mode = nil
                return .rejected(id: message.id, reason: "AT+MQTTMODE was answered \(result.final.wireText)")
            case .portLost:
                return .none  // linkBroke takes the message back.
            }
        case .publishing(let message, let encoding, let acknowledged):
            switch result.final {
            case .ok, .text:
                if message.qos == 0 || acknowledged {
                    state = .idle
                    return .acknowledged(id: message.id, wasData: encoding == .data)
                }
                state = .awaiting(message, encoding, deadline: now + acknowledgementTimeout, received: false)
                return .none
            case .error, .cmeError, .cmsError:
                state = .idle
                return .rejected(id: message.id, reason: "AT+MPUB was answered \(result.final.wireText)")
            case .timedOut, .noPrompt:
                state = .idle
                mode = nil
                return .timedOut(id: message.id)
            case .portLost:
                return .none  // linkBroke takes the message back.
            }
        }
    }

    /// PUBACK, PUBREC or PUBCOMP was read (anything else is not for this machine and answered with `none`).
    public mutating func outcomeReceived(_ outcome: Outcome, now: Duration) -> Action {
        let final: Bool
        switch outcome {
        case .puback: final = openQoS == 1
        case .pubcomp: final = openQoS == 2
        case .pubrec:
            guard openQoS == 2 else { return .stray }
            noteReceived(now: now)
            return .none
        case .connectOK, .alreadyConnect, .connectFail, .connackOK, .suback, .unsuback, .error: return .none
        }
        guard final else { return .stray }
        switch state {
        case .publishing(let message, let encoding, acknowledged: false):
            state = .publishing(message, encoding, acknowledged: true)
            return .none
        case .awaiting(let message, let encoding, _, _):
            state = .idle
            return .acknowledged(id: message.id, wasData: encoding == .data)
        case .idle, .switching, .recording, .publishing:
            return .stray
        }
    }

    /// The time in `deadline` has come.
    public mutating func deadlineReached(now: Duration) -> Action {
        guard case .awaiting(let message, _, let due, _) = state, due <= now else { return .none }
        state = .idle
        return .late(id: message.id, what: message.qos == 1 ? "PUBACK" : "PUBCOMP")
    }

    /// The link broke: the open message goes back to its queue. Returns its id.
    public mutating func linkBroke() -> Int64? {
        let id = openMessage
        state = .idle
        mode = nil
        return id
    }

    /// The QoS of the publish that is on the wire or waits for its acknowledgement.
    private var openQoS: Int? {
        switch state {
        case .publishing(let message, _, _), .awaiting(let message, _, _, _): message.qos
        case .idle, .switching, .recording: nil
        }
    }

    private mutating func noteReceived(now: Duration) {
        switch state {
        case .awaiting(let message, let encoding, _, received: false):
            // PUBREC is a sign of life: PUBCOMP gets its own time, once.
            state = .awaiting(message, encoding, deadline: now + acknowledgementTimeout, received: true)
        case .idle, .switching, .recording, .publishing, .awaiting:
            break
        }
    }
}
