import ATProtocol

/// What failures lead to: the rungs, the mute module, the open data mode.
extension LinkStateMachine {
    /// A step failed in this way.
    mutating func fail(_ failure: Failure, _ reason: String, leastPause: Duration = .zero, now: Duration) {
        waited()
        goOffline(reason)
        var decision = decide(failure, now: now)
        decision.after = max(decision.after, leastPause)
        let delay = decision.after == .zero ? "now" : "in \(milliseconds(decision.after)) ms"
        report(.warning, "\(reason); next: \(decision.rung), \(delay)")
        recovery = Recovery(rung: decision.rung, reason: reason)
        follow(decision, now: now)
    }

    /// Like `fail`, for a break whose reason was already said with `offline`.
    mutating func enterAfterFailure(_ failure: Failure, now: Duration) {
        waited()
        noteEndOfSession(now: now)
        let decision = decide(failure, now: now)
        report(.info, "recovery: \(decision.rung)")
        recovery = Recovery(rung: decision.rung)
        follow(decision, now: now)
    }

    /// What the ladder says. Nothing above the failure's own rung is done while the network is not there: what comes
    /// first then is the wait for registration.
    mutating func decide(_ failure: Failure, now: Duration) -> RecoveryLadder.Decision {
        var limit = Rung.service
        switch failure.trouble {
        case .broker, .path, .context:
            if introduced, !registered {
                settled = false
                limit = failure.rung
            }
        case .searching, .unregistered, .card, .module, .mute, .port: break
        }
        return ladder.next(failure, limit: limit, now: now)
    }

