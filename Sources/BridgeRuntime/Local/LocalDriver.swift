import BridgeCore
import MosquittoClient

/// What the local side tells the dispatcher.
protocol LocalDriverDelegate: AnyObject {
    /// A message of the local broker; it is acknowledged when `LocalDriver.mayWrite` holds after `localBatchEnded`.
    func localReceived(_ message: MosquittoClient.Message)
    /// The batch of reads is over: the last chance to close the gate on it.
    func localBatchEnded()
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
    /// What became of a local publish.
    enum Handover: Equatable {
        /// The library has it; its message id.
        case taken(Int32)
        /// Not now.
        case later
        /// This broker will never take it; why.
        case never(String)
    }

    /// What Mosquitto says of messages it dropped for clients that were away.
    static let droppedTopic = Array("$SYS/broker/publish/messages/dropped".utf8)
    private static let shortestPause: Duration = .milliseconds(250)
    private static let longestPause: Duration = .seconds(5)
    /// A connection that stood for this long makes the next loss a new one.
    private static let stable: Duration = .seconds(5)
    /// Connections that do not last are told of once in this time.
    private static let quiet: Duration = .seconds(60)

    weak var delegate: (any LocalDriverDelegate)?
    let clock: any BridgeClock
    let log: Log
    let name: String
    private let makeBroker: BridgeAssembly.MakeBroker
    var version = MosquittoClient.ProtocolVersion.v5
    var broker: (any BrokerConnection)?
    var filters: [TopicFilter] = []
    var copies = LocalCopies(filters: [])
    /// Indices of filters that the broker refuses.
    var refused: Set<Int> = []
    var stale: [[UInt8]] = []
    var unsubscribing: [Int32: [UInt8]] = [:]
    var subscribing: [Int32: Int] = [:]
    private var pause = LocalDriver.shortestPause
    private var connectedSince: Duration?
    private var lossToldAt: Duration?
    /// Whether a loss, and a refusal, was told since the connection last stood.
    private var toldLosses: Set<Bool> = []
    private var isReturnTold = false
    private var retry: ScheduledCall?
    private var stopping = false
    private var dropped: UInt64?
    /// Called once the connection is closed after `stop`.
    private var onStopped: (() -> Void)?
    private var waitsForGate = false
    /// Whether anything may be written: with it go the acknowledgements of all that was read.
    private(set) var mayWrite = true
    private var mayRead = true

    /// Whether back-pressure holds the reads.
    var isReadingStopped = false { didSet { if isReadingStopped != oldValue { applyGate() } } }

    /// `name`: host and port, for the log.
    init(name: String, clock: any BridgeClock, log: Log, makeBroker: @escaping BridgeAssembly.MakeBroker) {
        self.name = name
        self.clock = clock
        self.log = log
        self.makeBroker = makeBroker
    }

    /// Whether `publish` can work.
    var isConnected: Bool { broker?.isConnected ?? false }

    /// Connects and subscribes; filters in `stale` are unsubscribed.
    func start(filters: [TopicFilter], stale: [[UInt8]]) {
        self.stale = stale
        replaceFilters(filters)
        connect()
    }

    /// Subscribes to these from the next connection on; those no longer among them are unsubscribed.
    func replaceFilters(_ wanted: [TopicFilter]) {
        stale += filters.filter { !wanted.contains($0) }.map(\.bytes)
        filters = wanted
        copies = LocalCopies(filters: wanted)
        refused = []
    }

    /// Opens or closes the gate to the broker, each way.
    func setGate(mayWrite: Bool, mayRead: Bool) {
        guard mayWrite != self.mayWrite || mayRead != self.mayRead else { return }
        (self.mayWrite, self.mayRead) = (mayWrite, mayRead)
        applyGate()
    }

    /// Publishes locally; `lives`: for how many seconds the local broker may keep it (MQTT 5).
    func publish(_ row: InboundRow, lives: Int64? = nil) -> Handover {
        guard let broker, broker.isConnected else { return .later }
        do throws(MosquittoError) {
            return .taken(
                try broker.publish(
                    topic: row.topic, payload: row.payload, qos: row.qos, retain: row.retain,
                    expiry: lives.map { UInt32(clamping: max($0, 1)) }))
        } catch {
            // The same message fails the same way for ever, and must not keep the others from going.
            if error.code == .invalid || error.code == .tooLarge { return .never("\(error)") }
            log(.warning, "local publish to \(readable(row.topic)): \(error)")
            return .later
        }
    }

    /// Reads nothing more; what was read can still be released.
    func stopReading() {
        stopping = true
        applyGate()
    }

