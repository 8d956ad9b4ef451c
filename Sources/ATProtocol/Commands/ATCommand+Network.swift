/// Commands about the network and its bearer: YM310 AT manual chapters 5, 6 and 9.
extension ATCommand {
    /// `AT+CSQ`: answers `+CSQ: rssi,ber`. YM310 AT manual 5.1.
    public static var csq: ATCommand { ATCommand("AT+CSQ", prefixes: ["+CSQ"]) }

    /// `AT+COPS?`: answers `+COPS: mode[,format,"oper"[,AcT]]`. YM310 AT manual 5.6.
    public static var copsQuery: ATCommand { ATCommand("AT+COPS?", timeout: queryTimeout, prefixes: ["+COPS"]) }

    /// `AT+CEREG=n`: LTE registration URCs. YM310 AT manual 5.4.
    public static func ceregEnable(_ mode: Int = 1) -> ATCommand { ATCommand("AT+CEREG=\(mode)") }

    /// `AT+CEREG?`: answers `+CEREG: n,stat[,…]`. YM310 AT manual 5.4.
    public static var ceregQuery: ATCommand { ATCommand("AT+CEREG?", prefixes: ["+CEREG"]) }

    /// `AT+CGREG=n`: packet registration URCs. YM310 AT manual 6.1.
    public static func cgregEnable(_ mode: Int = 1) -> ATCommand { ATCommand("AT+CGREG=\(mode)") }

    /// `AT+CGREG?`: answers `+CGREG: n,stat[,…]`. YM310 AT manual 6.1.
    public static var cgregQuery: ATCommand { ATCommand("AT+CGREG?", prefixes: ["+CGREG"]) }

    /// `AT+CGATT?`: answers `+CGATT: 0|1`. YM310 AT manual 6.2; for the limit see `queryTimeout`.
    public static var cgattQuery: ATCommand {
        ATCommand("AT+CGATT?", timeout: queryTimeout, prefixes: ["+CGATT"])
    }

    /// `AT+CGATT=n`: detach (0) or attach (1). YM310 AT manual 6.2.
    public static func cgatt(_ state: Int) -> ATCommand {
        ATCommand("AT+CGATT=\(state)", timeout: .seconds(108))
    }

    /// `AT+CGDCONT=cid,"type","apn"`. YM310 AT manual 6.3.
    public static func cgdcont(cid: Int, type: String = "IP", apn: String) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+CGDCONT=")
        try writer.append(number: cid, in: 1...15, field: "context id")
        writer.append(",")
        try writer.append(quoted: type, field: "PDP type", limit: 16)
        writer.append(",")
        try writer.append(quoted: apn, field: "APN", limit: 128, mayBeEmpty: true)
        return ATCommand(line: writer.line)
    }

    /// `AT+CGDCONT?`: one `+CGDCONT: cid,"type","apn","address",…` line per context. YM310 AT manual 6.3.
    public static var cgdcontQuery: ATCommand { ATCommand("AT+CGDCONT?", prefixes: ["+CGDCONT"]) }

    /// How a bearer is authenticated.
    public enum BearerAuthentication: Int, Equatable, Sendable {
        /// No user and password.
        case none = 0
        /// PAP.
        case pap = 1
        /// CHAP.
        case chap = 2
    }

    /// `AT+CGAUTH=cid,protocol[,"user","password"]`. YM310 AT manual 6.4.
    public static func cgauth(
        cid: Int, authentication: BearerAuthentication, username: String = "", password: String = ""
    ) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+CGAUTH=")
        try writer.append(number: cid, in: 1...15, field: "context id")
        writer.append(",\(authentication.rawValue)")
        let shown = String(decoding: writer.line, as: UTF8.self)
        guard authentication != .none else { return ATCommand(line: writer.line) }
        writer.append(",")
        try writer.append(quoted: username, field: "APN user", mayBeEmpty: true)
        writer.append(",")
        try writer.append(quoted: password, field: "APN password", mayBeEmpty: true)
        return ATCommand(line: writer.line, redacted: shown + ",\"***\",\"***\"")
    }

    /// `AT+CGPADDR=cid`: answers `+CGPADDR: cid,"address"`. YM310 AT manual 6.5.
    public static func cgpaddr(cid: Int? = nil) -> ATCommand {
        ATCommand(cid.map { "AT+CGPADDR=\($0)" } ?? "AT+CGPADDR", prefixes: ["+CGPADDR"])
    }

    /// `AT+CGACT=state,cid`: activates (1) or releases (0) a context. YM310 AT manual 6.6.
    public static func cgact(state: Int, cid: Int) -> ATCommand {
        ATCommand("AT+CGACT=\(state),\(cid)", timeout: .seconds(108))
    }

    /// `AT+CGACT?`: one `+CGACT: cid,state` line per context. YM310 AT manual 6.6.
    public static var cgactQuery: ATCommand {
        ATCommand("AT+CGACT?", timeout: queryTimeout, prefixes: ["+CGACT"])
    }

    /// `AT+CGEREP=n`: bearer URCs (`+CGEV`). Air780EP answers ERROR and has them on anyway. YM310 AT manual 6.7.
    public static func cgerep(_ mode: Int = 1) -> ATCommand { ATCommand("AT+CGEREP=\(mode)") }

    /// `AT+CIPMUX=n`: single (0) or multiple links. YM310 AT manual 9.1.
    public static func cipmux(_ mode: Int) -> ATCommand { ATCommand("AT+CIPMUX=\(mode)") }

    /// `AT+CPNETAPN=2,"apn","user","password",auth`: APN of a private card, saved; the protocol stack restarts.
    /// Quotes are optional there, and given. YM310 AT manual 9.3.
    public static func cpnetapn(
        apn: String, username: String = "", password: String = "", authentication: BearerAuthentication = .none
    ) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+CPNETAPN=2,")
        try writer.append(quoted: apn, field: "APN", limit: 128)
        let shown = String(decoding: writer.line, as: UTF8.self)
        writer.append(",")
        try writer.append(quoted: username, field: "APN user", limit: 32, mayBeEmpty: true)
        writer.append(",")
        try writer.append(quoted: password, field: "APN password", limit: 32, mayBeEmpty: true)
        writer.append(",\(authentication.rawValue)")
        return ATCommand(line: writer.line, redacted: shown + ",\"***\",\"***\",\(authentication.rawValue)")
    }

    /// `AT+CIFSR`: the own address as a bare line, mostly without `OK`. YM310 AT manual 9.5.
    public static var cifsr: ATCommand {
        ATCommand("AT+CIFSR", prefixes: ["+CIFSR"], takesFreeText: true, endsWithoutFinal: true)
    }

    /// `AT+CIPSHUT`: closes every link and the scene; ends with `SHUT OK`, with an `OK` before or after it at some.
    /// YM310 AT manual 9.29, 1.4.
    public static var cipshut: ATCommand {
        ATCommand("AT+CIPSHUT", timeout: .seconds(90), successLines: ["SHUT OK"], meaningOfOK: .notYet)
    }
}
