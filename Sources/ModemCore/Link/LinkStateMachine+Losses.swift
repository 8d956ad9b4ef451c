import ATProtocol

/// Events that enter recovery at their own rung.
extension LinkStateMachine {
    mutating func contextLost(_ what: String, now: Duration) {
        let reason = "the PDP context is gone (\(what))"
        // The connection that an open send belongs to went with it.
        if case .keepingSilent = state { return fillDataMode(now: now) }
        if case .listening = state { return fillDataMode(now: now) }
        switch state {
        case .online:
            goOffline(reason)
            enterAfterFailure(Failure(.context), now: now)
        case .running(let step):
            guard step.standsOnContext else { return }
            // The command on the wire ends first; its failure must not enter lower.
            goOffline(reason)
            afterCommand = higher(Failure(.context), afterCommand)
        case .recordingManifest:
            afterCommand = higher(Failure(.context), afterCommand)
        case .awaiting(let step, _), .pausing(_, let step):
            guard step.standsOnContext else { return }
            goOffline(reason)
            enterAfterFailure(Failure(.context), now: now)
        case .resting(let until, let rung):
            if rung < .context { state = .resting(until: until, rung: .context) }
        case .resynchronising:
            goOffline(reason)
            nextFailure = higher(Failure(.context), nextFailure)
        case .stopped, .opening, .portGone, .synchronising, .mute, .fillingDataMode, .keepingSilent, .listening,
            .restarting,
            .resettingHardware:
            return
        }
        usesSpareContext = false
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
        let reason = "the SIM was removed"
        switch state {
        case .online:
            loseCard(reason, now: now)
        case .recordingManifest:
            report(.error, reason)
            afterCommand = higher(Failure(.card), afterCommand)
        case .awaiting(let step, _), .pausing(_, let step):
            if step.standsOnCard { loseCard(reason, now: now) }
        case .resting(_, let rung):
            if introduced, rung < .radio { loseCard(reason, now: now) }
        case .running(let step):
            guard step.standsOnCard else { return }
            goOffline(reason)
            report(.error, reason)
            afterCommand = higher(Failure(.card), afterCommand)
        case .resynchronising:
            goOffline(reason)
            nextFailure = higher(Failure(.card), nextFailure)
        case .stopped, .opening, .portGone, .synchronising, .mute, .fillingDataMode, .keepingSilent, .listening,
            .restarting,
            .resettingHardware:
            break
        }
    }

    private mutating func loseCard(_ reason: String, now: Duration) {
        goOffline(reason)
        report(.error, reason)
        waited()
        noteEndOfSession(now: now)
        settled = false
        pause(.seconds(2), then: .simStatus, now: now)
    }

    /// A boot banner, or an echo although echo was off.
    mutating func moduleBooted(_ sign: String, now: Duration) {
        switch state {
        case .stopped, .opening, .portGone, .fillingDataMode, .resettingHardware, .restarting:
            return
        case .synchronising(.start), .synchronising(.again):
            // It is booting after all, which takes longer than the time it was given.
            return synchronise(.restarted, attempts: Self.bootAttempts)
        case .synchronising(.restarted), .synchronising(.blindRestart):
            return  // Expected; AT goes on until it answers.
        case .running(.restart):
            ladder.noteUse(.restart, now: now)
        case .running, .awaiting, .pausing, .resting, .resynchronising, .mute, .keepingSilent, .listening,
            .recordingManifest,
            .online:
            break
        }
        if stopping { return finish() }
        // Said once: `offline` says it where a session was lost.
        if !isOnline { report(.warning, "the module restarted (\(sign))") }
        goOffline("the module restarted (\(sign))")
        // A restarted module is out of its data mode.
        clearDataModeRecord()
        forgetModule(now: now)
        synchronise(.restarted, attempts: Self.bootAttempts)
    }
}
