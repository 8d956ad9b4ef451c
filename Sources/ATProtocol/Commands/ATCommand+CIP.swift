/// The TCP connection of Air724UG, Air780E and EP, and EC716S: YM310 AT manual chapter 9, Air724UG TCP guide 2.
///
/// One connection (`AT+CIPMUX=0`), never the transparent mode. `AT+CIPMUX`, `AT+CIFSR` and `AT+CIPSHUT` stand with the
/// commands of the network.
extension ATCommand {
    /// Most bytes of one `AT+CIPSEND` (YM310 AT manual 9.14, `<size>`).
    public static let cipSendLimit = 1460
    /// Most bytes of one read (YM310 AT manual 9.27).
    public static let cipReadLimit = 1460
    /// Most bytes of one read as digits (YM310 AT manual 9.27).
    public static let cipHexReadLimit = 730

    /// `AT+CIPQSEND=n`: how a send is answered; 1 `DATA ACCEPT:n` once the module has the bytes, 0 and 2 `SEND OK`.
    /// Before the bearer is opened. YM310 AT manual 9.11.
    public static func cipqsend(_ mode: Int) -> ATCommand { ATCommand("AT+CIPQSEND=\(mode)") }

    /// `AT+CIPHEAD=n`: with 1 bytes come with `+IPD,n:` in front of them. YM310 AT manual 9.23.
    public static func ciphead(_ mode: Int) -> ATCommand { ATCommand("AT+CIPHEAD=\(mode)") }

    /// `AT+CIPRXF=n`: with 0 CRLF is added behind what came, with 1 none. YM310 AT manual 9.12.
    public static func ciprxf(_ mode: Int) -> ATCommand { ATCommand("AT+CIPRXF=\(mode)") }

    /// `AT+CIPRXGET=n`: bytes are pushed (0), or read on request with a notice once (1) or every time (5).
    /// YM310 AT manual 9.27.
    public static func ciprxget(_ mode: Int) -> ATCommand { ATCommand("AT+CIPRXGET=\(mode)") }

    /// `AT+CSTT`, or `AT+CSTT="apn"[,"user","password"]`: without an APN the module takes the one it registered with.
    /// Only in the state IP INITIAL. YM310 AT manual 9.2, 1.4.
    public static func cstt(
        apn: String = "", user: String = "", password: String = ""
    ) throws(ATEncodingError) -> ATCommand {
        guard !apn.isEmpty || !user.isEmpty || !password.isEmpty else {
            return ATCommand("AT+CSTT", timeout: .seconds(60))
        }
        var writer = CommandWriter("AT+CSTT=")
        let shown = try writer.append(apn: apn, user: user, password: password, textLimit: 32)
        return ATCommand(line: writer.line, timeout: .seconds(60), redacted: "AT+CSTT=" + shown)
    }

    /// `AT+CIICR`: opens the bearer; `+PDP: DEACT` may stand before its error. YM310 AT manual 9.4, 1.4.
    public static var ciicr: ATCommand { ATCommand("AT+CIICR", timeout: .seconds(90)) }

    /// `AT+CIPSTART="TCP","host",port`. `OK` only means "accepted"; outcome: CONNECT OK, ALREADY CONNECT or CONNECT FAIL.
    /// YM310 AT manual 9.9.
    public static func cipstart(host: String, port: Int) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+CIPSTART=\"TCP\",")
        try writer.append(host: host, limit: 128)
        writer.append(",")
        try writer.append(number: port, in: 1...65535, field: "port")
        return ATCommand(line: writer.line, successLines: ["ALREADY CONNECT"])
    }

    /// `AT+CIPSEND=n`, then exactly the bytes at the prompt, 1 to 1460. Ends with `DATA ACCEPT:n` or `SEND OK` as
    /// ``CommandResult/Final/text(_:)``, see ``CommandResult/acceptedBytes``. YM310 AT manual 9.14.
    public static func cipsend(_ data: [UInt8]) throws(ATEncodingError) -> ATCommand {
        try CommandWriter.check(payload: data, limit: cipSendLimit)
        return ATCommand(
            line: Array("AT+CIPSEND=\(data.count)".utf8), successLines: ["SEND OK"],
            successPrefixes: ["DATA ACCEPT", "DATAACCEPT"], failureLines: ["SEND FAIL"], meaningOfOK: .nothing,
            data: data)
    }

    /// `AT+CIPRXGET=2,n`: up to n bytes, 1 to 1460, as ``CommandSession/Action/data(_:)`` before the end; the line
    /// `+CIPRXGET: 2,read,left` is in the result. YM310 AT manual 9.27.
    public static func ciprxgetRead(_ max: Int) throws(ATEncodingError) -> ATCommand {
        try read("AT+CIPRXGET=2,", max, 1...cipReadLimit, prefix: "+CIPRXGET")
    }

    /// `AT+CIPRXGET=3,n`: the same as digits, n from 1 to 730. YM310 AT manual 9.27.
    public static func ciprxgetReadHex(_ max: Int) throws(ATEncodingError) -> ATCommand {
        try read("AT+CIPRXGET=3,", max, 1...cipHexReadLimit, prefix: "+CIPRXGET")
    }

    /// `AT+CIPRXGET=4`: answers `+CIPRXGET: 4,left`. YM310 AT manual 9.27.
    public static var ciprxgetLeft: ATCommand { ATCommand("AT+CIPRXGET=4", prefixes: ["+CIPRXGET"]) }

    /// `AT+CIPACK`: answers `+CIPACK: sent,acknowledged,open`, bytes since the connection opened. YM310 AT manual 9.18.
    public static var cipack: ATCommand { ATCommand("AT+CIPACK", prefixes: ["+CIPACK"]) }

    /// `AT+CIPSTATUS`: `OK`, then `STATE: …`, which is in the lines of the result. YM310 AT manual 9.17.
    public static var cipstatus: ATCommand {
        ATCommand("AT+CIPSTATUS", successPrefixes: ["STATE"], meaningOfOK: .notYet)
    }

    /// `AT+CIPCLOSE`: ends with `CLOSE OK`; `ERROR` when there is nothing to close. YM310 AT manual 9.28.
    public static var cipclose: ATCommand {
        ATCommand("AT+CIPCLOSE", successLines: ["CLOSE OK"], meaningOfOK: .notYet)
    }

    /// `AT+CIPTKA=1,idle,interval,count`: TCP's own keep-alive; seconds 30 to 7200 and 30 to 600, probes 1 to 9.
    /// YM310 AT manual 9.32; manual Air780EP TCP over SSL advises 180, 75, 6 where idle flows are cut.
    public static func ciptka(idle: Int, interval: Int, count: Int) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+CIPTKA=1,")
        try writer.append(number: idle, in: 30...7200, field: "keep-alive idle time")
        writer.append(",")
        try writer.append(number: interval, in: 30...600, field: "keep-alive interval")
        writer.append(",")
        try writer.append(number: count, in: 1...9, field: "keep-alive count")
        return ATCommand(line: writer.line)
    }

    /// A read of at most so many bytes.
    static func read(
        _ start: String, _ max: Int, _ allowed: ClosedRange<Int>, prefix: String, timeout: Duration = defaultTimeout
    ) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter(start)
        try writer.append(number: max, in: allowed, field: "bytes to read")
        return ATCommand(line: writer.line, timeout: timeout, prefixes: [prefix])
    }
}
