public import ATProtocol

/// MCONFIG, MIPSTART, MCONNECT, MSUB, and the online state.
extension LinkStateMachine {
    /// A TCP connection, and a TLS one more so, may take this long after the `OK`.
    var connectTimeout: Duration {
        max(.seconds(60), .seconds(settings.tls?.negotiateTimeout.map { $0 + 30 } ?? 0))
    }

    /// No connection came of `AT+MIPSTART` or `AT+SSLMIPSTART`.
    mutating func connectFailed(_ reason: String, now: Duration) {
        settings.tls == nil ? fail(Failure(.path), reason, now: now) : tlsFailed(reason, now: now)
    }

    // MARK: Commands of the session

    mutating func configured(_ result: CommandResult, now: Duration) {
        if result.isSuccess {
            warnBeforeConnecting()
            run(.open)
        } else if result.cmeCode == 765, let next = credentialForm.next(settings) {
            // 765 for empty credentials, against the manual's advice (module-behaviour 3).
            credentialForm = next
            run(.configure)
        } else {
            credentialForm = .asConfigured
            let answer = result.final.wireText
            fail(
                Failure(.broker), "AT+MCONFIG was answered \(answer): check [remote] client_id, username, will",
                now: now)
        }
    }

    mutating func openAnswered(_ result: CommandResult, now: Duration) {
        switch result.final {
        case .text:
            alreadyConnected(now: now)
        case .ok:
            if let outcome = earlyOutcome {
                outcomeCame(outcome, for: .open, now: now)
            } else {
                awaitOutcome(of: .open, due: now + connectTimeout, now: now)
            }
        case .error, .cmeError, .cmsError, .timedOut, .portLost, .noPrompt:
            if earlyOutcome == .connectOK { return outcomeCame(.connectOK, for: .open, now: now) }
            let (command, kind) =
                settings.tls == nil ? ("AT+MIPSTART", "plain MQTT") : ("AT+SSLMIPSTART", "MQTT over TLS")
            connectFailed(
                """
                \(command) was answered \(result.final.wireText): does the name \(settings.host) resolve, is port \
                \(settings.port) \(kind)?
                """,
                now: now)
        }
    }

    mutating func outcomeCommandAnswered(_ step: LinkStep, _ result: CommandResult, now: Duration) {
        guard result.isSuccess else {
            switch step {
            case .connect:
                guard result.cmeCode == 767 else { return sessionRefused(now: now) }
                let answer = result.final.wireText
                fail(Failure(.path), "AT+MCONNECT was answered \(answer): the TCP connection is gone", now: now)
            case .unsubscribe(let index):
                report(.warning, "AT+MUNSUB was answered \(result.final.wireText); the filter stays for now")
                settledFilters.insert(index)
                closedDuring ? closedWhileConnecting(step, now: now) : nextUnsubscribe(now: now)
            default:
                fail(Failure(.broker), "\(commandName(step)) was answered \(result.final.wireText)", now: now)
            }
            return
        }
        if closedDuring {
            closedWhileConnecting(step, now: now)
        } else if let outcome = earlyOutcome {
            outcomeCame(outcome, for: step, now: now)
        } else {
            awaitOutcome(of: step, due: now + settings.acknowledgementTimeout, now: now)
        }
    }

    /// Waits for the outcome; when that takes long, `AT` finds out now and then whether the module is still there.
    mutating func awaitOutcome(of step: LinkStep, due: Duration, now: Duration) {
        awaited = (step, due)
        state = .awaiting(step, deadline: min(due, now + Self.pollInterval))
    }

    /// The module answered while an outcome is due.
    mutating func stillThere(now: Duration) {
        guard let (step, due) = awaited else { return enter(.link, now: now) }
        if step == .socket(.session) { return streamStillThere(now: now) }
        if closedDuring {
            closedWhileConnecting(step, now: now)
        } else if let outcome = earlyOutcome {
            outcomeCame(outcome, for: step, now: now)
        } else {
            awaitOutcome(of: step, due: due, now: now)
        }
    }

    /// An outcome or other URC was read, whatever else is going on.
    public mutating func urcReceived(_ urc: URC, now: Duration) -> [LinkAction] {
        switch urc {
        case .outcome(let outcome):
            if case .error = outcome { sendIsOver() }
            outcomeReceived(outcome, now: now)
        case .closed:
            kind == .mqtt ? connectionClosed(now: now) : streamClosed("the connection was closed", now: now)
        case .pdpDeactivated: contextLost("+PDP DEACT", now: now)
        case .cgev(let event): packetEvent(event, now: now)
        case .simRemoved: cardRemoved(now: now)
        case .banner: moduleBooted("boot banner", now: now)
        case .registration(_, let status):
            noteRegistration(status)
            if registered, case .pausing(_, .registrationEPS) = state {
                state = .pausing(until: now, then: .registrationEPS)
            }
        case .cacheNotice: if kind == .mqtt { messageCached() }
        case .socket(let event): socketEvent(event, now: now)
        case .nitz(let time): tls?.network = (time, now)
        case .other(let line):
            lineWhileListening(line)
            lineReceived(line, now: now)
        case .simReady:
            if case .pausing(_, .simStatus) = state { state = .pausing(until: now, then: .simStatus) }
        case .simOther, .serviceState:
            break
        }
        return take()
    }

    /// Our own command came back although echo was off: the module restarted without a banner.
    public mutating func echoReturned(now: Duration) -> [LinkAction] {
        moduleBooted("echo is on again", now: now)
        return take()
    }

