/// YM310 AT manual chapter 5 and 6.1: signal, operator, registration.
extension SimulatedModule {
    mutating func networkReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+CSQ", .test): return .says("+CSQ: (0-31,99),(0-7,99)")
        case ("+CSQ", .execute): return .says(cell.isHeard ? "+CSQ: \(cell.signal),0" : "+CSQ: 99,99")
        case ("+CESQ", .test): return .says("+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)")
        case ("+CESQ", .execute):
            return .says(cell.isRegistered ? "+CESQ: 99,99,255,255,22,54" : "+CESQ: 99,99,255,255,255,255")
        case ("+COPS", .test):
            return .says("+COPS: (2,\"CHN-UNICOM\",\"UNICOM\",\"46001\",7),,(0-4),(0-2)")
        case ("+COPS", .query): return .says(operatorLine)
        case ("+COPS", .set(let arguments)): return selectOperator(arguments, now: now)
        case ("+CREG", _), ("+CGREG", _), ("+CEREG", _): return registrationReply(command)
        default: return nil
        }
    }

    private var operatorLine: String {
        guard cell.isRegistered else { return "+COPS: 0" }
        switch settings.operatorFormat {
        case 0: return "+COPS: 0,0,\"CHN-UNICOM\",7"
        case 1: return "+COPS: 0,1,\"UNICOM\",7"
        default: return "+COPS: 0,2,\"46001\",7"
        }
    }

    private mutating func selectOperator(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard let mode = arguments[0].number, mode <= 4 else { return .fails(.invalidParameters) }
        switch mode {
        case 3:
            guard arguments.count == 2, let format = arguments[1].number, format <= 2 else {
                return .fails(.invalidParameters)
            }
            settings.operatorFormat = format
        case 2:
            loseService(now: now)
            dropLink(now: now)
        default: searchForNetwork(now: now)
        }
        return .ok
    }

    private mutating func registrationReply(_ command: ParsedCommand) -> Reply {
        let name = command.name
        switch command.form {
        case .test: return .says("\(name): (0,1,2,3)")
        case .set:
            guard let reports = setting(command, 0...3) else { return .fails(.invalidParameters) }
            settings.registrationReports[name] = reports
            return .ok
        case .query:
            let own = registrationLine(name)
            if name == "+CEREG", dialect.has(.mixedRegistration), !answeredMixedRegistration {
                answeredMixedRegistration = true
                return .says(registrationLine("+CGREG"), own)
            }
            return .says(own)
        case .execute, .malformed: return .error
        }
    }

    private func registrationLine(_ name: String) -> String {
        let reports = settings.registrationReports[name] ?? 0
        var place = reports >= 2 && cell.isRegistered ? cellIdentity : ""
        // 5.4: with <n>=3 the reason of a refusal follows the empty place.
        if reports == 3, name != "+CREG", let cause = cell.denied { place = ",,,,0,\(cause)" }
        return "\(name): \(reports),\(registrationStatus)\(place)"
    }
}
