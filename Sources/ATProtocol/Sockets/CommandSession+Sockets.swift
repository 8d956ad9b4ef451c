/// What a TCP connection adds to the dialogue.
extension CommandSession {
    /// Bytes of the connection, pushed or read; they belong to it whatever runs. The line that announced those of a read
    /// belongs to the command.
    mutating func frameReceived(_ line: [UInt8]?, _ data: [UInt8], into actions: inout [Action]) {
        if let line, case .running(var job) = state, job.stage == .awaitingFinal, belongs(line, to: &job) {
            append(line, to: &job, into: &actions)
            state = .running(job)
        }
        if !data.isEmpty { actions.append(.data(data)) }
    }

    /// Lines of the connection that no command asked for, and ends of a command that look like one. Whether it was one.
    mutating func socketLineReceived(
        _ line: [UInt8], _ dialect: SocketDialect, now: Duration, into actions: inout [Action]
    ) -> Bool {
        if case .running(let job) = state, job.isAnswerable, let final = final(of: job, line),
            URCParser.parse(line) == nil, SocketLine.parse(line, dialect) == nil || !isForeign(final, to: job)
        {
            answerReceived(line, job, now: now, into: &actions)
            return true
        }
        // `SEND FAIL` while the data goes out is its end, not news.
        if case .running(let job) = state, job.stage == .writingData, final(of: job, line) == .error { return false }
        guard let urc = SocketLine.parse(line, dialect) ?? connectionLoss(line) else { return false }
        report(urc, line, into: &actions)
        if urc == .closed || urc == .pdpDeactivated, case .running(var job) = state, job.command.data != nil {
            job.connectionLost(now: now, grace: limits.promptGrace)
            state = .running(job)
        }
        return true
    }

    /// The module sent the command in flight back.
    mutating func noteEcho(of line: [UInt8]) {
        guard case .running(var job) = state, line.elementsEqual(job.command.line.trimmed) else { return }
        job.isEchoed = true
        state = .running(job)
    }

    private func connectionLoss(_ line: [UInt8]) -> URC? {
        switch URCParser.parse(line) {
        case .closed?: .closed
        case .pdpDeactivated?: .pdpDeactivated
        default: nil
        }
    }
}
