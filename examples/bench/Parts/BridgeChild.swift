import BridgeTestKit
import Glibc
import LinuxIO

/// The bridge under measurement: the real program with a configuration and a state directory of its own.
final class BridgeChild {
    private let directory: TemporaryDirectory
    private let child: ChildProcess
    private var log: [String] = []

    /// Starts it on the module at `port`. What is published locally under `bench/NAME/0` goes out at QoS 0, what is
    /// published under `bench/NAME/1` at QoS 1. `remote`: further lines of `[remote]`.
    init(_ bench: Workbench, name: String, port: String, baud: Int, remote: [String] = []) throws {
        directory = try TemporaryDirectory("bench")
        let text = """
            [local]
            host = "127.0.0.1"
            port = \(bench.local.port)
            client_id = "bench-local-\(name)"
            [module]
            port = "\(port)"
            baud = \(baud)
            [remote]
            host = "127.0.0.1"
            port = \(bench.remote.port)
            client_id = "bench-remote-\(name)"
            \(remote.joined(separator: "\n"))
            [[route]]
            direction = "out"
            topic = "bench/\(name)/0"
            qos = 0
            [[route]]
            direction = "out"
            topic = "bench/\(name)/1"
            qos = 1
            [[route]]
            direction = "in"
            topic = "commands/\(name)/#"
            qos = 1
            [queue]
            path = "\(directory.file("state"))"
            [control]
            socket = "\(directory.file("control.sock"))"

            """
        try Files.writeAtomically(directory.file("bench.toml"), Array(text.utf8))
        var options = ChildProcess.Options(bench.binary, ["run", "-c", directory.file("bench.toml")])
        options.standardError = .pipe
        options.standardOutput = .pipe
        options.ownGroup = true
        child = try ChildProcess(options, loop: bench.loop)
        child.onLine = { [weak self] _, line in self?.log.append(String(decoding: line, as: UTF8.self)) }
    }

    deinit { child.signal(SIGKILL) }

    /// Its process id.
    var pid: Int32 { child.pid }

    /// Whether it has ended.
    var hasEnded: Bool { child.exitStatus != nil }

    /// Whether it has reported that messages can be published.
    var isOnline: Bool { log.contains { $0.hasSuffix(">online") || $0.hasSuffix(" online") } }

    /// Whether it has the local session, whose subscriptions follow at once.
    var isLocal: Bool { log.contains { $0.contains("local broker") && $0.contains(": connected") } }

    /// The last lines of its log.
    var lastWords: String { log.suffix(6).joined(separator: " | ") }

    /// Ends it in order and waits for that; its whole log.
    func stop(_ bench: Workbench) -> [String] {
        child.terminate(within: .seconds(10))
        _ = bench.wait(.seconds(12)) { child.exitStatus != nil }
        return log
    }

    /// Ends it at once.
    func kill(_ bench: Workbench) {
        child.signal(SIGKILL)
        _ = bench.wait(.seconds(5)) { child.exitStatus != nil }
    }
}
