import ATProtocol

/// Brings the module from a bare port to an MQTT session, keeps it there, and brings it back.
///
/// One mutating function per event; each returns the actions to run, in order. `now` is monotonic time since an
/// arbitrary start; `deadline` is when `deadlineReached` wants to be called. A module that misbehaves makes it
/// recover, never trap.
///
/// Unlike the other machines it can be copied: the search for states that lead nowhere follows every event from each.
public struct LinkStateMachine {
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
        /// An `AT+CIPSEND` of a plain connection may be half full: nothing is written until that connection is gone.
        case keepingSilent(until: Duration)
        /// A send was written and may be under way: its end is listened for.
        case listening(until: Duration)
        /// The manifest is on its way to disk; nothing is sent before it is there.
        case recordingManifest
        /// A restart was answered; the module is left alone until then.
        case restarting(until: Duration)
        /// The hardware reset is running.
        case resettingHardware
        /// Messages flow; the next `MQTTSTATU`, or `CIPSTATUS` of a socket link, is due at `poll`.
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

    /// Registration and attach take up to 2 minutes, and resetting early makes it longer (Air780EP guide, Air724UG guide).
    static let registrationPatience: Duration = .seconds(180)
    /// A radio that searches is doing what can be done: it is left alone for longer.
    static let searchPatience: Duration = .seconds(600)
    /// A port that does not come back within this time is not just that of a module that restarts.
    static let portPatience: Duration = .seconds(90)

    var state = State.stopped
    let settings: LinkSettings
    var ladder: RecoveryLadder
    var actions: [LinkAction] = []
    var profile: ModuleProfile
    var stopping = false
    var finished = false
    /// What is being done about the last failure; `nil` while online, and before the first.
    public internal(set) var recovery: Recovery?
    /// What the module has said of itself; kept over its restarts, for status.
    public internal(set) var facts = ModuleFacts()
    /// Whether an `online` was reported and no `offline` since.
    var isOnline = false
    /// When the session that is or was last online began; `nil` once its end was taken into account.
    var onlineSince: Duration?

    // What is known of the module; forgotten when it restarts.
    /// ATE0 to CIMI are done.
    var introduced = false
    /// Card, registration, attach and APN are done.
    var settled = false
    /// CIPMUX, MQTTMSGSET and MQTTMODE are done; of a socket link, the address is known where there is one.
    var prepared = false
    var registered = false
    var registrationDenied = false
    /// Since when no answer said that the radio searches or was denied; `nil`: one does.
    var notSearchingSince: Duration?
    /// Whether an answer of the present round says so.
    var searches = false
    /// The APN was set in this life of the module; it is not set twice.
    var appliedAPN = false
    var triedPrivateAPN = false
    var usesSpareContext = false
    var iccid = ""
    var pin = PINUse.unused
    /// The module may be booting: `AT` is repeated for 90 s until it answers.
    var mayBeBooting = false

    // What is known of the running step.
    /// The outcome of the running step, when it came before the `OK`.
    var earlyOutcome: Outcome?
    /// The outcome that is due, while `awaiting` it.
    var awaited: (step: LinkStep, due: Duration)?
    /// `CLOSED` came while the step ran that needs the connection.
    var closedDuring = false
    /// A loss that was noticed while a command was on the wire; acted on when it ends.
    var afterCommand: Failure?
    /// Where recovery goes on when the session is in step again; `nil`: `MQTTSTATU` decides.
    var nextFailure: Failure?
    /// Since when the running wait (card, registration, attach, address) lasts.
    var waitingSince: Duration?
    var simProblem = ""
    /// `ATI` answered without a line, in a row.
    var emptyIdentities = 0

    // The session with the remote broker.
    var credentialForm = CredentialForm.asConfigured
    var closedStaleLink = false
    /// Connections in a row that were closed before the session stood.
    var closesAtConnect = 0
    /// `MQTTSTATU` said 0: there is no session to end.
    var sessionGone = false
    var refusals = 0
    /// Indices of left-over filters that are dealt with: dropped by the broker, or given up until the next start.
    var settledFilters: Set<Int> = []
    var publishRefused = false
    var noticesPending = 0
    var noticesAtRead = 0
    var messagesSinceRead = 0
    var failedReads = 0

    /// TLS of the module's MQTT client, when it is configured.
    var tls: TLSLink?

