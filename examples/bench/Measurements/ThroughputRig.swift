import BridgeTestKit
import LinuxIO

/// One line with two modules: the bridge on one, the bare writer on the other.
final class ThroughputRig {
    /// What the line is like.
    let line: ThroughputCell.Line
    private let bench: Workbench
    private let modules: [SimulatorChild]
    private var bridge: BridgeChild?
    private var bare: StopAndWait?

    /// Starts the two modules; `start` follows.
    init(_ line: ThroughputCell.Line, _ bench: Workbench) throws {
        self.line = line
        self.bench = bench
        modules = try (0..<2).map { _ in
            try SimulatorChild(baud: line.baud, latency: .milliseconds(line.latency), loop: bench.loop)
        }
    }

    /// Whether both modules have their ports.
    var isReady: Bool { modules.allSatisfy { $0.path != nil } }

    /// Starts the bridge and the bare writer.
    func start() throws {
        guard let first = modules[0].path, let second = modules[1].path else {
            throw BenchFailure("the simulated module did not start")
        }
        bridge = try BridgeChild(bench, name: line.name, port: first, baud: line.baud)
        bare = try StopAndWait(
            path: second, baud: line.baud, name: line.name, brokerPort: bench.remote.port, loop: bench.loop)
    }

    /// Whether both can publish.
    var isOnline: Bool { bridge?.isOnline == true && bare?.isOnline == true }

    /// Whether one of the two has given up.
    var hasFailed: Bool { bare?.failure != nil || bridge?.hasEnded == true }

    /// What holds it up, for a failure's text.
    var state: String {
        "\(line.baud) baud, \(line.latency) ms: bare writer \(bare?.failure ?? (bare?.isOnline == true ? "online" : "not online")), bridge: \(bridge?.lastWords ?? "")"
    }

    /// Ends the bridge.
    func stop() { bridge?.kill(bench) }

    // MARK: Measuring

    /// Has messages published and, with the returned closure, says when they have all arrived.
    func begin(_ cell: ThroughputCell, throughBridge: Bool, seconds: Double) -> Run {
        let counts = cell.counts(seconds: seconds)
        let total = counts.warmUp + counts.measured + 1
        // The bare writer's topic is as long, so that the bound is the same.
        let topic = throughBridge ? cell.topic : "plain" + cell.topic.dropFirst(5)
        bench.subscriber.expect(topic)
        if throughBridge {
            bench.publisher.publish(total, topic: topic, size: cell.size)
        } else {
            bare?.publish(total, topic: topic, qos: cell.qos, size: cell.size)
        }
        return Run(bench: bench, cell: cell, topic: topic, warmUp: counts.warmUp, total: total)
    }

    /// Messages on their way.
    struct Run {
        fileprivate let bench: Workbench
        let cell: ThroughputCell
        private let topic: String
        private let name: [UInt8]
        private let warmUp: Int
        private let total: Int

        fileprivate init(bench: Workbench, cell: ThroughputCell, topic: String, warmUp: Int, total: Int) {
            self.bench = bench
            self.cell = cell
            self.topic = topic
            name = Array(topic.utf8)
            self.warmUp = warmUp
            self.total = total
        }

        /// Whether everything has arrived.
        var isOver: Bool { bench.subscriber.count(name) >= total }

        /// How long it may take.
        var limit: Duration { .milliseconds(Int64(cell.bound * Double(total) * 4000) + 10_000) }

        /// Messages a second between the arrivals after the warm-up.
        func rate() throws(BenchFailure) -> Double {
            let arrivals = bench.subscriber.arrived(topic)
            guard arrivals.times.count == total, arrivals.isInOrder else {
                throw BenchFailure(
                    "\(topic): \(arrivals.times.count) of \(total) messages came, in order: \(arrivals.isInOrder)")
            }
            let time = (arrivals.times[total - 1] - arrivals.times[warmUp]).inSeconds
            return Double(total - 1 - warmUp) / time
        }
    }
}
