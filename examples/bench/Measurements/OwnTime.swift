/// The bridge's own time between a result code and the next command.
struct OwnTime {
    private static let warmUp = 100
    private static let goal = 0.001
    /// As the table's title says.
    private static let delay: Duration = .milliseconds(3)
    private let bench: Workbench
    private let count: Int

    /// A full or a shorter run.
    init(_ bench: Workbench, isQuick: Bool) {
        self.bench = bench
        count = isQuick ? 500 : 2000
    }

    /// Measures and prints; again, up to three times, while something else seems to have had the processor.
    func run() throws {
        var floors: [[Double]] = []
        var rounds: [Round] = []
        while floors.count < 3 {
            progress("own time: round \(floors.count + 1)")
            floors.append(try PingPong.measure(bench, count: count))
            rounds.append(try measure())
            let tails = [floors, rounds.map(\.quick[0]), rounds.map(\.quick[1]), rounds.map(\.later)].compactMap {
                $0.last?.percentile(0.99)
            }
            if tails.allSatisfy({ $0 < Self.goal }) && floors.count == 1 { break }
        }
        progress("")
        let times = rounds.count == 1 ? "" : "; medians of \(rounds.count) rounds"
        var table = Table(
            """
            Own time from the last byte of a result to the first byte of the next AT+MPUB, microseconds
            (a module that answers at once, or after 3 ms as on a line; \(count) publishes of 200 bytes
            from the outbox; PTY alone: a process that only writes and reads\(times))
            """,
            ["", "p50", "p90", "p99", "max", "goal p99", ""], left: [0, 6])
        let floor = figures(floors)
        table.add(row("PTY alone", floor) + ["", ""])
        for (name, figures) in [
            ("bridge, QoS 0", figures(rounds.map(\.quick[0]))), ("bridge, QoS 1", figures(rounds.map(\.quick[1]))),
            ("bridge, QoS 1, later", figures(rounds.map(\.later))),
        ] {
            let isMet = figures[2] < Self.goal
            let excuse = isMet || floor[2] < Self.goal / 2 ? "" : " (nor is the PTY alone quiet)"
            table.add(row(name, figures) + ["< 1000", verdict(isMet) + excuse])
        }
        table.show()
    }

    /// The gaps of one run.
    private struct Round {
        /// Answered at once, by QoS.
        var quick: [[Double]]
        /// Answered after a while, QoS 1.
        var later: [Double]
    }

    private func measure() throws -> Round {
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
        try fill(bridge)
        module.register()
        try receive(module, bridge, [total, total])
        let quick = (0...1).map { Array(module.gaps[$0].dropFirst(Self.warmUp - 1).prefix(count)) }
        module.answerDelay = Self.delay
        bench.publisher.publish(total, topic: "bench/o/1", size: 200)
        try receive(module, bridge, [total, 2 * total])
        return Round(quick: quick, later: module.gaps[1].suffix(count))
    }

    private func fill(_ bridge: BridgeChild) throws {
        guard bench.wait(.seconds(20), { bench.publisher.isDone }) else {
            throw BenchFailure("the local broker did not take the messages")
        }
        try ProcessFigures.awaitRest(of: bridge.pid, bench)
    }

    private func receive(_ module: ScriptedModule, _ bridge: BridgeChild, _ wanted: [Int]) throws {
        guard bench.wait(.seconds(90), { module.publishes[0] >= wanted[0] && module.publishes[1] >= wanted[1] }) else {
            throw BenchFailure("\(module.publishes) of \(wanted) publishes came: \(bridge.lastWords)")
        }
    }

    /// p50, p90, p99 and the greatest, each the median over the rounds.
    private func figures(_ rounds: [[Double]]) -> [Double] {
        [0.5, 0.9, 0.99, 1].map { share in rounds.map { $0.percentile(share) }.median }
    }

    private func row(_ name: String, _ figures: [Double]) -> [String] {
        [name] + figures.map { fixed($0 * 1_000_000, 0) }
    }
}
