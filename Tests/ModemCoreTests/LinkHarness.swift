import ATProtocol
import ModemCore

/// Runs a link machine the way the driver does and checks that the two fit together.
final class LinkHarness {
    private var machine: LinkStateMachine
    private(set) var now: Duration
    /// Every action since the last `clear`, reports left out, commands as their lines.
    private(set) var log: [String] = []
    private(set) var reports: [LinkReport] = []
    private(set) var violations: [String] = []
    private(set) var outstanding: String?
    private(set) var isSynchronising = false
    private(set) var isResynchronising = false
    private(set) var isOpening = false
    private(set) var isPortOpen = false
    private(set) var isResetting = false
    private(set) var isFilling = false
    private(set) var isOnline = false
    private(set) var isFinished = false
    private(set) var recording: Int?
    /// What the ladder put on disk last.
    private(set) var ladderMemory = LadderMemory()
    /// When it gave up.
    private(set) var gaveUp: [Duration] = []
    /// The manifests on disk.
    private(set) var manifests: [UInt8] = []
    /// The module's files.
    var files = ModuleFiles()
    /// The module's TCP connection.
    var sockets = GoodSockets()
    /// Whether a stream was opened and not closed.
    private(set) var hasStream = false
    /// What the driver was told last.
    private(set) var dialect: SocketDialect?
    /// Whether the session over a stream comes about by itself.
    var establishes = true
    private var sessionIsNew = false
    private var command: ATCommand?
    private var attempts = 0

    init(_ settings: LinkSettings, now: Duration = .zero) {
        machine = LinkStateMachine(settings)
        self.now = now
    }

    var deadline: Duration? { machine.deadline }
    var summary: String { machine.summary }
    var recovery: Recovery? { machine.recovery }
    var profile: ModuleProfile { machine.currentProfile }
    var kind: LinkKind { machine.kind }
    var synchronisationAttempts: Int { attempts }

    func fail(_ text: String) { violations.append(text) }

    func take() -> [String] {
        defer { log = [] }
        return log
    }

    // MARK: Events

    func start(record: Int? = nil, send: OpenSend? = nil) {
        feed("start") { $0.start(dataModeRecord: record, openSend: send, now: $1) }
    }
    func portOpened() {
        isOpening = false
        isPortOpen = true
        feed("portOpened") { $0.portOpened(now: $1) }
    }
    func portClosed() {
        isOpening = false
        isPortOpen = false
        isSynchronising = false
        isResynchronising = false
        isFilling = false
        outstanding = nil
        feed("portClosed") { $0.portClosed(reason: "test", now: $1) }
    }
    func synchronised() {
        isSynchronising = false
        isResynchronising = false
        feed("synchronised") { $0.synchronised(now: $1) }
    }
    func synchronisationFailed() {
        isSynchronising = false
        isResynchronising = false
        feed("synchronisationFailed") { $0.synchronisationFailed(now: $1) }
    }
    func complete(_ result: CommandResult) {
        if let command { files.took(command, result) }
        outstanding = nil
        isResynchronising = result.final == .timedOut || result.final == .noPrompt
        feed("completed \(result.final)") { $0.commandCompleted(result, now: $1) }
    }
    func urc(_ urc: URC) { feed("\(urc)") { $0.urcReceived(urc, now: $1) } }
    func echo() { feed("echo") { $0.echoReturned(now: $1) } }
    func bytes() { machine.bytesArrived() }
    func cachedMessage() { machine.cachedMessageRead() }
    func delivered() { feed("delivered") { $0.delivered(now: $1) } }
    func recorded(_ bytes: Int?, send: OpenSend? = nil) { machine.dataModeRecorded(bytes: bytes, send: send) }
    func publishTimedOut() {
        outstanding = nil
        isResynchronising = true
        feed("publishTimedOut") { $0.publishTimedOut(now: $1) }
    }
    func publishRefused() { feed("publishRefused") { $0.publishWasRefused(now: $1) } }
    func acknowledgementLate() { feed("late") { $0.acknowledgementLate("PUBACK", now: $1) } }
    func filled() {
        isFilling = false
        feed("filled") { $0.dataModeFilled(now: $1) }
    }
    func resetFinished(_ succeeded: Bool) {
        isResetting = false
        feed("resetFinished") { $0.hardwareResetFinished(succeeded: succeeded, reason: "test", now: $1) }
    }
    func recordedManifest(_ token: Int) {
        if token == recording { recording = nil }
        feed("manifestRecorded") { $0.manifestRecorded(token: token, now: $1) }
    }
    func established() { feed("established") { $0.sessionEstablished(now: $1) } }
    func sessionFailed(_ failure: SessionFailure) {
        feed("session failed: \(failure)") { $0.sessionFailed(failure, now: $1) }
    }
    func hostClock(_ clock: HostClock?) { machine.hostClock(clock) }
    func stop() { feed("stop") { $0.stop(now: $1) } }
    func pass(_ time: Duration) { now += time }
    /// Goes to the deadline and says so.
    func expire() {
        guard let deadline = machine.deadline else { return }
        now = max(now, deadline)
        feed("deadline") { $0.deadlineReached(now: $1) }
    }

    // MARK: A well-behaved module

