import ATProtocol
import ModemCore

/// The real session in front of the machine: only bytes and time.
final class MuteBench {
    var link: LinkStateMachine
    var session = CommandSession(baud: 115_200)
    var now: Duration = .seconds(50)
    var lines: [String] = []
    /// From this command on (counted in the bring-up) nothing is answered.
    var muteAt: Int
    var mutedSince: Duration?
    var blindRestart: Duration?
    var hardwareReset: Duration?
    var isOnline = false
    var waits: Int
    /// Whether it falls mute when the TCP connection stands, with the session due.
    var isMuteWithAStream = false
    private var sockets = GoodSockets()
    private var hasStream = false

    init(_ settings: LinkSettings, muteAt: Int, waits: Int) {
        link = LinkStateMachine(settings)
        self.muteAt = muteAt
        self.waits = waits
    }

    func run(_ actions: [LinkAction]) {
        for action in actions {
            switch action {
            case .openPort:
                run(session.portOpened(now: now))
                run(link.portOpened(now: now))
            case .synchronise(let attempts, let interval):
                run(session.synchronise(attempts: attempts, interval: interval, now: now))
            case .submit(let command): run(session.submit(command, now: now))
            case .restartBlindly: blindRestart = now
            case .resetHardware: hardwareReset = now
            case .online: isOnline = true
            case .recordManifest(_, let token): run(link.manifestRecorded(token: token, now: now))
            case .useSocketDialect(let dialect): session.socketDialect = dialect
            case .streamOpened:
                hasStream = true
                if isMuteWithAStream { mutedSince = now }
            case .streamClosed: hasStream = false
            case .closePort, .fillDataMode, .repeatSend, .clearDataModeRecord, .offline, .confirmed, .subscribed,
                .unsubscribed,
                .overwritten, .pinRefused, .textMode, .recordLadder, .gaveUp, .report, .finished:
                break
            }
        }
    }

    func run(_ actions: [CommandSession.Action]) {
        for action in actions {
            switch action {
            case .write(let bytes):
                run(session.written(now: now))
                written(String(decoding: bytes.dropLast(2), as: UTF8.self))
            case .completed(let result): run(link.commandCompleted(result, now: now))
            case .urc(let urc): run(link.urcReceived(urc, now: now))
            case .synchronised: run(link.synchronised(now: now))
            case .synchronisationFailed, .dataModeUnknown: run(link.synchronisationFailed(now: now))
            case .message, .echoReturned, .discarded, .data, .dataDamaged: break
            }
        }
    }

    /// A good module's answer, unless it has fallen mute. At `waits`, an outcome is never told, and it falls mute then.
    private func written(_ line: String) {
        if line != "AT" { lines.append(line) }
        if mutedSince == nil, lines.count > muteAt { mutedSince = now }
        guard mutedSince == nil else { return }
        let socketOutcome = sockets.outcome(of: line)
        let result = line == "AT" ? GoodModule.ok : sockets.answer(line) ?? GoodModule.result(of: line)
        var text = result.lines.map { String(decoding: $0, as: UTF8.self) }
        switch result.final {
        case .ok where text.first?.hasPrefix("STATE") ?? false: text.insert("OK", at: 0)
        case .ok: text.append("OK")
        case .error: text.append("ERROR")
        case .text(let bytes): text.append(String(decoding: bytes, as: UTF8.self))
        default: break
        }
        if line == "AT+CMEE?" { text.insert("+CMEE: 1", at: 0) }
        say(text)
        guard let outcome = GoodModule.outcome(of: line) ?? socketOutcome else { return }
        if lines.count == waits {
            mutedSince = now
        } else {
            if line.hasPrefix("AT+QIOPEN=0") { return say(["+QIOPEN: 0,0"]) }
            say([["connectOK": "CONNECT OK", "connackOK": "CONNACK OK", "suback": "SUBACK"]["\(outcome)"] ?? ""])
        }
    }

    private var input: [UInt8] = []
    private func say(_ lines: [String]) { input += lines.flatMap { Array("\r\n\($0)\r\n".utf8) } }

    /// Delivers what was said, or goes to the next deadline.
    func step() -> Bool {
        if !input.isEmpty {
            let bytes = input
            input = []
            now += .milliseconds(3)
            link.bytesArrived()
            run(session.received(bytes, now: now))
            return true
        }
        if hasStream, !isOnline, mutedSince == nil {
            run(link.sessionEstablished(now: now))
            return true
        }
        guard let due = [session.deadline, link.deadline].compactMap({ $0 }).min() else { return false }
        now = max(now, due)
        if let due = session.deadline, due <= now { run(session.deadlineReached(now: now)) }
        if let due = link.deadline, due <= now { run(link.deadlineReached(now: now)) }
        return true
    }
}
