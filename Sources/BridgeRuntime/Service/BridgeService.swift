import BridgeCore
public import Configuration
import Control
import Glibc
import LinuxIO
import ModemCore
import MosquittoClient
import Outbox
import Synchronization

/// The bridge as a process: assembles the parts, and ends them in order.
///
/// An actor whose executor is the event loop: everything it owns belongs to the loop's thread, and the compiler sees
/// to it. Start it with `run`.
public actor BridgeService {
    /// Within this time a stopping service has gone, whatever the module does.
    static let stopLimit: Duration = .seconds(7)

    let configuration: Configuration
    let loop: EventLoop
    let log: Log
    private var lock: DirectoryLock?
    private var store: SQLiteMessageStore?
    var control: ControlServer?
    var bridge: BridgeAssembly?
    private var reset: (any ModuleReset)?
    private var signals: SignalSource?
    private var simulatorWatch: ProcessWatch?
    private(set) var stopping = false
    private var portWasOpen = false
    private var wasOnline = false
    let exitStatus = Atomic<Int32>(ExitCode.ok.rawValue)

    /// The event loop.
    nonisolated public var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private init(_ configuration: Configuration, loop: EventLoop, log: Log) {
        self.configuration = configuration
        self.loop = loop
        self.log = log
    }

    /// Runs the service on the calling thread until SIGTERM or SIGINT, or until it cannot go on.
    ///
    /// With `simulator` it ends when that process does: the pseudo-terminal it leaves may next be somebody's shell.
    public static func run(_ configuration: Configuration, log: Log, simulator: Int32? = nil) -> ExitCode {
        let loop: EventLoop
        do throws(SystemError) {
            loop = try EventLoop()
        } catch {
            log(.error, "\(error)")
            return .systemError
        }
        let service = BridgeService(configuration, loop: loop, log: log)
        loop.post { service.assumeIsolated { $0.start(watching: simulator) } }
        loop.run()
        return ExitCode(rawValue: service.exitStatus.load(ordering: .acquiring)) ?? .software
    }

    // MARK: Start

    private func start(watching simulator: Int32?) {
        do {
            simulatorWatch = try simulator.map { pid in
                try ProcessWatch(pid, loop: loop) { [weak self] in self?.assumeIsolated { $0.simulatorEnded() } }
            }
            signals = try SignalSource([SIGTERM, SIGINT, SIGHUP], loop: loop) { [weak self] number in
                self?.assumeIsolated { $0.signalled(number) }
            }
            try Files.makeDirectories(configuration.queue.path)
            lock = try DirectoryLock(configuration.queue.path)
        } catch DirectoryLock.Failure.held(let directory, let pid) {
            return end(.temporary, "\(DirectoryLock.Failure.held(directory: directory, pid: pid)); stop that one first")
        } catch let failure as DirectoryLock.Failure {
            return end(.cannotCreate, "\(failure); [queue] path must be a directory this user can write to")
        } catch {
            return end(.cannotCreate, "\(error); [queue] path must be a directory this user can make")
        }
        do throws(StoreError) {
            try startBridge()
        } catch {
            end(.cannotCreate, "\(error)")
        }
    }

    private func startBridge() throws(StoreError) {
        let routing: RoutingTable
        do throws(RouteProblem) {
            routing = try configuration.routingTable()
        } catch {
            return end(.configuration, "\(error)")
        }
        let loop = self.loop
        let store = try SQLiteMessageStore(
            directory: configuration.queue.path, maximumBytes: Int(clamping: configuration.queue.maxBytes),
            overflow: configuration.overflowPolicy
        ) { [weak self] event in
            loop.post { self?.assumeIsolated { $0.bridge?.stored(event) } }
        }
        self.store = store
        let pinWasRefused =
            try store.meta(Dispatcher.Meta.refusedPIN).map { $0 == self.configuration.pinFileMark } ?? false
        let recorded = try BridgeAssembly.Recorded(echoes: try store.loadEchoes(), nextIDs: try store.nextIDs()) {
            (key) throws(StoreError) in
            try store.meta(key)
        }
        let statistics = store.statistics()
        log(
            .info,
            "cellbridge \(cellbridgeVersion), \(configuration.bridge.name): \(statistics.outDepth) message(s) wait in the outbox, \(statistics.inDepth) in the inbox"
        )
        if pinWasRefused {
            log(
                .error,
                "the SIM refused the PIN in [module] pin_file before; it is not sent again until the file changes")
        }

        let manifests = TLSManifests(encoded: try store.meta(Dispatcher.Meta.tlsManifests) ?? [])
        let certificates = configuration.remote.tls.map { RemoteCertificates($0, now: Int64(time(nil))) }
        if let certificates, !isUsable(certificates) { return }

        let clock = LoopClock(loop)
        var values = BridgeAssembly.Values(
            link: configuration.linkSettings(pinWasRefused: pinWasRefused), routing: routing)
        values.link.tls = configuration.tlsSettings(certificates, manifests: manifests)
        values.about = configuration.about(certificates)
        guard addCarrier(to: &values) else { return }
        values.commits = configuration.commitLimits
        values.baud = configuration.module.baud
        values.flightDirectory = configuration.queue.path
        values.localName = "\(configuration.local.host):\(configuration.local.port)"
        let configuration = self.configuration
        var surroundings = BridgeAssembly.Surroundings(
            clock: clock, store: store, port: SerialModulePort(portSettings(), loop: loop), log: log
        ) { (version, onEvent) throws(MosquittoError) in
            try MosquittoClient(configuration.localOptions(version), loop: loop, onEvent: onEvent)
        }
        surroundings.hostClock = {
            HostClock(time: clock.wallClock, at: clock.now, isSynchronised: SystemClock.isSynchronised)
        }
        reset = moduleReset(clock)
        let bridge = BridgeAssembly(values, recorded: recorded, on: surroundings, hooks: hooks())
        self.bridge = bridge
        bridge.start()
        openControl()
    }

    /// Says what is to be said about the files of `[remote] tls`; false, and the end, when they cannot be used.
    private func isUsable(_ certificates: RemoteCertificates) -> Bool {
        for finding in certificates.findings {
            log(finding.severity == .error ? .error : .warning, "[remote] tls \(finding.key): \(finding.message)")
        }
        for note in certificates.notes { log(.info, note) }
        guard certificates.isUsable else {
            end(.configuration, "[remote] tls cannot be used; nothing less safe is tried")
            return false
        }
        remindOfEndings(certificates)
        return true
    }

    /// Once a day, of certificates that end soon.
    private func remindOfEndings(_ certificates: RemoteCertificates) {
        loop.schedule(after: .seconds(86400)) { [weak self] in
            self?.assumeIsolated {
                for line in certificates.endings(now: Int64(time(nil))) { $0.log(.warning, "[remote] tls \(line)") }
                $0.remindOfEndings(certificates)
            }
        }
    }

    private func hooks() -> Dispatcher.Hooks {
        // Held strongly, so that the closure is the actor's own; `leave` lets go of the bridge.
        var hooks = Dispatcher.Hooks(reset: { then in self.runReset(then) })
        hooks.portOpened = { [weak self] in self?.assumeIsolated { $0.portWasOpen = true } }
        hooks.portFailure = { [weak self] failure in self?.assumeIsolated { $0.portFailed(failure) } ?? true }
        hooks.pinRefused = { [weak self] _ in self?.assumeIsolated { $0.rememberRefusedPIN() } }
        hooks.moduleFinished = { [weak self] in self?.assumeIsolated { $0.moduleFinished() } }
        hooks.gaveUp = { [weak self] reason in self?.assumeIsolated { $0.giveUpSoon(reason) } }
        hooks.online = { [weak self] in self?.assumeIsolated { $0.isOnline() } }
        return hooks
    }

    /// The start is over, and what only it needed need not stay in memory.
    private func isOnline() {
        guard !wasOnline else { return }
        wasOnline = true
        warnOfReceive()
        loop.schedule(after: .seconds(1)) { ResidentMemory.releaseCode() }
    }

    private func runReset(_ then: @escaping (Bool, String) -> Void) {
        guard let reset else { return then(false, "no [module] reset is configured") }
        reset.run(then)
    }

    func portSettings() -> SerialPort.Settings {
        let path: String
        switch configuration.module.port {
        case .path(let given): path = given
        case .simulator: path = "simulator"
        }
        return SerialPort.Settings(
            path: path, baud: configuration.module.baud, flowControl: configuration.module.serialFlowControl)
    }

    // MARK: Events

    /// True when the service ends: a port that was never there is the operator's to mend.
    private func portFailed(_ failure: SerialPort.OpenFailure) -> Bool {
        if portWasOpen || stopping { return false }
        let code: ExitCode =
            switch failure {
            case .missing: .noInput
            case .busy: .temporary
            case .forbidden: .noPermission
            default: .configuration
            }
        // Later, so that what called has returned.
        loop.schedule(after: .zero) { [weak self] in self?.assumeIsolated { $0.end(code, "\(failure)") } }
        return true
    }

    private func simulatorEnded() {
        guard !stopping else { return }
        end(.unavailable, "the simulated module has ended")
    }

    private func rememberRefusedPIN() {
        bridge?.dispatcher.remember(Dispatcher.Meta.refusedPIN, configuration.pinFileMark)
    }

    private func signalled(_ number: Int32) {
        if number == SIGHUP {
            return log(.info, "SIGHUP: the configuration is read at the start only; restart to apply a change")
        }
        if stopping { return leave() }
        stop()
    }

    // MARK: Stop

    func stop() {
        stopping = true
        log(.info, "stopping: waiting for what is in flight")
        loop.schedule(after: Self.stopLimit) { [weak self] in self?.assumeIsolated { $0.leave() } }
        guard let bridge else { return leave() }
        bridge.stop()
    }

    private func moduleFinished() {
        loop.schedule(after: .zero) { [weak self] in self?.assumeIsolated { $0.finishLocal() } }
    }

    private func finishLocal() {
        if !stopping { return end(.configuration, "the module cannot be used with this configuration") }
        guard let bridge else { return leave() }
        bridge.stopLocal { [weak self] in self?.assumeIsolated { $0.leave() } }
    }

    func end(_ code: ExitCode, _ reason: String) {
        exitStatus.store(code.rawValue, ordering: .releasing)
        log(.error, reason)
        leave()
    }

    private func leave() {
        control?.close()
        control = nil
        bridge?.leave()
        store?.close()
        if let statistics = store?.statistics(), stopping {
            log(
                .info,
                "stopped: \(statistics.outDepth) message(s) wait in the outbox, \(statistics.inDepth) in the inbox")
        }
        bridge = nil
        signals?.close()
        simulatorWatch?.close()
        lock = nil
        loop.stop()
    }
}

/// The version, as `--version` prints it.
public let cellbridgeVersion = "0.1.0"
