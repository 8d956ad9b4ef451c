import Glibc
public import LinuxIO
public import MosquittoClient
public import PrivateBroker

/// The bridge as it is used: its binary as a child, two real brokers, the simulated module as another child.
///
/// Loop's thread only. Whatever it started ends with it, and with this process.
public final class BridgeRig {
    /// How a rig is set up.
    public struct Options: Sendable {
        /// `--profile` of the simulator.
        public var profile = "ec716s"
        /// `--dialect` of the simulator.
        public var dialect = "none"
        /// `--seed` of the simulator.
        public var seed = 1
        /// Further arguments of the simulator.
        public var simulator: [String] = ["--service-delay", "100ms", "--boot-delay", "100ms"]
        /// The configuration of the bridge.
        public var configuration = BridgeConfiguration()
        /// Whether the brokers keep what they have over a restart.
        public var isPersistent = false
        /// The broker on this host.
        public var local = BrokerProcess.Options()
        /// The broker behind the module.
        public var remote = BrokerProcess.Options()
        /// How the test's own clients reach the broker on this host; nil: in plain.
        public var localClient: MosquittoClient.TLS?
        /// How the test's own clients reach the broker behind the module; nil: in plain.
        public var remoteClient: MosquittoClient.TLS?
        /// The AT dialogue in the log.
        public var isVerbose = true

        /// An EC716S without peculiarities that is up at once.
        public init() {}
    }

    /// Runs everything of this rig.
    public let loop: EventLoop
    /// Configuration, state, log and transcript.
    public let directory: TemporaryDirectory
    /// The broker on this host.
    public let local: BrokerProcess
    /// The broker behind the module.
    public let remote: BrokerProcess
    /// The module.
    public let simulator: SimulatorProcess
    /// The bridge's log, of all its runs.
    public let log: TailedFile
    /// When the bridge was killed, in `monotonicMilliseconds`.
    public private(set) var kills: [Int64] = []
    /// The running bridge, or the one that ran last.
    public private(set) var bridge: ChildProcess?
    /// The program under test.
    public let program: String
    /// What has to live as long as this rig: the files that its brokers read.
    public var companions: [AnyObject] = []
    private let options: Options
    private var mark = 0

    /// Starts brokers and module; the bridge is started by `start`.
    /// With `loop`, two rigs can run side by side.
    public init(_ options: Options = Options(), loop: EventLoop? = nil) throws {
        self.options = options
        program = try Self.findProgram()
        self.loop = try loop ?? EventLoop()
        directory = try TemporaryDirectory("rig")
        var brokers = (local: options.local, remote: options.remote)
        if options.isPersistent { (brokers.local.isPersistent, brokers.remote.isPersistent) = (true, true) }
        local = try BrokerProcess(brokers.local)
        remote = try BrokerProcess(brokers.remote)
        log = TailedFile(directory.file("bridge.log"))
        simulator = try SimulatorProcess(
            program: program,
            arguments: ["--profile", options.profile, "--dialect", options.dialect, "--seed", "\(options.seed)"]
                + options.simulator,
            link: directory.file("module"), transcript: directory.file("transcript"), loop: self.loop)
        try configure(options.configuration)
    }

    deinit { bridge?.signal(SIGKILL) }

    /// The release binary, or what CELLBRIDGE_BINARY names.
    public static func findProgram() throws -> String {
        if let named = unsafe getenv("CELLBRIDGE_BINARY") { return unsafe String(cString: named) }
        let folders = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
        let path = folders.joined(separator: "/") + "/.build/release/cellbridge"
        guard Files.exists(path) else {
            throw RigFailure(
                "\(path) is missing; build it with: swift build -c release --product cellbridge "
                    + "--static-swift-stdlib (or name another binary in CELLBRIDGE_BINARY)")
        }
        return path
    }

    // MARK: The bridge

    /// Writes the configuration file; the next start reads it.
    public func configure(_ configuration: BridgeConfiguration) throws {
        let text = configuration.text(
            port: directory.file("module"), localPort: local.port, remotePort: remote.port)
        try Files.writeAtomically(directory.file("cellbridge.toml"), Array(text.utf8))
    }

    /// A run of the bridge beside the one this rig keeps, its log in the file `log`.
    public func launch(log: String) throws -> ChildProcess {
        var child = ChildProcess.Options(program, ["run", "-c", directory.file("cellbridge.toml")])
        child.standardError = .file(directory.file(log))
        child.environment = Self.environment(runtimeDirectory: directory.path)
        child.standardOutput = .null
        if options.isVerbose {
            child.arguments.append("--verbose")
        }
        return try ChildProcess(child, loop: loop)
    }

