/// What the socket commands of the Quectel GSM modules remember (manual 003, Quectel GSM TCP/IP guide V1.2).
struct QuectelState: Equatable {
    /// Lines that are still lost while the module finds the host's rate (chapter 9, point 1).
    var linesToSync = 0

    /// QIFGCNT: the context in the foreground.
    var foreground = 0
    /// QICSGP: APN, user, password.
    var access = ["", "", ""]
    var isMultiplexed = false
    /// QIDNSIP=1: QIOPEN names a host instead of an address.
    var takesNames = false
    /// QINDI=1: what arrives is announced and read on request.
    var announces = false
    /// QIHEAD, QISHOWRA, QISHOWPT: what is printed before bytes that are not announced (5.1).
    var head = Head()

    /// Where the current (or last) connection goes.
    var host = ""
    var port = 0
    /// The host was told of what waits and has not read it all.
    var hasAnnounced = false
    /// Notices since the connection was opened, for MC60's longer form.
    var notices = 0
    /// Data of a QISEND that wait for room in the window.
    var waiting: [UInt8]?
    /// Tells one QISEND from the next.
    var sends = 0

    struct Head: Equatable {
        var showsLength = false
        var showsSender = false
        var showsProtocol = false
    }
}

extension SimulatedModule {
    /// A timer of the family.
    enum QuectelTimer: Equatable {
        /// QISEND number n has waited for room as long as it may.
        case sendExpired(Int)
    }

    /// The second half of a command that takes time.
    enum QuectelWork: Equatable {
        case activateContext, deactivateContext
    }

