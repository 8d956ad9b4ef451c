import LinuxIO
import PrivateBroker

/// Programs of the system that check what we print.
enum Tool {
    /// Whether it can be found along PATH.
    static func isThere(_ program: String) -> Bool { Files.program(program) != nil }

    /// What it printed, both outputs, and whether it ended well within 20 s.
    static func run(_ program: String, _ arguments: [String]) throws -> (lines: [String], isGood: Bool) {
        let loop = try EventLoop()
        var options = ChildProcess.Options(program, arguments)
        options.standardOutput = .pipe
        options.standardError = .pipe
        let child = try ChildProcess(options, loop: loop)
        var lines: [String] = []
        child.onLine = { lines.append(String(decoding: $1, as: UTF8.self)) }
        if !runLoop(loop, limit: .seconds(20), until: { child.exitStatus != nil }) { child.signal(9) }
        return (lines, child.exitStatus?.isSuccess ?? false)
    }
}
