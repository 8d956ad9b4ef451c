import ATProtocol
import ModemCore

/// What bytes of a TCP connection take of the serial line, in the usual spellings of each family.
extension LineUse {
    private static let lineEnd = 2
    /// `OK` between line ends.
    private static let ok = 6

    /// So many bytes sent in so many received, over the socket link; each direction in as few pieces as the profile allows.
    /// `isCached`: what comes in is read on request, where the module can do both.
    init(sending out: Int, receiving in: Int, isCached: Bool, profile: ModuleProfile, baud: Int) {
        var use = (sent: 0, received: 0)
        var left = out
        while left > 0 {
            let piece = min(left, profile.socket.sendLimit)
            let one = Self.send(piece, profile.socket.dialect)
            use = (use.sent + one.sent, use.received + one.received)
            left -= piece
        }
        left = `in`
        let pushes = profile.socket.pushes(cached: isCached)
        while left > 0 {
            let piece = min(left, profile.socket.readLimit)
            let one = Self.receive(piece, profile.socket.dialect, pushes: pushes)
            use = (use.sent + one.sent, use.received + one.received)
            left -= piece
        }
        self.init(
            encoding: nil, profile: profile.name, sent: use.sent, received: use.received, modeSwitch: 0, baud: baud)
    }

    private static func line(_ text: String) -> Int { text.utf8.count + 2 * lineEnd }

    /// One send with its answers (YM310 AT manual 9.14; Quectel GSM TCP/IP guide 4.2; BC260Y-CN TCP/IP guide 2.3.5).
    private static func send(_ count: Int, _ dialect: SocketDialect) -> (sent: Int, received: Int) {
        switch dialect {
        case .cip: ("AT+CIPSEND=\(count)".utf8.count + lineEnd + count, lineEnd + 2 + line("DATA ACCEPT:\(count)"))
        case .qi: ("AT+QISEND=\(count)".utf8.count + lineEnd + count, lineEnd + 2 + line("SEND OK"))
        case .bc260y: ("AT+QISEND=0,\(count),".utf8.count + lineEnd + 2 * count, ok + line("SEND OK"))
        }
    }

    /// What comes in (YM310 AT manual 9.23, 9.27; Quectel GSM TCP/IP guide 5.2; BC260Y-CN TCP/IP guide 2.4.2).
    private static func receive(_ count: Int, _ dialect: SocketDialect, pushes: Bool) -> (sent: Int, received: Int) {
        switch dialect {
        case .cip where pushes: (0, lineEnd + "+IPD,\(count):".utf8.count + count)
        case .cip:
            (
                "AT+CIPRXGET=2,\(ATCommand.cipReadLimit)".utf8.count + lineEnd,
                line("+CIPRXGET: 1") + line("+CIPRXGET: 2,\(count),0") + count + lineEnd + ok
            )
        case .qi:
            // It does not say what is left: the second read finds nothing.
            (
                2 * ("AT+QIRD=0,1,0,\(ATCommand.qiReadLimit)".utf8.count + lineEnd),
                line("+QIRDI: 0,1,0") + line("+QIRD: 203.0.113.10:8883,TCP,\(count)") + count + lineEnd + 2 * ok
            )
        case .bc260y: (0, line("+QIURC: \"recv\",0,\(count),") + 2 * count)
        }
    }
}
