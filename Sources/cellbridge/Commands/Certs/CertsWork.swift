import BridgeRuntime
import Configuration
import Glibc
import LinuxIO

extension CommandGroup {
    /// `cellbridge certs`.
    static var certs: CommandGroup {
        CommandGroup(
            name: "certs", summary: "the certificates of [remote] tls: list, check, put into the module, replace",
            commands: [
                CertsListCommand.self, CertsVerifyCommand.self, CertsPushCommand.self, CertsRotateCommand.self,
            ])
    }
}

/// What the commands around certificates share: the configuration, a loop, signals, and a simulated module where the
/// configuration asks for one.
final class CertsWork {
    /// The configuration, the port a path.
    let configuration: Configuration
    /// The loop of everything.
    let loop: EventLoop
    /// Whether somebody asked to stop.
    private(set) var isInterrupted = false
    private var signals: SignalSource?
    private var simulator: SimulatorProcess?

    /// Starts what is needed.
    init(_ configuration: Configuration) throws(CommandFailure) {
        var configuration = configuration
        simulator = try SimulatorProcess.start(for: &configuration.module)
        self.configuration = configuration
        do throws(SystemError) {
            loop = try EventLoop()
            signals = try SignalSource([SIGINT, SIGTERM, SIGHUP], loop: loop) { [weak self] _ in
                self?.isInterrupted = true
            }
        } catch {
            throw CommandFailure(.systemError, "\(error)")
        }
    }

    /// A talk with the module, not open yet.
    func dialogue(_ log: Log) -> ModuleDialogue {
        let dialogue = ModuleDialogue(configuration.module, loop: loop, log: log)
        dialogue.isInterrupted = { [weak self] in self?.isInterrupted ?? true }
        return dialogue
    }

    /// Ends what was started.
    func close() {
        signals?.close()
        simulator?.end()
        simulator = nil
    }

    /// What there is to say of the module where this host makes TLS.
    static let ownTLS = "TLS is made by this host, over the module's TCP socket: nothing is put into the module"

    /// Unix seconds.
    static var now: Int64 { Int64(time(nil)) }

    /// The log of a command: silent unless it is to show the AT dialogue.
    static func log(isVerbose: Bool) -> Log { .standardError(threshold: isVerbose ? .debug : .error) }

    /// The configuration; problems are told. Without `checksFiles` the files it names are not looked at.
    static func load(_ path: String, checksFiles: Bool) throws(CommandFailure) -> Configuration {
        try ConfigurationFile.load(path, readSecrets: checksFiles)
    }
}

extension CommandOption {
    /// `--offline`.
    static func offline(_ place: WritableKeyPath<Target, Bool>) -> CommandOption {
        .flag("offline", nil, "do not open the port: files and records of this host only") {
            $0[keyPath: place] = true
        }
    }
}
