import BridgeRuntime
import Glibc
import LinuxIO
import ModuleSimulator
import MosquittoClient
import PrivateBroker

/// The demo from its first line to its last: straight-line steps, each waiting on the loop for what it needs.
final class DemoRun {
    /// How it went.
    enum Outcome {
        /// To its end, or to a step that failed.
        case ended(ExitCode)
        /// A signal ended it; everything is cleaned up.
        case interrupted(Int32)
    }

    /// Why a step cannot go on.
    enum Failure: Error {
        case signalled(Int32)
        case nobodyReads
        case missing(String)
        case failed(String)
    }

    static let steps = 6
    /// Messages each way, and the one before which the connection is cut.
    static let count = 30
    static let cutAfter = 12
    static let pace: Duration = .milliseconds(300)
    private static let keptLines = 25

    let loop: EventLoop
    let screen: DemoScreen
    let stage: DemoStage
    let isVerbose: Bool
    private let start: Duration
    private var signals: SignalSource?
    private var signalsSeen = 0
    var failure: Failure?
    private var isStopping = false
    private var lastLines: [DemoLogLine] = []
    var out = DemoLedger()
    var `in` = DemoLedger()
    var nextNumber = 1
    var helloArrived: (out: Bool, in: Bool) = (false, false)
    var cutAt: Duration?
    var linkBackAt: Duration?
    var crossedAgain: (out: Duration?, in: Duration?) = (nil, nil)

    /// Makes the loop and the directory; nothing runs yet.
    init(isVerbose: Bool, isQuiet: Bool = false) throws(SystemError) {
        self.isVerbose = isVerbose
        loop = try EventLoop()
        screen = DemoScreen(isVerbose: isVerbose, isQuiet: isQuiet)
        start = loop.now
        // Before the directory is there: a signal in between must not leave it behind.
        var seen: (Int32) -> Void = { _ in }
        signals = try SignalSource([SIGINT, SIGTERM, SIGHUP, SIGQUIT], loop: loop) { seen($0) }
        stage = try DemoStage(loop: loop)
        seen = { [weak self] number in
            self?.signalsSeen += 1
            self?.failure = .signalled(number)
        }
    }

    /// Runs it; when this returns nothing it started is left.
    func run() -> Outcome {
        var outcome = Outcome.ended(.software)
        do throws(Failure) {
            try play()
            outcome = .ended(verdict() ? .ok : .software)
        } catch {
            outcome = explain(error)
        }
        isStopping = true
        let before = signalsSeen
        stage.end(hurry: { signalsSeen > before })
        signals?.close()
        return outcome
    }

    // MARK: Steps

    private func play() throws(Failure) {
        screen.line(
            "cellbridge \(cellbridgeVersion) demo: real brokers, real bridge, simulated module; nothing attached")
        screen.line()
        screen.step(1, of: Self.steps, "two private Mosquitto brokers")
        do throws(BrokerProcess.Failure) {
            try stage.startBrokers()
        } catch {
            if case .notInstalled = error { throw .missing("\(error)") }
            throw .failed("\(error)")
        }
        let (local, remote) = (stage.localBroker?.port ?? 0, stage.remoteBroker?.port ?? 0)
        screen.line("      local 127.0.0.1:\(local), remote 127.0.0.1:\(remote)")

        screen.step(
            2, of: Self.steps,
            "a simulated module (YM310) on a pseudo-terminal: \(DemoStage.baud) baud, 80 ms to the broker and back")
        do throws(SystemError) {
            let simulator = try stage.startSimulator()
            screen.line("      \(simulator.slavePath)")
            simulator.onEvent = { [weak self] in self?.moduleDid($0) }
        } catch {
            throw .failed("\(error)")
        }

        screen.step(3, of: Self.steps, "two clients that know nothing of the bridge, one at each broker")
        try startClients(local, remote)

        screen.step(
            4, of: Self.steps, "the bridge: cellbridge run -c demo.toml (boot, SIM, network, broker: about 3 s)")
        screen.line("      route out: local sensors/#  -> remote \(DemoMessage.remotePrefix)sensors/#")
        screen.line("      route in:  local commands/# <- remote \(DemoMessage.remotePrefix)commands/#")
        try startBridge()
        try awaitBridge()

        screen.step(5, of: Self.steps, "\(Self.count) numbered QoS 1 messages each way: text, binary, UTF-8")
        try cross()

        screen.step(6, of: Self.steps, "the bridge is asked to stop (SIGTERM)")
        isStopping = true
        stage.stopBridge(within: .seconds(9), hurry: { failure != nil })
        if let failure { throw failure }
        guard let status = stage.bridge?.exitStatus, status.isSuccess else {
            throw .failed("the bridge did not stop in order: \(stage.bridge?.exitStatus.map { "\($0)" } ?? "")")
        }
    }

