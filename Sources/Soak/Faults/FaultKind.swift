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
        case .hardHang, .longOutage: 1
        }
    }

    /// One of them, by weight.
    static func random(_ chance: inout Chance) -> FaultKind {
        var left = chance.number(0...total - 1)
        for kind in allCases {
            left -= kind.weight
            if left < 0 { return kind }
        }
        return .tcpDrop
    }

    private static let total = allCases.reduce(0) { $0 + $1.weight }
}
