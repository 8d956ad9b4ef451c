import BridgeTestKit
import LinuxIO

/// The module's MQTT client beside its socket: messages a second, as a share of what each link allows, and bytes.
struct Links {
    private struct Result {
        var rate: Double
        /// Bytes on the line for each message, both ways.
        var lineBytes: Double
        /// Messages in a send.
        var perSend: Double
    }

    private let bench: Workbench
    private let lines: [LinkCell.Line]
    private let sizes: [Int]
    private let seconds: Double

    /// The full set, or the lines and payloads that matter most.
    init(_ bench: Workbench, isQuick: Bool) {
        self.bench = bench
        let pairs =
            isQuick ? [(75, 0), (75, 150)] : [0, 15, 75].flatMap { latency in [(latency, 0), (latency, 150)] }
        lines = zip(pairs, "uvwxyz").map { LinkCell.Line(latency: $0.0, roundTrip: $0.1, name: String($1)) }
        sizes = isQuick ? [200] : [20, 200, 1000]
        seconds = isQuick ? 3 : 5
    }

    /// Measures and prints.
    func run() throws {
        var results: [LinkCell: Result] = [:]
        for link in LinkCell.Link.allCases { try measure(link, &results) }
        progress("")
        show(results)
    }

    /// One link on all lines: they wait for nearly all of the time, so they are measured side by side.
    private func measure(_ link: LinkCell.Link, _ results: inout [LinkCell: Result]) throws {
        progress("links: bringing up \(lines.count) bridges, \(link.rawValue)")
        let rigs = try lines.map { try LinkRig(link, $0, bench) }
        guard bench.wait(.seconds(20), { rigs.allSatisfy(\.isReady) }) else {
            throw BenchFailure("a simulated module did not start")
        }
        for rig in rigs { try rig.start() }
        defer { for rig in rigs { rig.stop() } }
        guard bench.wait(.seconds(60), { rigs.allSatisfy(\.isOnline) }) else {
            throw BenchFailure("not online within 60 s: " + rigs.map(\.state).joined(separator: "; "))
        }
        for qos in [0, 1] {
            for size in sizes {
                progress("links: \(link.rawValue), QoS \(qos), \(size) bytes")
                let cells = rigs.map { LinkCell(link: link, line: $0.line, qos: qos, size: size) }
                let runs = zip(rigs, cells).map { $0.begin($1, seconds: seconds) }
                let limit = runs.map(\.limit).max() ?? .zero
                guard bench.wait(limit, { runs.allSatisfy(\.isOver) }) else {
                    let late = zip(rigs, runs).filter { !$1.isOver }.map(\.0.state)
                    throw BenchFailure("not everything arrived: " + late.joined(separator: "; "))
                }
                for (rig, (cell, run)) in zip(rigs, zip(cells, runs)) {
                    let use = rig.use(since: run)
                    results[cell] = Result(
                        rate: try run.rate(), lineBytes: Double(use.bytes) / Double(run.total),
                        perSend: Double(run.total) / Double(max(use.sends, 1)))
                }
            }
        }
    }

    private func show(_ results: [LinkCell: Result]) {
        var table = Table(
            """
            Links: the module's MQTT client and its socket side by side, \(LinkCell.baud) baud, plain TCP; messages a second
            and share of the bound (mqtt: command, OK and at QoS 1 PUBACK, latency, and at QoS 1 the round trip; socket:
            sends of \(LinkCell.sendLimit) bytes with one latency each, a window of \(LinkCell.window)). "socket" reads what
            comes in on request, "socket, direct" has it printed. Line: bytes a message on the serial line, both ways, measured. Air: bytes a
            message, 40 for TCP and IP a segment and its acknowledgement, estimated.
            """,
            [
                "latency", "round trip", "QoS", "bytes", "link", "bound", "bridge", "share", "to mqtt", "line", "air",
                "goal", "",
            ], left: [4, 12])
        var missed = 0
        for line in lines {
            for qos in [0, 1] {
                for size in sizes {
                    let base = results[LinkCell(link: .mqtt, line: line, qos: qos, size: size)]?.rate
                    for link in LinkCell.Link.allCases {
                        let cell = LinkCell(link: link, line: line, qos: qos, size: size)
                        guard let result = results[cell] else { continue }
                        let share = result.rate * cell.bound
                        if let goal = cell.goal, share < goal { missed += 1 }
                        let ratio = base.map { times(result.rate / $0) } ?? ""
                        table.add(
                            [
                                "\(line.latency) ms", "\(line.roundTrip) ms", "\(qos)", "\(size)", link.rawValue,
                                rate(1 / cell.bound), rate(result.rate), percent(share), ratio,
                                "\(Int(result.lineBytes.rounded()))",
                                "\(Int(cell.air(perSend: result.perSend).rounded()))",
                            ] + (cell.goal.map { [percent($0), verdict(share >= $0)] } ?? ["", ""]))
                    }
                }
            }
        }
        table.show()
        let cells = results.keys.count { $0.goal != nil }
        print("links: \(missed) of \(cells) cells of the socket link under their goal\n")
    }

    private func times(_ value: Double) -> String { "\((value * 10).rounded() / 10)x" }
}