    /// Ours, with a place of the rig's own for what a running process leaves in memory.
    static func environment(runtimeDirectory: String) -> [String: String] {
        var all: [String: String] = ["RUNTIME_DIRECTORY": runtimeDirectory]
        for name in ["PATH", "HOME", "TZ", "LANG", "LD_LIBRARY_PATH"] {
            all[name] = unsafe getenv(name).map { unsafe String(cString: $0) }
        }
        return all
    }

    /// Starts the bridge, and with `online` waits until messages can cross.
    public func start(online: Bool = true) throws {
        mark = log.mark
        bridge = try launch(log: "bridge.log")
        if online { try awaitOnline() }
    }

    /// Waits until the bridge is online in this run, or is online again after log line `after`.
    public func awaitOnline(after: Int? = nil, limit: Duration = .seconds(20)) throws {
        try wait("online", limit: limit) { hasLogged(">online", after: after ?? mark) }
    }

    /// Whether the bridge has logged `text` in this run, or after line `after`.
    public func hasLogged(_ text: String, after: Int? = nil) -> Bool { log.contains(text, after: after ?? mark) }

    /// Kills the bridge with SIGKILL and waits for its end.
    public func kill() throws {
        guard let bridge, bridge.exitStatus == nil else { throw RigFailure("there is no bridge to kill\n\(diagnosis)") }
        bridge.signal(SIGKILL)
        try wait("the end of the killed bridge") { bridge.exitStatus != nil }
        kills.append(monotonicMilliseconds)
    }

    /// Asks the bridge to end and waits for it; its status.
    @discardableResult
    public func stop(limit: Duration = .seconds(10)) throws -> ChildProcess.ExitStatus {
        guard let bridge else { throw RigFailure("there is no bridge to stop") }
        bridge.signal(SIGTERM)
        return try exitStatus(limit: limit)
    }

    /// Waits until the bridge ends by itself; its status.
    public func exitStatus(limit: Duration = .seconds(10)) throws -> ChildProcess.ExitStatus {
        try wait("the end of the bridge", limit: limit) { bridge?.exitStatus != nil }
        return bridge?.exitStatus ?? .unknown
    }

    // MARK: Waiting

    /// Runs until `condition` holds; with everything known in the error when it does not within `limit`.
    public func wait(_ what: String, limit: Duration = .seconds(10), until condition: () -> Bool) throws {
        guard runLoop(loop, limit: limit, until: condition) else {
            throw RigFailure("waited \(limit) in vain for: \(what)\n\(diagnosis)")
        }
    }

    /// Lets everything run for a moment in which nothing must happen.
    public func settle(_ time: Duration) { runLoop(loop, limit: time) { false } }

    /// The end of the bridge's log and of the simulator's transcript; both go whole, with the brokers' logs, to the
    /// directory that CELLBRIDGE_KEEP names.
    public var diagnosis: String {
        if let kept = unsafe getenv("CELLBRIDGE_KEEP") {
            let folder = unsafe String(cString: kept) + "/" + (directory.path.split(separator: "/").last ?? "")
            try? Files.makeDirectories(folder)
            for name in ["bridge.log", "transcript", "cellbridge.toml"] {
                guard let bytes = try? Files.read(directory.file(name), limit: 1 << 28) else { continue }
                try? Files.writeAtomically(folder + "/" + name, bytes)
            }
            for (name, broker) in [("local.log", local), ("remote.log", remote)] {
                try? Files.writeAtomically(folder + "/" + name, Array(broker.log.utf8))
            }
        }
        return """
            --- bridge (\(bridge?.exitStatus.map { "\($0)" } ?? "running"))
            \(log.tail(50))
            --- module
            \(simulator.transcript.tail(50))
            ---
            """
    }

    // MARK: Traffic

    /// Numbered messages from the local broker to the remote one.
    public func outbound(_ total: Int, mix: NumberedPayload.Mix = .everything) throws -> NumberedFlow {
        try NumberedFlow(
            loop: loop, name: "out", from: local.port, prefix: "plant/", to: remote.port, prefix: "site7/",
            total: total, mix: mix, tls: (options.localClient, options.remoteClient))
    }

    /// Numbered messages from the remote broker to the local one.
    public func inbound(_ total: Int, mix: NumberedPayload.Mix = .everything) throws -> NumberedFlow {
        try NumberedFlow(
            loop: loop, name: "in", from: remote.port, prefix: "cmd/", to: local.port, prefix: "orders/",
            total: total, mix: mix, tls: (options.remoteClient, options.localClient))
    }
}
