import BridgeRuntime
import Configuration
import Control
import Glibc
import LinuxIO

/// What the commands share that ask the running service but never the module: the configuration, a loop, signals, and the
/// connection to the service where it runs.
final class ServiceWork {
    /// How long an answer may take: the service gives one between two events of its loop.
    static let patience: Duration = .seconds(10)

    /// The configuration; the files it names were not looked at.
    let configuration: Configuration
    /// The loop of everything.
    let loop: EventLoop
    /// Whether somebody asked to stop (SIGINT, SIGTERM, SIGHUP).
    private(set) var isInterrupted = false
    private var service: ServiceOperations?
    private var signals: SignalSource?

    /// Reads the configuration at `path`.
    init(_ path: String) throws(CommandFailure) {
        configuration = try ConfigurationFile.load(path, readSecrets: false)
        do throws(SystemError) {
            loop = try EventLoop()
            signals = try SignalSource([SIGINT, SIGTERM, SIGHUP], loop: loop) { [weak self] _ in
                self?.isInterrupted = true
            }
        } catch {
            throw CommandFailure(.systemError, "\(error)")
        }
    }

    /// Whether the service answers; connects when it is not connected.
    func hasService() throws(CommandFailure) -> Bool {
        if service == nil { service = try ServiceOperations(configuration.controlPaths, loop: loop) }
        return service != nil
    }

    /// Asks the service and waits.
    func call(_ operation: String, _ arguments: [JSONValue.Member] = []) throws(CommandFailure) -> JSONValue {
        guard try hasService(), let service else { throw CommandFailure(.unavailable, "the service does not run") }
        var isLate = false
        let timer = loop.schedule(after: Self.patience) { isLate = true }
        defer { loop.cancel(timer) }
        do throws(CommandFailure) {
            return try service.call(operation, arguments, on: loop, isInterrupted: { isLate || self.isInterrupted })
        } catch {
            if isLate { throw CommandFailure(.temporary, "the service gave no answer within \(Self.patience)") }
            throw error
        }
    }

    /// Ends the connection; the next call makes a new one.
    func disconnect() {
        service?.close()
        service = nil
    }

    /// Lets a time pass; an interrupt ends it.
    func rest(_ time: Duration) {
        let until = loop.now + time
        let timer = loop.schedule(at: until) {}
        loop.run(until: { loop.now >= until || isInterrupted })
        loop.cancel(timer)
    }

    /// Ends everything.
    func close() {
        disconnect()
        signals?.close()
    }
}
