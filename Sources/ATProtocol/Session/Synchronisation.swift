extension CommandSession {
    /// Getting in step with a module that may be asleep, booting, or late with the answers to earlier commands.
    struct Synchronisation {
        /// The command whose answer cannot be mistaken for that of an AT.
        static let probe = Array("AT+CMEE?".utf8)

        /// How far it is.
        enum Stage {
            /// AT is sent every interval until one is answered.
            case calling(sent: Int)
            /// One of several ATs was answered: waiting until no late OK comes any more.
            case draining(giveUp: Duration)
            /// The probe is out; its line was not seen yet.
            case probing(giveUp: Duration, sawFinal: Bool)
            /// The line of the probe was seen; its OK is next.
            case probed(giveUp: Duration)
        }

        let attempts: Int
        let interval: Duration
        /// Whether a time-out came before, so that old answers may still be on their way.
        let probes: Bool
        var stage: Stage
        var deadline: Duration
    }

    /// Sends AT every `interval`, at most `attempts` times, until the module answers; then reports `synchronised`, or
    /// `synchronisationFailed` after the last interval. A command in flight is forgotten without a result (one
    /// whose good end was seen is completed); should its answer come all the same, it is told apart by a probe. YM310
    /// AT manual 4.6: the module needs several AT to find the baud rate.
    public mutating func synchronise(attempts: Int, interval: Duration, now: Duration) -> [Action] {
        if case .closed = state { preconditionFailure("synchronise without a port") }
        // A module that restarted has its echo on again; that is no news then.
        echoIsOff = false
        var ended: [Action] = []
        // This one had come to its good end already.
        if case .lingering(let result, _) = state { ended.append(.completed(result)) }
        // Banners also come late, or twice: then the answer does come, and must not be taken for that of the AT.
        var probes = false
        // So does the answer to an AT of before.
        var sent = 0
        switch state {
        case .running: probes = true
        case .synchronising(let old): (probes, sent) = (old.probes, 1)
        case .closed, .idle, .lingering, .unusable: break
        }
        return ended + call(attempts: attempts, interval: interval, probes: probes, after: sent, now: now)
    }

    mutating func timeOut(_ job: Job, now: Duration, into actions: inout [Action]) {
        let final: CommandResult.Final = job.stage == .awaitingPrompt ? .noPrompt : .timedOut
        if case .urc? = job.heldSign, let sign = job.heldSign, job.mayOpenData {
            // It restarted and has not read the command since: no data mode is open.
            state = .idle
            actions.append(.completed(CommandResult(lines: job.lines, final: .error)))
            return actions.append(sign)
        }
        // Told with the end of the next command that is echoed.
        if case .echoReturned? = job.heldSign { echoIsOff = true }
        actions.append(.completed(CommandResult(lines: job.lines, final: final)))
        if let data = job.command.data {
            // An AT now could become payload.
            state = .unusable
            actions.append(.dataModeUnknown(declared: data.count))
        } else {
            actions += resynchronise(now: now)
        }
    }

    private mutating func resynchronise(now: Duration) -> [Action] {
        call(attempts: limits.resyncAttempts, interval: limits.resyncInterval, probes: true, now: now)
    }

    private mutating func call(
        attempts: Int, interval: Duration, probes: Bool, after sent: Int = 0, now: Duration
    ) -> [Action] {
        state = .synchronising(
            Synchronisation(
                attempts: attempts + sent, interval: interval, probes: probes, stage: .calling(sent: sent + 1),
                deadline: now + interval))
        return [.write(Array("AT\r\n".utf8))]
    }

    mutating func synchronisationDue(_ old: Synchronisation, now: Duration, into actions: inout [Action]) {
        var synchronisation = old
        switch old.stage {
        case .calling(let sent) where sent < old.attempts:
            synchronisation.stage = .calling(sent: sent + 1)
            synchronisation.deadline = now + old.interval
            state = .synchronising(synchronisation)
            actions.append(.write(Array("AT\r\n".utf8)))
        case .draining(let giveUp) where now < giveUp: succeed(into: &actions)
        // No line came, but the module answers and has been silent since: it does not know the probe.
        case .probing(let giveUp, sawFinal: true) where now < giveUp: succeed(into: &actions)
        case .calling, .draining, .probing, .probed:
            state = .unusable
            actions.append(.synchronisationFailed)
        }
    }

    mutating func synchronisationLine(
        _ line: [UInt8], _ old: Synchronisation, now: Duration, into actions: inout [Action]
    ) {
        var synchronisation = old
        let final = FinalParser.parse(line)
        switch old.stage {
        case .calling(let sent):
            guard case .ok? = final else { break }
            if old.probes {
                let giveUp = now + limits.probeTimeout
                synchronisation.stage = .probing(giveUp: giveUp, sawFinal: false)
                synchronisation.deadline = giveUp
                state = .synchronising(synchronisation)
                actions.append(.write(Synchronisation.probe + [0x0D, 0x0A]))
            } else if sent == 1 {
                succeed(into: &actions)
            } else {
                let giveUp = now + limits.probeTimeout
                synchronisation.stage = .draining(giveUp: giveUp)
                synchronisation.deadline = min(giveUp, now + limits.drainSilence)
                state = .synchronising(synchronisation)
            }
            return
        case .draining(let giveUp):
            guard final != nil else { break }
            synchronisation.deadline = min(giveUp, now + limits.drainSilence)
            state = .synchronising(synchronisation)
            return
        case .probing(let giveUp, _):
            if ResponseFields.afterPrefix(line, "+CMEE") != nil {
                synchronisation.stage = .probed(giveUp: giveUp)
                synchronisation.deadline = giveUp
                state = .synchronising(synchronisation)
                return
            }
            guard final != nil else { break }
            synchronisation.stage = .probing(giveUp: giveUp, sawFinal: true)
            synchronisation.deadline = min(giveUp, now + limits.probeSilence)
            state = .synchronising(synchronisation)
            return
        case .probed:
            guard case .ok? = final else { break }
            succeed(into: &actions)
            return
        }
        strayReceived(line, into: &actions)
    }

    private mutating func succeed(into actions: inout [Action]) {
        state = .idle
        actions.append(.synchronised)
    }
}
