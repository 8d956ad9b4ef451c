import BridgeRuntime
import MosquittoClient

/// The local broker in memory: one persistent session of the bridge, its inflight window, and what waits behind it.
///
/// As Mosquitto does it: 20 messages of QoS 1 are under way at a time, in order; what is not acknowledged when a
/// connection ends comes again in the next one, first; while the bridge is away QoS 1 waits and QoS 0 is lost.
final class LocalSession {
    /// A message for the bridge.
    struct Queued {
        /// The trail's number.
        var number: Int
        var message: MosquittoClient.Message
    }

    /// Mosquitto's `max_inflight_messages`.
    static let window = 20

    let clock: VirtualClock
    /// Whether connections are accepted.
    private(set) var isUp = true
    /// While set, publishes of the bridge get no answer.
    var holdsAnswers = false { didSet { if !holdsAnswers { connection?.answerAll() } } }
    /// The bridge has read this message.
    var onDelivered: (Int) -> Void = { _ in }
    /// The bridge's PUBACK of this message has come.
    var onAcknowledged: (Int) -> Void = { _ in }
    /// The bridge has published this.
    var onReceived: (_ topic: [UInt8], _ payload: [UInt8]) -> Void = { _, _ in }
    /// A connection of the bridge has ended.
    var onBreak: () -> Void = {}

    private weak var connection: LocalConnection?
    private var hasSession = false
    private var filters: [[UInt8]] = []
    private(set) var inFlight: [Queued] = []
    private var queue: [Queued] = []
    private var head = 0

    init(_ clock: VirtualClock) { self.clock = clock }

    /// Messages that the bridge has not acknowledged.
    var waiting: Int { inFlight.count + queue.count - head }

    /// A client for the bridge, for one connection.
    func client(_ onEvent: @escaping (MosquittoClient.Event) -> Void) -> any BrokerConnection {
        LocalConnection(self, onEvent)
    }

    // MARK: Publishers

    /// A message of a publisher on this host; false when nobody could take it, or the session does not want it.
    func publish(_ number: Int, _ topic: [UInt8], _ payload: [UInt8], qos: Int) -> Bool {
        guard isUp, filters.contains(where: { matches($0, topic) }) else { return false }
        let message = MosquittoClient.Message(topic: topic, payload: payload, qos: qos, retain: false)
        if qos == 0 {
            guard let connection, connection.isConnected else { return false }
            connection.deliver(Queued(number: number, message: message))
        } else {
            queue.append(Queued(number: number, message: message))
            fill()
        }
        return true
    }

    /// Moves what the window has room for to the connection.
    private func fill() {
        guard let connection, connection.isConnected else { return }
        while inFlight.count < Self.window, head < queue.count {
            inFlight.append(queue[head])
            connection.deliver(queue[head])
            head += 1
        }
        if head > 64, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
    }

    func acknowledged(_ numbers: [Int]) {
        for number in numbers {
            guard let index = inFlight.firstIndex(where: { $0.number == number }) else { continue }
            inFlight.remove(at: index)
            onAcknowledged(number)
        }
        fill()
    }

    // MARK: Connections

    func open(_ new: LocalConnection) {
        guard isUp else { return new.end("connection refused") }
        connection?.end("taken over")
        connection = new
        new.accept(sessionPresent: hasSession)
        hasSession = true
        for entry in inFlight { new.deliver(entry) }
        fill()
    }

    func closed(_ old: LocalConnection) {
        guard connection === old else { return }
        connection = nil
        onBreak()
    }

    func subscribe(_ filter: [UInt8]) { if !filters.contains(filter) { filters.append(filter) } }

    func unsubscribe(_ filter: [UInt8]) { filters.removeAll { $0 == filter } }

    /// The bridge is killed.
    func vanish() { connection?.vanish() }

    /// Ends the bridge's connection.
    func drop() { connection?.end("the broker closed the connection") }

    /// Stops; the session is on disk.
    func stop() {
        isUp = false
        drop()
    }

    func start() { isUp = true }
}
