import BridgeTestKit
import LinuxIO

/// Bytes that the bridge has the kernel write to disk for each message, by `write_bytes` of `/proc/PID/io`.
struct Flash {
    private static let size = 100
    private let bench: Workbench
    private let isQuick: Bool
    /// About two minutes, or fewer messages.
    init(_ bench: Workbench, isQuick: Bool) {
        self.bench = bench
        self.isQuick = isQuick
    }

    /// Measures and prints.
    func run() throws {
        var table = Table(
            """
            Flash: bytes written to disk for each message of \(Self.size) bytes at QoS 1 (write_bytes of /proc/PID/io, so
            whole pages, the ledger included as far as it was written in that time)
            """,
            ["", "messages", "bytes each", "goal", ""], left: [0])
        try linkUp(&table)
        try linkDown(&table)
        progress("")
        table.show()
    }

    private func linkUp(_ table: inout Table) throws {
        progress("flash: link up")
        let module = try SimulatorChild(baud: 115200, latency: .zero, loop: bench.loop)
        guard bench.wait(.seconds(5), { module.path != nil }), let path = module.path else {
            throw BenchFailure("the simulated module did not start")
        }
        let bridge = try BridgeChild(bench, name: "u", port: path, baud: 115200)
        defer { bridge.kill(bench) }
        guard bench.wait(.seconds(30), { bridge.isOnline }) else {
            throw BenchFailure("not online within 30 s: \(bridge.lastWords)")
        }
        bench.pass(.seconds(3))
        // Enough for the ledger to be written at least once, unless in a hurry.
        let count = isQuick ? 200 : 2100
        let topic = "bench/u/1"
        bench.subscriber.expect(topic)
        try measure("link up, 35 a second\(isQuick ? ", without the ledger" : "")", bridge, &table, goal: 64) {
            paced(count, topic, every: .milliseconds(1000 / 35))
            let name = Array(topic.utf8)
            guard bench.wait(.seconds(20), { bench.subscriber.count(name) >= count }) else {
                throw BenchFailure("\(bench.subscriber.count(name)) of \(count) messages arrived")
            }
            return count
        }
    }

    private func linkDown(_ table: inout Table) throws {
        progress("flash: link down")
        let module = try ScriptedModule(loop: bench.loop)
        let bridge = try BridgeChild(bench, name: "d", port: module.path, baud: 115200)
        defer { bridge.kill(bench) }
        guard bench.wait(.seconds(10), { bridge.isLocal }) else {
            throw BenchFailure("the bridge did not reach the local broker: \(bridge.lastWords)")
        }
        bench.pass(.seconds(3))
        let count = isQuick ? 250 : 1500
        try measure("link down, 50 a second", bridge, &table, goal: 1024) {
            paced(count, "bench/d/1", every: .milliseconds(20))
            bench.pass(.seconds(3))
            return count
        }
        let alone = isQuick ? 4 : 10
        try measure("link down, one a minute (measured with one in 3 s)", bridge, &table, goal: nil) {
            paced(alone, "bench/d/1", every: .seconds(3))
            return alone
        }
    }

    private func measure(
        _ name: String, _ bridge: BridgeChild, _ table: inout Table, goal: Int?, _ body: () throws -> Int
    ) throws {
        let before = try ProcessFigures(bridge.pid).written
        let count = try body()
        let each = (try ProcessFigures(bridge.pid).written - before) / count
        table.add([
            name, "\(count)", "\(each)", goal.map { "under \($0)" } ?? "", goal.map { verdict(each < $0) } ?? "",
        ])
    }

    private func paced(_ count: Int, _ topic: String, every pause: Duration) {
        let start = bench.loop.now
        for number in 0..<count {
            bench.publisher.publish(1, topic: topic, size: Self.size)
            let due = start + pause * (number + 1)
            _ = bench.wait(.seconds(10)) { bench.loop.now >= due }
        }
    }
}
