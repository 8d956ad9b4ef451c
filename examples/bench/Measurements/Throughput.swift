/// Messages a second through the real bridge, and as a share of what stop-and-wait allows on the line.
struct Throughput {
    /// What was measured in one cell, messages a second, one value for each time.
    private struct Result {
        var bare: [Double] = []
        var bridge: [Double] = []
    }

    private let bench: Workbench
    private let lines: [ThroughputCell.Line]
    private let sizes: [Int]
    private let seconds: Double

    /// The full set, or the lines and payloads that matter most.
    init(_ bench: Workbench, isQuick: Bool) {
        self.bench = bench
        let pairs =
            isQuick
            ? [(115200, 0), (921600, 15)]
            : [9600, 115200, 921600].flatMap { baud in
                [0, 15, 75].map { (baud, $0) }
            }
        lines = zip(pairs, "abcdefghi").map { ThroughputCell.Line(baud: $0.0, latency: $0.1, name: String($1)) }
        sizes = isQuick ? [200] : [20, 200, 1000]
        seconds = isQuick ? 1.5 : 2
    }

    /// Measures and prints.
    func run() throws {
        progress("throughput: bringing up \(lines.count) bridges")
        let rigs = try lines.map { try ThroughputRig($0, bench) }
        guard bench.wait(.seconds(20), { rigs.allSatisfy(\.isReady) }) else {
            throw BenchFailure("a simulated module did not start")
        }
        for rig in rigs { try rig.start() }
        defer { for rig in rigs { rig.stop() } }
        guard bench.wait(.seconds(60), { rigs.allSatisfy(\.isOnline) }) else {
            let states = rigs.filter { !$0.isOnline }.map(\.state)
            throw BenchFailure("not online within 60 s: \(states.joined(separator: "; "))")
        }
        var results: [ThroughputCell: Result] = [:]
        for qos in [0, 1] {
            for size in sizes { try measureTogether(rigs.filter { isSlow($0.line) }, qos, size, &results) }
        }
        for rig in rigs where !isSlow(rig.line) {
            for qos in [0, 1] {
                for size in sizes {
                    try measureAlone(rig, ThroughputCell(line: rig.line, qos: qos, size: size), &results)
                }
            }
        }
        progress("")
        show(results)
    }

    /// Lines on which processes wait for nearly all of the time are measured side by side.
    private func isSlow(_ line: ThroughputCell.Line) -> Bool { line.baud == 9600 || line.latency == 75 }

    private func measureTogether(
        _ rigs: [ThroughputRig], _ qos: Int, _ size: Int, _ results: inout [ThroughputCell: Result]
    ) throws {
        guard !rigs.isEmpty else { return }
        progress("throughput: \(rigs.count) slow lines, QoS \(qos), \(size) bytes")
        let cells = rigs.map { ThroughputCell(line: $0.line, qos: qos, size: size) }
        let runs = zip(rigs, cells).flatMap { rig, cell in
            [true, false].map { rig.begin(cell, throughBridge: $0, seconds: 3) }
        }
        let limit = runs.map(\.limit).max() ?? .zero
        let isOver = bench.wait(limit) { runs.allSatisfy(\.isOver) || rigs.contains(where: \.hasFailed) }
        guard isOver, runs.allSatisfy(\.isOver) else {
            let late = rigs.enumerated().filter { !runs[2 * $0.offset].isOver || !runs[2 * $0.offset + 1].isOver }
            throw BenchFailure("not everything arrived: " + late.map(\.element.state).joined(separator: "; "))
        }
        for (index, cell) in cells.enumerated() {
            results[cell, default: Result()].bridge.append(try runs[2 * index].rate())
            results[cell, default: Result()].bare.append(try runs[2 * index + 1].rate())
        }
    }

    /// Once, or three times where there is a goal or the bare writer was disturbed.
    private func measureAlone(
        _ rig: ThroughputRig, _ cell: ThroughputCell, _ results: inout [ThroughputCell: Result]
    ) throws {
        var result = Result()
        let line = "\(cell.line.baud) baud, \(cell.line.latency) ms, QoS \(cell.qos), \(cell.size) bytes"
        var wanted = cell.goal == nil ? 1 : 3
        while result.bridge.count < wanted {
            for throughBridge in [false, true] {
                progress("throughput: \(line), \(throughBridge ? "bridge" : "bare writer")")
                let run = rig.begin(cell, throughBridge: throughBridge, seconds: seconds)
                guard bench.wait(run.limit, { run.isOver || rig.hasFailed }), run.isOver else {
                    throw BenchFailure("not everything arrived: \(rig.state)")
                }
                if throughBridge { result.bridge.append(try run.rate()) } else { result.bare.append(try run.rate()) }
            }
            if result.bare[0] * cell.bound < 0.9 || result.bridge[0] < result.bare[0] * 0.9 { wanted = 3 }
        }
        results[cell] = result
    }

    private func show(_ results: [ThroughputCell: Result]) {
        var table = Table(
            """
            Throughput: QoS 0 and 1 publishes of text, messages a second and share of the stop-and-wait bound
            (bound: command, OK and at QoS 1 PUBACK at ten bits a byte, plus the latency; brokers on loopback, no network
            latency; a module and a reader that act on CR are up to two byte times quicker). Beside the bridge a bare
            writer that does nothing but write commands and wait. Medians where measured again.
            """,
            [
                "baud", "latency", "QoS", "bytes", "bound", "bare", "share", "bridge", "share", "bridge/bare", "goal",
                "",
            ], left: [11])
        for line in lines {
            for qos in [0, 1] {
                for size in sizes {
                    let cell = ThroughputCell(line: line, qos: qos, size: size)
                    guard let result = results[cell] else { continue }
                    let (bare, bridge) = (result.bare.median, result.bridge.median)
                    let goal = cell.goal.map { [percent($0), verdict(bridge * cell.bound >= $0)] } ?? ["", ""]
                    table.add(
                        [
                            "\(line.baud)", "\(line.latency) ms", "\(qos)", "\(size)", rate(1 / cell.bound), rate(bare),
                            percent(bare * cell.bound), rate(bridge), percent(bridge * cell.bound),
                            percent(bridge / bare),
                        ] + goal)
                }
            }
        }
        table.show()
    }
}
