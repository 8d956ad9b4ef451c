import BridgeRuntime
import Configuration
import Control
import Glibc
import LinuxIO

/// What the commands for raw AT share: a loop, signals, and whoever has the port: the running service, else this process.
final class RawWork {
    /// The loop of everything.
    let loop: EventLoop
    /// Whether somebody asked to stop (SIGINT, SIGTERM, SIGHUP).
    private(set) var isInterrupted = false
    /// Called for SIGINT instead of stopping, when it is set.
    var onInterrupt: (() -> Void)?
    /// Does what is asked for.
    private(set) var operations: any Operations
    /// What has the port, for people.
    let place: String
    private var signals: SignalSource?
    private var simulator: SimulatorProcess?

    /// With `port` that one is opened, whatever is configured; else the service is asked, and where none runs, the
    /// port of the configuration at `path` is opened.
    init(_ path: String, port: String?, baud: Int?) throws(CommandFailure) {
        do throws(SystemError) {
            loop = try EventLoop()
        } catch {
            throw CommandFailure(.systemError, "\(error)")
        }
        if let port {
            operations = BareModule(path: port, baud: baud ?? 115_200, loop: loop)
            place = "\(port), \(baud ?? 115_200) baud"
        } else {
            var configuration = try ConfigurationFile.load(path, readSecrets: false)
            if let service = try ServiceOperations(configuration.controlPaths, loop: loop) {
                guard baud == nil else {
                    service.close()
                    throw CommandFailure(.usage, "--baud is for a stopped service: the running one has the port")
                }
                operations = service
                place = "the running service"
            } else {
                simulator = try SimulatorProcess.start(for: &configuration.module)
                if let baud { configuration.module.baud = baud }
                operations = BareModule(configuration, loop: loop)
                let name = if case .path(let name) = configuration.module.port { name } else { "simulator" }
                place = "\(name), \(configuration.module.baud) baud"
            }
        }
        do throws(SystemError) {
            signals = try SignalSource([SIGINT, SIGTERM, SIGHUP], loop: loop) { [weak self] number in
                guard let self else { return }
                if number == SIGINT, let onInterrupt { onInterrupt() } else { isInterrupted = true }
            }
        } catch {
            throw CommandFailure(.systemError, "\(error)")
        }
    }

    /// Runs one typed command; an interrupt ends the wait.
    func at(_ line: String, timeout: Duration, force: Bool) throws(CommandFailure) -> JSONValue {
        try operations.call(
            "at", Self.arguments(line, timeout: timeout, force: force), on: loop,
            isInterrupted: { self.isInterrupted })
    }

    /// The members of a request `at`; a `timeout` of zero: by the command.
    static func arguments(_ line: String, timeout: Duration, force: Bool) -> [JSONValue.Member] {
        var arguments: [JSONValue.Member] = [
            .init(name: "line", value: .text(line)), .init(name: "force", value: .bool(force)),
        ]
        if timeout > .zero {
            arguments.append(.init(name: "timeout", value: .number(max(1, timeout.components.seconds))))
        }
        return arguments
    }

    /// Ends everything in order.
    func close() {
        operations.close()
        signals?.close()
        simulator?.end()
        simulator = nil
    }
}

extension CommandOption {
    /// `-p, --port PORT`.
    static func port(_ place: WritableKeyPath<Target, String?>) -> CommandOption {
        .text("port", "p", "PORT", "open this port, whatever is configured; needs no configuration", place)
    }

    /// `-b, --baud RATE`.
    static func baud(_ place: WritableKeyPath<Target, Int?>) -> CommandOption {
        .value("baud", "b", "RATE", "its rate (as configured; with --port 115200)", place, expected: "a rate as 115200")
        {
            Int($0).flatMap { SerialPort.supportedSpeeds.contains($0) ? $0 : nil }
        }
    }
}
