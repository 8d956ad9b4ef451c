/// The rungs of the recovery ladder, lowest first. `rule` is the table of what holds for each.
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
    /// The service ends, so that the service manager starts it anew.
    case service

    /// Lower rungs come first.
    public static func < (left: Rung, right: Rung) -> Bool { left.rawValue < right.rawValue }

    /// One word, for programs and for what is kept on disk; never changed.
    public var word: String {
        switch self {
        case .probe: "probe"
        case .session: "session"
        case .link: "link"
        case .context: "context"
        case .radio: "radio"
        case .restart: "restart"
        case .hardware: "hardware"
        case .service: "service"
        }
    }
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
        case .service: "new start of the service"
        }
    }
}

/// What holds for one rung, whatever the trouble.
struct RungRule: Equatable {
    /// What must be true before a rung's first command. What is not is made up for by the bring-up, in this order, so
    /// that a rung is never skipped for ever: the steps that wait for card and network stand in between.
    enum Need: CaseIterable {
        /// ATE0 to CIMI are done: the module answers.
        case introduced
        /// Card ready, registered, attached, APN set.
        case settled
        /// Modes set (CIPMUX, MQTTMSGSET, MQTTMODE).
        case prepared
    }

    /// Preconditions. A rung without any works on a module that gives no answer.
    var needs: [Need]
    /// The budget of a trouble that enters here: so many failures before the next rung is climbed to.
    var tries: Int
    /// Cool-down: the least time since the last use before the first, second, … use in one outage. Of a rung that is
    /// climbed to; a trouble's own rung up to `radio` is never refused.
    var coolDown: [Duration]
    /// Uses in vain after which the rung is used up, where it is the highest that there is.
    var budget: Int
}

extension Rung {
    /// The table of the rungs.
    ///
    /// The spacing of restarts is that of the Quectel GSM TCP/IP guide, chapter 9: at once, then after 10, 30 and 60
    /// minutes. Turning the radio off and on helps at once or not at all, and each try of it takes half a minute or
    /// more: after one that did not help comes `AT+RESET` (YM310 AT manual 13.14).
    var rule: RungRule {
        switch self {
        case .probe, .session, .link:
            RungRule(needs: [.introduced, .settled, .prepared], tries: 4, coolDown: [.zero], budget: .max)
        case .context:
            RungRule(needs: [.introduced, .settled], tries: 4, coolDown: Self.minutes(0, 5, 15, 30), budget: .max)
        case .radio: RungRule(needs: [.introduced], tries: 1, coolDown: Self.minutes(0, 10, 30, 60), budget: .max)
        case .restart: RungRule(needs: [], tries: 1, coolDown: Self.minutes(0, 10, 30, 60), budget: 3)
        case .hardware: RungRule(needs: [], tries: 1, coolDown: Self.minutes(0, 10, 30, 60), budget: 3)
        case .service: RungRule(needs: [], tries: 1, coolDown: Self.minutes(0, 60, 360, 1440), budget: .max)
        }
    }

    /// Rungs whose use counts beyond the life of this process.
    static let kept: [Rung] = [.restart, .hardware, .service]

    static func minutes(_ minutes: Int...) -> [Duration] { minutes.map { .seconds($0 * 60) } }
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