    private func startClients(_ local: Int, _ remote: Int) throws(Failure) {
        let box: DemoClient
        let cloud: DemoClient
        do throws(MosquittoError) {
            box = try DemoClient("outside-local", port: local, filter: "commands/#", loop: loop)
            cloud = try DemoClient(
                "outside-remote", port: remote, filter: DemoMessage.remotePrefix + "sensors/#", loop: loop)
        } catch {
            throw .failed("\(error)")
        }
        (stage.local, stage.remote) = (box, cloud)
        box.onMessage = { [weak self] topic, payload in self?.arrived(.in, topic, payload) }
        cloud.onMessage = { [weak self] topic, payload in self?.arrived(.out, topic, payload) }
        box.onLost = { [weak self] in self?.fail("the client at the local broker: \($0)") }
        cloud.onLost = { [weak self] in self?.fail("the client at the remote broker: \($0)") }
        try wait("both clients to be subscribed", .seconds(10)) { box.isReady && cloud.isReady }
    }

    private func startBridge() throws(Failure) {
        let bridge: ChildProcess
        do throws(SystemError) {
            bridge = try stage.startBridge()
        } catch {
            throw .failed("\(error)")
        }
        bridge.onLine = { [weak self] _, line in self?.bridgeSaid(DemoLogLine(line)) }
        bridge.onExit = { [weak self] status in
            guard let self, !self.isStopping else { return }
            self.fail("the bridge ended: \(status)")
        }
    }

    // MARK: Waiting

    /// Runs the loop until `holds`; after each 3 s without a line it says what it waits for, after `limit` it gives up.
    func wait(_ what: String, _ limit: Duration, until holds: () -> Bool) throws(Failure) {
        let began = loop.now
        var timer: EventLoop.TimerID?
        func tick() {
            let shown = screen.lines
            timer = loop.schedule(after: .seconds(3)) { [weak self] in
                guard let self else { return }
                defer { tick() }
                guard self.screen.lines == shown else { return }
                let waited = (self.loop.now - began).components.seconds
                self.screen.line("      " + self.screen.paint("… waiting for \(what) (\(waited) s)", .dim))
            }
        }
        tick()
        let end = loop.schedule(after: limit) {}
        defer {
            for id in [timer, end] { if let id { loop.cancel(id) } }
        }
        loop.run(until: { failure != nil || !screen.hasReader || holds() || loop.now - began >= limit })
        if let failure { throw failure }
        if !screen.hasReader { throw .nobodyReads }
        guard holds() else {
            throw .failed("gave up waiting for \(what) after \(limit.components.seconds) s")
        }
    }

    /// Makes the step under way fail; the first reason stays.
    func fail(_ text: String) {
        if failure == nil { failure = .failed(text) }
    }

    var now: Duration { loop.now - start }

    private func bridgeSaid(_ line: DemoLogLine) {
        lastLines.append(line)
        if lastLines.count > Self.keptLines { lastLines.removeFirst() }
        if isVerbose || line.level < .debug { screen.log(line) }
    }

    // MARK: The end

    private func explain(_ failure: Failure) -> Outcome {
        switch failure {
        case .signalled(let number):
            screen.line()
            screen.line("interrupted: ending everything")
            return .interrupted(number)
        case .nobodyReads: return .ended(.systemError)
        case .missing(let text):
            Console.error("cellbridge demo: \(text); in the source tree, deploy/setup.sh does that")
            return .ended(.unavailable)
        case .failed(let text):
            screen.line()
            screen.failed(text)
            if !lastLines.isEmpty { screen.line("the bridge's last log lines:") }
            for line in lastLines { screen.show(line) }
            return .ended(.software)
        }
    }
}