    // The socket link.
    /// `ATI` was answered once: the kind of link is settled.
    var isIdentified = false
    /// What the driver was told last.
    var dialectInUse: SocketDialect?
    /// The rate is fixed, in this life of the module.
    var rateIsFixed = false
    /// The settings of the sockets were made in this life of the module.
    var socketsSetUp = false
    /// Commands given to get rid of an old connection, for one new one.
    var closings = 0
    /// When the release of a bearer began, and whether the last one took longer than is usual.
    var releaseSince: Duration?
    var releaseIsSlow = false
    /// The last `TCP ERROR` since a connection was asked for.
    var tcpError: Int?
    /// Whether a `streamOpened` was reported and no `streamClosed` since.
    var hasStream = false
    /// The session came about while `AT` was on the wire.
    var sessionIsUp = false
    /// What ended the stream while a command was on the wire; acted on when that ends.
    var streamEnd: StreamEnd?

    // The mute module.
    var bytesSeen = false
    var blindlyRestarted = false
    /// When it was first found mute; `nil`: it has answered since.
    var muteSince: Duration?
    var dataModeRecord: Int?
    /// What is known of it, when it is that of a send over a socket.
    var openSend: OpenSend?
    /// Whether the end of that send was listened for.
    var listenedForSend = false
    var portLostDuringReset = false
    /// When the port went; `nil`: it is there.
    var portGoneSince: Duration?

    /// What became of the configured PIN.
    enum PINUse: Equatable {
        /// Not sent since the card was last ready.
        case unused
        /// Sent; no answer was read yet. The count is of unanswered attempts in a row.
        case sent(Int)
        /// Answered `OK`; the card is not ready yet.
        case accepted
        /// Refused, or twice without an answer: never sent again.
        case refused
    }

    /// A machine that has not been started.
    public init(_ settings: LinkSettings) {
        self.settings = settings
        ladder = RecoveryLadder(
            seed: settings.seed, hasHardwareReset: settings.hasHardwareReset, memory: settings.ladderMemory)
        tls = settings.tls.map(TLSLink.init)
        mayBeBooting = settings.mayBeBooting
        profile = settings.profile ?? .ec716s
    }

    /// The profile in use; the most careful one until `ATI` was answered.
    public var currentProfile: ModuleProfile { profile }

    /// What restarts a module that does not answer; every module's words for it while it is not known which one it is.
    public var restartLines: [[UInt8]] {
        let isKnown = isIdentified || settings.profile != nil
        return isKnown ? [profile.restart.line] : [ATCommand.reset.line, ATCommand.resetByFunction.line]
    }

    /// When `deadlineReached` is due.
    public var deadline: Duration? {
        switch state {
        case .stopped, .opening, .synchronising, .running, .resynchronising, .resettingHardware, .recordingManifest: nil
        case .portGone(let due), .awaiting(_, let due), .pausing(let due, _), .resting(let due, _), .mute(let due),
            .fillingDataMode(let due), .keepingSilent(let due), .listening(let due), .restarting(let due),
            .online(let due):
            due
        }
    }

    /// Whether a command that is none of this machine's may be run now: the module answers, and no step is under way.
    public var admitsGuests: Bool {
        switch state {
        case .online, .awaiting, .pausing, .resting: true
        case .stopped, .opening, .portGone, .synchronising, .running, .resynchronising, .mute, .fillingDataMode,
            .keepingSilent, .listening, .recordingManifest, .restarting, .resettingHardware:
            false
        }
    }

    // MARK: Shared

    mutating func take() -> [LinkAction] {
        if let change = ladder.takeChange() { actions.append(.recordLadder(change)) }
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    mutating func report(_ level: LinkReport.Level, _ text: String) {
        actions.append(.report(LinkReport(level, text)))
    }

    mutating func goOffline(_ reason: String) {
        publishRefused = false
        closeStream()
        guard isOnline else { return }
        isOnline = false
        actions.append(.offline(reason: reason))
    }

    mutating func finish() {
        goOffline("stopping")
        state = .stopped
        guard !finished else { return }
        finished = true
        actions.append(.finished)
    }

    mutating func run(_ step: LinkStep) {
        earlyOutcome = nil
        closedDuring = false
        do {
            let command = try step.command(settings, profile, form: credentialForm)
            state = .running(step)
            actions.append(.submit(command))
        } catch {
            report(.error, "\(commandName(step)): \(error); mend the configuration (`cellbridge check`)")
            finish()
        }
    }

    mutating func synchronise(
        _ reason: Synchronisation, attempts: Int, interval: Duration = .milliseconds(500)
    ) {
        bytesSeen = false
        state = .synchronising(reason)
        actions.append(.synchronise(attempts: attempts, interval: interval))
    }
}
