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
        if decision.after == .zero {
            enter(decision.rung, now: now)
        } else {
            state = .resting(until: now + decision.after, rung: decision.rung)
        }
    }

    /// Like `fail`, for a break whose reason was already said with `offline`.
    mutating func enterAfterFailure(_ rung: Rung, now: Duration) {
        if onlineSince != .zero, now - onlineSince > .seconds(60) { ladder.lasted() }
        onlineSince = .zero
        let decision = ladder.next(entry: rung, hasHardwareReset: settings.hasHardwareReset, now: now)
        if decision.after == .zero {
            enter(decision.rung, now: now)
        } else {
            state = .resting(until: now + decision.after, rung: decision.rung)
        }
    }

    /// Starts the first step of a rung.
    mutating func enter(_ rung: Rung, now: Duration) {
        closedStaleLink = false
        closedDuring = false
        noticesPending = 0
        switch rung {
        case .probe: run(.status)
        case .session: run(.connect)
        case .link: run(.closeSession)
        case .context: run(.shut)
        case .radio:
            registered = false
            run(.radioOff)
        case .restart: run(.restart)
        case .hardware: resetHardware()
        }
    }

    mutating func resetHardware() {
        report(.warning, "resetting the module by [module] reset")
        state = .resettingHardware
        actions.append(.resetHardware)
    }

    // MARK: Events that enter at their own rung

    mutating func contextLost(_ what: String, now: Duration) {
        usesSpareContext = false
        switch state {
        case .online:
            goOffline("the PDP context is gone (\(what))")
            enterAfterFailure(.context, now: now)
        case .running(let step):
            if step.recoversContext || step.rung > .link && step != .address { return }
            // The command on the wire ends first; its failure must not enter lower.
            goOffline("the PDP context is gone (\(what))")
            afterCommand = .context
        case .awaiting(let step, _), .pausing(_, let step):
            if step.recoversContext || step.rung > .link && step != .address { return }
            goOffline("the PDP context is gone (\(what))")
            enterAfterFailure(.context, now: now)
        case .resting(let until, let rung):
            if rung < .context { state = .resting(until: until, rung: .context) }
        case .resynchronising:
            nextRung = .context
        case .stopped, .opening, .portGone, .synchronising, .mute, .fillingDataMode, .restarting, .resettingHardware:
            break
        }
    }

    mutating func packetEvent(_ event: URC.PacketEvent, now: Duration) {
        switch event {
        case .pdnDeactivated(let cid):
            let own = usesSpareContext ? 5 : settings.contextID
            if cid == nil || cid == own { contextLost("+CGEV: PDN DEACT", now: now) }
        case .detached: contextLost("+CGEV: DETACH", now: now)
        case .pdnActivated, .other: break
        }
    }

    mutating func cardRemoved(now: Duration) {
        switch state {
        case .online, .awaiting, .pausing, .resting:
            goOffline("the SIM was removed")
            report(.error, "the SIM was removed")
            pause(.seconds(2), then: .simStatus, now: now)
        case .running:
            goOffline("the SIM was removed")
            afterCommand = .radio
        case .stopped, .opening, .portGone, .synchronising, .resynchronising, .mute, .fillingDataMode, .restarting,
            .resettingHardware:
            break
        }
    }

    mutating func moduleBooted(_ sign: String, now: Duration) {
        switch state {
        case .stopped, .opening, .portGone, .fillingDataMode, .resettingHardware:
            return
        case .synchronising, .restarting:
            return  // Expected; AT goes on until it answers.
        case .running, .awaiting, .pausing, .resting, .resynchronising, .mute, .online:
            break
        }
        if stopping { return finish() }
        goOffline("the module restarted (\(sign))")
        report(.warning, "the module restarted (\(sign))")
        if dataModeRecord != nil {
            // A restarted module is out of its data mode.
            dataModeRecord = nil
            actions.append(.clearDataModeRecord)
        }
        forgetModule()
        synchronise(.start, attempts: Self.bootAttempts)
    }

    private mutating func forgetModule() {
        registered = false
        usesSpareContext = false
        afterCommand = nil
        nextRung = nil
        noticesPending = 0
        waited()
    }

    // MARK: Mute

    mutating func moduleIsMute(now: Duration) {
        goOffline("the module does not answer")
        forgetModule()
        let canReset = settings.hasHardwareReset && ladder.mayResetHardware(now: now)
        if dataModeRecord != nil {
            endDataMode(now: now)
        } else if !blindlyRestarted, ladder.mayRestart(now: now) {
            blindlyRestarted = true
            report(.error, "the module does not answer AT: sending AT+RESET blindly")
            actions.append(.restartBlindly)
            synchronise(.blindRestart(extended: false), attempts: 40)
        } else if canReset {
            resetHardware()
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
            resetHardware()
        } else {
            fillDataMode(now: now)
        }
    }

    mutating func fillDataMode(now: Duration) {
        let count = dataModeRecord ?? 0
        report(
            .warning,
            "an AT+MPUBEX of \(count) bytes may be open in the module: filling it with \(count) CR; a message of CR bytes may have been published"
        )
        actions.append(.fillDataMode(count: count))
        state = .fillingDataMode(until: now + .seconds(1))
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
            if stopping { run(.farewellSession) } else { outcomeLate(step, now: now) }
        case .pausing(_, let step): run(step)
        case .resting(_, let rung): enter(rung, now: now)
        case .mute: synchronise(.again, attempts: Self.attempts)
        case .fillingDataMode:
            dataModeRecord = nil
            actions.append(.clearDataModeRecord)
            synchronise(.start, attempts: Self.attempts)
        case .restarting: synchronise(.restarted, attempts: Self.bootAttempts)
        case .online: run(.status)
        case .stopped, .opening, .synchronising, .running, .resynchronising, .resettingHardware: break
        }
        return take()
    }

    private mutating func outcomeLate(_ step: LinkStep, now: Duration) {
        switch step {
        case .open: fail(.link, "no CONNECT OK within \(milliseconds(Self.connectTimeout) / 1000) s", now: now)
        case .connect: fail(.link, "no CONNACK within [remote] ack_timeout", now: now)
        case .subscribe: fail(.link, "no SUBACK within [remote] ack_timeout", now: now)
        default: fail(.link, "no answer to \(step) within [remote] ack_timeout", now: now)
        }
    }
}
