/// The rungs of the recovery ladder, lowest first.
public enum Rung: Int, Comparable, Sendable, CaseIterable {
    /// Ask the module how it is (`AT+MQTTSTATU`).
    case probe
    /// A new MQTT session on the standing TCP connection (`AT+MCONNECT`).
    case session
    /// A new TCP connection (`AT+MIPCLOSE`, `AT+MCONFIG`, `AT+MIPSTART`).
    case link
    /// A new PDP context (`AT+CIPSHUT`, `AT+CGACT`).
    case context
    /// The radio off and on (`AT+CFUN=0/1`).
    case radio
    /// The module restarted by command (`AT+RESET`).
    case restart
    /// The module restarted by its reset line or power (`[module] reset`).
    case hardware

    /// Lower rungs come first.
    public static func < (left: Rung, right: Rung) -> Bool { left.rawValue < right.rawValue }
}

extension Rung: CustomStringConvertible {
    /// What a log calls it.
    public var description: String {
        switch self {
        case .probe: "probe"
        case .session: "MQTT session"
        case .link: "TCP link"
        case .context: "PDP context"
        case .radio: "radio"
        case .restart: "AT+RESET"
        case .hardware: "hardware reset"
        }
    }
}

/// What is being done about a failure, for people and status.
public struct Recovery: Equatable, Sendable {
    /// The rung in use.
    public var rung: Rung
    /// What failed; `nil`: the session, whose end was reported with its reason.
    public var reason: String?

    /// A recovery at `rung`.
    public init(rung: Rung, reason: String? = nil) {
        self.rung = rung
        self.reason = reason
    }
}
