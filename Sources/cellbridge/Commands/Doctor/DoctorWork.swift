import BridgeRuntime
import Configuration
import Control
import Glibc
import LinuxIO
import Synchronization

/// What `doctor` works with: the configuration, a loop, signals; the service, or a session that is made when the stages
/// before it are done.
final class DoctorWork {
    /// The configuration, the port a path.
    private(set) var configuration: Configuration
    /// The loop of everything.
    let loop: EventLoop
    /// Lines of level error are kept; the dialogue is shown when that was asked for.
    let log: Log
    /// Whether somebody asked to stop.
    private(set) var isInterrupted = false
    private let kept = Kept()
    private var signals: SignalSource?
    private var simulator: SimulatorProcess?
    private var found: ServiceOperations?

    /// The last line of level error.
    private final class Kept: Sendable {
        let text = Mutex<String?>(nil)
    }

    /// Reads the configuration.
    init(_ path: String, isVerbose: Bool) throws(CommandFailure) {
        configuration = try ConfigurationFile.load(path, readSecrets: true)
        let shown = Log.standardError(threshold: .debug)
        let kept = self.kept
        log = Log(threshold: isVerbose ? .debug : .error) { level, text in
            if level == .error { kept.text.withLock { $0 = text } }
            if isVerbose { shown(level, text) }
        }
        do throws(SystemError) {
            loop = try EventLoop()
            signals = try SignalSource([SIGINT, SIGTERM, SIGHUP], loop: loop) { [weak self] _ in
                self?.isInterrupted = true
            }
        } catch {
            throw CommandFailure(.systemError, "\(error)")
        }
    }

    /// The last line of level error.
    var lastError: String? { kept.text.withLock { $0 } }

    /// The running service, if there is one.
    func service() throws(CommandFailure) -> (any Operations)? {
        found = try ServiceOperations(configuration.controlPaths, loop: loop)
        return found
    }

    /// The simulated module of `port = "simulator"`, which a running service has of its own.
    func startSimulator() throws(CommandFailure) {
        simulator = try SimulatorProcess.start(for: &configuration.module)
    }

    /// A session by a port of this process.
    func session(sameID: Bool) throws(CommandFailure) -> any Operations {
        var options = LoneSession.Options()
        options.sameID = sameID
        kept.text.withLock { $0 = nil }
        return try LoneSession(
            configuration, options: options, loop: loop, log: log, lastError: { [kept] in kept.text.withLock { $0 } })
    }

    /// Ends everything in order.
    func close() {
        found?.close()
        signals?.close()
        simulator?.end()
        simulator = nil
    }
}