    /// Reads on after `stopReading`.
    func resumeReading() {
        stopping = false
        applyGate()
    }

    /// Ends the connection; what was released is acknowledged first, what is held is not.
    func stop(_ then: @escaping () -> Void) {
        stopping = true
        retry?.cancel()
        guard let broker, broker.isConnected else { return then() }
        onStopped = then
        broker.disconnect()
    }

    // MARK: Connection

    private func connect() {
        retry = nil
        guard !stopping else { return }
        // A connection could not even be greeted without reading, and would bring more of what cannot be stored.
        waitsForGate = !isGateOpen
        guard isGateOpen else { return }
        do throws(MosquittoError) {
            let broker = try makeBroker(version) { [weak self] in self?.handle($0) }
            broker.onBatchEnd = { [weak self] in self?.delegate?.localBatchEnded() }
            self.broker = broker
            applyGate()
            broker.connect()
        } catch {
            lost("\(error)")
        }
    }

    private func lost(_ text: String, isRefusal: Bool = false) {
        subscribing = [:]
        unsubscribing = [:]
        broker = nil
        if let onStopped {
            self.onStopped = nil
            return onStopped()
        }
        delegate?.localDisconnected()
        guard !stopping else { return }
        let now = clock.now
        if let connectedSince, now - connectedSince >= Self.stable {
            pause = Self.shortestPause
            toldLosses = []
        } else if connectedSince != nil, let lossToldAt, now - lossToldAt >= Self.quiet {
            toldLosses = []
        }
        connectedSince = nil
        // Once; and once more when a broker that was away is back and refuses us.
        if toldLosses.insert(isRefusal).inserted {
            isReturnTold = false
            lossToldAt = now
            log(.warning, "local broker \(name): \(text); trying again until it is back")
        }
        delegate?.localCounted(\.localBreaks)
        retry = clock.schedule(at: now + pause) { [weak self] in self?.connect() }
        pause = min(pause * 2, Self.longestPause)
    }

    private func handle(_ event: MosquittoClient.Event) {
        switch event {
        case .connected(let sessionPresent):
            if !isReturnTold {
                isReturnTold = true
                log(.info, "local broker \(name): connected\(sessionPresent ? ", session resumed" : "")")
            }
            connectedSince = clock.now
            subscribe()
            delegate?.localConnected()
        case .refused(let code, let text):
            if version == .v5, code == MosquittoClient.unsupportedVersion || code == 1 {
                version = .v311
                log(.warning, "local broker \(name) refuses MQTT 5: using 3.1.1")
                delegate?.localIsOldProtocol()
                // No loss to tell of: the broker is there and is asked again at once.
                broker = nil
                retry = clock.schedule(at: clock.now) { [weak self] in self?.connect() }
                return
            }
            lost("refused: \(text); check [local] username, password_file and the broker's ACL", isRefusal: true)
        case .disconnected(let text):
            lost(text)
        case .message(let message):
            received(message)
        case .published(let mid, let reasonCode):
            delegate?.localPublished(mid, reasonCode: reasonCode)
        case .subscribed(let mid, let granted):
            subscribed(mid, granted)
        case .unsubscribed(let mid):
            guard let filter = unsubscribing.removeValue(forKey: mid) else { return }
            stale.removeAll { $0 == filter }
            delegate?.localUnsubscribed(filter)
        }
    }

    private func received(_ message: MosquittoClient.Message) {
        if message.topic == Self.droppedTopic {
            noteDropped(message.payload)
            // A route may carry it too.
            guard filters.contains(where: { $0.matches(message.topic) }) else { return }
        }
        let isTaken =
            !copies.areNeeded
            || copies.takes(topic: message.topic, carried: message.subscriptionIdentifiers, refused: refused)
        guard isTaken else {
            delegate?.localCounted(\.copiesDropped)
            return
        }
        delegate?.localReceived(message)
    }

    // MARK: Acknowledge after commit

    private var isGateOpen: Bool { mayWrite && mayRead && !isReadingStopped }

    private func applyGate() {
        if waitsForGate, isGateOpen { return connect() }
        guard let broker else { return }
        broker.mayWrite = mayWrite
        broker.mayRead = mayRead && !isReadingStopped && !stopping
    }

    private func noteDropped(_ payload: [UInt8]) {
        guard payload.count < 20, let count = UInt64(String(decoding: payload, as: UTF8.self)) else { return }
        if let dropped, count > dropped { delegate?.localDropped(count - dropped) }
        dropped = count
    }
}
