import ATProtocol

/// What failures lead to: the rungs, the mute module, the open data mode.
extension LinkStateMachine {
    /// A step failed in a way that belongs to `rung`.
    mutating func fail(_ rung: Rung, _ reason: String, now: Duration) {
        waited()
        goOffline(reason)
        let decision = ladder.next(entry: rung, hasHardwareReset: settings.hasHardwareReset, now: now)
        let delay = decision.after == .zero ? "now" : "in \(milliseconds(decision.after)) ms"
        report(.warning, "\(reason); next: \(decision.rung), \(delay)")
        recovery = Recovery(rung: decision.rung, reason: reason)
        if decision.after == .zero {
            enter(decision.rung, now: now)
        } else {
            state = .resting(until: now + decision.after, rung: decision.rung)
        }
    }

    /// Like `fail`, for a break whose reason was already said with `offline`.
    mutating func enterAfterFailure(_ rung: Rung, now: Duration) {
        waited()
        noteEndOfSession(now: now)
        let decision = ladder.next(entry: rung, hasHardwareReset: settings.hasHardwareReset, now: now)
        report(.info, "recovery: \(decision.rung)")
        recovery = Recovery(rung: decision.rung)
        if decision.after == .zero {
            enter(decision.rung, now: now)
        } else {
            state = .resting(until: now + decision.after, rung: decision.rung)
        }
    }

    /// A session that stood for a while makes the next break a new one.
    mutating func noteEndOfSession(now: Duration) {
        if let since = onlineSince, now - since > .seconds(60) { ladder.lasted() }
        onlineSince = nil
    }

    /// Starts the first step of a rung. What a failed bring-up left out is made up for first.
    mutating func enter(_ rung: Rung, now: Duration) {
        closedStaleLink = false
        noticesPending = 0
        afterCommand = nil
        let nothingToEnd = sessionGone
        sessionGone = false
        switch rung {
        case .probe, .session, .link, .context:
            if !introduced { return run(.echoOff) }
            if !settled { return run(.simStatus) }
            if rung == .context { return run(.shut) }
            if !prepared { return run(.address) }
            if rung == .session { return run(.connect) }
            run(nothingToEnd ? .closeLink : .closeSession)
        case .radio:
            registered = false
            settled = false
            run(.radioOff)
        case .restart: run(.restart)
        case .hardware: resetHardware(now: now)
        }
    }

    mutating func resetHardware(now: Duration) {
        report(.warning, "resetting the module by [module] reset")
        recovery = Recovery(rung: .hardware, reason: recovery?.reason)
        forgetModule(now: now)
        portLostDuringReset = false
        state = .resettingHardware
        actions.append(.resetHardware)
    }

    /// What is no longer true of a module that restarted or cannot be seen.
    mutating func forgetModule(now: Duration) {
        noteEndOfSession(now: now)
        introduced = false
        settled = false
        prepared = false
        registered = false
        appliedAPN = false
        triedPrivateAPN = false
        usesSpareContext = false
        if pin == .accepted { pin = .unused }
        afterCommand = nil
        nextRung = nil
        noticesPending = 0
        sessionGone = false
        closedStaleLink = false
        if let file = tls?.setup?.writtenPlace?.name {
            report(
                .error,
                """
                TLS: the upload of \(file) was cut short; it is written again when the module is back: check cable, power \
                and flow control when that goes on
                """)
        }
        tls?.forgetModule()
        waited()
    }

    mutating func clearDataModeRecord() {
        guard dataModeRecord != nil else { return }
        dataModeRecord = nil
        actions.append(.clearDataModeRecord)
    }

    // MARK: Mute

    mutating func moduleIsMute(now: Duration) {
        goOffline("the module does not answer")
        forgetModule(now: now)
        let canReset = settings.hasHardwareReset && ladder.mayResetHardware(now: now)
        if dataModeRecord != nil {
            endDataMode(now: now)
        } else if !blindlyRestarted, ladder.mayRestart(now: now) {
            blindlyRestarted = true
            report(.error, "the module does not answer AT: sending AT+RESET blindly")
            recovery = Recovery(rung: .restart, reason: "the module does not answer")
            actions.append(.restartBlindly)
            synchronise(.blindRestart(extended: false), attempts: 40)
        } else if canReset {
            resetHardware(now: now)
        } else {
            let remedy =
                settings.hasHardwareReset
                ? "the reset comes when its spacing allows" : "no [module] reset is configured"
            report(.error, "the module is mute: check power, cable and baud rate; \(remedy)")
            blindlyRestarted = false
            state = .mute(until: now + .seconds(30))
        }
    }

    /// An `AT+MPUBEX` may be half full: nothing may be written that could become its payload, but a hardware reset or,
    /// without one, as many CR as were declared.
    mutating func endDataMode(now: Duration) {
        if settings.hasHardwareReset, ladder.mayResetHardware(now: now) {
            report(.warning, "an AT+MPUBEX may be open in the module: resetting it before anything is written")
            resetHardware(now: now)
        } else {
            fillDataMode(now: now)
        }
    }

    mutating func fillDataMode(now: Duration) {
        let count = dataModeRecord ?? 0
        report(
            .warning,
            """
            an AT+MPUBEX of \(count) bytes may be open in the module: filling it with \(count) CR; a message of CR \
            bytes may have been published
            """
        )
        actions.append(.fillDataMode(count: count))
        // The bound is for a driver that never says `dataModeFilled`: the slowest line, and some.
        state = .fillingDataMode(until: now + .seconds(10) + .milliseconds(10) * count)
    }

    /// The CR bytes are written; when the record has gone from disk AT may be sent again.
    public mutating func dataModeFilled(now: Duration) -> [LinkAction] {
        guard case .fillingDataMode = state else { return take() }
        state = .fillingDataMode(until: now + .milliseconds(500))
        return take()
    }

    // MARK: Deadlines

    /// The time in `deadline` has come.
    public mutating func deadlineReached(now: Duration) -> [LinkAction] {
        guard let due = deadline, due <= now else { return take() }
        switch state {
        case .portGone:
            state = .opening
            actions.append(.openPort)
        case .awaiting(let step, _):
            outcomeLate(step, now: now)
        case .pausing(_, let step): run(step)
        case .resting(_, let rung): enter(rung, now: now)
        case .mute: synchronise(.again, attempts: Self.attempts)
        case .fillingDataMode:
            clearDataModeRecord()
            synchronise(.start, attempts: Self.attempts)
        case .restarting: synchronise(.restarted, attempts: Self.bootAttempts)
        case .online: run(.status)
        case .stopped, .opening, .synchronising, .running, .resynchronising, .resettingHardware, .recordingManifest:
            break
        }
        return take()
    }

    private mutating func outcomeLate(_ step: LinkStep, now: Duration) {
        switch step {
        case .secure: setupDeadlineReached(now: now)
        case .open: connectFailed("no CONNECT OK within \(connectTimeout.components.seconds) s", now: now)
        case .connect: fail(.link, "no CONNACK within [remote] ack_timeout", now: now)
        case .unsubscribe(let index): unsubscribeUnanswered(index, now: now)
        case .subscribe: fail(.link, "no SUBACK within [remote] ack_timeout", now: now)
        default: fail(.link, "no answer to \(step) within [remote] ack_timeout", now: now)
        }
    }
}
