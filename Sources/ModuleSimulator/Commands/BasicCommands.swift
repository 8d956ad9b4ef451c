/// YM310 AT manual chapters 2 and 3: identity, echo, result codes, clock, reset.
extension SimulatedModule {
    mutating func basicReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("I", .execute), ("I", .set), ("+VER", .execute): return .says(profile.identity)
        case ("E", .execute):
            settings.echo = false
            return .ok
        case ("E", .set):
            guard let value = setting(command, 0...1) else { return .error }
            settings.echo = value == 1
            return .ok
        case ("V", .execute), ("V", .set):
            guard let value = command.form == .execute ? 0 : setting(command, 0...1) else { return .error }
            settings.verbose = value == 1
            return .ok
        case ("V", .query): return .says(settings.verbose ? "1" : "0")
        case ("Q", .set): return command.number == 0 ? .ok : .error
        case ("&W", .execute), ("&W", .set):
            saved = settings
            return .ok
        case ("&F", .execute), ("&F", .set):
            settings = Settings()
            return .ok
        case ("S3", .query): return .says("013")
        case ("S4", .query): return .says("010")
        case ("S5", .query): return .says("008")
        case ("S3", .set): return command.number == 13 ? .ok : .error
        case ("S4", .set): return command.number == 10 ? .ok : .error
        case ("S5", .set): return command.number == 8 ? .ok : .error
        case ("+CMEE", .test): return .says("+CMEE:(0,1,2)")
        case ("+CMEE", .query): return .says("+CMEE :\(settings.errorReports)")
        case ("+CMEE", .set):
            guard let value = setting(command, 0...2) else { return .fails(.invalidParameters) }
            settings.errorReports = value
            return .ok
        case ("+CGMI", .execute): return .says("+CGMI: \"\(profile.manufacturer)\"")
        case ("+CGMM", .execute): return .says("+CGMM: \"\(profile.model)\"")
        case ("+CGMR", .execute): return .says("Revision: \"\(profile.identity)\"")
        case ("+CGSN", .execute): return .says(Self.serialNumber)
        case ("+CGMI", .test), ("+CGMM", .test), ("+CGMR", .test), ("+CGSN", .test), ("+CCLK", .test): return .ok
        case ("+ICCID", .execute): return cardReply("+ICCID: \(Self.cardNumber)", locked: true, now: now)
        case ("+CIMI", .execute): return cardReply(Self.subscriberNumber, locked: false, now: now)
        case ("+CCLK", .query): return .says("+CCLK: \"\(clockText(now: now))\"")
        case ("+CCLK", .set(let arguments)):
            guard arguments.count == 1, let unix = CivilTime.unix(clock: arguments[0].bytes) else {
                return .fails(.invalidParameters)
            }
            wallOffset = unix - 8 * 3600 - bootWallSeconds - now.components.seconds
            return .ok
        case ("+RESET", .execute):
            agenda.add(.restart(.reset), at: now + .milliseconds(20))
            return .ok
        default: return nil
        }
    }

    /// Something read from the card; `locked` when a locked card gives it, too.
    private func cardReply(_ text: String, locked: Bool, now: Duration) -> Reply {
        if let problem = cardProblem(now: now), problem != .pinRequired && problem != .pukRequired || !locked {
            return .fails(problem)
        }
        return .says(text)
    }

    /// Why the card cannot be used, nil when it can.
    func cardProblem(now: Duration) -> ModuleError? {
        guard sim.isInserted else { return .simMissing }
        if now < sim.busyUntil { return .simBusy }
        switch sim.lock {
        case .ready: return nil
        case .pin: return .pinRequired
        case .puk: return .pukRequired
        }
    }
}

extension CivilTime {
    /// Seconds of the local time in `yy/MM/dd,hh:mm:ss±zz` (YM310 AT manual 3.10); nil when it is not that.
    static func unix(clock: [UInt8]) -> Int64? {
        guard clock.count == 20 else { return nil }
        var fields: [Int] = []
        for start in stride(from: 0, to: 18, by: 3) {
            let digits = ParsedCommand.Argument(bytes: Array(clock[start..<start + 2]))
            guard let value = digits.number else { return nil }
            fields.append(value)
        }
        guard (1...12).contains(fields[1]), (1...31).contains(fields[2]), fields[3] < 24, fields[4] < 60,
            fields[5] < 60, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(clock[17])
        else { return nil }
        // The inverse of `init(unix:)`, with years from 2000.
        let year = 2000 + fields[0] - (fields[1] <= 2 ? 1 : 0)
        let yearOfEra = year % 400
        let dayOfYear = (153 * (fields[1] + (fields[1] > 2 ? -3 : 9)) + 2) / 5 + fields[2] - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = year / 400 * 146_097 + dayOfEra - 719_468
        return Int64(days * 86400 + fields[3] * 3600 + fields[4] * 60 + fields[5])
    }
}
