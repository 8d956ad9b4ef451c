/// Recognises lines about a TCP connection that no command asked for.
enum SocketLine {
    static func parse(_ line: [UInt8], _ dialect: SocketDialect) -> URC? {
        let text = line.withoutLink
        if text.equals("SEND OK") { return .socket(.sent) }
        if text.equals("SEND FAIL") { return .socket(.sendFailed) }
        switch dialect {
        case .cip:
            if let rest = ResponseFields.afterPrefix(line, "+CIPRXGET") {
                // `1`, or `1,3` with the number of the connection (YM310 AT manual 9.27).
                let fields = rest.split(separator: 0x2C).map(\.trimmed)
                return fields.first?.decimal == 1 && fields.count <= 2 ? .socket(.dataWaiting) : nil
            }
            guard let rest = text.dropping("TCP ERROR")?.withoutLeadingBlanks, rest.first == 0x3A else { return nil }
            return rest.dropFirst().trimmed.decimal.map { .socket(.tcpError(code: $0)) } ?? .other(line)
        case .qi:
            return ResponseFields.afterPrefix(line, "+QIRDI") == nil ? nil : .socket(.dataWaiting)
        case .bc260y:
            if ResponseFields.afterPrefix(line, "+IP") != nil { return .socket(.networkReady) }
            if let fields = ResponseFields(line: line, prefix: "+QIOPEN") { return opened(fields) ?? .other(line) }
            if let fields = ResponseFields(line: line, prefix: "+QIURC") {
                return fields.bytes(0)?.equals("closed") == true && fields.number(1) == 0 ? .closed : .other(line)
            }
            return nil
        }
    }

    /// `0,error` (BC260Y-CN TCP/IP guide 2.3.2).
    private static func opened(_ fields: ResponseFields) -> URC? {
        guard fields.number(0) == 0, fields.fields.count == 2, let code = fields.number(1) else { return nil }
        if code == 0 { return .outcome(.connectOK) }
        let words = errors[code].map { " " + $0 } ?? ""
        return .outcome(.connectFail(state: Array("\(code)\(words)".utf8)))
    }

    /// BC260Y-CN TCP/IP guide 3.
    private static let errors: [Int: String] = [
        550: "Unknown error", 551: "Operation blocked", 552: "Invalid parameters", 553: "Memory not enough",
        554: "Create socket failed", 555: "Operation not supported", 556: "Socket bind failed",
        557: "Socket listen failed", 558: "Socket write failed", 559: "Socket read failed",
        560: "Socket accept failed", 561: "Open PDP context failed", 562: "Close PDP context failed",
        563: "Socket identity has been used", 564: "DNS busy", 565: "DNS parse failed",
        566: "Socket connection failed", 567: "Socket has been closed", 568: "Operation busy",
        569: "Operation timeout", 570: "PDP context broken down", 571: "Cancel send", 572: "Operation not allowed",
        573: "APN not configured", 574: "Port busy",
    ]
}
