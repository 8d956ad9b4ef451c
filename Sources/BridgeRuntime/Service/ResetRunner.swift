import LinuxIO

/// Runs `[module] reset` as a shell command, one at a time, for 60 s at most.
final class ResetRunner: ModuleReset {
    private static let shownLines = 50

    private let command: String
    private let loop: EventLoop
    private let log: Log
    private let limit: Duration
    private var child: ChildProcess?
    private var lines = 0
    private var tookTooLong = false

    init(command: String, loop: EventLoop, log: Log, limit: Duration = .seconds(60)) {
        self.command = command
        self.loop = loop
        self.log = log
        self.limit = limit
    }

    /// Starts it; `then` gets whether it exited with 0, and if not, why.
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
            (lines, tookTooLong) = (0, false)
            let timeout = loop.schedule(after: limit) { [weak self] in
                self?.tookTooLong = true
                self?.child?.terminate(within: .seconds(2))
            }
            child.onLine = { [weak self] _, line in self?.said(line) }
            child.onExit = { [self] status in
                loop.cancel(timeout)
                self.child = nil
                let reason = tookTooLong ? "took longer than \(limit)" : "\(status)"
                then(status.isSuccess && !tookTooLong, "`\(command)`: \(reason)")
            }
        } catch {
            then(false, "\(error)")
        }
    }

    /// Half a power cycle would leave the module off: the command goes on.
    func serviceEnds() {}

    private func said(_ line: [UInt8]) {
        lines += 1
        if lines <= Self.shownLines { log(.info, "reset command: \(readable(line))") }
        if lines == Self.shownLines { log(.info, "reset command: what else it says is not shown") }
    }
}
