/// YM310 AT manual chapter 6: attachment, PDP contexts, event reports; and 9.3 for private networks.
extension SimulatedModule {
    private static let address = "10.76.1.35"

    mutating func packetReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+CGATT", .test): return .says("+CGATT: (0-1)")
        case ("+CGATT", .query): return .says("+CGATT: \(cell.isAttached ? 1 : 0)")
        case ("+CGATT", .set):
            guard let state = setting(command, 0...1) else { return .fails(.invalidParameters) }
            if state == 1, !cell.isRegistered { return .fails(.noService) }
            if state == 1, cell.refusesAttach { return .fails(.packetNotAllowed) }
            return Reply(ending: .later(.milliseconds(300), .attach(state == 1)))
        case ("+CGDCONT", .test): return .says("+CGDCONT: (1-15),\"IP\",,,(0),(0)")
        case ("+CGDCONT", .query): return Reply(lines: contextLines)
        case ("+CGDCONT", .set(let arguments)): return defineContext(arguments)
        case ("+CGAUTH", .test): return .says("+CGAUTH: (1-15),(0-2),(0-64),(0-64)")
        case ("+CGAUTH", .query):
            return Reply(lines: cell.authentication.sorted { $0.key < $1.key }.map { ascii($0.value) })
        case ("+CGAUTH", .set(let arguments)): return authenticate(arguments)
        case ("+CGACT", .test): return .says("+CGACT: (0,1)")
        case ("+CGACT", .query):
            return Reply(
                lines: cell.contexts.sorted { $0.key < $1.key }
                    .map { ascii("+CGACT: \($0.key),\($0.value.isActive ? 1 : 0)") })
        case ("+CGACT", .set(let arguments)): return requestActivation(arguments)
        case ("+CGPADDR", .test): return .says("+CGPADDR: (1-8)")
        case ("+CGPADDR", .execute): return addresses(of: cell.contexts.keys.sorted())
        case ("+CGPADDR", .set):
            guard let cid = setting(command, 1...15) else { return .fails(.invalidParameters) }
            return addresses(of: [cid])
        case ("+CGEREP", _): return eventReply(command)
        case ("+CPNETAPN", .test):
            return .says("+CPNETAPN: setmode=[2,3],\"apn\",\"Username\",\"Password\", authtype=[0,1,2]")
        case ("+CPNETAPN", .query):
            let saved = cell.privateNetwork ?? ["", "", "", "0"]
            return .says(
                "MODE:\(cell.privateNetwork == nil ? 3 : 2)", "APN:\(saved[0])", "USR:\(saved[1])", "PWD:\(saved[2])",
                "AUTHMODE:\(saved[3])")
        case ("+CPNETAPN", .set(let arguments)): return privateNetwork(arguments, now: now)
        default: return nil
        }
    }

    // MARK: Attachment and activation

    mutating func attach(_ attached: Bool, now: Duration) -> Reply {
        if attached {
            guard cell.isRegistered else { return .fails(.noService) }
            if !cell.isAttached {
                cell.isAttached = true
                if cell.lost == nil { activateDefault() }
            }
        } else if cell.isAttached {
            cell.isAttached = false
            cell.dropContexts()
            if mqtt.link != .closed || cell.ip != .initial { cell.ip = .deactivated }
            dropLink(now: now)
            if reportsEvents { printLine("+CGEV: ME DETACH") }
        }
        return .ok
    }

    private func requestActivation(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard arguments.count == 2, let state = arguments[0].number, state < 2, let cid = arguments[1].number,
            cell.contexts[cid] != nil
        else { return .fails(.invalidParameters) }
        guard cell.isRegistered else { return .fails(.noService) }
        return Reply(ending: .later(.milliseconds(200), .activate(cid, state == 1)))
    }

    mutating func activate(_ cid: Int, _ active: Bool) -> Reply {
        guard cell.isRegistered, cell.contexts[cid] != nil else { return .fails(.noService) }
        if active, cell.refusesAttach { return .fails(.packetNotAllowed) }
        if active, let lost = cell.lost {
            let cures = lost.rawValue <= CellState.Cure.cgact.rawValue || (lost == .context5 && cid == 5)
            guard cures else { return .fails(.contextFailed) }
            cell.lost = nil
        }
        if active { cell.isAttached = true }
        let isNew = active && cell.contexts[cid]?.isActive == false
        cell.contexts[cid]?.isActive = active
        if isNew { reportAddress() }
        return .ok
    }

    private func addresses(of cids: [Int]) -> Reply {
        Reply(
            lines: cids.filter { cell.contexts[$0]?.isActive == true }
                .map { ascii("+CGPADDR: \($0),\"\(Self.address)\"") })
    }

    // MARK: Definitions

    private var contextLines: [[UInt8]] {
        cell.contexts.sorted { $0.key < $1.key }.map { cid, context in
            ascii(
                "+CGDCONT: \(cid),\"\(context.type)\",\"\(context.apn)\",\"\(context.isActive ? Self.address : "0.0.0.0")\",0,0"
            )
        }
    }

    private mutating func defineContext(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard let cid = arguments[0].number, (1...15).contains(cid), arguments.count <= 6 else {
            return .fails(.invalidParameters)
        }
        guard arguments.count > 1 else {
            // 3GPP TS 27.007: a cid alone undefines the context.
            if cid != 1 { cell.contexts[cid] = nil }
            return .ok
        }
        guard ["IP", "IPV6", "IPV4V6", "PPP"].contains(arguments[1].text) else { return .fails(.invalidParameters) }
        let apn = arguments.count > 2 ? arguments[2].text : ""
        guard apn.utf8.count <= 128 else { return .fails(.invalidParameters) }
        let wasActive = cell.contexts[cid]?.isActive ?? false
        cell.contexts[cid] = .init(
            type: arguments[1].text, apn: apn.isEmpty ? cell.defaultAPN : apn, isActive: wasActive)
        return .ok
    }

    private mutating func authenticate(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard (2...4).contains(arguments.count), let cid = arguments[0].number, (1...15).contains(cid),
            let kind = arguments[1].number, kind <= 2
        else { return .fails(.invalidParameters) }
        let user = arguments.count > 2 ? arguments[2].text : ""
        let password = arguments.count > 3 ? arguments[3].text : ""
        cell.authentication[cid] = "+CGAUTH: \(cid),\(kind),\"\(user)\",\"\(password)\""
        return .ok
    }

    private mutating func privateNetwork(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard let mode = arguments[0].number else { return .fails(.invalidParameters) }
        if mode == 3 {
            cell.privateNetwork = nil
        } else {
            guard mode == 2, arguments.count == 5, !arguments[1].isEmpty, arguments[1].bytes.count <= 128,
                arguments[2].bytes.count <= 32, arguments[3].bytes.count <= 32, let kind = arguments[4].number,
                kind <= 2
            else { return .fails(.invalidParameters) }
            cell.privateNetwork = arguments.dropFirst().map { $0.text }
            cell.contexts[1]?.apn = arguments[1].text
        }
        // 9.3: the module then restarts its protocol stack by itself.
        agenda.add(.restartStack, at: now + .milliseconds(100))
        return .ok
    }

    // MARK: Events

    private mutating func eventReply(_ command: ParsedCommand) -> Reply {
        // Air780EP: ERROR, and the events come all the same.
        guard profile.eventReportingSettable else { return .error }
        switch command.form {
        case .test: return .says("+CGEREP:(0,1),(0)")
        case .query: return .says("+CGEREP:\(settings.eventReports),0")
        case .set(let arguments):
            guard (1...2).contains(arguments.count), let mode = arguments[0].number, mode < 2 else {
                return .fails(.invalidParameters)
            }
            settings.eventReports = mode
            return .ok
        case .execute, .malformed: return .error
        }
    }
}
