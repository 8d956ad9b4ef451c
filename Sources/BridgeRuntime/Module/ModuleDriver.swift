import ATProtocol
import BridgeCore
import ModemCore

/// Runs the pure machines of the module against the port: every effect they ask for happens here and nowhere else.
///
/// One command is on the wire at a time. The link machine, the publisher, the stream of a socket link and guests share
/// the session; the link's commands go first.
final class ModuleDriver {
    enum Owner { case nobody, link, publisher, stream, guest }

    weak var delegate: (any ModuleDriverDelegate)?
    let port: any ModulePort
    let baud: Int
    let clock: any BridgeClock
    let log: Log
    var session: CommandSession
    var link: LinkStateMachine
    var publisher: PublishStateMachine
    /// MQTT over the module's TCP connection; `nil`: this driver has no socket link.
    let carrier: SocketCarrier?
    /// The bytes of that connection; `nil`: there is none.
    var transfer: SocketTransfer?
    /// What the last connection taught of the module's memory.
    var learnt: SocketTransfer.Learnt?
    /// The connection was closed by the other side, and what it said last is still being read.
    var lastWords: LastWords?
    /// Until when the result of a send on the connection that is gone is awaited.
    var resultDue: Duration?
    /// Whether the session says farewell; then the link machine is stopped.
    var saysFarewell = false
    /// Called before anything of a send goes out, and with `nil` once none is open any more.
    var markSend: (OpenSend?) -> Void = { _ in }
    /// The send that may be open.
    var openSend: OpenSend? { didSet { if openSend != oldValue { markSend(openSend) } } }
    /// Its bytes.
    var openBytes: [UInt8] = []
    var owner = Owner.nobody
    /// Commands that wait for the session to be idle, at most one of each.
    var waitingLink: ATCommand?
    var waitingPublish: ATCommand?
    /// The command on the wire, for the log and for what its result means.
    var current: ATCommand?
    var isOnline = false
    /// After an `ERROR`: no publish before this time.
    var pausedUntil: Duration?
    var awaitsConfirmation = false
    var rejections = 0
    /// The QoS of the message that is or was last with the publisher.
    var openQoS = 0
    var isFilling = false
    /// The bytes of the MPUBEX whose record is being written.
    var recording: Int?
    /// What the control socket wants of the module.
    var guests = Guests()
    /// Bytes on the line.
    var lineBytes: (sent: UInt64, received: UInt64) = (0, 0)
    /// Sees all that goes over the line, and what else a replay must know.
    var onDialogue: ((Dialogue) -> Void)?
    /// Sees what the session makes of it.
    var onAction: ((CommandSession.Action) -> Void)?
    /// The host's clock, for a module whose own is wrong.
    let hostClock: () -> HostClock?
    private var isDraining = false
    private var work: [(ModuleDriver) -> Void] = []
    private var deadline: MovingDeadline?
    private var toldRecovery: Recovery?

    /// A driver for one port. `baud` is the line's rate, for time-outs of long lines.
    init(
        _ settings: LinkSettings, port: any ModulePort, baud: Int, clock: any BridgeClock, log: Log,
        carrier: SocketCarrier? = nil, hostClock: @escaping () -> HostClock? = { nil },
        topicMatches: @escaping ([UInt8]) -> Bool
    ) {
        self.carrier = carrier
        self.hostClock = settings.tls == nil ? { nil } : hostClock
        self.port = port
        self.clock = clock
        self.log = log
        self.baud = baud
        session = CommandSession(limits: Limits(), baud: baud)
        session.topicMatches = topicMatches
        link = LinkStateMachine(settings)
        publisher = PublishStateMachine(
            profile: settings.profile ?? .ec716s, acknowledgementTimeout: settings.acknowledgementTimeout)
        port.onBytes = { [weak self] bytes in self?.bytesRead(bytes) }
        port.onClosed = { [weak self] reason in self?.portLost(reason) }
        port.onDrained = { [weak self] in self?.drained() }
        deadline = MovingDeadline(clock) { [weak self] in self?.deadlineReached() }
        carrier?.delegate = self
    }

