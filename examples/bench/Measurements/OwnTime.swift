/// The bridge's own time between a result code and the next command.
struct OwnTime {
    private static let warmUp = 100
    private static let goal = 0.001
    private let bench: Workbench
    private let count: Int

    /// A full or a shorter run.
    init(_ bench: Workbench, isQuick: Bool) {
        self.bench = bench
        count = isQuick ? 500 : 2000
    }

    /// Measures and prints.
    func run() throws {
        progress("own time: the PTY's own")
        let floor = try PingPong.measure(bench, count: count)
        progress("own time: filling the outbox")
        let module = try ScriptedModule(loop: bench.loop)
        let bridge = try BridgeChild(bench, name: "o", port: module.path, baud: 115200)
        defer { bridge.kill(bench) }
        guard bench.wait(.seconds(10), { bridge.isLocal }) else {
            throw BenchFailure("the bridge did not reach the local broker: \(bridge.lastWords)")
        }
        // Its subscriptions follow the connection; then what is published waits in its outbox, the link being down.
        bench.pass(.milliseconds(500))
        let total = count + Self.warmUp
        for qos in [0, 1] { bench.publisher.publish(total, topic: "bench/o/\(qos)", size: 200) }
        guard bench.wait(.seconds(20), { bench.publisher.isDone }) else {
            throw BenchFailure("the local broker did not take the messages")
        }
        try ProcessFigures.awaitRest(of: bridge.pid, bench)
        progress("own time: publishing")
        module.register()
        guard bench.wait(.seconds(90), { module.publishes[0] >= total && module.publishes[1] >= total }) else {
            throw BenchFailure("\(module.publishes) of \(total) publishes came: \(bridge.lastWords)")
        }
        progress("")
        var table = Table(
            """
            Own time from the last byte of a result to the first byte of the next AT+MPUB, microseconds
            (a module that answers at once, \(count) publishes of 200 bytes from the outbox; PTY alone: a process that
            only writes and reads)
            """,
            ["", "p50", "p90", "p99", "max", "goal p99", ""], left: [0])
        table.add(row("PTY alone", floor) + ["", ""])
        for qos in [0, 1] {
            let gaps = Array(module.gaps[qos].dropFirst(Self.warmUp - 1).prefix(count))
            table.add(row("bridge, QoS \(qos)", gaps) + ["< 1000", verdict(gaps.percentile(0.99) < Self.goal)])
        }
        table.show()
    }

    private func row(_ name: String, _ values: [Double]) -> [String] {
        [name]
            + [values.median, values.percentile(0.9), values.percentile(0.99), values.max() ?? 0].map {
                fixed($0 * 1_000_000, 0)
            }
    }
}
