import BridgeRuntime
import Configuration
import Glibc
import LinuxIO

/// `cellbridge simulate` as a child, for `port = "simulator"`. It dies with this process, however that ends.
final class SimulatorProcess {
    /// The pseudo-terminal's own path: no name in the file system that two services could both claim.
    let path: String
    /// Its process id.
    var pid: Int32 { child.pid }
    private let child: ChildProcess
    private let loop: EventLoop

    /// The simulated module of `port = "simulator"`, which becomes the port's path; `nil` with a port of another kind.
    static func start(for module: inout Configuration.Module) throws(CommandFailure) -> SimulatorProcess? {
        guard module.port == .simulator else { return nil }
        let simulator = try SimulatorProcess(module)
        module.port = .path(simulator.path)
        return simulator
    }

    /// Starts it and waits until it is ready (5 s at most).
    private init(_ module: Configuration.Module) throws(CommandFailure) {
        var arguments = ["simulate", "--baud", "\(module.baud)"]
        if module.profile != .automatic { arguments += ["--profile", module.profile.rawValue] }
        var options = ChildProcess.Options(OwnExecutable.path, arguments)
        options.standardOutput = .pipe
        // A terminal's Ctrl-C is for the service: the module has to answer while that says goodbye.
        options.ownGroup = true
        var ready: String?
        do throws(SystemError) {
            loop = try EventLoop()
            child = try ChildProcess(options, loop: loop)
        } catch {
            throw Self.failure("\(error)")
        }
        let child = self.child
        let limit = loop.now + .seconds(5)
        let loop = self.loop
        child.onLine = { _, line in
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("ready ") { ready = String(text.dropFirst(6)) }
        }
        loop.schedule(at: limit) {}
        loop.run(until: { ready != nil || child.exitStatus != nil || loop.now >= limit })
        guard let ready else {
            let status = child.exitStatus
            child.signal(SIGKILL)
            throw Self.failure(status.map { "\($0)" } ?? "it is not ready after 5 s")
        }
        path = ready
    }

    private static func failure(_ reason: String) -> CommandFailure {
        CommandFailure(.unavailable, "the simulated module does not start: \(reason)")
    }

    /// Ends it and waits for its end.
    func end() {
        child.terminate(within: .seconds(2))
        let child = self.child
        loop.run(until: { child.exitStatus != nil })
    }
}
