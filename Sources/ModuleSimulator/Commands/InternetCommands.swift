/// YM310 AT manual 9.1 and 9.21: CIPMUX and CDNSGIP; the rest of chapter 9 is in `Families/CIP`.
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
        case ("+CDNSGIP", .test): return .ok
        case ("+CDNSGIP", .set(let arguments)): return lookUp(arguments)
        case ("+CIPMUX", _), ("+CDNSGIP", _):
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
}
