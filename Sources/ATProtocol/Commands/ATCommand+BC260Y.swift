/// The TCP connection of Quectel's BC260Y-CN: BC260Y-CN TCP/IP guide. Connection 0 of context 0, hexadecimal both ways.
extension ATCommand {
    /// Most bytes of one hexadecimal `AT+QISEND` (BC260Y-CN TCP/IP guide 2.3.5).
    public static let bc260ySendLimit = 512

    /// `AT+QICFG="dataformat",1,1`: hexadecimal both ways; kept over deep sleep. BC260Y-CN TCP/IP guide 2.3.1.
    public static var qicfgDataFormat: ATCommand { ATCommand("AT+QICFG=\"dataformat\",1,1") }

    /// `AT+QICFG="dataformat"`: answers `+QICFG: "dataformat",send,receive`. BC260Y-CN TCP/IP guide 2.3.1.
    public static var qicfgDataFormatQuery: ATCommand {
        ATCommand("AT+QICFG=\"dataformat\"", prefixes: ["+QICFG"])
    }

    /// `AT+QIOPEN=0,0,"TCP","host",port`: the module picks its port. `OK` only means "accepted"; outcome:
    /// `+QIOPEN: 0,error` within 60 s. After a failure ``qicloseContext`` is due. BC260Y-CN TCP/IP guide 2.3.2.
    public static func qiopenContext(host: String, port: Int) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+QIOPEN=0,0,\"TCP\",")
        try writer.append(host: host, limit: 150)
        writer.append(",")
        try writer.append(number: port, in: 1...65535, field: "port")
        return ATCommand(line: writer.line)
    }

    /// `AT+QISEND=0,n,digits`, 1 to 512 bytes. `OK`, then `SEND OK` or `SEND FAIL` as ``SocketEvent``: the next send
    /// only after it. BC260Y-CN TCP/IP guide 2.3.5.
    public static func qisendHex(_ data: [UInt8]) throws(ATEncodingError) -> ATCommand {
        try CommandWriter.check(payload: data, limit: bc260ySendLimit)
        var writer = CommandWriter("AT+QISEND=0,\(data.count),", capacity: 2 * data.count + 24)
        for byte in data {
            writer.append(Hex.digit(byte >> 4))
            writer.append(Hex.digit(byte))
        }
        return ATCommand(line: writer.line, redacted: "AT+QISEND=0,\(data.count),<\(data.count) bytes, hex>")
    }

    /// `AT+QISEND=0,0`: answers `+QISEND: sent,acknowledged,open`, then `OK`, or `SEND OK` in two of the guide's
    /// examples. BC260Y-CN TCP/IP guide 2.3.5, 4.2.
    public static var qisendState: ATCommand {
        ATCommand("AT+QISEND=0,0", prefixes: ["+QISEND"], successLines: ["SEND OK"])
    }

    /// `AT+QICLOSE=0`: `OK`, then `CLOSE OK`. Also due after a failure to open and after `"closed"`.
    /// BC260Y-CN TCP/IP guide 2.3.3.
    public static var qicloseContext: ATCommand {
        ATCommand("AT+QICLOSE=0", successLines: ["CLOSE OK"], meaningOfOK: .notYet)
    }

    /// `AT+QISTATE=1,0`: answers `+QISTATE: 0,"TCP","host",port,local,state,context,mode`, or nothing.
    /// BC260Y-CN TCP/IP guide 2.3.4.
    public static var qistateContext: ATCommand { ATCommand("AT+QISTATE=1,0", prefixes: ["+QISTATE"]) }
}
