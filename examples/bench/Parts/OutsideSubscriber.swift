import LinuxIO
import MosquittoClient

/// A client of its own at the remote broker that notes when what arrived.
final class OutsideSubscriber {
    /// What arrived on one topic since `expect`.
    struct Arrivals {
        /// When each message came, in the loop's time.
        var times: [Duration] = []
        /// Whether every number was the one after the last.
        var isInOrder = true
    }

    private let loop: EventLoop
    private var client: MosquittoClient?
    private var arrivals: [[UInt8]: Arrivals] = [:]
    /// Whether the broker has granted the subscription.
    private(set) var isSubscribed = false

    /// Connects and subscribes to everything under `bench/` and `plain/`.
    init(port: Int, loop: EventLoop) throws {
        self.loop = loop
        let options = MosquittoClient.Options(host: "127.0.0.1", port: port, clientID: "bench-subscriber")
        let client = try MosquittoClient(options, loop: loop) { [weak self] event in self?.happened(event) }
        self.client = client
        client.connect()
    }

    /// Forgets what arrived on a topic.
    func expect(_ topic: String) { arrivals[Array(topic.utf8)] = Arrivals() }

    /// What arrived on a topic.
    func arrived(_ topic: String) -> Arrivals { arrivals[Array(topic.utf8)] ?? Arrivals() }

    /// How many arrived on a topic.
    func count(_ topic: [UInt8]) -> Int { arrivals[topic]?.times.count ?? 0 }

    private func happened(_ event: MosquittoClient.Event) {
        switch event {
        case .connected: for filter in ["bench/#", "plain/#"] { _ = try? client?.subscribe(filter, qos: 1) }
        case .subscribed: isSubscribed = true
        case .message(let message):
            let now = loop.now
            let isNext = Payload.number(message.payload) == count(message.topic)
            arrivals[message.topic]?.times.append(now)
            if !isNext { arrivals[message.topic]?.isInOrder = false }
        case .refused, .disconnected, .published, .unsubscribed: break
        }
    }
}