    /// One step of a module without faults. Returns false when there was nothing to do but wait for the poll.
    @discardableResult
    func behave(_ answer: (String) -> CommandResult = { GoodModule.result(of: $0) }) -> Bool {
        if isOpening {
            portOpened()
        } else if isResetting {
            resetFinished(true)
        } else if isFilling {
            filled()
        } else if let recording {
            recordedManifest(recording)
        } else if isSynchronising || isResynchronising {
            synchronised()
        } else if let line = outstanding {
            let outcome = GoodModule.outcome(of: line) ?? sockets.outcome(of: line)
            let result = command.flatMap { files.answer($0) } ?? sockets.answer(line) ?? answer(line)
            complete(result)
            if result.final == .ok, let outcome { urc(.outcome(outcome)) }
        } else if hasStream, !isOnline, establishes {
            established()
            // A connection that has its last words left takes no session any more.
            if !isOnline, hasStream { expire() }
        } else if deadline != nil {
            expire()
        } else {
            return false
        }
        return true
    }

    /// Behaves until the condition holds; false when it does not within the limits.
    func behave(until condition: (LinkHarness) -> Bool, steps: Int = 4000, within: Duration = .seconds(14400)) -> Bool {
        let end = now + within
        for _ in 0..<steps where now < end {
            if condition(self) { return true }
            if !behave() { return condition(self) }
        }
        return condition(self)
    }

    // MARK: Actions

    private func feed(_ name: String, _ event: (inout LinkStateMachine, Duration) -> [LinkAction]) {
        for action in event(&machine, now) { perform(action, name) }
        let isWaiting =
            isSynchronising || isResynchronising || isOpening || isResetting || outstanding != nil || deadline != nil
            || recording != nil
        if !isWaiting, !isFinished { violations.append("dead end after \(name): \(summary)") }
        if hasStream, !isPortOpen { violations.append("a stream without a port after \(name)") }
        if hasStream, isFinished { violations.append("a stream after finished") }
        if isFinished, deadline != nil { violations.append("a deadline after finished") }
    }

    private func perform(_ action: LinkAction, _ event: String) {
        func check(_ holds: Bool, _ what: String) {
            if !holds { violations.append("\(what) after \(event), outstanding \(outstanding ?? "nothing")") }
        }
        check(!isFinished, "\(action) although finished")
        switch action {
        case .openPort:
            check(!isPortOpen, "openPort although open")
            outstanding = nil
            isOpening = true
            log.append("open")
        case .closePort:
            outstanding = nil
            isPortOpen = false
            log.append("close")
        case .synchronise(let attempts, let interval):
            check(isPortOpen, "synchronise without a port")
            // A single one finds out whether a send is still open, and gets the time of any command.
            check(interval == (attempts == 1 ? .seconds(9) : .milliseconds(500)), "an odd interval")
            check(!isResetting, "synchronise during a hardware reset")
            outstanding = nil
            isResynchronising = false
            // A driver that never says `filled` is not waited for without end.
            isFilling = false
            isSynchronising = true
            self.attempts = attempts
            log.append("sync \(attempts)")
        case .submit(let command):
            check(isPortOpen, "submit without a port")
            check(outstanding == nil, "submit \(command.text)")
            check(!isSynchronising && !isResynchronising, "submit \(command.text) while synchronising")
            check(!isResetting && !isFilling, "submit \(command.text) during a reset")
            if command.text.hasPrefix("AT+MCONNECT=") { sessionIsNew = true }
            outstanding = command.text
            self.command = command
            log.append(command.text)
        case .restartBlindly:
            check(isPortOpen, "AT+RESET without a port")
            outstanding = nil
            log.append("blind AT+RESET")
        case .fillDataMode(let count):
            check(isPortOpen, "fill without a port")
            outstanding = nil
            isResynchronising = false
            isFilling = true
            log.append("fill \(count)")
        case .repeatSend:
            check(isPortOpen, "repeat without a port")
            outstanding = nil
            isResynchronising = false
            isFilling = true
            log.append("repeat")
        case .clearDataModeRecord: log.append("clear record")
        case .resetHardware:
            check(!isResetting, "a second hardware reset")
            outstanding = nil
            isResynchronising = false
            isResetting = true
            log.append("reset hardware")
        case .online:
            check(!isOnline, "online twice")
            check(kind == .mqtt || hasStream, "online without a stream")
            check(sessionIsNew, "online again on an old session")
            isOnline = true
            sessionIsNew = false
            log.append("online")
        case .offline:
            check(isOnline, "offline twice")
            check(!hasStream, "offline before the stream was closed")
            isOnline = false
            log.append("offline")
        case .recordManifest(let bytes, let token):
            manifests = bytes
            recording = token
            log.append("record")
        case .report(let report): reports.append(report)
        case .recordLadder(let memory): ladderMemory = memory
        case .gaveUp(let reason):
            gaveUp.append(now)
            log.append("gave up: \(reason)")
        case .finished:
            isFinished = true
            log.append("finished")
        case .useSocketDialect(let told):
            check(told != dialect, "the dialect told twice")
            dialect = told
            log.append("dialect \(told.map { "\($0)" } ?? "none")")
        case .streamOpened(let profile):
            check(!hasStream, "a second stream")
            check(profile.dialect == dialect, "a stream of another dialect")
            check(outstanding == nil, "a stream while a command runs")
            hasStream = true
            sessionIsNew = true
            log.append("stream")
        case .streamClosed:
            check(hasStream, "a stream closed twice")
            hasStream = false
            log.append("stream closed")
        case .confirmed: log.append("confirmed")
        case .subscribed(let filter): log.append("subscribed \(String(decoding: filter, as: UTF8.self))")
        case .unsubscribed(let filter): log.append("unsubscribed \(String(decoding: filter, as: UTF8.self))")
        case .overwritten(let count): log.append("overwritten \(count)")
        case .pinRefused: log.append("PIN refused")
        case .textMode: log.append("text mode")
        }
    }
}
