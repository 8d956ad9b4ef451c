/// What a line means, by what is in flight.
extension CommandSession {
    mutating func lineReceived(_ line: [UInt8], now: Duration, into actions: inout [Action]) {
        if isEcho(line) {
            noteEcho(of: line)
            if echoIsOff, !isSynchronising {
                echoIsOff = false
                // The module has read the command: what it answers comes first, or it would be taken for the answer to the
                // next one. The echo of an AT that is to find the module says nothing that the next command's will not.
                if !holdsEcho() { actions.append(.echoReturned) }
            }
            return
        }
        if lexer.isLineDoubtful, socketDialect != nil || couldBeCredited(line) {
            // Whoever wrote the damaged message could have put it there. A command or publish that waits for it runs into
            // its time-out, after which both sides get in step again.
            return actions.append(.discarded(discard(.doubtfulResult, line)))
        }
        if case .running(let job) = state, job.isAnswerable, job.command.successPrefixes.contains(where: line.begins) {
            return answerReceived(line, job, now: now, into: &actions)
        }
        if let dialect = socketDialect, socketLineReceived(line, dialect, now: now, into: &actions) { return }
        if let urc = URCParser.parse(line) {
            if case .banner = urc, holds(.urc(urc), until: now + limits.promptGrace) { return }
            report(urc, line, into: &actions)
            // ALREADY CONNECT: whether an OK goes before it, follows it or never comes is not known (module-behaviour 3).
            if case .running(let job) = state, job.isAnswerable, job.command.successLines.contains(where: line.equals) {
                finish(job, .text(line), now: now, into: &actions)
            }
            return
        }
        switch state {
        case .running(let job) where job.isAnswerable: answerReceived(line, job, now: now, into: &actions)
        case .running(let job): earlyReceived(line, job, into: &actions)
        case .lingering(let result, _):
            if line.equals("OK") {
                state = .idle
                actions.append(.completed(result))
            } else {
                unaskedReceived(line, into: &actions)
            }
        case .synchronising(let synchronisation):
            synchronisationLine(line, synchronisation, now: now, into: &actions)
        case .idle, .unusable: unaskedReceived(line, into: &actions)
        case .closed: break
        }
    }

    /// Keeps the news of a returned echo back until the command has ended that was echoed. Whether there is one.
    private mutating func holdsEcho() -> Bool {
        guard case .running(var job) = state else { return false }
        if job.heldSign == nil { job.hold(.echoReturned, until: nil) }
        state = .running(job)
        return true
    }

    /// Keeps a sign of a restart back while a data prompt may come: an `AT` now could become payload. Whether it does.
    private mutating func holds(_ sign: Action, until end: Duration?) -> Bool {
        guard case .running(var job) = state, job.mayOpenData else { return false }
        if job.heldSign == nil { job.hold(sign, until: end) }
        state = .running(job)
        return true
    }

    /// Whether a line would end a command, or acknowledge something.
    private func couldBeCredited(_ line: [UInt8]) -> Bool {
        if case .outcome? = URCParser.parse(line) { return true }
        if case .running(let job) = state { return final(of: job, line) != nil }
        return FinalParser.parse(line) != nil
    }

    mutating func promptReceived(now: Duration, into actions: inout [Action]) {
        guard case .running(var job) = state, job.expectsPrompt, let data = job.command.data else { return }
        job.dataStarted(sentBy: now + transmission(of: data.count))
        state = .running(job)
        if socketDialect != nil, job.isEchoed { lexer.expectEcho(data) }
        actions.append(.write(data))
    }

    /// The echo of the command in flight, of the one before it, or of an AT of the synchronisation.
    private func isEcho(_ line: [UInt8]) -> Bool {
        guard let first = line.first, first == 0x41 || first == 0x61 else { return false }
        if line.equals("AT") || line.elementsEqual(lastLine.trimmed) { return true }
        return line == Synchronisation.probe
    }

    mutating func report(_ urc: URC, _ line: [UInt8], into actions: inout [Action]) {
        if line.starts(with: "STATE:".utf8) {
            connectState = Array(line.dropFirst(6).trimmed)
        } else if case .outcome(.connectFail(state: nil)) = urc {
            actions.append(.urc(.outcome(.connectFail(state: connectState))))
            connectState = nil
            return
        }
        actions.append(.urc(urc))
    }

    mutating func answerReceived(_ line: [UInt8], _ job: Job, now: Duration, into actions: inout [Action]) {
        var job = job
        if let final = final(of: job, line) {
            // A good end before the prompt is somebody else's: the data was not even written.
            if isForeign(final, to: job) {
                actions.append(.discarded(discard(.strayFinal, line)))
                return
            }
            if final == .ok, job.command.meaningOfOK == .notYet {
                job.accepted(until: now + (job.command.lineAfterOK ?? limits.lineAfterOK))
                state = .running(job)
                return
            }
            noteFailureLine(line, of: &job)
            finish(job, final, now: now, into: &actions)
            return
        }
        if belongs(line, to: &job) {
            append(line, to: &job, into: &actions)
            state = .running(job)
        } else if let urc = URCParser.parseSoft(line) {
            actions.append(.urc(urc))
        } else if job.command.takesFreeText, line.isPlainText {
            append(line, to: &job, into: &actions)
            state = .running(job)
            if job.command.endsWithoutFinal { finish(job, .ok, now: now, into: &actions) }
        } else {
            unknownReceived(line, into: &actions)
        }
    }

