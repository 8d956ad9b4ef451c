import BridgeTestKit
import LinuxIO

/// One line with a module and a bridge on one of the two links.
final class LinkRig {
    /// What the line is like.
    let line: LinkCell.Line
    private let link: LinkCell.Link
    private let bench: Workbench
    private let directory: TemporaryDirectory
    private let module: SimulatorChild
    private var bridge: BridgeChild?

    /// Starts the module; `start` follows.
    init(_ link: LinkCell.Link, _ line: LinkCell.Line, _ bench: Workbench) throws {
        self.line = line
        self.link = link
        self.bench = bench
        directory = try TemporaryDirectory("bench")
        module = try SimulatorChild(
            baud: LinkCell.baud, latency: .milliseconds(line.latency), roundTrip: .milliseconds(line.roundTrip),
            transcript: directory.file("transcript"), loop: bench.loop)
    }

    /// Whether the module has its port.
    var isReady: Bool { module.path != nil }

    /// Starts the bridge.
    func start() throws {
        guard let path = module.path else { throw BenchFailure("the simulated module did not start") }
        bridge = try BridgeChild(
            bench, name: link.letter + line.name, port: path, baud: LinkCell.baud, remote: link.configuration)
    }

    /// Whether messages can be published.
    var isOnline: Bool { bridge?.isOnline == true }

    /// What holds it up, for a failure's text.
    var state: String { "\(link.rawValue), \(line.latency) ms, \(line.roundTrip) ms: \(bridge?.lastWords ?? "")" }

    /// Ends the bridge.
    func stop() { bridge?.kill(bench) }

    /// Has messages published; the run says when they have all arrived.
    func begin(_ cell: LinkCell, seconds: Double) -> Run {
        let counts = cell.counts(seconds: seconds)
        let total = counts.warmUp + counts.measured + 1
        let lines = readTranscript().count
        bench.subscriber.expect(cell.topic)
        bench.publisher.publish(total, topic: cell.topic, size: cell.size)
        return Run(bench: bench, cell: cell, warmUp: counts.warmUp, total: total, transcriptLines: lines)
    }

    /// Bytes on the line, and sends, since a run began.
    func use(since run: Run) -> (bytes: Int, sends: Int) {
        var (bytes, sends) = (0, 0)
        for line in readTranscript().dropFirst(run.transcriptLines) {
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count == 3, words[1] == "->" || words[1] == "<-" else { continue }
            // `-> 1460 data bytes`.
            bytes += words[2].hasSuffix(" data bytes") ? Int(words[2].prefix { $0 != " " }) ?? 0 : Self.count(words[2])
            if words[2].contains("AT+CIPSEND=") { sends += 1 }
        }
        return (bytes, sends)
    }

    private func readTranscript() -> [Substring] {
        guard let bytes = try? Files.read(directory.file("transcript"), limit: 1 << 27) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    /// Bytes of a transcript's line, where `\0D` stands for one.
    private static func count(_ text: Substring) -> Int {
        let escapes = text.utf8.count { $0 == UInt8(ascii: "\\") }
        return text.utf8.count - 2 * escapes
    }

    /// Messages on their way.
    struct Run {
        fileprivate let bench: Workbench
        let cell: LinkCell
        fileprivate let warmUp: Int
        let total: Int
        fileprivate let transcriptLines: Int

        /// Whether everything has arrived.
        var isOver: Bool { bench.subscriber.count(Array(cell.topic.utf8)) >= total }

        /// How long it may take.
        var limit: Duration { .milliseconds(Int64(cell.bound * Double(total) * 6000) + 15_000) }

        /// Messages a second between the arrivals after the warm-up.
        func rate() throws(BenchFailure) -> Double {
            let arrivals = bench.subscriber.arrived(cell.topic)
            guard arrivals.times.count == total, arrivals.isInOrder else {
                throw BenchFailure(
                    "\(cell.topic): \(arrivals.times.count) of \(total) messages came, in order: \(arrivals.isInOrder)")
            }
            // A send's messages arrive at once: from the last one of a send to the last one of another.
            var first = warmUp
            while first + 1 < min(warmUp + 100, total - 1),
                arrivals.times[first + 1] - arrivals.times[first] < .milliseconds(2)
            {
                first += 1
            }
            let time = (arrivals.times[total - 1] - arrivals.times[first]).inSeconds
            return Double(total - 1 - first) / time
        }
    }
}
