public import LinuxIO
public import MosquittoClient

/// A client with a session that stays, which writes down every message that comes, with its number. Loop's thread only.
public final class NumberedCollector {
    /// One message as it came.
    public struct Received: Sendable {
        /// The topic.
        public var topic: [UInt8]
        /// Its number, when the payload was whole.
        public var number: Int?
        /// The payload of a message that is none of the numbered ones.
        public var payload: [UInt8]
        /// The retain flag.
        public var retain: Bool
    }

    /// Everything in the order of its coming.
    public private(set) var received: [Received] = []
    /// The numbers that came.
    public private(set) var numbers: Set<Int> = []
    /// How often the connection was lost.
    public private(set) var losses = 0

    private let loop: EventLoop
    private let filter: String
    private let mix: NumberedPayload.Mix
    private var client: MosquittoClient?
    private var isSubscribed = false
    private var isClosed = false

    /// Subscribes to `filter` at QoS 1 and waits for the SUBACK.
    public init(
        loop: EventLoop, port: Int, clientID: String, filter: String, mix: NumberedPayload.Mix = .everything,
        tls: MosquittoClient.TLS? = nil
    ) throws {
        self.loop = loop
        self.filter = filter
        self.mix = mix
        var options = MosquittoClient.Options(
            host: "127.0.0.1", port: port, clientID: clientID, cleanStart: false, sessionExpiry: 3600)
        options.tls = tls
        client = try MosquittoClient(options, loop: loop) { [weak self] in self?.handle($0) }
        client?.connect()
        guard runLoop(loop, until: { isSubscribed }) else { throw RigFailure("no SUBACK for \(filter)") }
    }

    /// Messages that are none of the numbered ones.
    public var others: [Received] { received.filter { $0.number == nil } }

    /// Ends the connection; the session stays at the broker.
    public func close() {
        isClosed = true
        client?.disconnect()
    }

    private func handle(_ event: MosquittoClient.Event) {
        switch event {
        case .connected:
            let options = MosquittoClient.SubscribeOptions(retainAsPublished: true, retainHandling: 1)
            _ = try? client?.subscribe(filter, qos: 1, options: options)
        case .subscribed: isSubscribed = true
        case .message(let message):
            let number = NumberedPayload.number(message.payload, mix)
            if let number { numbers.insert(number) }
            received.append(
                Received(
                    topic: message.topic, number: number, payload: number == nil ? message.payload : [],
                    retain: message.retain))
        case .disconnected, .refused:
            losses += 1
            guard !isClosed else { return }
            loop.schedule(after: .milliseconds(50)) { [weak self] in self?.client?.connect() }
        case .published, .unsubscribed: break
        }
    }
}
