public import ATProtocol

/// Brings the module from a bare port to an MQTT session, keeps it there, and brings it back.
///
/// One mutating function per event; each returns the actions to run, in order. `now` is monotonic time since an
/// arbitrary start; `deadline` is when `deadlineReached` wants to be called. A module that misbehaves makes it
/// recover, never trap.
public struct LinkStateMachine: ~Copyable {
    /// Where the machine stands.
    enum State {
        /// Not started, or finished.
        case stopped
        /// The port is being opened.
        case opening
        /// The port is gone; the next try is at `retry`.
        case portGone(retry: Duration)
        /// `AT` is sent until the module answers, for this reason.
        case synchronising(Synchronisation)
        /// The command of this step is with the session.
        case running(LinkStep)
        /// Its `OK` came; the outcome is due.
        case awaiting(LinkStep, deadline: Duration)
        /// The next step is due at `until`.
        case pausing(until: Duration, then: LinkStep)
        /// After a failure: recovery goes on at `until` with `rung`.
        case resting(until: Duration, rung: Rung)
        /// A command timed out; the session finds out whether the module still answers.
        case resynchronising
        /// The module does not answer; the next `AT` is due at `until`.
        case mute(until: Duration)
        /// CR bytes are going into an `AT+MPUBEX` that may be half full.
        case fillingDataMode(until: Duration)
        /// A restart was answered; the module is left alone until then.
        case restarting(until: Duration)
        /// The hardware reset is running.
        case resettingHardware
        /// Messages flow; the next `MQTTSTATU` is due at `poll`.
        case online(poll: Duration)
    }

    /// Why `AT` is being sent.
    enum Synchronisation: Equatable {
        /// The port was opened, or the module showed a boot banner.
        case start
        /// After an answered restart or a hardware reset.
        case restarted
        /// After a blind `AT+RESET`: 20 s for the first byte, then up to 90 s.
        case blindRestart(extended: Bool)
        /// It was mute and is asked again.
        case again
    }

    /// The time between two `MQTTSTATU` while nothing is acknowledged.
    static let pollInterval: Duration = .seconds(10)
    /// Attempts of `AT`, 500 ms apart, at a module that should be up.
    static let attempts = 15
    /// Attempts at a module that may be booting: 90 s.
    static let bootAttempts = 180

    var state = State.stopped
    let settings: LinkSettings
    var ladder: RecoveryLadder
    var actions: [LinkAction] = []
    var profile: ModuleProfile
    /// Whether an `online` was reported and no `offline` since.
    var isOnline = false
    var onlineSince: Duration = .zero
    /// The outcome of the running step, when it came before the `OK`.
    var earlyOutcome: Outcome?
    var connectState: [UInt8]?
    var credentialForm = CredentialForm.asConfigured
    var closedStaleLink = false
    var iccid = ""
    var registered = false
    /// Since when the running wait (card, registration, attach, address) lasts.
    var waitingSince: Duration?
    var simProblem = ""
    var registrationDenied = false
    var pinRefused = false
    var triedPrivateAPN = false
    var usesSpareContext = false
    var refusals = 0
    var bytesSeen = false
    var blindlyRestarted = false
    var noticesPending = 0
    var noticesAtRead = 0
    var publishRefused = false
    var stopping = false
    var dataModeRecord: Int?
    var nextRung: Rung?
    /// A loss that was noticed while a command was on the wire; acted on when it ends.
    var afterCommand: Rung?
    /// `CLOSED` came while MCONNECT, MSUB or MUNSUB was on the wire.
    var closedDuring = false
    var closedAtConnect = false
    var messagesSinceRead = 0

    /// A machine that has not been started.
    public init(_ settings: LinkSettings) {
        self.settings = settings
        ladder = RecoveryLadder(seed: settings.seed)
        profile = settings.profile ?? .ec716s
    }

    /// The profile in use; the most careful one until `ATI` was answered.
    public var currentProfile: ModuleProfile { profile }

    /// When `deadlineReached` is due.
    public var deadline: Duration? {
        switch state {
        case .stopped, .opening, .synchronising, .running, .resynchronising, .resettingHardware: nil
        case .portGone(let due), .awaiting(_, let due), .pausing(let due, _), .resting(let due, _), .mute(let due),
            .fillingDataMode(let due), .restarting(let due), .online(let due):
            due
        }
    }

    /// What it is doing, in a few words, for status and logs.
    public var summary: String {
        switch state {
        case .stopped: "stopped"
        case .opening, .portGone: "waiting for the port"
        case .synchronising, .restarting: "waiting for the module to answer AT"
        case .running(let step), .awaiting(let step, _), .pausing(_, let step): "at \(step)"
        case .resting(_, let rung): "pausing before: \(rung)"
        case .resynchronising: "resynchronising"
        case .mute: "the module is mute"
        case .fillingDataMode: "ending an open AT+MPUBEX"
        case .resettingHardware: "resetting the hardware"
        case .online: "online"
        }
    }

    // MARK: Port

    /// Starts. `dataModeRecord`: the bytes an `AT+MPUBEX` declared that may still be open, from the state directory.
    public mutating func start(dataModeRecord: Int?, now: Duration) -> [LinkAction] {
        self.dataModeRecord = dataModeRecord
        state = .opening
        actions.append(.openPort)
        return take()
    }

