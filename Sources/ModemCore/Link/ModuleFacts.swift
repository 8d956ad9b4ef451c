public import ATProtocol

/// Signal strength as `AT+CSQ` tells it. YM310 AT manual 5.1.
public struct Signal: Equatable, Sendable {
    /// 0...31; each step is 2 dBm.
    public let csq: Int
    /// When it was asked for; monotonic.
    public let at: Duration

    /// From an answer; nil when the module does not know it (99), or the answer makes no sense.
    public init?(_ result: CommandResult, at now: Duration) {
        guard result.isSuccess, let value = result.lines.first.map(fieldsAfterColon)?.first.flatMap({ Int($0) }),
            (0...31).contains(value)
        else { return nil }
        csq = value
        at = now
    }

    /// -113 to -51.
    public var dBm: Int { -113 + 2 * csq }

    /// For people.
    public var words: String {
        switch csq {
        case ..<4: "very weak"
        case ..<10: "weak"
        case ..<15: "fair"
        case ..<26: "good"
        default: "very good"
        }
    }
}

/// What the module says of itself, printable; empty where it has not said it.
public struct ModuleFacts: Equatable, Sendable {
    /// The answer to `ATI`.
    public internal(set) var model = ""
    /// The answer to `AT+CGMR`.
    public internal(set) var firmware = ""
    /// The answer to `AT+CGSN`.
    public internal(set) var imei = ""
    /// The answer to `AT+ICCID`.
    public internal(set) var iccid = ""
    /// `V1.2` of `Revision: "V1.2"`, as some answer.
    static func revision(_ text: String) -> String {
        var rest = text[...]
        if let colon = rest.firstIndex(of: ":"), rest[..<colon] == "Revision" { rest = rest[colon...].dropFirst() }
        while let first = rest.first, first == " " || first == "\"" { rest.removeFirst() }
        while let last = rest.last, last == " " || last == "\"" { rest.removeLast() }
        return String(rest)
    }

    /// The last signal strength that was known.
    public internal(set) var signal: Signal?
}