    /// Nothing can answer a command that is not out yet. Only once the prompt came an error must be meant for it; an
    /// `OK` before the last byte must not be taken for success all the same.
    private mutating func earlyReceived(_ line: [UInt8], _ job: Job, into actions: inout [Action]) {
        guard job.stage == .writingData, job.earlyFinal == nil, let final = final(of: job, line), !final.isGood
        else { return strayReceived(line, into: &actions) }
        var job = job
        noteFailureLine(line, of: &job)
        job.earlyFinal = final
        state = .running(job)
    }

    /// `TimeOut` is an error of its own, `STATE: …` the answer itself: they stay to be read.
    private func noteFailureLine(_ line: [UInt8], of job: inout Job) {
        let isState = job.command.meaningOfOK == .notYet && job.command.successPrefixes.contains(where: line.begins)
        if isState || job.command.failureLines.contains(where: { line.withoutLink.equals($0) }) {
            job.lines.append(line)
        }
    }

    /// A good end that cannot be this command's.
    func isForeign(_ final: CommandResult.Final, to job: Job) -> Bool {
        guard final.isGood else { return false }
        return job.stage == .awaitingPrompt || final == .ok && (job.command.meaningOfOK == .nothing || job.sawOK)
    }

    func final(of job: Job, _ line: [UInt8]) -> CommandResult.Final? {
        if let final = FinalParser.parse(line) { return final }
        let (command, text) = (job.command, line.withoutLink)
        // `SEND OK` without the answer that it ends is the late one of a send.
        let isAnswered = command.prefixes.isEmpty || command.takesFreeText || !job.lines.isEmpty
        if isAnswered, command.successLines.contains(where: { text.equals($0) }) { return .text(line) }
        if command.successPrefixes.contains(where: line.begins) { return .text(line) }
        return command.failureLines.contains { text.equals($0) } ? .error : nil
    }

    /// Whether a line has a prefix of the command. Registration lines come unasked with the same prefix, so only the
    /// first that has the form of an answer is one, and only for a query.
    func belongs(_ line: [UInt8], to job: inout Job) -> Bool {
        guard let prefix = job.command.prefixes.first(where: { ResponseFields.afterPrefix(line, $0) != nil }) else {
            return false
        }
        guard URCParser.registrationPrefixes.contains(where: { $0.0 == prefix }) else { return true }
        guard !job.hasRegistrationAnswer, job.command.line.last == 0x3F,
            let fields = ResponseFields(line: line, prefix: prefix), URCParser.isQueryAnswer(fields)
        else { return false }
        job.hasRegistrationAnswer = true
        return true
    }

    func append(_ line: [UInt8], to job: inout Job, into actions: inout [Action]) {
        guard job.lines.count < limits.responseLines else {
            actions.append(.discarded(discard(.responseOverflow, line)))
            return
        }
        job.lines.append(line)
    }

    mutating func finish(
        _ job: Job, _ final: CommandResult.Final, now: Duration, into actions: inout [Action]
    ) {
        let result = CommandResult(lines: job.lines, final: final)
        // The owner of a command would give the next one at once, and the news would find that open.
        if case .echoReturned? = job.heldSign { actions.append(.echoReturned) }
        defer { if case .urc? = job.heldSign, let sign = job.heldSign { actions.append(sign) } }
        if case .ok = final {
            if job.command.line.equals("ATE0") { echoIsOff = true }
            if job.command.line.equals("AT+MQTTMODE=1") { (hexMode, modeIsKnown) = (true, true) }
            if job.command.line.equals("AT+MQTTMODE=0") { (hexMode, modeIsKnown) = (false, true) }
        }
        var endedOtherwise = job.command.endsWithoutFinal && !job.lines.isEmpty && final == .ok
        // Nothing follows the end of a send, and it must not be held up.
        if case .text = final { endedOtherwise = job.command.data == nil && !job.sawOK }
        lexer.echo = nil
        // The manual's examples show an OK after SHUT OK, and one after the bare address of CIFSR; logs show none. The
        // next command is held back for a moment, so that such an OK cannot complete it.
        if endedOtherwise {
            state = .lingering(result, until: now + limits.strayOKGrace)
        } else {
            state = .idle
            actions.append(.completed(result))
        }
    }

    /// A line while nothing is in flight.
    private func unaskedReceived(_ line: [UInt8], into actions: inout [Action]) {
        if let final = FinalParser.parse(line) {
            // A bare OK means nothing; an error is how a refused MCONNECT shows.
            actions.append(final == .ok ? .discarded(discard(.strayFinal, line)) : .urc(.outcome(.error(final))))
        } else if let urc = URCParser.parseSoft(line) {
            actions.append(.urc(urc))
        } else {
            unknownReceived(line, into: &actions)
        }
    }

    /// A line before the command is out.
    func strayReceived(_ line: [UInt8], into actions: inout [Action]) {
        if FinalParser.parse(line) != nil {
            actions.append(.discarded(discard(.strayFinal, line)))
        } else if let urc = URCParser.parseSoft(line) {
            actions.append(.urc(urc))
        } else {
            actions.append(.discarded(discard(.strayLine, line)))
        }
    }

    private func unknownReceived(_ line: [UInt8], into actions: inout [Action]) {
        actions.append(line.isPlainText ? .urc(.other(line)) : .discarded(discard(.garbage, line)))
    }

    func discard(_ kind: Discard.Kind, _ line: [UInt8]) -> Discard {
        Discard(kind: kind, excerpt: Array(line.prefix(limits.excerptLength)))
    }
}
