import Glibc
import LinuxIO

/// A module that answers at once and from a script, on a PTY without pacing: no broker, no state, nothing to wait for.
final class ScriptedModule {
    private let loop: EventLoop
    private let terminal: PseudoTerminal
    /// Held open, so that the bridge's first byte is seen when it comes and not when somebody looks for a reader.
    private let slave: OwnedDescriptor
    private var line: [UInt8] = []
    private var answeredAt: Duration?
    private var answeredQoS = 0
    /// How long a publish takes.
    var answerDelay: Duration = .zero
    /// While false the module says that it searches for a network, so that the link stays down.
    private(set) var isRegistered = false
    /// When the first byte came.
    private(set) var firstByte: Duration?
    /// Seconds from the final result of a publish to the first byte of the next, by the QoS of the first.
    private(set) var gaps: [[Double]] = [[], []]
    /// Publishes received, by QoS.
    private(set) var publishes = [0, 0]

    /// A module on a PTY of its own.
    init(loop: EventLoop) throws {
        self.loop = loop
        terminal = try PseudoTerminal()
        slave = try OwnedDescriptor.open(terminal.slavePath, flags: O_RDWR | O_NOCTTY | O_NONBLOCK)
        terminal.onBytes = { [weak self] in self?.received($0) }
        try terminal.attach(to: loop)
    }

    /// The port to open.
    var path: String { terminal.slavePath }

    /// Finds a network.
    func register() {
        isRegistered = true
        terminal.write(Array("\r\n+CEREG: 1\r\n".utf8))
    }

    private func received(_ bytes: [UInt8]) {
        let now = loop.now
        if firstByte == nil { firstByte = now }
        let gap = line.isEmpty ? answeredAt.map { (now - $0).inSeconds } : nil
        for byte in bytes {
            if byte == 0x0D {
                commandReceived(gap)
                line.removeAll(keepingCapacity: true)
            } else if byte != 0x0A {
                line.append(byte)
            }
        }
    }

    private func commandReceived(_ gap: Double?) {
        guard line.starts(with: Self.publish) else {
            answeredAt = nil
            answer(String(decoding: line, as: UTF8.self))
            return
        }
        // Other commands in between would be counted as our own time, so only publish after publish is.
        if let gap { gaps[answeredQoS].append(gap) }
        let end = line.dropFirst(Self.publish.count).firstIndex(of: UInt8(ascii: "\"")) ?? line.startIndex
        let qos = end + 2 < line.count && line[end + 2] == UInt8(ascii: "1") ? 1 : 0
        publishes[qos] += 1
        answeredQoS = qos
        let answer = qos == 0 ? Self.ok : Self.acknowledged
        guard answerDelay > .zero else { return publishAnswered(answer) }
        loop.schedule(after: answerDelay) { [weak self] in self?.publishAnswered(answer) }
    }

    private func publishAnswered(_ answer: [UInt8]) {
        answeredAt = loop.now
        terminal.write(answer)
    }

    private static let publish = Array("AT+MPUB=\"".utf8)
    /// What ends a publish at QoS 0.
    static let ok = Array("\r\nOK\r\n".utf8)
    private static let acknowledged = Array("\r\nOK\r\n\r\nPUBACK\r\n".utf8)

    private func answer(_ command: String) {
        guard command.hasPrefix("AT") else { return }
        for (prefix, text) in Self.script where command.hasPrefix(prefix) {
            return say(text.split(separator: "|").map(String.init))
        }
        if command == "AT+CEREG?" || command == "AT+CGREG?" {
            return say(["\(command.dropFirst(2).dropLast()): 1,\(isRegistered ? 1 : 2)", "OK"])
        }
        say(["OK"])
    }

    private func say(_ lines: [String]) {
        terminal.write(Array(lines.map { "\r\n\($0)\r\n" }.joined().utf8))
    }

    /// Answers other than a bare OK.
    private static let script = [
        ("ATI", "YM310|OK"), ("AT+CGMR", "V1|OK"), ("AT+CGSN", "860000000000000|OK"),
        ("AT+ICCID", "+ICCID: 89860000000000000000|OK"), ("AT+CIMI", "460000000000000|OK"),
        ("AT+CPIN?", "+CPIN: READY|OK"), ("AT+CGATT?", "+CGATT: 1|OK"),
        ("AT+CGPADDR", "+CGPADDR: 1,\"10.0.0.2\"|OK"), ("AT+CSQ", "+CSQ: 23,0|OK"),
        ("AT+MIPSTART", "OK|CONNECT OK"), ("AT+MCONNECT", "OK|CONNACK OK"), ("AT+MSUB", "OK|SUBACK"),
        ("AT+MUNSUB", "OK|UNSUBACK"), ("AT+MQTTSTATU", "+MQTTSTATU :1|OK"),
    ]
}