    private mutating func outcomeReceived(_ outcome: Outcome, now: Duration) {
        switch state {
        case .running(let running):
            let step = running == .attention ? awaited?.step ?? running : running
            if step.concerns(outcome) {
                if case .connectFail = outcome, earlyOutcome != nil { return }
                earlyOutcome = outcome
            }
        case .awaiting(let step, _):
            if step.concerns(outcome) { outcomeCame(outcome, for: step, now: now) }
        case .stopped, .opening, .portGone, .synchronising, .pausing, .resting, .resynchronising, .mute,
            .fillingDataMode, .keepingSilent, .listening, .restarting, .resettingHardware, .recordingManifest, .online:
            break  // Publish outcomes are the publisher's; a stray one belongs to nobody.
        }
    }

    mutating func outcomeCame(_ outcome: Outcome, for step: LinkStep, now: Duration) {
        switch (step, outcome) {
        case (.open, .connectOK):
            closedStaleLink = false
            tls?.connected()
            run(.connect)
        case (.socket(.open), .connectOK): streamStands(now: now)
        case (.socket(.open), .alreadyConnect): connectionIsThere(now: now)
        case (.socket(.open), .connectFail(let state)): connectionFailed(state, now: now)
        case (.open, .alreadyConnect):
            alreadyConnected(now: now)
        case (.open, .connectFail(let state)):
            let detail = state.map { " (\(printable($0)))" } ?? ""
            connectFailed(
                "no \(settings.tls == nil ? "TCP" : "TLS") connection to \(settings.host):\(settings.port)\(detail)",
                now: now)
        case (.connect, .connackOK):
            refusals = 0
            closesAtConnect = 0
            filesCarriedSession()
            next(after: .connect, now: now)
        case (.connect, .error):
            sessionRefused(now: now)
        case (.subscribe(let index), .suback):
            actions.append(.subscribed(filter: settings.subscriptions[index].filter))
            next(after: step, now: now)
        case (.subscribe(let index), .error):
            fail(
                Failure(.broker),
                """
                the subscription to \(printable(settings.subscriptions[index].filter)) was refused: check the rights \
                of this client
                """,
                now: now)
        case (.unsubscribe(let index), .unsuback):
            actions.append(.unsubscribed(filter: settings.staleSubscriptions[index]))
            settledFilters.insert(index)
            nextUnsubscribe(now: now)
        case (.unsubscribe(let index), .error):
            unsubscribeUnanswered(index, now: now)
        default:
            break
        }
    }

    private mutating func alreadyConnected(now: Duration) {
        // A TCP connection of an earlier run; one retry after closing it (module-behaviour 3).
        if closedStaleLink {
            return fail(Failure(.path, at: .context), "the module keeps an old TCP connection", now: now)
        }
        closedStaleLink = true
        run(.closeSession)
    }

    private mutating func sessionRefused(now: Duration) {
        refusals += 1
        report(
            .error,
            "the broker refused the session (user, password, client id or rights; the module does not say which)")
        goOffline("session refused")
        recovery = Recovery(rung: .link, reason: "the broker refused the session")
        // A broker may refuse the session because of a client certificate it does not know.
        if tls?.hasOlderSet ?? false, changeOfSet(now: now) {
            state = .resting(until: now + .seconds(1), rung: .link)
            return
        }
        // Slowly: 15 s, 30 s, … 10 min. Nothing heals a refusal but somebody's hand.
        state = .resting(until: now + Self.growingPause(refusals), rung: .link)
    }

    /// Goes on to the next subscription, then online.
    private mutating func next(after step: LinkStep, now: Duration) {
        let index: Int
        if case .subscribe(let done) = step { index = done + 1 } else { index = 0 }
        if index < settings.subscriptions.count { return run(.subscribe(index)) }
        nextUnsubscribe(now: now)
    }

    private mutating func nextUnsubscribe(now: Duration) {
        let next = settings.staleSubscriptions.indices.first { !settledFilters.contains($0) }
        if let next { run(.unsubscribe(next)) } else { goOnline(now: now) }
    }

    /// A left-over filter is never a reason to stay offline.
    mutating func unsubscribeUnanswered(_ index: Int, now: Duration) {
        report(.warning, "\(printable(settings.staleSubscriptions[index])) could not be unsubscribed; it stays for now")
        settledFilters.insert(index)
        nextUnsubscribe(now: now)
    }

    mutating func goOnline(now: Duration) {
        isOnline = true
        onlineSince = now
        failedReads = 0
        waited()
        recovery = nil
        actions.append(.online(profile))
        // What the cache still holds from before is read at once.
        if settings.cachedReceive, kind == .mqtt { readCache() } else { state = .online(poll: now + Self.pollInterval) }
    }

    mutating func closedWhileConnecting(_ step: LinkStep, now: Duration) {
        closedDuring = false
        if step == .connect, refusals > 0 || closesAtConnect > 0 {
            // The second time in a row it is the broker's answer, not the weather.
            sessionRefused(now: now)
        } else {
            closesAtConnect = step == .connect ? 1 : 0
            fail(Failure(.broker), "the broker closed the connection during \(commandName(step))", now: now)
        }
    }
}

extension LinkStep {
    /// Whether `outcome` can be the outcome of this step.
    func concerns(_ outcome: Outcome) -> Bool {
        switch (self, outcome) {
        case (.socket(.open), .connectOK), (.socket(.open), .alreadyConnect), (.socket(.open), .connectFail),
            (.open, .connectOK), (.open, .alreadyConnect), (.open, .connectFail), (.connect, .connackOK),
            (.connect, .error), (.subscribe, .suback), (.subscribe, .error), (.unsubscribe, .unsuback),
            (.unsubscribe, .error):
            true
        default:
            false
        }
    }
}
