/// A group of commands; which there are differs between the families.
enum Chapter: Equatable {
    case basic, device, network, clock, packet, internet, cip, files, security, mqtt
    case quectelGSM, bc260y
}

extension ModuleProfile.Family {
    /// The commands of the family, in the order in which they are asked: its own before the common ones.
    var chapters: [Chapter] {
        switch self {
        case .luat: [.basic, .device, .network, .clock, .packet, .internet, .cip, .files, .security, .mqtt]
        case .quectelGSM: [.quectelGSM, .basic, .device, .network, .clock, .packet]
        case .bc260y: [.bc260y, .basic, .device, .network, .clock, .packet]
        }
    }
}

/// Finds the chapter a command belongs to.
extension SimulatedModule {
    static let serialNumber = "868777059994693"
    static let cardNumber = "89861122050211045494"
    static let subscriberNumber = "460115883032649"

    /// An unknown command is a bare ERROR, whatever CMEE says (vendor TCP guide for Air780EP).
    mutating func reply(to command: ParsedCommand, now: Duration) -> Reply {
        if command.form == .malformed { return .error }
        for chapter in profile.family.chapters {
            if let reply = reply(to: command, in: chapter, now: now) { return reply }
        }
        return .error
    }

    private mutating func reply(to command: ParsedCommand, in chapter: Chapter, now: Duration) -> Reply? {
        switch chapter {
        case .basic: basicReply(command, now: now)
        case .device: deviceReply(command, now: now)
        case .network: networkReply(command, now: now)
        case .clock: clockReply(command, now: now)
        case .packet: packetReply(command, now: now)
        case .internet: internetReply(command, now: now)
        case .cip: cipReply(command, now: now)
        case .files: fileReply(command, now: now)
        case .security: securityReply(command)
        case .mqtt: mqttSessionReply(command, now: now) ?? mqttMessageReply(command, now: now)
        case .quectelGSM: quectelReply(command, now: now)
        case .bc260y: bc260yReply(command, now: now)
        }
    }

    /// The family's send command has its data.
    mutating func streamDataArrived(_ data: [UInt8], now: Duration) -> Reply {
        switch profile.family {
        case .luat: cipDataArrived(data, now: now)
        case .quectelGSM: quectelDataArrived(data, now: now)
        case .bc260y: bc260yDataArrived(data, now: now)
        }
    }

    /// The second half of a command that took time.
    mutating func complete(_ work: Work, now: Duration) -> Reply {
        switch work {
        case .setFunction(let function): setFunction(function, now: now)
        case .shutContext: shutContext(now: now)
        case .attach(let attached): attach(attached, now: now)
        case .activate(let cid, let active): activate(cid, active)
        case .cip(let work): completeCIP(work, now: now)
        case .quectel(let work): completeQuectel(work, now: now)
        }
    }

    /// A set command of one number within `range`.
    func setting(_ command: ParsedCommand, _ range: ClosedRange<Int>) -> Int? {
        guard let number = command.number, range.contains(number) else { return nil }
        return number
    }
}
