import ATProtocol

/// A record without a controller: commands as they were sent, and what lexer and session make of the answers.
final class SessionReplay {
    private let record: DialogueRecord
    private let onLine: (Replay.Line) -> Void
    private var session: CommandSession
    private var entry: DialogueRecord.Entry?
    private var now: Duration = .zero

    init(_ record: DialogueRecord, onLine: @escaping (Replay.Line) -> Void) {
        self.record = record
        self.onLine = onLine
        session = CommandSession(limits: Limits(), baud: 115_200)
        session.topicMatches = { _ in true }
        session.socketDialect = Self.dialect(record)
    }

    /// The commands of a socket that the record has; nil: there are none.
    private static func dialect(_ record: DialogueRecord) -> SocketDialect? {
        let starts: [(String, SocketDialect)] = [
            ("AT+CIPSTART", .cip), ("AT+CIPSEND", .cip), ("AT+CIPRXGET", .cip), ("AT+QIOPEN=0,", .bc260y),
            ("AT+QISEND=0,", .bc260y), ("AT+QIOPEN=", .qi), ("AT+QISEND=", .qi), ("AT+QIRD=", .qi),
        ]
        for entry in record.entries {
            guard case .sent(let line) = entry.event else { continue }
            if let found = starts.first(where: { line.starts(with: $0.0.utf8) }) { return found.1 }
        }
        return nil
    }

    func run() {
        perform(session.portOpened(now: .zero))
        for entry in record.entries {
            passTime(to: entry.at)
            now = entry.at
            self.entry = entry
            switch entry.event {
            case .sent(let line): sent(line)
            case .received(let bytes): perform(session.received(bytes, now: now))
            case .note(let text): emit(.note, text)
            }
        }
        // What the end of the record leaves open.
        passTime(to: now + .seconds(3))
    }

    private func passTime(to time: Duration) {
        guard record.hasTimes else { return }
        var rounds = 0
        while let due = session.deadline, due <= time, rounds < 10_000 {
            rounds += 1
            now = max(now, due)
            perform(session.deadlineReached(now: now))
        }
    }

    private func sent(_ line: [UInt8]) {
        let text = readable(line, limit: 240)
        emit(.sent, text)
        if !session.isIdle {
            // The record's own session was done with it; where it got in step again, so does this one.
            emit(.note, "the command before it has no answer")
            perform(session.portOpened(now: now))
        }
        var command = ATCommand(line: line, timeout: .seconds(180), takesFreeText: true)
        if let raw = try? ATCommand.raw(line) {
            command = raw
            command.timeout = max(command.timeout, .seconds(180))
        } else if line.starts(with: "AT+MPUBEX=".utf8) || line.starts(with: "AT+FSWRITE=".utf8) {
            command.data = [0x78]
        } else if let send = Self.send(line) {
            command = send
        }
        perform(session.submit(command, now: now))
    }

    /// A send of the socket link; its data are not in the record.
    private static func send(_ line: [UInt8]) -> ATCommand? {
        guard line.starts(with: "AT+CIPSEND=".utf8) || line.starts(with: "AT+QISEND=".utf8),
            let count = Int(String(decoding: line.drop { $0 != 0x3D }.dropFirst(), as: UTF8.self)), count > 0
        else { return nil }
        let data = [UInt8](repeating: 0x78, count: min(count, ATCommand.cipSendLimit))
        return try? line.starts(with: "AT+CIP".utf8) ? .cipsend(data) : .qisend(data)
    }

    private func perform(_ actions: [CommandSession.Action]) {
        for action in actions {
            if case .write = action { perform(session.written(now: now)) }
            if let text = Replay.text(action) { emit(.token, text) }
        }
    }

    private func emit(_ kind: Replay.Line.Kind, _ text: String) {
        onLine(Replay.Line(at: now, line: entry?.line ?? 0, kind: kind, text: text))
    }
}
