@testable import ATProtocol

/// A whole dialogue: commands, bytes, time and a port that comes and goes, in any order. The seed is the text that the
/// module prints; 0x1E and a letter between is an event.
@Sendable func fuzzSession(_ input: FuzzInput) { runSession(input.rest, nil) }

/// The same on a socket link.
func runSession(_ script: [UInt8], _ dialect: SocketDialect?) {
    var whole = SessionRun(dialect)
    var bytewise = SessionRun(dialect)
    var position = 0
    while position < script.count {
        let end = script[position...].firstIndex(of: 0x1E) ?? script.count
        if end > position {
            let chunk = Array(script[position..<end])
            whole.receive([chunk])
            bytewise.receive(chunk.map { [$0] })
            compare(whole.last, bytewise.last, "the bytes \(shown(chunk))")
        }
        guard end + 1 < script.count else { break }
        whole.event(script[end + 1])
        bytewise.event(script[end + 1])
        compare(whole.last, bytewise.last, "event \(script[end + 1])")
        position = end + 2
    }
    whole.settle()
}

private func compare(_ whole: [CommandSession.Action], _ bytewise: [CommandSession.Action], _ after: String) {
    require(whole == bytewise, "whole \(whole), bytewise \(bytewise), after \(after)")
}

/// One session, what was asked of it and what it owes.
private struct SessionRun: ~Copyable {
    private var session: CommandSession
    private var now = Duration.zero
    private var isOpen = true
    /// Commands that were submitted and have not ended.
    private var owed = 0
    private var command: ATCommand?
    private var dataWritten = false
    private let limits: Limits
    var last: [CommandSession.Action] = []

    init(_ dialect: SocketDialect?) {
        // Small bounds, so that short inputs reach them.
        var limits = Limits()
        limits.lineLength = 96
        limits.maximumPayload = 128
        limits.responseLines = 4
        limits.maximumFrame = 128
        self.limits = limits
        session = CommandSession(limits: limits, baud: 115_200)
        session.topicMatches = matches
        session.socketDialect = dialect
        last = session.portOpened(now: now)
    }

    private static let commands: [ATCommand] = [
        .at, .ate0, .ati, .csq, .cgsn, .cpinQuery, .ceregQuery, .cgregQuery, .cifsr, .cipshut, .cmeeQuery,
        .mqttMode(1), .mqttMode(0), .mqttMessageGet, .mqttStatus, .cntp,
    ]

    mutating func receive(_ reads: [[UInt8]]) {
        last = []
        for read in reads { take(session.received(read, now: now)) }
    }

    mutating func event(_ code: UInt8) {
        last = []
        switch code {
        case UInt8(ascii: "a")...UInt8(ascii: "p"): submit(Self.commands[Int(code - 0x61)])
        case UInt8(ascii: "q"): submit(try? .mpubex(topic: Array("t".utf8), qos: 1, retain: false, data: [0x41, 0x1A]))
        case UInt8(ascii: "r"): submit(try? .fsWrite("ca.crt", contents: Array("OK\r\n".utf8)))
        case UInt8(ascii: "s"): submit(try? .mipstart(host: "h", port: 1883, tls: false))
        case UInt8(ascii: "t"): submit(try? .cipsend(Array("OK\r\n+IPD,9:".utf8)))
        case UInt8(ascii: "u"): submit(try? .ciprxgetRead(100))
        case UInt8(ascii: "v"): submit(try? .qird(100))
        case UInt8(ascii: "x"): submit(try? .qisendHex([0x41]))
        case UInt8(ascii: "y"): submit(.cipstatus)
        case UInt8(ascii: "z"): submit(.qicloseContext)
        case UInt8(ascii: "A"): submit(.qisendState)
        case UInt8(ascii: "w"): take(session.written(now: now))
        case UInt8(ascii: "D"): reachDeadline()
        case UInt8(ascii: "S"):
            guard isOpen else { break }
            // A command in flight is forgotten without a result, unless its good end was seen.
            take(session.synchronise(attempts: 3, interval: .milliseconds(500), now: now))
            owed = 0
        case UInt8(ascii: "C"):
            isOpen = false
            take(session.portClosed(now: now))
        case UInt8(ascii: "O"):
            isOpen = true
            take(session.portOpened(now: now))
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            now += .milliseconds(50 << Int(code - 0x30))
            take(session.deadlineReached(now: now))
        default: break
        }
        require(session.lexer.heldBytes <= 1024 + 32 + 2 * limits.maximumPayload, "holds \(session.lexer.heldBytes)")
    }

    /// With nothing more to come every command ends within its deadlines.
    mutating func settle() {
        var turns = 0
        while session.deadline != nil {
            reachDeadline()
            turns += 1
            require(turns < 100, "deadlines without end")
        }
        require(owed == 0, "a command never ended")
    }

    private mutating func reachDeadline() {
        guard let deadline = session.deadline else { return }
        now = max(now, deadline)
        take(session.deadlineReached(now: now))
        if let next = session.deadline { require(next > now, "a deadline that does not move") }
    }

    private mutating func submit(_ command: ATCommand?) {
        guard let command, session.isIdle else { return }
        self.command = command
        dataWritten = false
        owed = 1
        let actions = session.submit(command, now: now)
        require(actions == [.write(command.line + [0x0D, 0x0A])], "submit gives \(actions)")
        take(actions)
    }

    private mutating func take(_ actions: [CommandSession.Action]) {
        last += actions
        for action in actions {
            switch action {
            case .write(let bytes): check(bytes)
            case .completed(let result):
                owed -= 1
                require(owed == 0, "ended more often than submitted: \(result)")
                require(result.lines.count <= limits.responseLines + 1, "\(result.lines.count) lines")
                for line in result.lines { require(line.count <= limits.lineLength, "a line of \(line.count)") }
                _ = (result.final.description, result.final.wireText)
            case .urc(let urc): _ = urc.wireText
            case .discarded(let discard):
                require(discard.excerpt.count <= limits.excerptLength, "an excerpt of \(discard.excerpt.count)")
            case .message(let message):
                require(matches(message.topic) && message.payload.count <= limits.maximumPayload, "\(message)")
            case .synchronised: require(session.isIdle, "in step and not idle")
            case .synchronisationFailed, .dataModeUnknown: require(!session.isIdle, "unusable and idle")
            case .data(let bytes):
                require(session.socketDialect != nil && !bytes.isEmpty, "bytes of no connection")
                require(bytes.count <= limits.maximumFrame, "a frame of \(bytes.count)")
            case .dataDamaged(let discard):
                require(session.socketDialect != nil, "a frame of no connection")
                require(discard.excerpt.count <= limits.excerptLength, "an excerpt of \(discard.excerpt.count)")
            case .echoReturned: break
            }
        }
        if session.isIdle { require(owed == 0, "idle with a command in flight") }
    }

    /// Nothing goes out but the command, its data once, and the two calls of the synchronisation.
    private mutating func check(_ bytes: [UInt8]) {
        if bytes == Array("AT\r\n".utf8) || bytes == Array("AT+CMEE?\r\n".utf8) { return }
        if let command, bytes == command.line + [0x0D, 0x0A], owed == 1 { return }
        require(!dataWritten && owed == 1 && bytes == command?.data, "writes \(shown(bytes))")
        dataWritten = true
    }
}
