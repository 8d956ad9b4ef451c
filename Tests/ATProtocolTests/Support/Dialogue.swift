import ATProtocol

/// A session with its clock and a record of what it did; writes are taken at once.
final class Dialogue {
    var session: CommandSession
    var now: Duration = .seconds(100)
    /// Everything since the last `take`.
    private(set) var actions: [CommandSession.Action] = []
    /// Whether `written` follows every write at once.
    var takesWrites = true

    init(limits: Limits = Limits(), baud: Int = 115200, open: Bool = true) {
        session = CommandSession(limits: limits, baud: baud)
        session.topicMatches = { _ in true }
        if open { record(session.portOpened(now: now)) }
    }

    // `#expect` cannot look into a value that does not copy.
    var isIdle: Bool { session.isIdle }
    var deadline: Duration? { session.deadline }
    var hexMode: Bool { session.hexMode }

    private func record(_ new: [CommandSession.Action]) {
        actions += new
        guard takesWrites else { return }
        for action in new {
            if case .write = action { actions += session.written(now: now) }
        }
    }

    func submit(_ command: ATCommand) { record(session.submit(command, now: now)) }
    func receive(_ text: String) { record(session.received(Array(text.utf8), now: now)) }
    func receive(_ bytes: [UInt8]) { record(session.received(bytes, now: now)) }
    func written() { record(session.written(now: now)) }
    func close() { record(session.portClosed(now: now)) }
    func open() { record(session.portOpened(now: now)) }

    func synchronise(attempts: Int = 15) {
        record(session.synchronise(attempts: attempts, interval: .milliseconds(500), now: now))
    }

    /// A deadline call that nobody asked for.
    func poke() -> [CommandSession.Action] { session.deadlineReached(now: now) }

    /// Lets time pass, calling at every deadline on the way.
    func pass(_ duration: Duration) {
        let end = now + duration
        while let deadline = session.deadline, deadline <= end {
            now = max(now, deadline)
            record(session.deadlineReached(now: now))
        }
        now = end
    }

    /// What happened since the last call.
    func take() -> [CommandSession.Action] {
        defer { actions = [] }
        return actions
    }
}

extension CommandSession.Action {
    /// One line of a transcript.
    var summary: String {
        switch self {
        case .write(let bytes): "write \(shown(bytes))"
        case .completed(let result): "\(result.final.summary) \(result.lines.map(shown))"
        case .urc(let urc): "urc \(urc.summary)"
        case .message(let message):
            "message \(message.fromCache ? "cached " : "")\(shown(message.topic)) \(shown(message.payload))"
        case .synchronised: "synchronised"
        case .synchronisationFailed: "synchronisation failed"
        case .echoReturned: "echo returned"
        case .dataModeUnknown(let declared): "data mode unknown \(declared)"
        case .data(let bytes): "data \(shown(bytes))"
        case .dataDamaged(let discard): "data damaged \(shown(discard.excerpt))"
        case .discarded(let discard): "discarded \(discard.kind) \(shown(discard.excerpt))"
        }
    }
}

extension CommandSession.Action {
    /// The same, with the lines of an answer as they are.
    var plainSummary: String {
        guard case .completed(let result) = self else { return summary }
        return ([result.final.summary] + result.lines.map(shown)).joined(separator: " | ")
    }
}

extension CommandResult.Final {
    var summary: String {
        switch self {
        case .ok: "OK"
        case .text(let line): shown(line)
        case .error: "ERROR"
        case .cmeError(let code, let text): "CME \(code.map(String.init) ?? "-") \(shown(text))"
        case .cmsError(let code, let text): "CMS \(code.map(String.init) ?? "-") \(shown(text))"
        case .timedOut: "timed out"
        case .portLost: "port lost"
        case .noPrompt: "no prompt"
        }
    }
}

extension URC {
    var summary: String {
        switch self {
        case .outcome(.connectFail(let state)): "connectFail \(state.map(shown) ?? "-")"
        case .outcome(.error(let final)): "error \(final.summary)"
        case .outcome(let outcome): "\(outcome)"
        case .closed: "closed"
        case .pdpDeactivated: "pdpDeactivated"
        case .cgev(.other(let text)): "cgev \(shown(text))"
        case .cgev(let event): "\(event)"
        case .simRemoved: "simRemoved"
        case .simReady: "simReady"
        case .simOther(let text): "sim \(shown(text))"
        case .banner(let kind): "banner \(kind)"
        case .registration(let domain, let status): "\(domain) \(status)"
        case .cacheNotice(let slot): "cached \(slot)"
        case .nitz(let time):
            "time \(time.year)-\(time.month)-\(time.day) \(time.hour):\(time.minute):\(time.second) \(time.zoneQuarters)"
        case .serviceState(.none): "no service"
        case .serviceState(.available(let name)): "service \(shown(name))"
        case .socket(let event): "socket \(event)"
        case .other(let line): "other \(shown(line))"
        }
    }
}

func shown(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
        switch byte {
        case 0x0D: "\\r"
        case 0x0A: "\\n"
        case 0x20...0x7E: String(UnicodeScalar(byte))
        default: "\\x" + String(byte, radix: 16)
        }
    }.joined()
}