    private mutating func follow(_ decision: RecoveryLadder.Decision, now: Duration) {
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

    /// Starts the first step of a rung. What it needs and a failed bring-up left out is made up for first.
    mutating func enter(_ rung: Rung, now: Duration) {
        closeStream()
        closedStaleLink = false
        noticesPending = 0
        afterCommand = nil
        streamEnd = nil
        let nothingToEnd = sessionGone
        sessionGone = false
        for need in rung.rule.needs where !isMet(need) {
            ladder.noteUse(.link, now: now)
            return makeUp(for: need)
        }
        // A restart counts when it was heard.
        if rung != .restart, rung != .hardware { ladder.noteUse(rung, now: now) }
        switch rung {
        case .probe, .session, .link:
            if kind == .socket { return beginStream() }
            run(rung == .session ? .connect : nothingToEnd ? .closeLink : .closeSession)
        case .context: releaseContext(now: now)
        case .radio:
            registered = false
            settled = false
            run(.radioOff)
        case .restart: run(.restart)
        case .hardware: resetHardware(now: now)
        case .service:
            giveUp(recovery?.reason ?? "the module does not work", now: now)
            state = .resting(until: now + .seconds(60), rung: .link)
        }
    }

    private mutating func releaseContext(now: Duration) {
        switch (kind, dialect) {
        case (.mqtt, _): run(.shut)
        case (.socket, .cip), (.socket, .qi):
            releaseSince = now
            run(.socket(.contextShut))
        case (.socket, .bc260y):
            // The context is that of the attach.
            settled = false
            run(.detach)
        }
    }

    private func isMet(_ need: RungRule.Need) -> Bool {
        switch need {
        case .introduced: introduced
        case .settled: settled
        case .prepared: prepared
        }
    }

    private mutating func makeUp(for need: RungRule.Need) {
        switch need {
        case .introduced: run(.echoOff)
        case .settled: run(.simStatus)
        case .prepared: prepare()
        }
    }

    /// Nothing is left to try: the service is to end. Until its owner sees to that, or if it does not, the machine goes on.
    mutating func giveUp(_ reason: String, now: Duration) {
        report(.error, "\(reason), and nothing that could be done about it has helped")
        recovery = Recovery(rung: .service, reason: reason)
        actions.append(.gaveUp(reason: reason))
    }

    mutating func resetHardware(now: Duration) {
        report(.warning, "resetting the module by [module] reset")
        recovery = Recovery(rung: .hardware, reason: recovery?.reason)
        forgetModule(now: now)
        portLostDuringReset = false
        ladder.noteUse(.hardware, now: now)
        state = .resettingHardware
        actions.append(.resetHardware)
    }

    /// What is no longer true of a module that restarted or cannot be seen.
    mutating func forgetModule(now: Duration) {
        noteEndOfSession(now: now)
        introduced = false
        settled = false
        prepared = false
        rateIsFixed = false
        socketsSetUp = false
        (releaseSince, releaseIsSlow) = (nil, false)
        streamEnd = nil
        registered = false
        appliedAPN = false
        triedPrivateAPN = false
        usesSpareContext = false
        if pin == .accepted { pin = .unused }
        afterCommand = nil
        nextFailure = nil
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

    // MARK: Mute

    mutating func moduleIsMute(now: Duration) {
        goOffline("the module does not answer")
        forgetModule(now: now)
        if dataModeRecord != nil, !mayBeOver { return endDataMode(now: now) }
        let since = muteSince ?? now
        muteSince = since
        let rung = ladder.mute(wasRestarted: blindlyRestarted, since: since, now: now)
        switch rung {
        case .restart?:
            blindlyRestarted = true
            let lines = restartLines.map { printable($0) }.joined(separator: ", ")
            report(.error, "the module does not answer AT: sending \(lines) blindly")
            recovery = Recovery(rung: .restart, reason: "the module does not answer")
            actions.append(.restartBlindly)
            synchronise(.blindRestart(extended: false), attempts: 40)
        case .hardware?:
            resetHardware(now: now)
        case .probe?, .session?, .link?, .context?, .radio?, .service?, nil:
            let remedy =
                settings.hasHardwareReset
                ? "the reset comes when its spacing allows" : "no [module] reset is configured"
            report(.error, "the module is mute: check power, cable and baud rate; \(remedy)")
            blindlyRestarted = false
            if rung == .service {
                ladder.noteUse(.service, now: now)
                giveUp("the module does not answer", now: now)
            }
            state = .mute(until: now + .seconds(30))
        }
    }

    // MARK: Deadlines

    /// The time in `deadline` has come.
    public mutating func deadlineReached(now: Duration) -> [LinkAction] {
        guard let due = deadline, due <= now else { return take() }
        switch state {
        case .portGone:
            if let since = portGoneSince, now >= since + Self.portPatience, ladder.portIsGone(now: now) {
                portGoneSince = now
                resetHardware(now: now)
                portLostDuringReset = true
            } else {
                state = .opening
                actions.append(.openPort)
            }
        case .awaiting(let step, _):
            outcomeLate(step, now: now)
        case .pausing(_, let step): run(step)
        case .resting(_, let rung): enter(rung, now: now)
        case .mute: synchronise(.again, attempts: Self.attempts)
        case .keepingSilent: fillDataMode(now: now)
        case .listening: listenedInVain()
        case .fillingDataMode:
            clearDataModeRecord()
            synchronise(.start, attempts: Self.attempts)
        case .restarting: synchronise(.restarted, attempts: Self.bootAttempts)
        case .online: run(kind == .mqtt ? .status : .socket(.poll))
        case .stopped, .opening, .synchronising, .running, .resynchronising, .resettingHardware, .recordingManifest:
            break
        }
        return take()
    }

    private mutating func outcomeLate(_ step: LinkStep, now: Duration) {
        if step != .secure, let due = awaited?.due, now < due { return run(.attention) }
        switch step {
        case .socket(.session): sessionLate(now: now)
        case .socket where dialect == .qi: run(.socket(.cause))
        case .socket:
            let detail = tcpError.map { ": \(SocketErrors.tcp($0)) (TCP ERROR \($0))" } ?? ""
            fail(Failure(.path), "no CONNECT OK for \(settings.host):\(settings.port)\(detail)", now: now)
        case .secure: setupDeadlineReached(now: now)
        case .open: connectFailed("no CONNECT OK within \(connectTimeout.components.seconds) s", now: now)
        case .connect: fail(Failure(.path), "no CONNACK within [remote] ack_timeout", now: now)
        case .unsubscribe(let index): unsubscribeUnanswered(index, now: now)
        case .subscribe: fail(Failure(.path), "no SUBACK within [remote] ack_timeout", now: now)
        default: fail(Failure(.path), "no answer to \(commandName(step)) within [remote] ack_timeout", now: now)
        }
    }
}