    // MARK: For the dispatcher

    /// Starts with the MPUBEX record that an earlier run left, if any.
    func start(dataModeRecord: Int?) {
        note(.start(dataMode: dataModeRecord, send: dataModeRecord == nil ? openSend : nil))
        perform {
            // Its bytes are gone with the process that had them.
            $0.openSend?.isRepeatable = false
            $0.run($0.link.start(dataModeRecord: dataModeRecord, openSend: $0.openSend, now: $0.clock.now))
        }
    }

    /// Closes the session in order; `moduleFinished` follows. The caller bounds the time.
    func stop() {
        note(.stop)
        perform { driver in
            // MQTT first says farewell over the connection, where there is one.
            if driver.transfer != nil {
                driver.saysFarewell = true
                return driver.carrier?.finish() ?? ()
            }
            driver.run(driver.link.stop(now: driver.clock.now))
        }
    }

    /// Whether `publish` would be taken now.
    var canPublish: Bool { isReadyToPublish && guests.messages.isEmpty }

    /// Whether the publisher can begin a message.
    var isReadyToPublish: Bool {
        if let carrier, link.kind == .socket { return isOnline && carrier.canPublish && pausedUntil == nil }
        return isOnline && publisher.isIdle && owner == .nobody && session.isIdle && waitingLink == nil
            && waitingPublish == nil && !awaitsConfirmation && pausedUntil == nil
    }

    /// Whether a message is with the module; a heartbeat is none.
    var hasOpenPublish: Bool {
        let open = carrier?.open.map(\.id) ?? []
        return (open + [publisher.openMessage].compactMap(\.self)).contains {
            !Dispatcher.isHeartbeat($0) && !Self.isGuest($0)
        }
    }

    /// Publishes one message; its fate comes as an event of the delegate.
    func publish(_ message: PublishStateMachine.Message) {
        if link.kind == .socket {
            // At once: several may follow each other.
            if !begin(message) { delegate?.modulePostponed(message.id) }
            return perform { _ in }
        }
        perform { driver in
            // Asked for in the middle of an event, of which a later part may have ended the session.
            guard driver.begin(message) else {
                driver.delegate?.moduleReturned(message.id, certainlyNotSent: true)
                return
            }
        }
    }

    /// Hands a message to whoever publishes; false: not now.
    func begin(_ message: PublishStateMachine.Message) -> Bool {
        guard isOnline else { return false }
        if let carrier, link.kind == .socket {
            guard carrier.canPublish else { return false }
            var message = message
            // Each connection has a library handle of its own: what a broken one left between PUBREC and PUBREL would stay
            // with the broker for ever, and count against what it lets us have under way.
            message.qos = min(message.qos, 1)
            carrier.publish(message)
            return true
        }
        guard publisher.isIdle else { return false }
        openQoS = message.qos
        note(message)
        run(publisher.begin(message, now: clock.now))
        return true
    }

    /// The MPUBEX record is on disk.
    func dataModeRecorded(bytes: Int) {
        perform { driver in
            driver.note(.dataModeRecorded(bytes))
            guard driver.recording == bytes else {
                // The link broke meanwhile: the command will not be written, so nothing can be open.
                if driver.recording == nil { driver.delegate?.recordDataMode(bytes: nil) }
                return
            }
            driver.recording = nil
            driver.link.dataModeRecorded(bytes: bytes)
            driver.run(driver.publisher.recorded())
        }
    }

    /// What is known of the modules' files is on disk.
    func manifestRecorded(token: Int) {
        note(.manifestRecorded(token))
        perform { $0.run($0.link.manifestRecorded(token: token, now: $0.clock.now)) }
    }

