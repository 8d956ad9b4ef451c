/// YM310 AT manual chapters 2 and 3: identity, echo, result codes, reset.
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
        case ("+CGMI", .test), ("+CGMM", .test), ("+CGMR", .test), ("+CGSN", .test): return .ok
        case ("+ICCID", .execute): return cardReply("+ICCID: \(Self.cardNumber)", locked: true, now: now)
        case ("+CIMI", .execute): return cardReply(Self.subscriberNumber, locked: false, now: now)
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
