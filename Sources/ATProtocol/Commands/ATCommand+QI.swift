/// The TCP connection of Quectel's GSM modules (Mxx): Quectel GSM TCP/IP guide.
///
/// One connection as a client on context 0. A command that touches the network may take 60 s (guide 9).
extension ATCommand {
    /// Most bytes of one `AT+QISEND` (Quectel GSM TCP/IP guide 4.1).
    public static let qiSendLimit = 1460
    /// Most bytes of one `AT+QIRD`; the guide's example asks for 1024 (Quectel GSM TCP/IP guide 5.2).
    public static let qiReadLimit = 1460

    /// What any command may take at most (Quectel GSM TCP/IP guide 9).
    private static let qiTimeout: Duration = .seconds(60)

    /// `AT+IPR=n&W`: fixes the rate and saves it, as the guide writes it. Quectel GSM TCP/IP guide 2.
    public static func iprSaved(_ baud: Int) -> ATCommand { ATCommand("AT+IPR=\(baud)&W") }

    /// `AT+QIFGCNT=n`: context n is the one that the following commands are about. Quectel GSM TCP/IP guide 2.
    public static func qifgcnt(_ context: Int) -> ATCommand { ATCommand("AT+QIFGCNT=\(context)") }

    /// `AT+QICSGP=1,"apn"[,"user","password"]`: the APN of the bearer. Quectel GSM TCP/IP guide 2.
    public static func qicsgp(
        apn: String, user: String = "", password: String = ""
    ) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+QICSGP=1,")
        let shown = try writer.append(apn: apn, user: user, password: password, textLimit: 32)
        return ATCommand(line: writer.line, redacted: "AT+QICSGP=1," + shown)
    }

    /// `AT+QIMUX=n`: one connection (0) or several. Quectel GSM TCP/IP guide 3.
    public static func qimux(_ mode: Int) -> ATCommand { ATCommand("AT+QIMUX=\(mode)") }

    /// `AT+QIMODE=n`: commands (0) or the transparent mode. Quectel GSM TCP/IP guide 2.
    public static func qimode(_ mode: Int) -> ATCommand { ATCommand("AT+QIMODE=\(mode)") }

    /// `AT+QIDNSIP=n`: the server is given as an address (0) or as a name (1). Quectel GSM TCP/IP guide 2.
    public static func qidnsip(_ mode: Int) -> ATCommand { ATCommand("AT+QIDNSIP=\(mode)") }

    /// `AT+QINDI=n`: with 1 bytes are read on request, `+QIRDI: …` tells of them. Quectel GSM TCP/IP guide 2.
    public static func qindi(_ mode: Int) -> ATCommand { ATCommand("AT+QINDI=\(mode)") }

    /// `AT+QILOCIP`: the own address as a bare line, mostly without `OK`; not in the guide.
    public static var qilocip: ATCommand {
        ATCommand("AT+QILOCIP", prefixes: ["+QILOCIP"], takesFreeText: true, endsWithoutFinal: true)
    }

    /// `AT+QIACT`: opens the bearer; `AT+QIOPEN` does so by itself. Quectel GSM TCP/IP guide 9.
    public static var qiact: ATCommand { ATCommand("AT+QIACT", timeout: .seconds(180)) }

    /// `AT+QIOPEN="TCP","host","port"`. `OK` only means "accepted"; outcome: CONNECT OK, ALREADY CONNECT or CONNECT FAIL,
    /// after up to three and a half minutes. Quectel GSM TCP/IP guide 3.
    public static func qiopen(host: String, port: Int) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+QIOPEN=\"TCP\",")
        try writer.append(host: host, limit: 100)
        writer.append(",\"")
        try writer.append(number: port, in: 1...65535, field: "port")
        writer.append("\"")
        return ATCommand(line: writer.line, timeout: qiTimeout, successLines: ["ALREADY CONNECT"])
    }

    /// `AT+QISEND=n`, then exactly the bytes at the prompt, 1 to 1460. Ends with `SEND OK`: TCP has them, the far side
    /// perhaps not yet. Quectel GSM TCP/IP guide 4.2.
    public static func qisend(_ data: [UInt8]) throws(ATEncodingError) -> ATCommand {
        try CommandWriter.check(payload: data, limit: qiSendLimit)
        return ATCommand(
            line: Array("AT+QISEND=\(data.count)".utf8), timeout: qiTimeout, successLines: ["SEND OK"],
            failureLines: ["SEND FAIL"], meaningOfOK: .nothing, data: data)
    }

    /// `AT+QISACK`: answers `+QISACK: sent,acknowledged,open`. Quectel GSM TCP/IP guide 4.1, 6.
    public static var qisack: ATCommand { ATCommand("AT+QISACK", prefixes: ["+QISACK"]) }

    /// `AT+QIRD=0,1,0,n`: up to n bytes, 1 to 1460, as ``CommandSession/Action/data(_:)`` before the end; the line
    /// `+QIRD: address:port,TCP,read` is in the result, and missing when there was nothing. Quectel GSM TCP/IP guide 5.2.
    public static func qird(_ max: Int) throws(ATEncodingError) -> ATCommand {
        try read("AT+QIRD=0,1,0,", max, 1...qiReadLimit, prefix: "+QIRD")
    }

    /// `AT+QICLOSE`: ends with `CLOSE OK`. Quectel GSM TCP/IP guide 7, 9.
    public static var qiclose: ATCommand {
        ATCommand("AT+QICLOSE", timeout: .seconds(90), successLines: ["CLOSE OK"], meaningOfOK: .notYet)
    }

    /// `AT+QIDEACT`: releases the bearer; `DEACT OK` after 2 to 5 s, at worst 150; the guide (7) wants it waited
    /// for a minute at most, and the module restarted then. Quectel GSM TCP/IP guide 7.
    public static var qideact: ATCommand {
        var command = ATCommand(
            "AT+QIDEACT", timeout: .seconds(60), successLines: ["DEACT OK"], meaningOfOK: .notYet)
        command.lineAfterOK = .seconds(8)
        return command
    }

    /// `AT+QISTAT`: `OK`, then `STATE: …`, which is in the lines of the result. Quectel GSM TCP/IP guide 3.
    public static var qistat: ATCommand {
        ATCommand("AT+QISTAT", successPrefixes: ["STATE"], meaningOfOK: .notYet)
    }
}
