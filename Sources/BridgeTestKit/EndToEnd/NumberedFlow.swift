public import LinuxIO
public import MosquittoClient

/// Numbered messages on their way from one broker to the other: a publisher here, a collector there, and the verdict.
public final class NumberedFlow {
    /// What arrived, against what was sent.
    public struct Verdict: Equatable, Sendable, CustomStringConvertible {
        /// Acknowledged by the broker they were published to, and not arrived.
        public var missing: [Int] = []
        /// Arrived more than once.
        public var doubled: [Int] = []
        /// Whose first arrival came after the first arrival of a later one on the same topic.
        public var disordered: [Int] = []
        /// Arrived on another topic than theirs.
        public var astray: [Int] = []
        /// Payloads that are none of the numbered ones.
        public var strangers: [String] = []
        /// How many numbers there were.
        public var sent = 0

        /// Each once, in order, whole, nothing else.
        public var isClean: Bool { isSound && doubled.isEmpty }
        /// As `isClean`, duplicates allowed.
        public var isSound: Bool { missing.isEmpty && disordered.isEmpty && astray.isEmpty && strangers.isEmpty }

        /// The numbers in question, the first ones of each kind.
        public var description: String {
            func list(_ name: String, _ values: [some Any]) -> String {
                values.isEmpty ? "" : ", \(values.count) \(name) \(values.prefix(12))"
            }
            return "\(sent) sent" + list("missing", missing) + list("doubled", doubled)
                + list("out of order", disordered) + list("on the wrong topic", astray) + list("strangers", strangers)
        }
    }

    /// Publishes.
    public let publisher: NumberedPublisher
    /// Collects.
    public let collector: NumberedCollector
    private let topics: [[UInt8]]

    /// From `source` under the prefix there to `sink` under the prefix there, over three topics of one's own. `tls`: how
    /// the test's clients reach those brokers.
    public init(
        loop: EventLoop, name: String, from source: Int, prefix: String, to sink: Int, prefix sinkPrefix: String,
        total: Int, mix: NumberedPayload.Mix = .everything, topics: [String] = ["t/0", "t/1", "t/größe"],
        retain: Bool = false, window: Int = 20,
        tls: (source: MosquittoClient.TLS?, sink: MosquittoClient.TLS?) = (nil, nil)
    ) throws {
        self.topics = topics.map { Array((sinkPrefix + $0).utf8) }
        collector = try NumberedCollector(
            loop: loop, port: sink, clientID: "collect-\(name)", filter: sinkPrefix + "#", mix: mix,
            tls: tls.sink)
        publisher = try NumberedPublisher(
            loop: loop, port: source, clientID: "publish-\(name)", topics: topics.map { prefix + $0 }, total: total,
            mix: mix, retain: retain, window: window, tls: tls.source)
    }

    /// Published and not arrived.
    public var waiting: Int { publisher.next - collector.numbers.count }

    /// Lets at most `count` be on their way at once. Those that `lost` tells of are not waited for once a later one
    /// has arrived, or nothing has for two seconds.
    public func pace(_ count: Int, lost: @escaping () -> Set<Int> = { [] }) {
        var given: Set<Int> = []
        var (arrived, changed, looked) = (0, monotonicMilliseconds, Int64(0))
        publisher.mayPublish = { [weak self] in
            guard let self else { return false }
            let numbers = self.collector.numbers
            let now = monotonicMilliseconds
            if numbers.count != arrived { (arrived, changed) = (numbers.count, now) }
            if self.waiting - given.count < count { return true }
            // Reading a transcript for it is not for every turn.
            guard now - looked > 200 else { return false }
            looked = now
            let highest = now - changed > 2000 ? Int.max : numbers.max() ?? 0
            given = lost().filter { $0 < highest && !numbers.contains($0) }
            return self.waiting - given.count < count
        }
    }

    /// Whether all were published, acknowledged and arrived, but for the excused.
    public func isComplete(excused: Set<Int> = []) -> Bool {
        publisher.isDone && publisher.acknowledged.isSubset(of: collector.numbers.union(excused))
    }

    /// What became of the numbers; `excused` may be missing.
    public func verdict(excused: Set<Int> = []) -> Verdict {
        var verdict = Verdict()
        verdict.sent = publisher.next
        var seen: Set<Int> = []
        var highest: [[UInt8]: Int] = [:]
        for message in collector.received {
            guard let number = message.number else {
                verdict.strangers.append(
                    "\(String(decoding: message.topic, as: UTF8.self)): "
                        + String(decoding: message.payload.prefix(80), as: UTF8.self).debugDescription)
                continue
            }
            if message.topic != topics[number % topics.count] { verdict.astray.append(number) }
            guard seen.insert(number).inserted else {
                verdict.doubled.append(number)
                continue
            }
            if number < highest[message.topic, default: -1] {
                verdict.disordered.append(number)
            } else {
                highest[message.topic] = number
            }
        }
        verdict.missing = publisher.acknowledged.subtracting(seen).subtracting(excused).sorted()
        return verdict
    }

    /// Ends both clients.
    public func close() {
        publisher.close()
        collector.close()
    }
}
