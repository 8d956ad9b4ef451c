/// What goes wrong, and how often compared with the others.
enum FaultKind: String, CaseIterable, Sendable {
    // The network.
    case tcpDrop = "tcp-drop"
    case halfOpen = "half-open"
    case stall
    case pdpLoss = "pdp-loss"
    case radioLoss = "radio-loss"
    case denied
    case simRemoved = "sim-removed"
    /// Nothing works for up to two hours, and nothing else happens meanwhile: how the ladder climbs shows only then.
    case longOutage = "long-outage"
    // The module.
    case reboot
    case rebootAtByte = "reboot-at-byte"
    case cutPrinting = "cut-printing"
    case hang
    case hardHang = "hard-hang"
    case echoOn = "echo-on"
    case lateCommand = "late-command"
    case publishError = "publish-error"
    case publishLost = "publish-lost"
    case connackOnce = "connack-refused-once"
    case pubackLate = "puback-late"
    case pubackLost = "puback-lost"
    // The line.
    case portGone = "port-gone"
    case lateAnswer = "late-answer"
    case lostAnswer = "lost-answer"
    case insideAnswer = "urc-inside-answer"
    case insidePayload = "urc-inside-payload"
    case garbage
    case noise
    case slowLine = "slow-line"
    // The remote broker.
    case brokerRestart = "broker-restart"
    case brokerDrop = "broker-drop"
    case connackRefused = "connack-refused"
    case acknowledgementsHeld = "acknowledgements-held"
    case acknowledgementLost = "acknowledgement-lost"
    case burstIn = "burst-in"
    // The host.
    case localRestart = "local-restart"
    case localDrop = "local-drop"
    case localSilent = "local-silent"
    case burstOut = "burst-out"
    case kill
    case killInCommit = "kill-in-commit"
    case stop
    case diskFull = "disk-full"
    case diskUnreadable = "disk-unreadable"
    case diskSlow = "disk-slow"
    case clockJump = "clock-jump"
    // The socket commands.
    case sendFail = "send-fail"
    case sendPartial = "send-partial"
    case sendError = "send-error"
    case promptLost = "prompt-lost"
    case sendResultLost = "send-result-lost"
    case hangAtSend = "hang-at-send"
    case noticeLost = "notice-lost"
    case insideData = "urc-inside-data"
    case byteLost = "byte-lost"
    case tcpError = "tcp-error"
    case natIdle = "nat-idle"
    case killInSend = "kill-in-send"

    /// How often, compared with the others.
    var weight: Int {
        switch self {
        case .tcpDrop, .pdpLoss, .lostAnswer, .killInCommit: 8
        case .kill, .portGone, .pubackLost, .reboot, .brokerRestart, .halfOpen, .garbage: 5
        case .hang, .radioLoss, .rebootAtByte, .lateAnswer, .lateCommand, .burstIn, .burstOut, .noise: 4
        case .localRestart, .localDrop, .diskFull, .insideAnswer, .insidePayload, .publishError, .publishLost: 4
        case .stall, .brokerDrop, .connackOnce, .connackRefused, .pubackLate, .acknowledgementsHeld: 3
        case .echoOn, .slowLine, .localSilent, .cutPrinting, .acknowledgementLost, .clockJump, .diskSlow: 3
        case .simRemoved, .denied, .stop, .diskUnreadable: 2
        case .hardHang, .longOutage, .hangAtSend: 1
        case .killInSend: 8
        case .sendFail, .sendPartial, .noticeLost, .insideData, .byteLost: 5
        case .sendError, .promptLost, .sendResultLost, .tcpError: 4
        case .natIdle: 3
        }
    }

    /// Whether it is about the module's own MQTT client.
    private var concernsMQTT: Bool {
        switch self {
        case .publishError, .publishLost, .connackOnce, .pubackLate, .pubackLost, .insidePayload: true
        default: false
        }
    }

    /// Whether it is about the socket commands.
    private var concernsSockets: Bool {
        switch self {
        case .sendFail, .sendPartial, .sendError, .promptLost, .sendResultLost, .hangAtSend, .noticeLost, .insideData,
            .byteLost, .tcpError, .natIdle, .killInSend:
            true
        default: false
        }
    }

    /// Whether bytes of a stream may come out other than they went in.
    func damagesStreams(_ way: SoakLink) -> Bool {
        switch self {
        // What tells of the bytes brings them.
        case .noticeLost: way == .bc260y
        case .garbage, .noise, .cutPrinting, .insideData, .byteLost: true
        default: false
        }
    }

    /// Those that a world can have.
    static func all(of plan: Plan) -> [FaultKind] {
        allCases.filter { kind in
            guard plan.way.isSocket else { return !kind.concernsSockets }
            return !kind.concernsMQTT && (plan.isSecured || !kind.damagesStreams(plan.way))
        }
    }

    /// One of them, by weight.
    static func random(_ chance: inout Chance, of kinds: [FaultKind]) -> FaultKind {
        var left = chance.number(0...kinds.reduce(0) { $0 + $1.weight } - 1)
        for kind in kinds {
            left -= kind.weight
            if left < 0 { return kind }
        }
        return .tcpDrop
    }
}