    /// The port is open and locked.
    public mutating func portOpened(now: Duration) -> [LinkAction] {
        guard case .opening = state else { return take() }
        if dataModeRecord != nil {
            endDataMode(now: now)
        } else {
            synchronise(.start, attempts: settings.mayBeBooting ? Self.bootAttempts : Self.attempts)
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
        goOffline("the port is gone: \(reason)")
        if case .portGone = state {
        } else if case .opening = state {
        } else {
            report(.warning, "port gone: \(reason); waiting for it")
        }
        state = .portGone(retry: now + .milliseconds(250))
        return take()
    }

    /// The MPUBEX record was written (`bytes`) or removed (`nil`) by the publisher.
    public mutating func dataModeRecorded(bytes: Int?) { dataModeRecord = bytes }

    // MARK: Session

    /// Some byte came from the module.
    public mutating func bytesArrived() { bytesSeen = true }

    /// The module answers `AT`, after `synchronise` or after a time-out.
    public mutating func synchronised(now: Duration) -> [LinkAction] {
        switch state {
        case .synchronising(let reason):
            if case .blindRestart = reason { ladder.noteRestart(now: now) }
            blindlyRestarted = false
            run(.echoOff)
        case .resynchronising:
            if stopping {
                finish()
            } else if let rung = nextRung {
                nextRung = nil
                enter(rung, now: now)
            } else {
                run(.status)
            }
        case .stopped, .opening, .portGone, .running, .awaiting, .pausing, .resting, .mute, .fillingDataMode,
            .restarting, .resettingHardware, .online:
            break
        }
        return take()
    }

    /// The module gives no answer to `AT`.
    public mutating func synchronisationFailed(now: Duration) -> [LinkAction] {
        if stopping {
            finish()
            return take()
        }
        switch state {
        case .synchronising(.blindRestart(extended: false)) where bytesSeen:
            // Something is booting: it gets the rest of its 90 s.
            synchronise(.blindRestart(extended: true), attempts: 140)
        case .synchronising, .resynchronising, .running, .awaiting, .pausing, .resting, .mute, .online:
            moduleIsMute(now: now)
        case .stopped, .opening, .portGone, .fillingDataMode, .restarting, .resettingHardware:
            break
        }
        return take()
    }

    /// The command of the running step is complete.
    public mutating func commandCompleted(_ result: CommandResult, now: Duration) -> [LinkAction] {
        guard case .running(let step) = state else { return take() }
        switch result.final {
        case .timedOut, .noPrompt:
            if stopping {
                finish()
            } else {
                let wasOnline = isOnline
                goOffline("\(step) got no answer")
                nextRung = wasOnline || step == .status ? nil : step.rung
                if step == .open || step == .connect { nextRung = .link }
                state = .resynchronising
            }
        case .portLost:
            break  // portClosed says what to do.
        case .ok, .text, .error, .cmeError, .cmsError:
            completed(step, result, now: now)
        }
        return take()
    }

    /// A publish timed out and the session is resynchronising.
    public mutating func publishTimedOut(now: Duration) -> [LinkAction] {
        goOffline("a publish got no answer")
        nextRung = .link
        state = .resynchronising
        return take()
    }

    /// A publish was refused with `ERROR`: `MQTTSTATU` decides whether it may be tried again.
    public mutating func publishWasRefused(now: Duration) -> [LinkAction] {
        publishRefused = true
        if case .online = state { run(.status) }
        return take()
    }

    /// The acknowledgement of a QoS 1 or 2 publish is late: the session ends before anything else is published.
    public mutating func acknowledgementLate(_ what: String, now: Duration) -> [LinkAction] {
        goOffline("\(what) is late")
        if case .running = state { afterCommand = .link } else { enterAfterFailure(.link, now: now) }
        return take()
    }

    /// Traffic was acknowledged by the remote broker (or came from it): the link works.
    public mutating func delivered(now: Duration) {
        guard isOnline else { return }
        ladder.delivered()
        refusals = 0
        if case .online = state { state = .online(poll: now + Self.pollInterval) }
    }

    /// Whether the module may be restarted by the configured command or line; its outcome.
    public mutating func hardwareResetFinished(succeeded: Bool, reason: String, now: Duration) -> [LinkAction] {
        guard case .resettingHardware = state else { return take() }
        ladder.noteHardwareReset(now: now)
        if succeeded {
            if dataModeRecord != nil {
                dataModeRecord = nil
                actions.append(.clearDataModeRecord)
            }
        } else {
            report(.error, "the hardware reset failed: \(reason)")
        }
        if dataModeRecord != nil {
            fillDataMode(now: now)
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
        case .online:
            goOffline("stopping")
            run(.farewellSession)
        case .running, .awaiting(_, _):
            // The command on the wire ends first; then the farewell.
            break
        case .pausing(_, let step) where step.rung == .link:
            run(.farewellSession)
        case .stopped, .opening, .portGone, .synchronising, .pausing, .resting, .resynchronising, .mute,
            .fillingDataMode, .restarting, .resettingHardware:
            finish()
        }
        if case .awaiting = state { run(.farewellSession) }
        return take()
    }

    // MARK: Shared

    mutating func take() -> [LinkAction] {
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    mutating func report(_ level: LinkReport.Level, _ text: String) {
        actions.append(.report(LinkReport(level, text)))
    }

    mutating func goOffline(_ reason: String) {
        publishRefused = false
        guard isOnline else { return }
        isOnline = false
        actions.append(.offline(reason: reason))
    }

    mutating func finish() {
        goOffline("stopping")
        state = .stopped
        actions.append(.finished)
    }

    mutating func run(_ step: LinkStep) {
        earlyOutcome = nil
        do {
            let command = try step.command(settings, form: credentialForm)
            state = .running(step)
            actions.append(.submit(command))
        } catch {
            report(.error, "\(step): \(error); mend the configuration (`cellbridge check`)")
            state = .stopped
            actions.append(.finished)
        }
    }

    mutating func synchronise(_ reason: Synchronisation, attempts: Int) {
        bytesSeen = false
        state = .synchronising(reason)
        actions.append(.synchronise(attempts: attempts, interval: .milliseconds(500)))
    }
}
