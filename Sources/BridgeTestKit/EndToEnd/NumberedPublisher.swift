import Glibc
public import LinuxIO
public import MosquittoClient

/// A client that publishes numbered messages at QoS 1 until the broker has acknowledged them all, over lost
/// connections too. Loop's thread only.
public final class NumberedPublisher {
    /// How many numbers there are; may be set anew while it runs.
    public var total: Int { didSet { pump() } }
    /// Asked before each new number: back-pressure of the test.
    public var mayPublish: () -> Bool = { true }
    /// The next number that was never published.
    public private(set) var next = 0
    /// Numbers the broker has acknowledged.
    public private(set) var acknowledged: Set<Int> = []

    private let loop: EventLoop
    private let topics: [[UInt8]]
    private let mix: NumberedPayload.Mix
    private let retain: Bool
    private let window: Int
    private var client: MosquittoClient?
    private var inFlight: [Int32: Int] = [:]
    private var again: [Int] = []
    private var isClosed = false

    /// Number n goes to the topic at n modulo their count. Starts at once.
    public init(
        loop: EventLoop, port: Int, clientID: String, topics: [String], total: Int,
        mix: NumberedPayload.Mix = .everything, retain: Bool = false, window: Int = 20,
        tls: MosquittoClient.TLS? = nil
    ) throws {
        self.loop = loop
        self.topics = topics.map { Array($0.utf8) }
        self.total = total
        self.mix = mix
        self.retain = retain
        self.window = window
        var options = MosquittoClient.Options(host: "127.0.0.1", port: port, clientID: clientID)
        options.tls = tls
        client = try MosquittoClient(options, loop: loop) { [weak self] in self?.handle($0) }
        client?.connect()
        tick()
    }

    /// Whether every number is acknowledged.
    public var isDone: Bool { acknowledged.count >= total }

    /// No new numbers: `total` becomes what was published.
    public func finish() { total = next }

    /// Ends the connection.
    public func close() {
        isClosed = true
        client?.disconnect()
    }

    private func handle(_ event: MosquittoClient.Event) {
        switch event {
        case .connected: pump()
        case .published(let mid, let code):
            guard let number = inFlight.removeValue(forKey: mid) else { return }
            if code < 128 { acknowledged.insert(number) } else { again.append(number) }
            pump()
        case .disconnected, .refused:
            again = (again + inFlight.values).sorted()
            inFlight = [:]
            guard !isClosed else { return }
            loop.schedule(after: .milliseconds(50)) { [weak self] in self?.client?.connect() }
        case .message, .subscribed, .unsubscribed: break
        }
    }

    private func tick() {
        loop.schedule(after: .milliseconds(5)) { [weak self] in
            guard let self, !self.isClosed else { return }
            self.pump()
            self.tick()
        }
    }

    private func pump() {
        guard let client, client.isConnected else { return }
        while inFlight.count < window {
            let number: Int
            if let first = again.first {
                number = first
            } else if next < total, mayPublish() {
                number = next
            } else {
                return
            }
            let topic = topics[number % topics.count]
            guard
                let mid = try? client.publish(
                    topic: topic, payload: NumberedPayload.make(number, mix), qos: 1, retain: retain)
            else { return }
            inFlight[mid] = number
            if again.isEmpty { next += 1 } else { again.removeFirst() }
        }
    }
}
