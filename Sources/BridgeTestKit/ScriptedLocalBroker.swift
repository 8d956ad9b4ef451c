public import BridgeRuntime
public import MosquittoClient

/// The local broker of a simulated run: one persistent session, held here, and the connections to it.
///
/// As with libmosquitto, everything read in a batch is acknowledged by the first write after it, so a connection that
/// may write when the batch is over has acknowledged it. What was not acknowledged when a connection ends comes again.
/// `isStored` is asked at each acknowledgement; when it says no, that is noted in `prematureAcknowledgements`.
public final class ScriptedLocalBroker {
    /// A message to the bridge that was not acknowledged.
    public struct Queued: Equatable {
        /// The number it got when it was published.
        public var number: Int
        /// The message.
        public var message: MosquittoClient.Message
    }

    /// A message from the bridge.
    public struct Received: Equatable {
        /// Its topic.
        public var topic: [UInt8]
        /// Its payload.
        public var payload: [UInt8]
        /// As published.
        public var qos: Int
        /// As published.
        public var retain: Bool
        /// As published.
        public var expiry: UInt32?
    }

    /// Whether connections are accepted.
    public var isUp = true
    /// Refuse MQTT 5, as an old broker does.
    public var isOld = false
    /// The reason code of a refusal of every connection; `nil`: they are accepted.
    public var refusal: Int32?
    /// Messages in one batch of reads, at most.
    public var batchSize = 64
    /// Messages it sends without an acknowledgement, at most.
    public var window = Int.max
    /// Whether publishes of the bridge are acknowledged; if not they wait in `unanswered`.
    public var answersPublishes = true
    /// The reason code of those acknowledgements.
    public var publishReason: Int32 = 0
    /// Larger publishes of the bridge are refused by its own library.
    public var largestPayload = Int.max
    /// Whether a message was stored, or needs not be; asked at its acknowledgement.
    public var isStored: (MosquittoClient.Message) -> Bool = { _ in true }

    /// Messages acknowledged before they were stored: always a bug.
    public private(set) var prematureAcknowledgements: [MosquittoClient.Message] = []
    /// Messages acknowledged, in order.
    public private(set) var acknowledged: [MosquittoClient.Message] = []
    /// What the bridge published, in order, repeats included.
    public private(set) var received: [Received] = []
    /// Message ids that wait for an acknowledgement.
    public private(set) var unanswered: [Int32] = []
    /// The session's subscriptions, in the order of the requests of the last connection.
    public private(set) var subscriptions: [String] = []
    /// The options of each.
    public private(set) var options: [String: MosquittoClient.SubscribeOptions] = [:]
    /// Filters unsubscribed.
    public private(set) var unsubscribed: [String] = []
    /// Moments at which a connection was asked for.
    public private(set) var attempts: [Duration] = []
    /// Messages that wait for the bridge.
    public private(set) var queue: [Queued] = []

    let clock: ManualClock
    private weak var connection: ScriptedConnection?
    private var nextNumber = 0
    private var hasSession = false

    /// A broker that is up, with an empty session.
    public init(_ clock: ManualClock) { self.clock = clock }

    /// A client of the bridge, for `LocalDriver`.
    public func client(
        _ version: MosquittoClient.ProtocolVersion, _ onEvent: @escaping (MosquittoClient.Event) -> Void
    ) -> any BrokerConnection { ScriptedConnection(self, version, onEvent) }

    /// A message for the bridge, as if one of its subscriptions matched.
    public func publish(
        _ topic: String, _ payload: [UInt8] = [1], qos: Int = 1, retain: Bool = false, identifiers: [UInt32] = [],
        expiry: UInt32? = nil
    ) {
        let message = MosquittoClient.Message(
            topic: Array(topic.utf8), payload: payload, qos: qos, retain: retain, subscriptionIdentifiers: identifiers,
            expiry: expiry)
        nextNumber += 1
        queue.append(Queued(number: nextNumber, message: message))
        connection?.wake()
    }

    /// Ends the connection from the broker's side.
    public func drop() { connection?.end("the broker closed the connection") }

    /// Whether the bridge is connected.
    public var isConnected: Bool { connection?.isConnected ?? false }

    /// Acknowledges the first publishes that wait.
    public func answer(_ count: Int = .max) {
        for mid in unanswered.prefix(count) { connection?.tell(.published(mid: mid, reasonCode: publishReason)) }
        unanswered.removeFirst(min(count, unanswered.count))
    }

    func open(_ new: ScriptedConnection, _ version: MosquittoClient.ProtocolVersion) {
        attempts.append(clock.now)
        connection = new
        guard isUp else { return new.end("connection refused") }
        if isOld, version == .v5 { return new.refuse(MosquittoClient.unsupportedVersion, "unsupported version") }
        if let refusal { return new.refuse(refusal, "not authorised") }
        new.accept(sessionPresent: hasSession)
        hasSession = true
    }

    func closed() { unanswered = [] }

    func subscribe(_ filter: String, _ wanted: MosquittoClient.SubscribeOptions) {
        subscriptions.removeAll { $0 == filter }
        subscriptions.append(filter)
        options[filter] = wanted
    }

    func unsubscribe(_ filter: String) {
        subscriptions.removeAll { $0 == filter }
        unsubscribed.append(filter)
    }

    func take(_ message: Received, _ mid: Int32) {
        received.append(message)
        unanswered.append(mid)
        if answersPublishes { clock.soon { [weak self] in self?.answer(1) } }
    }

    func acknowledge(_ numbers: Set<Int>) {
        for entry in queue where numbers.contains(entry.number) {
            if !isStored(entry.message) { prematureAcknowledgements.append(entry.message) }
            acknowledged.append(entry.message)
        }
        queue.removeAll { numbers.contains($0.number) }
    }
}
