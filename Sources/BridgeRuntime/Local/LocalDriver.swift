import BridgeCore
import MosquittoClient

/// What the local side tells the dispatcher.
protocol LocalDriverDelegate: AnyObject {
    /// A message of the local broker; nothing of its batch is acknowledged before `LocalDriver.release`.
    func localReceived(_ message: MosquittoClient.Message)
    /// The batch of reads is over. True: hold everything until `release`.
    func localBatchEnded() -> Bool
    /// Messages can be published locally.
    func localConnected()
    /// What was under way must be published again.
    func localDisconnected()
    /// The local broker's answer to a publish; `reasonCode` of MQTT 5, 0 for 3.1.1.
    func localPublished(_ mid: Int32, reasonCode: Int32)
    /// The local broker takes MQTT 3.1.1 only: no *no local*.
    func localIsOldProtocol()
    /// A filter of an earlier configuration was unsubscribed.
    func localUnsubscribed(_ filter: [UInt8])
    /// The local broker has dropped this many messages since the last time, for want of room.
    func localDropped(_ count: UInt64)
    /// Something to count.
    func localCounted(_ counter: WritableKeyPath<Counters, UInt64>)
}

/// Keeps the connection to the local broker: subscribes, comes back at most 5 s after a loss, says so once.
final class LocalDriver {
    /// Makes a client for a protocol version; events go to the given function.
    typealias MakeBroker =
        (MosquittoClient.ProtocolVersion, @escaping (MosquittoClient.Event) -> Void) throws(MosquittoError) ->
        any LocalBroker

    /// What Mosquitto says of messages it dropped for clients that were away.
    static let droppedTopic = "$SYS/broker/publish/messages/dropped"
    private static let longestPause: Duration = .seconds(5)

    weak var delegate: (any LocalDriverDelegate)?
    private let clock: any BridgeClock
    private let log: Log
    private let name: String
    private let makeBroker: MakeBroker
    private var version = MosquittoClient.ProtocolVersion.v5
    private var broker: (any LocalBroker)?
    private var filters: [TopicFilter] = []
    private var stale: [[UInt8]] = []
    private var unsubscribing: [Int32: [UInt8]] = [:]
    private var subscribing: [Int32: TopicFilter] = [:]
    private var pause: Duration = .milliseconds(250)
    private var saidLost = false
    private var retry: ScheduledCall?
    private var stopping = false
    private var dropped: UInt64?
    /// Called once the connection is closed after `stop`.
    private var onStopped: (() -> Void)?

    /// Whether back-pressure holds the reads.
    var isReadingStopped = false { didSet { if isReadingStopped != oldValue { applyGate() } } }
    private var isHeld = false

    /// `name`: host and port, for the log.
    init(name: String, clock: any BridgeClock, log: Log, makeBroker: @escaping MakeBroker) {
        self.name = name
        self.clock = clock
        self.log = log
        self.makeBroker = makeBroker
    }

    /// Whether `publish` can work.
    var isConnected: Bool { broker?.isConnected ?? false }

    /// Connects and subscribes; filters in `stale` are unsubscribed.
    func start(filters: [TopicFilter], stale: [[UInt8]]) {
        self.filters = filters
        self.stale = stale
        connect()
    }

    /// Lets go what the last batch of reads holds back.
    func release() {
        isHeld = false
        applyGate()
    }

    /// Publishes locally; the message id, or `nil` when it could not be handed over.
    func publish(_ row: InboundRow) -> Int32? {
        guard let broker, broker.isConnected else { return nil }
        do throws(MosquittoError) {
            return try broker.publish(topic: row.topic, payload: row.payload, qos: row.qos, retain: row.retain)
        } catch {
            log(.warning, "local publish to \(readable(row.topic)): \(error)")
            return nil
        }
    }

    /// Reads nothing more; what was read can still be released.
    func stopReading() {
        stopping = true
        applyGate()
    }

    /// Ends the connection; what was released is acknowledged first.
    func stop(_ then: @escaping () -> Void) {
        stopping = true
        retry?.cancel()
        guard let broker, broker.isConnected else { return then() }
        onStopped = then
        broker.mayWrite = true
        broker.disconnect()
    }

