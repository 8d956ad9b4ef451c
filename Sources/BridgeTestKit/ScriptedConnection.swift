import BridgeRuntime
import MosquittoClient

/// One connection of the bridge to a `ScriptedLocalBroker`; the rules of `MosquittoClient`.
final class ScriptedConnection: BrokerConnection {
    private let broker: ScriptedLocalBroker
    private let version: MosquittoClient.ProtocolVersion
    private let onEvent: (MosquittoClient.Event) -> Void
    private var isOpen = false
    private var isOver = false
    private var nextMid: Int32 = 1
    /// Events that wait to be read.
    private var inbound: [MosquittoClient.Event] = []
    /// Read, to be acknowledged by the next write.
    private var unacknowledged: Set<Int> = []
    private var delivered: Set<Int> = []
    /// Publishes that wait to be written.
    private var outgoing: [(message: ScriptedLocalBroker.Received, mid: Int32)] = []

    var onBatchEnd: () -> Void = {}
    var mayWrite = true { didSet { if mayWrite, !oldValue { wake() } } }
    var mayRead = true { didSet { if mayRead, !oldValue { wake() } } }
    var isConnected: Bool { isOpen && !isOver }

    init(
        _ broker: ScriptedLocalBroker, _ version: MosquittoClient.ProtocolVersion,
        _ onEvent: @escaping (MosquittoClient.Event) -> Void
    ) {
        self.broker = broker
        self.version = version
        self.onEvent = onEvent
    }

    func connect() {
        broker.clock.soon { [weak self] in
            guard let self, !self.isOver else { return }
            self.broker.open(self, self.version)
        }
    }

    func accept(sessionPresent: Bool) {
        tell(.connected(sessionPresent: sessionPresent))
    }

    func refuse(_ code: Int32, _ text: String) {
        isOver = true
        onEvent(.refused(reasonCode: code, text: text))
    }

    func end(_ text: String) {
        guard !isOver else { return }
        isOver = true
        broker.closed()
        onEvent(.disconnected(text: text))
    }

    func subscribe(_ filter: String, qos: Int, options: MosquittoClient.SubscribeOptions) throws(MosquittoError)
        -> Int32
    {
        let mid = try takeMid("subscribe")
        broker.subscribe(filter, options)
        tell(.subscribed(mid: mid, granted: [Int32(qos)]))
        return mid
    }

    func unsubscribe(_ filter: String) throws(MosquittoError) -> Int32 {
        let mid = try takeMid("unsubscribe")
        broker.unsubscribe(filter)
        tell(.unsubscribed(mid: mid))
        return mid
    }

    func publish(
        topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, expiry: UInt32?
    ) throws(MosquittoError) -> Int32 {
        let mid = try takeMid("publish")
        guard payload.count <= broker.largestPayload else { throw MosquittoError("publish", .tooLarge) }
        outgoing.append(
            (
                ScriptedLocalBroker.Received(topic: topic, payload: payload, qos: qos, retain: retain, expiry: expiry),
                mid
            ))
        wake()
        return mid
    }

    func disconnect() {
        // Whatever may be written goes first; with the gate closed the connection is dropped without a word.
        write()
        broker.clock.soon { [weak self] in self?.end("closed on request") }
    }

    /// An event for the bridge, read when it may read.
    func tell(_ event: MosquittoClient.Event) {
        inbound.append(event)
        wake()
    }

    func wake() {
        broker.clock.soon { [weak self] in self?.turn() }
    }

    private func takeMid(_ operation: String) throws(MosquittoError) -> Int32 {
        guard isConnected else { throw MosquittoError(operation, .notConnected, "not connected to the broker") }
        nextMid += 1
        return nextMid
    }

    /// One round: a write if that is allowed, a bounded batch of reads, its end, a write again.
    private func turn() {
        guard !isOver else { return }
        // What was released goes before anything is read.
        if isOpen { write() }
        var count = 0
        while mayRead, !isOver, !inbound.isEmpty {
            let event = inbound.removeFirst()
            if case .connected = event { isOpen = true }
            onEvent(event)
        }
        guard !isOver, isOpen else { return }
        if mayRead {
            for entry in broker.queue
            where count < broker.batchSize && unacknowledged.count < broker.window
                && !delivered.contains(entry.number)
            {
                count += 1
                delivered.insert(entry.number)
                unacknowledged.insert(entry.number)
                onEvent(.message(entry.message))
            }
            if count > 0 { onBatchEnd() }
        }
        write()
        let hasMore = broker.queue.contains { !delivered.contains($0.number) }
        if hasMore, mayRead, !isOver, count > 0 || unacknowledged.isEmpty { wake() }
    }

    private func write() {
        guard mayWrite, !isOver else { return }
        let publishes = outgoing
        outgoing = []
        for publish in publishes { broker.take(publish.message, publish.mid) }
        guard !unacknowledged.isEmpty else { return }
        let all = unacknowledged
        unacknowledged = []
        broker.acknowledge(all)
    }
}
