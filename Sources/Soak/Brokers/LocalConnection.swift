import BridgeRuntime
import MosquittoClient

/// One connection of the bridge to the local broker, with the rules of `MosquittoClient`.
///
/// What was read is acknowledged by the first write after the end of its batch; while `mayWrite` is false nothing leaves,
/// neither acknowledgements nor the bridge's own publishes.
final class LocalConnection: BrokerConnection {
    private static let batchLimit = 64

    private let session: LocalSession
    private let onEvent: (MosquittoClient.Event) -> Void
    private var isOpen = false
    private var isOver = false
    private var isTurnDue = false
    private var nextMid: Int32 = 1
    private var inbound: [Incoming] = []
    /// Read, to be acknowledged by the next write.
    private var unacknowledged: [Int] = []
    /// Publishes of the bridge that are not written yet.
    private var outbound: [(mid: Int32, topic: [UInt8], payload: [UInt8])] = []
    /// Publishes without their answer.
    private var unanswered: [Int32] = []

    private enum Incoming {
        case event(MosquittoClient.Event)
        case message(LocalSession.Queued)
    }

    var onBatchEnd: () -> Void = {}
    var mayWrite = true { didSet { if mayWrite, !oldValue { wake() } } }
    var mayRead = true { didSet { if mayRead, !oldValue { wake() } } }
    var isConnected: Bool { isOpen && !isOver }

    init(_ session: LocalSession, _ onEvent: @escaping (MosquittoClient.Event) -> Void) {
        self.session = session
        self.onEvent = onEvent
    }

    func connect() {
        session.clock.after(.milliseconds(1)) { [weak self] in
            guard let self, !isOver else { return }
            session.open(self)
        }
    }

    func accept(sessionPresent: Bool) {
        isOpen = true
        tell(.connected(sessionPresent: sessionPresent))
    }

    /// The connection is over; what was written before counts, what was not does not.
    func end(_ text: String) {
        guard !isOver else { return }
        isOver = true
        session.closed(self)
        onEvent(.disconnected(text: text))
    }

    /// The process is killed: nobody is told.
    func vanish() {
        guard !isOver else { return }
        isOver = true
        session.closed(self)
    }

    func subscribe(_ filter: String, qos: Int, options: MosquittoClient.SubscribeOptions) throws(MosquittoError)
        -> Int32
    {
        let mid = try takeMid("subscribe")
        session.subscribe(Array(filter.utf8))
        tell(.subscribed(mid: mid, granted: [Int32(qos)]))
        return mid
    }

    func unsubscribe(_ filter: String) throws(MosquittoError) -> Int32 {
        let mid = try takeMid("unsubscribe")
        session.unsubscribe(Array(filter.utf8))
        tell(.unsubscribed(mid: mid))
        return mid
    }

    func publish(topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, expiry: UInt32?) throws(MosquittoError)
        -> Int32
    {
        let mid = try takeMid("publish")
        outbound.append((mid, topic, payload))
        wake()
        return mid
    }

    func disconnect() {
        write()
        session.clock.soon { [weak self] in self?.end("closed on request") }
    }

    func deliver(_ entry: LocalSession.Queued) {
        inbound.append(.message(entry))
        wake()
    }

    func answerAll() {
        let mids = unanswered
        unanswered = []
        for mid in mids { tell(.published(mid: mid, reasonCode: 0)) }
    }

    private func tell(_ event: MosquittoClient.Event) {
        inbound.append(.event(event))
        wake()
    }

    private func wake() {
        guard !isTurnDue, !isOver else { return }
        isTurnDue = true
        session.clock.soon { [weak self] in self?.turn() }
    }

    private func takeMid(_ operation: String) throws(MosquittoError) -> Int32 {
        guard isConnected else { throw MosquittoError(operation, .notConnected, "not connected to the broker") }
        nextMid += 1
        return nextMid
    }

    /// One round: a bounded batch of reads, its end, then a write if that is allowed.
    private func turn() {
        isTurnDue = false
        guard !isOver else { return }
        var taken = 0
        var messages = 0
        while mayRead, !isOver, taken < inbound.count, messages < Self.batchLimit {
            let next = inbound[taken]
            taken += 1
            switch next {
            case .event(let event): onEvent(event)
            case .message(let entry):
                messages += 1
                if entry.message.qos > 0 { unacknowledged.append(entry.number) }
                session.onDelivered(entry.number)
                onEvent(.message(entry.message))
            }
        }
        inbound.removeFirst(taken)
        guard !isOver else { return }
        if messages > 0 { onBatchEnd() }
        write()
        if mayRead, !inbound.isEmpty { wake() }
    }

    private func write() {
        guard mayWrite, !isOver else { return }
        let acknowledgements = unacknowledged
        let publishes = outbound
        (unacknowledged, outbound) = ([], [])
        if !acknowledgements.isEmpty { session.acknowledged(acknowledgements) }
        for publish in publishes {
            session.onReceived(publish.topic, publish.payload)
            unanswered.append(publish.mid)
        }
        if !publishes.isEmpty, !session.holdsAnswers { answerAll() }
    }
}