    // MARK: Connection

    private func connect() {
        retry = nil
        guard !stopping else { return }
        do throws(MosquittoError) {
            let broker = try makeBroker(version) { [weak self] in self?.handle($0) }
            broker.onBatchEnd = { [weak self] in self?.batchEnded() }
            self.broker = broker
            applyGate()
            broker.connect()
        } catch {
            lost("\(error)")
        }
    }

    private func lost(_ text: String) {
        subscribing = [:]
        unsubscribing = [:]
        broker = nil
        isHeld = false
        if let onStopped {
            self.onStopped = nil
            return onStopped()
        }
        delegate?.localDisconnected()
        guard !stopping else { return }
        if !saidLost {
            saidLost = true
            log(.warning, "local broker \(name): \(text); trying again until it is back")
        }
        delegate?.localCounted(\.localBreaks)
        retry = clock.schedule(at: clock.now + pause) { [weak self] in self?.connect() }
        pause = min(pause * 2, Self.longestPause)
    }

    private func handle(_ event: MosquittoClient.Event) {
        switch event {
        case .connected(let sessionPresent):
            log(.info, "local broker \(name): connected\(sessionPresent ? ", session resumed" : "")")
            saidLost = false
            pause = .milliseconds(250)
            subscribe()
            delegate?.localConnected()
        case .refused(let code, let text):
            if version == .v5, code == MosquittoClient.unsupportedVersion || code == 1 {
                version = .v311
                log(.warning, "local broker \(name) refuses MQTT 5: using 3.1.1")
                delegate?.localIsOldProtocol()
            }
            lost("refused: \(text); check [local] username, password_file and the broker's ACL")
        case .disconnected(let text):
            lost(text)
        case .message(let message):
            if message.topic.elementsEqual(Self.droppedTopic.utf8) {
                noteDropped(message.payload)
            } else {
                delegate?.localReceived(message)
            }
        case .published(let mid, let reasonCode):
            delegate?.localPublished(mid, reasonCode: reasonCode)
        case .subscribed(let mid, let granted):
            guard let filter = subscribing.removeValue(forKey: mid) else { return }
            if granted.contains(where: { $0 >= 128 }) {
                log(.error, "the local broker refuses the subscription to \(filter): check its ACL")
            }
        case .unsubscribed(let mid):
            guard let filter = unsubscribing.removeValue(forKey: mid) else { return }
            stale.removeAll { $0 == filter }
            delegate?.localUnsubscribed(filter)
        }
    }

    private func subscribe() {
        guard let broker else { return }
        // New retained messages only; our own are not wanted back; the flag tells a retained message from a live one.
        let options = MosquittoClient.SubscribeOptions(noLocal: true, retainAsPublished: true, retainHandling: 1)
        do throws(MosquittoError) {
            for filter in stale {
                unsubscribing[try broker.unsubscribe(String(decoding: filter, as: UTF8.self))] = filter
            }
            for filter in filters {
                // QoS 1 at most: libmosquitto cannot receive QoS 2 so that a crash loses nothing.
                let mid = try broker.subscribe(
                    "\(filter)", qos: 1, options: version == .v5 ? options : MosquittoClient.SubscribeOptions())
                subscribing[mid] = filter
            }
            _ = try broker.subscribe(Self.droppedTopic, qos: 0, options: MosquittoClient.SubscribeOptions())
        } catch {
            log(.error, "local subscribe: \(error)")
        }
    }

    // MARK: Acknowledge after commit

    private func batchEnded() {
        if delegate?.localBatchEnded() ?? false {
            isHeld = true
            applyGate()
        }
    }

    private func applyGate() {
        guard let broker else { return }
        broker.mayWrite = !isHeld
        broker.mayRead = !isHeld && !isReadingStopped && !stopping
    }

    private func noteDropped(_ payload: [UInt8]) {
        guard payload.count < 20, let count = UInt64(String(decoding: payload, as: UTF8.self)) else { return }
        if let dropped, count > dropped { delegate?.localDropped(count - dropped) }
        dropped = count
    }
}
