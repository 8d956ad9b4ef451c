/// Finds the chapter a command belongs to.
extension SimulatedModule {
    static let serialNumber = "868777059994693"
    static let cardNumber = "89861122050211045494"
    static let subscriberNumber = "460115883032649"

    /// An unknown command is a bare ERROR, whatever CMEE says (vendor TCP guide for Air780EP).
    mutating func reply(to command: ParsedCommand, now: Duration) -> Reply {
        if command.form == .malformed { return .error }
        return basicReply(command, now: now) ?? deviceReply(command, now: now) ?? networkReply(command, now: now)
            ?? clockReply(command, now: now) ?? packetReply(command, now: now) ?? internetReply(command, now: now)
            ?? fileReply(command, now: now) ?? securityReply(command)
            ?? mqttSessionReply(command, now: now) ?? mqttMessageReply(command, now: now) ?? .error
    }

    /// The second half of a command that took time.
    mutating func complete(_ work: Work, now: Duration) -> Reply {
        switch work {
        case .setFunction(let function): setFunction(function, now: now)
        case .shutContext: shutContext(now: now)
        case .attach(let attached): attach(attached, now: now)
        case .activate(let cid, let active): activate(cid, active)
        }
    }

    /// A set command of one number within `range`.
    func setting(_ command: ParsedCommand, _ range: ClosedRange<Int>) -> Int? {
        guard let number = command.number, range.contains(number) else { return nil }
        return number
    }
}
