import Glibc
import LinuxIO

/// How long a PTY and two processes take for a result one way and a command back, with no work between: the floor under
/// the bridge's own time.
struct PingPong {
    /// How this program is told to be the other side: followed by the port.
    static let flag = "--ping-pong"
    private static let command = StopAndWait.command(
        topic: "bench/p/0", qos: 0, payload: Payload.text(number: 0, size: 200))

    /// Seconds of each of `count` round trips.
    static func measure(_ bench: Workbench, count: Int) throws -> [Double] {
        let module = try ScriptedModule(loop: bench.loop)
        var options = ChildProcess.Options(BenchOptions.ownPath, [flag, module.path])
        options.ownGroup = true
        let child = try ChildProcess(options, loop: bench.loop)
        defer { child.signal(SIGKILL) }
        let isDone = bench.wait(.seconds(20)) { module.publishes[0] > count || child.exitStatus != nil }
        guard isDone, child.exitStatus == nil else { throw BenchFailure("the PTY's own time could not be measured") }
        return Array(module.gaps[0].prefix(count))
    }

    /// The child's side: a command after every result, with blocking reads, until it is killed.
    static func serve(_ path: String) -> Int32 {
        guard let port = try? OwnedDescriptor.open(path, flags: O_RDWR | O_NOCTTY) else { return 71 }
        var received = 0
        while (try? port.write(command[...])) == command.count {
            while received < ScriptedModule.ok.count {
                guard let bytes = try? port.read(), !bytes.isEmpty else { return 0 }
                received += bytes.count
            }
            received = 0
        }
        return 0
    }
}
