import ATProtocol
import ModemCore

/// What a well-behaved module with a good card and network answers.
enum GoodModule {
    static let ok = CommandResult(final: .ok)

    static func answer(_ text: String...) -> CommandResult {
        CommandResult(lines: text.map { Array($0.utf8) }, final: .ok)
    }

    static func cme(_ code: Int) -> CommandResult {
        CommandResult(final: .cmeError(code: code, text: Array("\(code)".utf8)))
    }

    static func result(of line: String, identity: String = "YM310.X09_AT.U60_R2.0.0.240820") -> CommandResult {
        switch line {
        case "ATI": answer(identity)
        case "AT+CGMR": answer("+CGMR: \"\(identity)\"")
        case "AT+CGSN": answer("860000000000001")
        case "AT+ICCID": answer("+ICCID: 89860000000000000001")
        case "AT+CIMI": answer("460000000000001")
        case "AT+CPIN?": answer("+CPIN: READY")
        case "AT+CEREG?": answer("+CEREG: 1,1")
        case "AT+CGREG?": answer("+CGREG: 1,1")
        case "AT+CGATT?": answer("+CGATT: 1")
        case "AT+CGDCONT?": answer("+CGDCONT: 1,\"IP\",\"cmnet\",\"10.0.0.1\",0,0")
        case "AT+CGPADDR=1": answer("+CGPADDR: 1,\"10.0.0.1\"")
        case "AT+CSQ": answer("+CSQ: 23,0")
        case "AT+CIPSHUT": CommandResult(final: .text(Array("SHUT OK".utf8)))
        case "AT+MQTTSTATU": answer("+MQTTSTATU :1")
        default: ok
        }
    }

    static func outcome(of line: String) -> Outcome? {
        if line.hasPrefix("AT+MIPSTART=") { return .connectOK }
        if line.hasPrefix("AT+MCONNECT=") { return .connackOK }
        if line.hasPrefix("AT+MSUB=") { return .suback }
        if line.hasPrefix("AT+MUNSUB=") { return .unsuback }
        return nil
    }
}

extension ATCommand {
    var text: String { String(decoding: line, as: UTF8.self) }
}
