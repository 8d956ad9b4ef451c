import LinuxIO

/// Memory with ten thousand messages waiting and the link down.
struct Backlog {
    private static let count = 10_000
    private static let size = 200
    private let bench: Workbench

    /// Always the whole.
    init(_ bench: Workbench) { self.bench = bench }

    /// Measures and prints.
    func run() throws {
        progress("backlog: \(Self.count) messages")
        let module = try ScriptedModule(loop: bench.loop)
        let bridge = try BridgeChild(bench, name: "b", port: module.path, baud: 115200)
        defer { bridge.kill(bench) }
        guard bench.wait(.seconds(10), { bridge.isLocal }) else {
            throw BenchFailure("the bridge did not reach the local broker: \(bridge.lastWords)")
        }
        bench.pass(.milliseconds(500))
        let empty = try ProcessFigures(bridge.pid)
        let start = bench.loop.now
        bench.publisher.publish(Self.count, topic: "bench/b/1", size: Self.size)
        guard bench.wait(.seconds(60), { bench.publisher.isDone }) else {
            throw BenchFailure("the local broker did not take the messages")
        }
        let accepted = bench.loop.now - start
        try ProcessFigures.awaitRest(of: bridge.pid, bench)
        let full = try ProcessFigures(bridge.pid)
        let log = bridge.stop(bench)
        guard log.contains(where: { $0.contains(" \(Self.count) message(s) wait in the outbox") }) else {
            throw BenchFailure(
                "not all of \(Self.count) messages were in the outbox: \(log.suffix(3).joined(separator: " | "))")
        }
        progress("")
        var table = Table(
            "Backlog: \(Self.count) messages of \(Self.size) bytes in the outbox, link down (taken in \(fixed(accepted.inSeconds, 1)) s)",
            ["", "empty", "full"], left: [0])
        table.add(["resident memory (VmRSS)", megabytes(empty.resident), megabytes(full.resident)])
        table.add(["of it anonymous (RssAnon)", megabytes(empty.anonymous), megabytes(full.anonymous)])
        table.show()
    }
}
