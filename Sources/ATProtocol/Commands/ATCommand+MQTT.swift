/// Commands of the module's MQTT client: YM310 AT manual chapter 13.
///
/// `OK` after MIPSTART, MCONNECT, MSUB, MUNSUB and a publish with QoS 1 or 2 only means "accepted"; the outcome is a
/// line of its own (``Outcome``) and may even come before the `OK`.
extension ATCommand {
    /// `AT+MCONFIG="client"[,"user","password"[,qos,retain,"topic","message"]]`. YM310 AT manual 13.1.
    ///
    /// User and password are both given, empty, when both are missing; some firmwares refuse that with 765, see
    /// ``mconfigClientIDOnly(_:)``. What would need an escape is refused: none is documented here.
    public static func mconfig(
        clientID: [UInt8], username: [UInt8]? = nil, password: [UInt8]? = nil, will: MqttWill? = nil
    ) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+MCONFIG=")
        try writer.append(quoted: clientID, field: "client id")
        var shown = String(decoding: writer.line, as: UTF8.self)
        writer.append(",")
        try writer.append(quoted: username ?? [], field: "user", mayBeEmpty: true)
        writer.append(",")
        try writer.append(quoted: password ?? [], field: "password", mayBeEmpty: true)
        shown += (username ?? []).isEmpty ? ",\"\"" : ",\"***\""
        shown += (password ?? []).isEmpty ? ",\"\"" : ",\"***\""
        if let will {
            writer.append(",")
            try writer.append(number: will.qos, in: 0...2, field: "will QoS")
            writer.append(will.retain ? ",1," : ",0,")
            try writer.append(quoted: will.topic, field: "will topic")
            writer.append(",")
            try writer.append(
                quoted: will.message, field: "will message", limit: CommandWriter.willMessageLimit, mayBeEmpty: true)
            shown += ",\(will.qos),\(will.retain ? 1 : 0),\"\(String(decoding: will.topic, as: UTF8.self))\""
            shown += ",<\(will.message.count) bytes>"
        }
        return ATCommand(line: writer.line, redacted: shown)
    }

    /// `AT+MCONFIG="client"`, for firmwares that answer 765 to empty credentials. YM310 AT manual 13.1.
    public static func mconfigClientIDOnly(_ clientID: [UInt8]) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+MCONFIG=")
        try writer.append(quoted: clientID, field: "client id")
        return ATCommand(line: writer.line)
    }

    /// `AT+MIPSTART="host","port"`, with TLS `AT+SSLMIPSTART=…`. Outcome: CONNECT OK, ALREADY CONNECT or CONNECT FAIL.
    /// YM310 AT manual 13.2.
    public static func mipstart(host: String, port: Int, tls: Bool) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter(tls ? "AT+SSLMIPSTART=" : "AT+MIPSTART=")
        try writer.append(quoted: host, field: "host")
        guard (1...65535).contains(port) else {
            throw .outOfRange(field: "port", value: port, allowed: 1...65535)
        }
        writer.append(",\"\(port)\"")
        return ATCommand(line: writer.line, successLines: ["ALREADY CONNECT"])
    }

    /// `AT+MCONNECT=clean,keepalive`, seconds. Outcome: CONNACK OK, or an error line. YM310 AT manual 13.3.
    public static func mconnect(cleanSession: Bool, keepalive: Int) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter(cleanSession ? "AT+MCONNECT=1," : "AT+MCONNECT=0,")
        try writer.append(number: keepalive, in: 1...65535, field: "keep-alive")
        return ATCommand(line: writer.line)
    }

    /// `AT+MSUB="filter",qos`. Outcome: SUBACK; messages may come before it. YM310 AT manual 13.6.
    public static func msub(filter: [UInt8], qos: Int) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+MSUB=")
        try writer.append(quoted: filter, field: "filter")
        writer.append(",")
        try writer.append(number: qos, in: 0...2, field: "QoS")
        return ATCommand(line: writer.line)
    }

    /// `AT+MUNSUB="filter"`. Outcome: UNSUBACK. YM310 AT manual 13.7.
    public static func munsub(filter: [UInt8]) throws(ATEncodingError) -> ATCommand {
        var writer = CommandWriter("AT+MUNSUB=")
        try writer.append(quoted: filter, field: "filter")
        return ATCommand(line: writer.line)
    }

    /// `AT+MQTTMSGGET`: prints and frees the cached messages, as ``ReceivedMessage`` values. YM310 AT manual 13.8.
    public static var mqttMessageGet: ATCommand { ATCommand("AT+MQTTMSGGET") }

    /// `AT+MQTTMSGGET?`: four lines `+MQTTMSGGET: slot,VALID|INVALID`. YM310 AT manual 13.8.
    public static var mqttMessageGetQuery: ATCommand { ATCommand("AT+MQTTMSGGET?", prefixes: ["+MQTTMSGGET"]) }

    /// `AT+MQTTMSGSET=n`: messages are printed (0) or cached (1). YM310 AT manual 13.9.
    public static func mqttMessageSet(_ mode: Int) -> ATCommand { ATCommand("AT+MQTTMSGSET=\(mode)") }

    /// `AT+MQTTMODE=n`: payloads as text (0) or hexadecimal digits (1), both ways. YM310 AT manual 13.10.
    public static func mqttMode(_ mode: Int) -> ATCommand { ATCommand("AT+MQTTMODE=\(mode)") }

    /// `AT+MIPCLOSE`: closes the TCP link; 767 when there is none. YM310 AT manual 13.11.
    public static var mipclose: ATCommand { ATCommand("AT+MIPCLOSE") }

    /// `AT+MDISCONNECT`: ends the MQTT session. YM310 AT manual 13.12.
    public static var mdisconnect: ATCommand { ATCommand("AT+MDISCONNECT") }

    /// `AT+MQTTSTATU`: answers `+MQTTSTATU :n`; 0 offline, 1 online, 2 TCP only. YM310 AT manual 13.13.
    public static var mqttStatus: ATCommand { ATCommand("AT+MQTTSTATU", prefixes: ["+MQTTSTATU"]) }
}
