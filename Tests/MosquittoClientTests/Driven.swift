import LinuxIO
import MosquittoClient
import Testing

/// A client and all it has said, for tests that wait for things.
final class Driven {
    let loop: EventLoop
    private(set) var client: MosquittoClient!
    var events: [MosquittoClient.Event] = []
    /// Sizes, in messages, of the batches so far.
    var batches: [Int] = []
    private var inBatch = 0
    /// Called at the first message of a batch, before it is noted.
    var onFirstMessage: () -> Void = {}
    var onBatch: () -> Void = {}
    var onEvent: (MosquittoClient.Event) -> Void = { _ in }

    init(_ loop: EventLoop, _ options: MosquittoClient.Options) throws {
        self.loop = loop
        client = try MosquittoClient(options, loop: loop) { [unowned self] event in
            if case .message = event {
                if inBatch == 0 { onFirstMessage() }
                inBatch += 1
            }
            events.append(event)
            onEvent(event)
        }
        client.onBatchEnd = { [unowned self] in
            batches.append(inBatch)
            inBatch = 0
            onBatch()
        }
    }

    var messages: [MosquittoClient.Message] {
        events.compactMap { if case .message(let message) = $0 { message } else { nil } }
    }

    func reasonCode(_ wanted: Int32) -> Int32? {
        events.lazy.compactMap { if case .published(wanted, let code) = $0 { code } else { nil } }.first
    }

    var refusal: Int32? {
        events.lazy.compactMap { if case .refused(let code, _) = $0 { code } else { nil } }.first
    }

    var farewells: [String] {
        events.compactMap { if case .disconnected(let text) = $0 { text } else { nil } }
    }

    /// Connects; the session-present flag.
    func connected(_ place: SourceLocation = #_sourceLocation) throws -> Bool {
        events = []
        client.connect()
        loop.run(place) { self.client.isConnected }
        return events.contains(.connected(sessionPresent: true))
    }

    /// Subscribes and waits for the SUBACK.
    func subscribe(
        _ filter: String, qos: Int = 1, options: MosquittoClient.SubscribeOptions = .init(),
        place: SourceLocation = #_sourceLocation
    ) throws -> [Int32] {
        let mid = try client.subscribe(filter, qos: qos, options: options)
        var granted: [Int32] = []
        loop.run(place) {
            for case .subscribed(mid, let codes) in self.events { granted = codes }
            return !granted.isEmpty
        }
        return granted
    }

    /// Publishes and waits for the end of it; its reason code.
    @discardableResult
    func publish(
        _ topic: String, _ payload: [UInt8] = [1], qos: Int = 1, retain: Bool = false,
        place: SourceLocation = #_sourceLocation
    ) throws -> Int32 {
        let mid = try client.publish(topic: Array(topic.utf8), payload: payload, qos: qos, retain: retain)
        loop.run(place) { self.reasonCode(mid) != nil }
        return reasonCode(mid) ?? -1
    }
}

extension EventLoop {
    /// Runs until `condition` holds; fails the test when that takes more than ten seconds.
    func run(_ place: SourceLocation = #_sourceLocation, until condition: @escaping () -> Bool) {
        let limit = now + .seconds(10)
        var held = false
        func look() {
            held = condition()
            if held || now > limit { stop() } else { schedule(after: .milliseconds(1), look) }
        }
        schedule(after: .zero, look)
        run()
        #expect(held, "waited ten seconds in vain", sourceLocation: place)
    }
}

extension MosquittoClient.Options {
    /// 127.0.0.1, MQTT 5, a session that stays unless `clean`.
    static func local(_ port: Int, _ id: String, clean: Bool = false) -> Self {
        Self(
            host: "127.0.0.1", port: port, clientID: id, cleanStart: clean,
            sessionExpiry: clean ? nil : 0xFFFF_FFFF)
    }
}
