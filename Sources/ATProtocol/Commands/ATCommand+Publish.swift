/// Publishing: YM310 AT manual 13.4 and 13.5. The limit on the payload is the profile's and is checked by the owner.
extension ATCommand {
    /// Whether MPUB can carry the payload as text: no byte under 0x20 and no 0x7F. Bytes from 0x80 pass as they are.
    public static func isText(_ payload: [UInt8]) -> Bool {
        payload.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// Length of the payload once `"` and `\` are written as `\22` and `\5C`.
    public static func textEscapedLength(_ payload: [UInt8]) -> Int {
        payload.reduce(payload.count) { $1 == 0x22 || $1 == 0x5C ? $0 + 2 : $0 }
    }

    /// `AT+MPUB="topic",qos,retain,"message"` with the message as text. For MQTTMODE=0, and for an empty payload in
    /// either mode. Outcome with QoS 1: PUBACK; with QoS 2: PUBREC, PUBCOMP. YM310 AT manual 13.4.
    public static func mpubText(
        topic: [UInt8], qos: Int, retain: Bool, payload: [UInt8]
    ) throws(ATEncodingError) -> ATCommand {
        var writer = try publishWriter("AT+MPUB=", topic, qos, retain, room: textEscapedLength(payload) + 2)
        let shown = String(decoding: writer.line, as: UTF8.self)
        writer.append(0x22)
        for byte in payload {
            switch byte {
            case 0x22: writer.append("\\22")
            case 0x5C: writer.append("\\5C")
            case 0..<0x20, 0x7F: throw .forbiddenByte(field: "payload", byte: byte)
            default: writer.append(byte)
            }
        }
        writer.append(0x22)
        return ATCommand(line: writer.line, redacted: shown + "<\(payload.count) bytes>")
    }

    /// The same with the message as upper-case hexadecimal digits, for MQTTMODE=1. YM310 AT manual 13.10.
    public static func mpubHex(
        topic: [UInt8], qos: Int, retain: Bool, payload: [UInt8]
    ) throws(ATEncodingError) -> ATCommand {
        var writer = try publishWriter("AT+MPUB=", topic, qos, retain, room: payload.count * 2 + 2)
        let shown = String(decoding: writer.line, as: UTF8.self)
        writer.append(0x22)
        for byte in payload {
            writer.append(Hex.digit(byte >> 4))
            writer.append(Hex.digit(byte))
        }
        writer.append(0x22)
        return ATCommand(line: writer.line, redacted: shown + "<\(payload.count) bytes, hex>")
    }

    /// `AT+MPUBEX="topic",qos,retain,length`, then exactly the bytes in data mode. Not for an empty payload.
    /// YM310 AT manual 13.5.
    public static func mpubex(
        topic: [UInt8], qos: Int, retain: Bool, data: [UInt8]
    ) throws(ATEncodingError) -> ATCommand {
        guard !data.isEmpty else { throw .empty(field: "payload") }
        var writer = try publishWriter("AT+MPUBEX=", topic, qos, retain, room: 8)
        writer.append(number: data.count)
        return ATCommand(line: writer.line, data: data)
    }

    private static func publishWriter(
        _ start: String, _ topic: [UInt8], _ qos: Int, _ retain: Bool, room: Int
    ) throws(ATEncodingError) -> CommandWriter {
        var writer = CommandWriter(start, capacity: start.utf8.count + topic.count + 8 + room)
        try writer.append(quoted: topic, field: "topic")
        writer.append(",")
        try writer.append(number: qos, in: 0...2, field: "QoS")
        writer.append(retain ? ",1," : ",0,")
        return writer
    }
}
