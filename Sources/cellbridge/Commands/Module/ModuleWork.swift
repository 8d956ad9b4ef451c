import BridgeRuntime
import Configuration
import Control
import Glibc
import LinuxIO
import Synchronization

/// What the commands that talk to the module share: the configuration, a loop, signals, and whoever does what is asked for:
/// the running service when it is there, else this process by a port of its own.
final class ModuleWork {
    /// The configuration, the port a path.
    let configuration: Configuration
    /// The loop of everything.
    let loop: EventLoop
    /// Whether somebody asked to stop (SIGINT, SIGTERM, SIGHUP).
    private(set) var isInterrupted = false
    /// Does what is asked for.
    private(set) var operations: any Operations
    private let lastError = LastError()
    private let showsWaiting: Bool
    private var signals: SignalSource?
    private var simulator: SimulatorProcess?

    /// How it is done without a running service.
    struct Options {
        /// The service's client id and session.
        var sameID = false
        /// The AT dialogue on standard error.
        var isVerbose = false
        /// On a terminal what is waited for is shown.
        var showsWaiting = false
        /// Never through the service.
        var standsAlone = false
    }

    /// The last line of level error.
    private final class LastError: Sendable {
        private let kept = Mutex<String?>(nil)

        var text: String? { kept.withLock { $0 } }
        func set(_ text: String) { kept.withLock { $0 = text } }
    }

    /// Reads the configuration at `path` and finds out who does it.
    init(_ path: String, _ options: Options = Options()) throws(CommandFailure) {
        var configuration = try ConfigurationFile.load(path, readSecrets: true)
        showsWaiting = options.showsWaiting && !options.isVerbose
        do throws(SystemError) {
            loop = try EventLoop()
        } catch {
            throw CommandFailure(.systemError, "\(error)")
        }
        if !options.standsAlone, let service = try ServiceOperations(configuration.controlPaths, loop: loop) {
            guard !options.sameID else {
                service.close()
                throw CommandFailure(.usage, "--same-id is for a stopped service: the running one has that session")
            }
            operations = service
        } else {
            simulator = try SimulatorProcess.start(for: &configuration.module)
            var lone = LoneSession.Options()
            lone.sameID = options.sameID
            operations = try LoneSession(
                configuration, options: lone, loop: loop,
                log: Self.log(isVerbose: options.isVerbose, lastError), lastError: { [lastError] in lastError.text })
        }
        self.configuration = configuration
        do throws(SystemError) {
            signals = try SignalSource([SIGINT, SIGTERM, SIGHUP], loop: loop) { [weak self] _ in
                self?.isInterrupted = true
            }
        } catch {
            throw CommandFailure(.systemError, "\(error)")
        }
    }

    /// Runs the loop until something is `done`; false when `limit` (the loop's time) came first. An interrupt is a
    /// failure.
    func wait(limit: Duration? = nil, until done: () -> Bool) throws(CommandFailure) -> Bool {
        let timer = limit.map { loop.schedule(at: $0) {} }
        loop.run(until: { done() || isInterrupted || limit.map { $0 <= loop.now } ?? false })
        if let timer { loop.cancel(timer) }
        if done() { return true }
        if isInterrupted { throw .interrupted }
        return false
    }

    /// Asks and waits; an interrupt ends the wait, and so does `limit`, the loop's time: then the answer is nil.
    func call(
        _ operation: String, _ arguments: [JSONValue.Member], limit: Duration?,
        onEvent: @escaping (JSONValue) -> Void = { _ in }
    ) throws(CommandFailure) -> JSONValue? {
        var outcome: Result<JSONValue, CommandFailure>?
        let id = operations.begin(operation, arguments, onEvent: onEvent) { outcome = $0 }
        do throws(CommandFailure) {
            guard try wait(limit: limit, until: { outcome != nil }) else {
                operations.cancel(id)
                return nil
            }
        } catch {
            operations.cancel(id)
            throw error
        }
        return try outcome?.get()
    }

    /// Asks and waits; an interrupt ends the wait.
    func call(
        _ operation: String, _ arguments: [JSONValue.Member] = [], onEvent: @escaping (JSONValue) -> Void = { _ in }
    ) throws(CommandFailure) -> JSONValue {
        try operations.call(
            operation, arguments, on: loop, isInterrupted: { self.isInterrupted }, onEvent: onEvent)
    }

    /// Shows on a terminal what is waited for, until it is cleared.
    func waiting(_ text: String) -> WaitingLine { WaitingLine(text, loop, isWanted: showsWaiting) }

    /// How long the link of a running service may take: it is up, or has its reasons.
    static let patienceWithService: Duration = .seconds(10)

    /// Waits until messages can be published, `wait` at most.
    ///
    /// Zero waits 2 min, and through the service 10 s.
    func connect(wait: Duration) throws(CommandFailure) {
        let line = waiting("no link yet")
        defer { line.clear() }
        let limit = wait > .zero ? wait : operations.isService ? Self.patienceWithService : .seconds(120)
        let (seconds, rest) = limit.components
        do throws(CommandFailure) {
            _ = try call("connect", [.init(name: "wait", value: .number(seconds + (rest > 0 ? 1 : 0)))]) { event in
                if let step = event["at"]?.string { line.show("no link yet: \(step)") }
            }
        } catch {
            if error.text.hasPrefix("no link: ") {
                let next = operations.isService ? "status and cellbridge doctor say" : "doctor says"
                throw CommandFailure(error.code, "\(error.text); cellbridge \(next) more")
            }
            let known = operations.isService ? nil : lastError.text
            throw CommandFailure(error.code, known.map { "\(error.text); last: \($0)" } ?? error.text)
        }
    }

    /// Ends everything in order.
    func close() {
        operations.close()
        signals?.close()
        simulator?.end()
        simulator = nil
    }

    /// Lines of level error are kept, and shown only with the dialogue, which is not told twice: the command's own words
    /// say what matters.
    private static func log(isVerbose: Bool, _ last: LastError) -> Log {
        Log(threshold: isVerbose ? .info : .error) { level, text in
            if level == .error { last.set(text) }
            if isVerbose { Console.error(text) }
        }
    }
}
