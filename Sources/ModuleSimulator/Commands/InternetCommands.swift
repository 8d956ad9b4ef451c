/// YM310 AT manual chapter 9, as far as MQTT needs it: CIPMUX, CSTT, CIICR, CIFSR, CIPSTATUS, CIPSHUT.
extension SimulatedModule {
    mutating func internetReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+CIPMUX", .test): return .says("+CIPMUX: (0,1)")
        case ("+CIPMUX", .query): return .says("+CIPMUX: \(cell.isMultiLink ? 1 : 0)")
        case ("+CIPMUX", .set):
            guard let mode = setting(command, 0...1) else { return .fails(.invalidParameters) }
            // 9.1: only in IP INITIAL; asking for what is set already does no harm there.
            guard cell.ip == .initial else { return .fails(.notAllowed) }
            cell.isMultiLink = mode == 1
            return .ok
        case ("+CSTT", .test): return .says("+CSTT: \"APN\",\"USER\",\"PWD\"")
        case ("+CSTT", .query): return .says("+CSTT: \"\(cell.contexts[1]?.apn ?? "")\",\"\",\"\"")
        case ("+CSTT", .execute), ("+CSTT", .set):
            guard cell.ip == .initial else { return .fails(.notAllowed) }
            cell.ip = .start
            return .ok
        case ("+CIICR", .test), ("+CIFSR", .test), ("+CIPSTATUS", .test), ("+CIPSHUT", .test): return .ok
        case ("+CIICR", .execute):
            guard cell.ip == .start else { return .fails(.notAllowed) }
            guard cell.hasBearer else { return .fails(.other) }
            cell.ip = .active
            return .ok
        case ("+CIFSR", .execute):
            guard [.active, .status, .connecting, .connected, .closed].contains(cell.ip) else { return .error }
            if cell.ip == .active { cell.ip = .status }
            // 9.5: the address alone, without OK.
            return Reply(lines: [ascii("10.76.1.35")], ending: .silent)
        case ("+CIPSTATUS", .execute): return Reply(ending: .okThen(["STATE: " + cell.ip.rawValue]))
        case ("+CIPSHUT", .execute): return Reply(ending: .later(.milliseconds(200), .shutContext))
        case ("+CDNSGIP", .test): return .ok
        case ("+CDNSGIP", .set(let arguments)): return lookUp(arguments)
        case ("+CIPMUX", _), ("+CSTT", _), ("+CIICR", _), ("+CIFSR", _), ("+CIPSTATUS", _), ("+CIPSHUT", _),
            ("+CDNSGIP", _):
            return .error
        default: return nil
        }
    }

    /// 9.21, which works only after CSTT, CIICR and CIFSR. Names below `.invalid` (RFC 2606) are nobody's; the others are
    /// told as an address of the documentation's network, since nothing is looked up here.
    private func lookUp(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard arguments.count == 1, !arguments[0].isEmpty, arguments[0].bytes.count <= 128 else { return .error }
        guard [.status, .connecting, .connected, .closed].contains(cell.ip) else { return .fails(.notAllowed) }
        let name = arguments[0].text
        guard cell.hasBearer, !name.hasSuffix(".invalid") else { return Reply(ending: .okThen(["+CDNSGIP: 0,11"])) }
        return Reply(
            ending: .okThen(["+CDNSGIP: 1,\"\(name)\",\"\(name == "localhost" ? "127.0.0.1" : "198.51.100.7")\""]))
    }

    /// 9.29: from any state to IP INITIAL; every connection is closed.
    mutating func shutContext(now: Duration) -> Reply {
        closeLink(now: now)
        cell.ip = .initial
        return Reply(ending: .text("SHUT OK"))
    }
}
