/// YM310 AT manual chapter 4: functionality, PIN, UART.
extension SimulatedModule {
    private static let rates = [0, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600]

    mutating func deviceReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+CFUN", .test): return .says("+CFUN: (0,1,4),(0,1)")
        case ("+CFUN", .query): return .says("+CFUN: \(cell.function)")
        case ("+CFUN", .set(let arguments)): return function(arguments, now: now)
        case ("+CPIN", .test): return .ok
        case ("+CPIN", .query):
            if let problem = cardProblem(now: now), problem == .simMissing || problem == .simBusy {
                return .fails(problem)
            }
            return .says("+CPIN: " + simStatus)
        case ("+CPIN", .set(let arguments)): return enterPIN(arguments, now: now)
        case ("+CBC", .execute): return .says("+CBC: 3805")
        case ("+IPR", .test):
            let all = Self.rates.map(String.init).joined(separator: ",")
            return .says("+IPR:(600,1200,2400,4800,9600,19200,38400,57600,115200,230400),(\(all))")
        case ("+IPR", .query): return .says("+IPR: \(settings.baud)")
        case ("+IPR", .set):
            guard let rate = command.number, Self.rates.contains(rate) else { return .fails(.invalidParameters) }
            settings.baud = rate
            return .ok
        case ("+IFC", .test): return .says("+IFC: (0-2),(0-2)")
        case ("+IFC", .query): return .says("+IFC: \(settings.flowControl[0]),\(settings.flowControl[1])")
        case ("+IFC", .set(let arguments)):
            let values = arguments.compactMap { $0.number }
            guard (1...2).contains(arguments.count), values.count == arguments.count, values.allSatisfy({ $0 <= 2 })
            else { return .fails(.invalidParameters) }
            settings.flowControl = [values[0], values.count == 2 ? values[1] : values[0]]
            return .ok
        default: return nil
        }
    }

    private mutating func function(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard (1...2).contains(arguments.count), let function = arguments[0].number, [0, 1, 4].contains(function)
        else { return .fails(.invalidParameters) }
        if arguments.count == 2 {
            guard let reset = arguments[1].number, reset < 2 else { return .fails(.invalidParameters) }
            if reset == 1 {
                agenda.add(.restart(.reset), at: now + .milliseconds(20))
                return .ok
            }
        }
        // 0.15 s until OK, seen in capture 12.
        return Reply(ending: .later(.milliseconds(150), .setFunction(function)))
    }

    mutating func setFunction(_ function: Int, now: Duration) -> Reply {
        let previous = cell.function
        cell.function = function
        if function == 1 {
            if previous != 1, let lost = cell.lost, lost.rawValue <= CellState.Cure.cfun.rawValue { cell.lost = nil }
            searchForNetwork(now: now)
        } else {
            agenda.removeAll { $0 == .register || $0 == .reactivate }
            cell.isRegistered = false
            cell.isAttached = false
            cell.dropContexts()
            cell.ip = .initial
            dropLink(now: now)
            reportRegistration()
        }
        return .ok
    }

    // MARK: PIN

    private mutating func enterPIN(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard sim.isInserted else { return .fails(.simMissing) }
        if now < sim.busyUntil { return .fails(.simBusy) }
        switch sim.lock {
        case .ready: return .fails(.notAllowed)
        case .puk: return .fails(.pukRequired)
        case .pin: break
        }
        guard arguments.count == 1, (4...8).contains(arguments[0].bytes.count) else {
            return .fails(.invalidParameters)
        }
        guard arguments[0].text == sim.pin else {
            sim.failures += 1
            note("wrong PIN number \(sim.failures)")
            if sim.failures >= 3 { sim.lock = .puk }
            return .fails(.wrongPassword)
        }
        sim.failures = 0
        sim.lock = .ready
        searchForNetwork(now: now)
        // 4.3: the card's new state comes before the OK.
        return .says("+CPIN: READY")
    }
}
