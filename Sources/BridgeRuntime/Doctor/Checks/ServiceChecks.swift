import Control

/// What the running service's own state proves or tells.
struct ServiceChecks {
    /// Messages can be published.
    var isOnline: Bool
    /// What the link is at, `summary` of the machine.
    var at: String
    /// Why it is offline.
    var reason: String?
    /// Version and suite of TLS that this host made.
    var security: String?
    /// Which link the service uses.
    var usesSocket: Bool?

    init(_ status: JSONValue) {
        isOnline = status["link"]?.string == "online"
        at = status["at"]?.string ?? ""
        reason = status["reason"]?.string
        security = status["tls"]?.string
        usesSocket = status["link_kind"]?.string.map { $0 == "socket" }
    }

    /// The port: the service has it, or waits for it.
    func port(_ path: String) -> Finding {
        guard at == "waiting for the port" else {
            return .ok(.port, "\(path), held by the service", [.text("port", path), .text("holder", "cellbridge")])
        }
        return .failed(
            .port, "the service waits for \(path)",
            [
                Cause("the cable is out, or the module is off", try: "its power and cable; dmesg | tail"), .wrongPort,
                .supply,
            ], facts: [.text("port", path)])
    }

    /// The rate, when the service itself gets no answer.
    func rate(_ baud: Int) -> Finding? {
        let isMute =
            at == "the module is mute" || at == "waiting for the module to answer AT" || at == "resynchronising"
            || at == "resetting the hardware"
        guard isMute else { return nil }
        return .failed(
            .rate, "no answer to AT: the service is \(at.hasPrefix("the ") ? "told that " : "")\(at)",
            [
                .noPower,
                Cause("another rate than \(baud)", try: "systemctl stop cellbridge, then cellbridge doctor again"),
                .wrongPort, .supply,
            ],
            facts: [.number("configured", baud)])
    }

    /// Which stage the reason of an outage belongs to; the texts are those of the link's log.
    static func stage(of reason: String) -> DoctorStage? {
        let table: [(DoctorStage, [String])] = [
            (.tls, ["TLS", "AT+SSLMIPSTART"]),
            (
                .tcp,
                [
                    "no TCP connection", "AT+MIPSTART", "AT+CIPSTART", "AT+QIOPEN", "no CONNECT OK",
                    "reports no connection",
                    "TCP ERROR", "refused by the module", "CONNECT OK within", "old TCP connection",
                    "TCP connection is gone",
                ]
            ),
            (
                .mqtt,
                [
                    "session refused", "refused the session", "ended the session", "no MQTT session", "keep-alive",
                    "CONNACK", "AT+MCONFIG", "AT+MCONNECT",
                ]
            ),
            (.publish, ["subscription", "SUBACK", "PUBACK"]),
            (.address, ["no address", "PDP", "AT+CIICR", "AT+CIFSR", "bearer"]), (.attach, ["not attached"]),
            (.registration, ["no registration", "denies registration"]), (.card, ["SIM"]),
            (.rate, ["does not answer"]), (.port, ["port is gone"]),
        ]
        return table.first { $0.1.contains { contains(reason, $0) } }?.0
    }

    /// The stage at which an offline service is stuck, with the likely causes.
    func stuck(_ session: SessionChecks) -> Finding {
        guard let reason, let stage = Self.stage(of: reason) else {
            return .failed(
                .tcp, "the service is offline (\(at))",
                [
                    Cause(
                        "it is on its way, or pauses between two tries",
                        try: "run it again in a minute; journalctl -u cellbridge -n 50")
                ])
        }
        var finding =
            switch stage {
            case .tls: session.noTLS(reason, told: nil)
            case .mqtt: session.socket == nil ? session.noSession(.refused(reason)) : session.noOwnSession(reason)
            default: session.noTCP(reason)
            }
        finding.text = "the service: \(reason)"
        if ![.tcp, .tls, .mqtt].contains(stage) {
            finding.stage = stage > .tcp ? .publish : .tcp
            if stage == .publish { finding.causes = [.slowBroker, .topicRights] }
        }
        return finding
    }

    private static func contains(_ text: String, _ part: String) -> Bool {
        let (text, part) = (Array(text.utf8), Array(part.utf8))
        guard part.count <= text.count else { return false }
        return (0...(text.count - part.count)).contains { text[$0..<($0 + part.count)].elementsEqual(part) }
    }
}

extension DoctorStage: Comparable {
    /// In their order.
    package static func < (left: DoctorStage, right: DoctorStage) -> Bool { left.rawValue < right.rawValue }
}
