import LinuxIO

/// Runs `[module] reset` as a shell command, one at a time, for 60 s at most.
final class ResetRunner {
    private static let limit: Duration = .seconds(60)

    private let command: String
    private let loop: EventLoop
    private let log: Log
    private var child: ChildProcess?

    init(command: String, loop: EventLoop, log: Log) {
        self.command = command
        self.loop = loop
        self.log = log
    }

    /// Starts it; `then` gets whether it exited with 0, and if not, why. It goes on when the service stops: half a
    /// power cycle would leave the module off.
    func run(_ then: @escaping (Bool, String) -> Void) {
        guard child == nil else { return then(false, "it is still running") }
        var options = ChildProcess.Options("/bin/sh", ["-c", command])
        options.diesWithParent = false
        options.ownGroup = true
        options.standardOutput = .pipe
        options.standardError = .pipe
        do throws(SystemError) {
            let child = try ChildProcess(options, loop: loop)
            self.child = child
            let timeout = loop.schedule(after: Self.limit) { [weak child] in child?.terminate(within: .seconds(2)) }
            child.onLine = { [log] _, line in log(.info, "reset command: \(readable(line))") }
            child.onExit = { [weak self] status in
                self?.loop.cancel(timeout)
                self?.child = nil
                then(status.isSuccess, "`\(self?.command ?? "")` \(status)")
            }
        } catch {
            then(false, "\(error)")
        }
    }
}