    /// The hardware reset has run.
    func hardwareResetFinished(succeeded: Bool, reason: String) {
        note(.resetFinished(succeeded))
        perform {
            $0.run($0.link.hardwareResetFinished(succeeded: succeeded, reason: reason, now: $0.clock.now))
        }
    }

    /// What the link is doing, for status and logs.
    var summary: String { link.summary }

    /// Closes the port at once.
    func abandon() {
        _ = carrier?.streamClosed()
        port.close()
        deadline?.move(to: nil)
    }

    // MARK: Events

    private func bytesRead(_ bytes: [UInt8]) {
        lineBytes.received += UInt64(bytes.count)
        onDialogue?(.received(bytes))
        perform {
            $0.link.bytesArrived()
            $0.run($0.session.received(bytes, now: $0.clock.now))
        }
    }

    private func portLost(_ reason: String) {
        note(.portClosed)
        perform {
            $0.delegate?.moduleCounted(\.portLosses, 1)
            $0.portGone(reason)
        }
    }

    private func drained() {
        perform {
            if $0.isFilling {
                $0.isFilling = false
                $0.run($0.link.dataModeFilled(now: $0.clock.now))
            } else {
                $0.run($0.session.written(now: $0.clock.now))
            }
        }
    }

    private func deadlineReached() {
        perform { driver in
            let now = driver.clock.now
            driver.link.hostClock(driver.hostClock())
            if let due = driver.session.deadline, due <= now { driver.run(driver.session.deadlineReached(now: now)) }
            if let due = driver.link.deadline, due <= now { driver.run(driver.link.deadlineReached(now: now)) }
            if let due = driver.publisher.deadline, due <= now {
                driver.run(driver.publisher.deadlineReached(now: now))
            }
            driver.streamDeadlineReached(now: now)
            if let due = driver.pausedUntil, due <= now { driver.pausedUntil = nil }
            driver.guestDeadlineReached(now: now)
        }
    }

    // MARK: One thing after the other

    /// Runs an event to its end before the next: an effect that causes an event queues it.
    func perform(_ event: @escaping (ModuleDriver) -> Void) {
        work.append(event)
        guard !isDraining else { return }
        isDraining = true
        while !work.isEmpty { work.removeFirst()(self) }
        isDraining = false
        startWaiting()
        if link.recovery != toldRecovery {
            toldRecovery = link.recovery
            if let recovery = link.recovery {
                onDialogue?(.recovers(recovery))
                delegate?.moduleRecovers(recovery)
            }
        }
        admitGuests()
        if canPublish { delegate?.moduleReady() }
        // What was published meanwhile goes along.
        driveStream()
        let deadlines = [
            session.deadline, link.deadline, publisher.deadline, pausedUntil, guests.deadline, transfer?.deadline,
            carrier?.deadline, lastWords?.due, resultDue,
        ]
        deadline?.move(to: deadlines.compactMap { $0 }.min())
    }

    /// Gives the session the next command that waits for it.
    private func startWaiting() {
        guard owner == .nobody, session.isIdle, resultDue == nil else { return }
        if let command = waitingLink {
            waitingLink = nil
            perform { $0.submit(command, for: .link) }
        } else if let command = waitingPublish {
            waitingPublish = nil
            perform { $0.submit(command, for: .publisher) }
        }
    }

    func submit(_ command: ATCommand, for owner: Owner) {
        guard session.isIdle, self.owner == .nobody, owner != .link || resultDue == nil else {
            if owner == .link { waitingLink = command } else { waitingPublish = command }
            return
        }
        // What the link asked for before is void.
        if owner == .link { waitingLink = nil }
        self.owner = owner
        current = command
        log(.debug, "-> \(command.redacted)")
        onDialogue?(.sent(command.redacted, bytes: command.line.count + 2 + (command.data?.count ?? 0)))
        run(session.submit(command, now: clock.now))
    }

    func forgetCommands() {
        waitingLink = nil
        waitingPublish = nil
        dismissGuests("the bridge had to get in step with the module again")
    }
}