    mutating func quectelReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        quectelBasicReply(command, now: now) ?? quectelSettingReply(command)
            ?? quectelConnectionReply(command, now: now) ?? quectelTransferReply(command, now: now)
    }

    mutating func quectelTimerFired(_ timer: QuectelTimer, now: Duration) {
        switch timer {
        case .sendExpired(let number): if quectel.sends == number { quectelSendBroken(now: now) }
        }
    }

    mutating func completeQuectel(_ work: QuectelWork, now: Duration) -> Reply {
        switch work {
        case .activateContext: contextActivated()
        case .deactivateContext: contextDeactivated(now: now)
        }
    }

    // MARK: Rate

    /// Chapter 9: out of the box the module has to find the host's rate first, and prints nothing until it has.
    mutating func beginSynchronising() {
        guard profile.family == .quectelGSM, settings.baud == 0 else { return }
        quectel.linesToSync = dialect.has(.slowSync) ? 3 : 1
    }

    /// Whether the module does not know the host's rate yet.
    var isSynchronising: Bool { quectel.linesToSync > 0 }

    /// Whether `line` only went into finding the rate.
    mutating func losesToSynchronisation(_ line: [UInt8]) -> Bool {
        guard isSynchronising else { return false }
        // What is no AT tells it nothing.
        if line.starts(with: ascii("AT")) || line.starts(with: ascii("at")) { quectel.linesToSync -= 1 }
        return true
    }

    /// The manual's `AT+IPR=115200&W`: set and keep, in one command.
    private mutating func fixRate(_ argument: ParsedCommand.Argument) -> Reply {
        var digits = argument.bytes
        let isKept = digits.suffix(2).elementsEqual(ascii("&W")) || digits.suffix(2).elementsEqual(ascii("&w"))
        if isKept { digits.removeLast(2) }
        let rates = [0, 1200, 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 115200]
        guard let rate = ParsedCommand.Argument(bytes: digits).number, rates.contains(rate) else { return .error }
        settings.baud = rate
        if isKept { saved = settings }
        return .ok
    }

    // MARK: Identity

    private mutating func quectelBasicReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        let text = profile.identity.split(separator: "\n").map { ascii(String($0)) }
        switch (command.name, command.form) {
        case ("I", .execute), ("I", .set): return Reply(lines: text)
        case ("+CGMI", .execute), ("+GMI", .execute): return .says(profile.manufacturer)
        case ("+CGMM", .execute), ("+GMM", .execute): return .says(profile.model)
        case ("+CGMR", .execute), ("+GMR", .execute): return Reply(lines: text.suffix(1))
        case ("+GSN", .execute): return .says(Self.serialNumber)
        case ("+QCCID", .execute), ("+CCID", .execute):
            if let problem = cardProblem(now: now) { return .fails(problem) }
            return .says(command.name == "+CCID" ? "+CCID: \"\(Self.cardNumber)\"" : Self.cardNumber)
        case ("+CBC", .execute): return .says("+CBC: 0,80,3805")
        case ("+IPR", .set(let arguments)): return arguments.count == 1 ? fixRate(arguments[0]) : .error
        case ("+COPS", .query):
            return .says(cell.isRegistered ? "+COPS: 0,0,\"CHN-UNICOM\"" : "+COPS: 0")
        // Commands of the Luat family that no Quectel has.
        case ("+VER", _), ("+RESET", _), ("+ICCID", _), ("+CNTP", _), ("+CNTPCID", _), ("+SAPBR", _), ("+CPNETAPN", _),
            ("+CESQ", _), ("+CEREG", _):
            return .error
        default: return nil
        }
    }

    // MARK: Settings

    private mutating func quectelSettingReply(_ command: ParsedCommand) -> Reply? {
        switch command.name {
        case "+QIFGCNT":
            if command.form == .query { return .says("+QIFGCNT: \(quectel.foreground),255") }
            return choice(command) { $0.quectel.foreground = $1 ? 1 : 0 }
        case "+QICSGP": return setAccess(command)
        case "+QIMUX": return early(command, quectel.isMultiplexed) { $0.quectel.isMultiplexed = $1 }
        case "+QIDNSIP": return choice(command, quectel.takesNames) { $0.quectel.takesNames = $1 }
        case "+QINDI": return choice(command, quectel.announces) { $0.quectel.announces = $1 }
        case "+QIHEAD": return choice(command, quectel.head.showsLength) { $0.quectel.head.showsLength = $1 }
        case "+QISHOWRA": return choice(command, quectel.head.showsSender) { $0.quectel.head.showsSender = $1 }
        case "+QISHOWPT": return choice(command, quectel.head.showsProtocol) { $0.quectel.head.showsProtocol = $1 }
        case "+QIMODE":
            // The transparent mode of chapter 8 is not played: mode 1 is refused.
            if command.form == .query { return .says("+QIMODE: 0") }
            if command.form == .test { return .says("+QIMODE: (0,1)") }
            return command.number == 0 ? .ok : .error
        default: return nil
        }
    }

    /// A setting that is 0 or 1.
    private mutating func choice(
        _ command: ParsedCommand, _ value: Bool = false, set: (inout SimulatedModule, Bool) -> Void
    ) -> Reply {
        switch command.form {
        case .test: return .says("\(command.name): (0,1)")
        case .query: return .says("\(command.name): \(value ? 1 : 0)")
        case .set:
            guard let number = setting(command, 0...1) else { return .error }
            set(&self, number == 1)
            return .ok
        case .execute, .malformed: return .error
        }
    }

    /// The same, and only before a context is open.
    private mutating func early(
        _ command: ParsedCommand, _ value: Bool, set: (inout SimulatedModule, Bool) -> Void
    ) -> Reply {
        if case .set = command.form, cell.ip != .initial { return .error }
        return choice(command, value, set: set)
    }

    /// `AT+QICSGP=1,"CMNET"[,"user","password"]`; 0 would be a dialled connection.
    private mutating func setAccess(_ command: ParsedCommand) -> Reply {
        switch command.form {
        case .test: return .says("+QICSGP: (0,1)")
        case .query:
            return .says("+QICSGP: 1,\"\(quectel.access[0])\",\"\(quectel.access[1])\",\"\(quectel.access[2])\"")
        case .set(let arguments):
            guard (2...4).contains(arguments.count), arguments[0].number == 1, cell.ip == .initial,
                arguments.dropFirst().allSatisfy({ $0.bytes.count <= 100 })
            else { return .error }
            quectel.access = arguments.dropFirst().map(\.text) + Array(repeating: "", count: 4 - arguments.count)
            return .ok
        case .execute, .malformed: return .error
        }
    }
}
