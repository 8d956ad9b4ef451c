public import ATProtocol

/// What comes from the port, the session, the publisher and the owner.
extension LinkStateMachine {
    // MARK: Port

    /// Starts. `dataModeRecord`: the bytes that an `AT+MPUBEX`, or a send of a socket link, declared and that may still be
    /// open, from the state directory; `openSend`: what is known of such a send.
    public mutating func start(
        dataModeRecord: Int?, openSend: OpenSend? = nil, now: Duration
    ) -> [LinkAction] {
        guard case .stopped = state, !finished else { return take() }
        self.dataModeRecord = dataModeRecord ?? openSend?.bytes
        self.openSend = dataModeRecord == nil ? openSend : nil
        // Another process may have left a connection whose bytes come from the first moment on.
        if settings.profile != nil || settings.linkChoice == .socket { settleKind() }
        ladder.start(now: now)
        state = .opening
        actions.append(.openPort)
        return take()
    }

    /// The port is open and locked.
    public mutating func portOpened(now: Duration) -> [LinkAction] {
        guard case .opening = state else { return take() }
        portGoneSince = nil
        if dataModeRecord != nil {
            endDataMode(now: now)
        } else {
            synchronise(.start, attempts: mayBeBooting ? Self.bootAttempts : Self.attempts)
        }
        return take()
    }

    /// The port could not be opened, or it is gone.
    public mutating func portClosed(reason: String, now: Duration) -> [LinkAction] {
        if case .stopped = state { return take() }
        if stopping {
            finish()
            return take()
        }
        switch state {
        case .resettingHardware:
            // Expected of a module on USB; the outcome of the reset comes first.
            portLostDuringReset = true
            return take()
        case .running(.restart), .synchronising(.blindRestart):
            // Over USB the port goes with the restart: it was heard.
            ladder.noteUse(.restart, now: now)
        case .stopped, .opening, .portGone, .synchronising, .running, .awaiting, .pausing, .resting, .resynchronising,
            .mute, .fillingDataMode, .keepingSilent, .listening, .restarting, .recordingManifest, .online:
            break
        }
        let wasOnline = isOnline
        goOffline("the port is gone: \(reason); waiting for it")
        switch state {
        case .opening, .portGone: break
        case _ where wasOnline: break  // `offline` has said it.
        case .stopped, .synchronising, .running, .awaiting, .pausing, .resting, .resynchronising, .mute,
            .fillingDataMode, .keepingSilent, .listening, .restarting, .resettingHardware, .recordingManifest, .online:
            report(.warning, "port gone: \(reason); waiting for it")
        }
        forgetModule(now: now)
        // What comes back may have been plugged in or restarted a moment ago.
        mayBeBooting = true
        portGoneSince = portGoneSince ?? now
        state = .portGone(retry: now + .milliseconds(250))
        return take()
    }

    /// The record of an `AT+MPUBEX`, or of a send of a socket link, was written (`bytes`) or removed (`nil`).
    public mutating func dataModeRecorded(bytes: Int?, send: OpenSend? = nil) {
        dataModeRecord = bytes
        openSend = bytes == nil ? nil : send
        listenedForSend = false
    }

    // MARK: Session

    /// Some byte came from the module.
    public mutating func bytesArrived() { bytesSeen = true }

    /// The module answers `AT`, after `synchronise` or after a time-out.
    public mutating func synchronised(now: Duration) -> [LinkAction] {
        switch state {
        case .synchronising(let reason):
            if case .blindRestart = reason { ladder.noteUse(.restart, now: now) }
            clearDataModeRecord()
            blindlyRestarted = false
            muteSince = nil
            mayBeBooting = false
            introduced = false
            run(.echoOff)
        case .resynchronising:
            if let failure = nextFailure {
                nextFailure = nil
                enterAfterFailure(failure, now: now)
            } else {
                kind == .mqtt ? run(.status) : enter(.link, now: now)
            }
        case .stopped, .opening, .portGone, .running, .awaiting, .pausing, .resting, .mute, .fillingDataMode,
            .keepingSilent, .listening,
            .restarting, .resettingHardware, .recordingManifest, .online:
            break
        }
        return take()
    }

    /// The module gives no answer to `AT`.
    public mutating func synchronisationFailed(now: Duration) -> [LinkAction] {
        switch state {
        case .stopped, .opening, .portGone, .fillingDataMode, .keepingSilent, .listening, .restarting,
            .resettingHardware:
            return take()
        case .synchronising, .resynchronising, .running, .awaiting, .pausing, .resting, .mute, .recordingManifest,
            .online:
            break
        }
        if stopping {
            finish()
        } else if case .synchronising(.blindRestart(extended: false)) = state, bytesSeen {
            // Something is booting: it gets the rest of its 90 s.
            synchronise(.blindRestart(extended: true), attempts: 140)
        } else {
            moduleIsMute(now: now)
        }
        return take()
    }

