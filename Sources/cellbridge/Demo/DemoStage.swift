import Glibc
import LinuxIO
import ModuleSimulator
import PrivateBroker

/// Everything the demo starts, so that one call ends all of it.
final class DemoStage {
    let loop: EventLoop
    let directory: TemporaryDirectory
    private(set) var localBroker: BrokerProcess?
    private(set) var remoteBroker: BrokerProcess?
    private(set) var simulator: SimulatorService?
    private(set) var bridge: ChildProcess?
    var local: DemoClient?
    var remote: DemoClient?

    static let baud = 115_200
    /// About what LTE takes.
    static let roundTrip: Duration = .milliseconds(80)

    init(loop: EventLoop) throws(SystemError) {
        self.loop = loop
        directory = try TemporaryDirectory("cellbridge-demo")
    }

    func startBrokers() throws(BrokerProcess.Failure) {
        localBroker = try BrokerProcess()
        remoteBroker = try BrokerProcess()
    }

    func startSimulator() throws(SystemError) -> SimulatorService {
        var options = SimulatorOptions(profile: .ec716s)
        options.baud = Self.baud
        options.networkLatency = Self.roundTrip
        options.link = directory.file("module")
        options.transcript = directory.file("transcript")
        let simulator = try SimulatorService(options, loop: loop)
        self.simulator = simulator
        return simulator
    }

    /// The bridge as people run it: the same program, `run -c FILE`.
    func startBridge() throws(SystemError) -> ChildProcess {
        let path = directory.file("demo.toml")
        try Files.writeAtomically(path, Array(configuration.utf8))
        var options = ChildProcess.Options(OwnExecutable.path, ["run", "-v", "-c", path])
        options.standardError = .pipe
        // A terminal's Ctrl-C is for the demo, which ends the bridge in order.
        options.ownGroup = true
        let bridge = try ChildProcess(options, loop: loop)
        self.bridge = bridge
        return bridge
    }

    private var configuration: String {
        """
        [bridge]
        name = "demo"

        [local]
        host = "127.0.0.1"
        port = \(localBroker?.port ?? 0)

        [module]
        port = "module"
        baud = \(Self.baud)

        [remote]
        host = "127.0.0.1"
        port = \(remoteBroker?.port ?? 0)
        client_id = "demo-box"

        [[route]]
        direction = "out"
        topic = "sensors/#"
        remote_prefix = "\(DemoMessage.remotePrefix)"

        [[route]]
        direction = "in"
        topic = "commands/#"
        remote_prefix = "\(DemoMessage.remotePrefix)"

        [queue]
        path = "state"

        """
    }

    /// Asks the bridge to stop and waits for it; what it does not do within `limit` the kernel does.
    func stopBridge(within limit: Duration, hurry: () -> Bool = { false }) {
        guard let bridge else { return }
        bridge.terminate(within: limit)
        var isKilled = false
        loop.run(until: {
            if hurry(), !isKilled {
                isKilled = true
                bridge.signal(SIGKILL)
            }
            return bridge.exitStatus != nil
        })
    }

    /// Ends everything that still runs and removes every file. Safe to call more than once.
    func end(hurry: () -> Bool = { false }) {
        stopBridge(within: .seconds(3), hurry: hurry)
        local?.close()
        remote?.close()
        (local, remote) = (nil, nil)
        simulator?.stop()
        simulator = nil
        localBroker?.kill()
        remoteBroker?.kill()
        (localBroker, remoteBroker) = (nil, nil)
        try? Files.removeTree(directory.path)
    }
}
