import CLinuxShims
import Glibc
public import LinuxIO

/// A real mosquitto of its own on a free loopback port, with its files in a temporary directory.
///
/// Every call waits, within a limit, until what it asks for is so. It runs on a loop of its own and needs none of
/// the caller's; it may be used from one thread at a time. It ends with this object, and with this process.
public final class BrokerProcess {
    /// How the broker is set up.
    public struct Options: Sendable, Equatable {
        /// Keep sessions and messages over `restart`, and over `kill` what is older than a second.
        public var isPersistent = false
        /// Let clients in without a user name.
        public var allowsAnonymous = true
        /// Users and their passwords.
        public var users: [String: String] = [:]
        /// Further lines of mosquitto.conf for the listener, e.g. `cafile`, `use_identity_as_username true`.
        public var extraLines: [String] = []

        /// Anonymous, without persistence.
        public init() {}
    }

    /// Why there is no broker.
    public enum Failure: Error, CustomStringConvertible {
        /// The program `mosquitto` (or `mosquitto_passwd`) is not installed.
        case notInstalled(String)
        /// It ended or did not listen in time; the end of its log.
        case didNotStart(log: String)
        /// A file, port or process could not be had.
        case system(SystemError)

        /// What happened.
        public var description: String {
            switch self {
            case .notInstalled(let name): "\(name) is not installed (apt-get install mosquitto)"
            case .didNotStart(let log): "mosquitto did not start: \(log)"
            case .system(let error): error.description
            }
        }
    }

    /// The port it listens on, on 127.0.0.1; the same over `restart`.
    public private(set) var port: Int
    /// Where its configuration, log and database are.
    public let directory: TemporaryDirectory

    private static let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/sbin"]
    private let options: Options
    private let loop: EventLoop
    private var child: ChildProcess?

    /// Starts a broker and waits until it accepts connections.
    public init(_ options: Options = Options()) throws(Failure) {
        self.options = options
        port = 0
        do throws(SystemError) {
            directory = try TemporaryDirectory("mosquitto")
            loop = try EventLoop()
        } catch {
            throw .system(error)
        }
        try makeUsers()
        // Between finding a port free and listening on it somebody else may take it.
        for attempt in 1...5 {
            port = Int(cellbridge_free_port())
            do {
                try start()
                return
            } catch {
                if attempt == 5 || !log.contains("Address already in use") { throw error }
            }
        }
    }

    deinit { kill() }

    /// Whether it runs.
    public var isRunning: Bool {
        guard let child else { return false }
        // Its end is noticed in a round of the loop.
        return !runLoop(loop, limit: .milliseconds(1)) { child.exitStatus != nil }
    }

    /// Its process id while it runs.
    public var pid: Int32? { isRunning ? child?.pid : nil }

    /// What it has logged so far, at most 16 MiB.
    public var log: String {
        let bytes = (try? Files.read(directory.file("log"), limit: 1 << 24)) ?? []
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Starts it again after `stop` or `kill`, on the same port.
    public func start() throws(Failure) {
        guard !isRunning else { return }
        guard let program = Files.program("mosquitto", alsoIn: BrokerProcess.folders) else {
            throw .notInstalled("mosquitto")
        }
        var settings = ChildProcess.Options(program, ["-c", directory.file("mosquitto.conf")])
        settings.standardOutput = .file(directory.file("output"))
        settings.standardError = .file(directory.file("output"))
        settings.ownGroup = true
        // Its own word counts first: another program could be the one that accepts on this port.
        let starts = self.starts
        let child: ChildProcess
        do throws(SystemError) {
            try Files.writeAtomically(directory.file("mosquitto.conf"), Array(configuration.utf8))
            child = try ChildProcess(settings, loop: loop)
        } catch {
            throw .system(error)
        }
        self.child = child
        var isListening = false
        runLoop(loop) {
            isListening = child.exitStatus == nil && self.starts > starts && cellbridge_accepts(Int32(port)) == 1
            return isListening || child.exitStatus != nil
        }
        guard isListening else {
            kill()
            let output = (try? Files.read(directory.file("output"), limit: 1 << 20)) ?? []
            throw .didNotStart(log: String((log + String(decoding: output, as: UTF8.self)).suffix(2000)))
        }
    }

    /// Ends it in order (SIGTERM): with persistence everything is saved.
    public func stop() {
        child?.terminate(within: .seconds(5))
        awaitEnd()
    }

    /// Ends it at once (SIGKILL).
    public func kill() {
        child?.signal(SIGKILL)
        awaitEnd()
    }

    /// `stop`, then `start` on the same port.
    public func restart() throws(Failure) {
        stop()
        try start()
    }

    /// Holds it (SIGSTOP) so that its connections hang, or lets it go on.
    public func pause(_ isPaused: Bool) {
        child?.signal(isPaused ? SIGSTOP : SIGCONT)
    }

    private var starts: Int {
        log.split(separator: "\n").count { $0.contains("mosquitto version") && $0.hasSuffix("running") }
    }

    private func awaitEnd() {
        guard let child else { return }
        runLoop(loop) { child.exitStatus != nil }
        self.child = nil
    }

    private var configuration: String {
        var lines = ["listener \(port) 127.0.0.1", "allow_anonymous \(options.allowsAnonymous)"]
        lines += options.extraLines
        // The default keeps 1000 messages for a client that is away and drops the rest without an error.
        lines += ["max_queued_messages 0", "log_dest file \(directory.file("log"))", "log_type all"]
        if !options.users.isEmpty { lines.append("password_file \(directory.file("users"))") }
        if options.isPersistent {
            lines += ["persistence true", "persistence_location \(directory.path)/", "autosave_interval 1"]
        }
        // As root it would change to a user that may not read its own files here.
        if geteuid() == 0 { lines.append("user root") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func makeUsers() throws(Failure) {
        guard !options.users.isEmpty else { return }
        let more = ["/usr/bin"] + BrokerProcess.folders
        guard let program = Files.program("mosquitto_passwd", alsoIn: more) else {
            throw .notInstalled("mosquitto_passwd")
        }
        let text = options.users.map { "\($0.key):\($0.value)\n" }.sorted().joined()
        do throws(SystemError) {
            try Files.writeAtomically(directory.file("users"), Array(text.utf8))
            // Hashes the passwords where they are.
            let child = try ChildProcess(ChildProcess.Options(program, ["-U", directory.file("users")]), loop: loop)
            guard runLoop(loop, until: { child.exitStatus != nil }), child.exitStatus?.isSuccess == true else {
                throw SystemError("mosquitto_passwd", directory.file("users"), code: EIO)
            }
        } catch {
            throw .system(error)
        }
    }
}