    /// The command of the running step is complete.
    public mutating func commandCompleted(_ result: CommandResult, now: Duration) -> [LinkAction] {
        guard case .running(let step) = state else { return take() }
        switch result.final {
        case .timedOut, .noPrompt:
            stopping ? finish() : commandTimedOut(step, now: now)
        case .portLost:
            break  // portClosed says what to do.
        case .ok, .text, .error, .cmeError, .cmsError:
            completed(step, result, now: now)
        }
        return take()
    }

    private mutating func commandTimedOut(_ step: LinkStep, now: Duration) {
        let noticed = afterCommand
        afterCommand = nil
        streamEnd = nil
        if case .unsubscribe(let index) = step { settledFilters.insert(index) }
        if step == .restart {
            // It restarts without having said OK, or it is mute: the same as after a blind restart.
            blindlyRestarted = true
            forgetModule(now: now)
            return synchronise(.blindRestart(extended: false), attempts: 40)
        }
        state = .resynchronising
        if step == .readCache, isOnline, noticed == nil, !readFailed() {
            // The session with the broker may well stand: nothing is taken back before MQTTSTATU was asked.
            noticesPending = max(0, noticesPending - messagesSinceRead)
            nextFailure = nil
        } else {
            goOffline("\(commandName(step)) got no answer")
            report(.warning, "\(commandName(step)) got no answer")
            nextFailure = higher(Failure(.module, at: step.rung(dialect)), noticed)
        }
    }

    // MARK: Publisher

    /// A publish timed out and the session is resynchronising, or stands still because the module may be in data mode.
    /// A command of this machine that waits behind the publish must be dropped.
    public mutating func publishTimedOut(_ what: String = "a publish", now: Duration) -> [LinkAction] {
        switch state {
        case .online, .running, .awaiting, .pausing, .resting, .resynchronising: break
        case .stopped, .opening, .portGone, .synchronising, .mute, .fillingDataMode, .keepingSilent, .listening,
            .restarting,
            .resettingHardware,
            .recordingManifest:
            return take()
        }
        if stopping {
            finish()
            return take()
        }
        goOffline("\(what) got no answer")
        if dataModeRecord != nil {
            forgetModule(now: now)
            endDataMode(now: now)
        } else {
            nextFailure = higher(higher(Failure(.module), nextFailure), afterCommand)
            afterCommand = nil
            state = .resynchronising
        }
        return take()
    }

    /// A publish was refused with `ERROR`: `MQTTSTATU` decides whether it may be tried again.
    public mutating func publishWasRefused(now: Duration) -> [LinkAction] {
        guard isOnline, kind == .mqtt else { return take() }
        publishRefused = true
        if case .online = state { run(.status) }
        return take()
    }

    /// The acknowledgement of a QoS 1 or 2 publish is late: the session ends before anything else is published.
    public mutating func acknowledgementLate(_ what: String, now: Duration) -> [LinkAction] {
        guard isOnline else { return take() }
        goOffline("\(what) is late")
        switch state {
        case .running: afterCommand = higher(Failure(.path), afterCommand)
        case .resynchronising: nextFailure = higher(Failure(.path), nextFailure)
        case .stopped, .opening, .portGone, .synchronising, .awaiting, .pausing, .resting, .mute, .fillingDataMode,
            .keepingSilent, .listening,
            .restarting, .resettingHardware, .recordingManifest, .online:
            enterAfterFailure(Failure(.path), now: now)
        }
        return take()
    }

    /// Traffic was acknowledged by the remote broker (or came from it): the link works.
    public mutating func delivered(now: Duration) -> [LinkAction] {
        guard isOnline else { return take() }
        ladder.delivered(now: now)
        if case .online = state { state = .online(poll: now + Self.pollInterval) }
        return take()
    }

    // MARK: Owner

    /// The outcome of `resetHardware`.
    public mutating func hardwareResetFinished(succeeded: Bool, reason: String, now: Duration) -> [LinkAction] {
        guard case .resettingHardware = state else { return take() }
        if succeeded {
            clearDataModeRecord()
        } else {
            report(.error, "the hardware reset failed: \(reason)")
        }
        mayBeBooting = true
        if portLostDuringReset {
            portLostDuringReset = false
            state = .portGone(retry: now + .milliseconds(250))
        } else if dataModeRecord != nil {
            fillOrKeepSilent(now: now)
        } else {
            synchronise(.restarted, attempts: Self.bootAttempts)
        }
        return take()
    }

    /// Ends the session: `MDISCONNECT`, `MIPCLOSE`, then `finished`. The caller bounds the time.
    public mutating func stop(now: Duration) -> [LinkAction] {
        guard !stopping else { return take() }
        stopping = true
        switch state {
        case .running(.restart): finish()
        case .running:
            // The command on the wire ends first; then the farewell.
            goOffline("stopping")
        case .online, .awaiting:
            goOffline("stopping")
            run(farewell)
        case .resting(_, let rung) where rung <= .link && prepared:
            run(farewell)
        case .stopped, .opening, .portGone, .synchronising, .pausing, .resting, .resynchronising, .mute,
            .fillingDataMode, .keepingSilent, .listening, .restarting, .resettingHardware, .recordingManifest:
            finish()
        }
        return take()
    }
}
