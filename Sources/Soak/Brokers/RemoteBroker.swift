import ModuleSimulator

/// The broker on the internet, in memory: it speaks MQTT 3.1.1 packets and keeps sessions as Mosquitto does.
///
/// QoS 2 messages count as arrived at their PUBREL. Written for the run, so what a bridge could get wrong about it is not
/// shared with the bridge; the packet codec is the simulated module's.
final class RemoteBroker {
    private final class Connection {
        let number: Int
        var stream = MQTTStream()
        /// What secures it.
        var channel: ToyChannel?
        var session: RemoteSession?
        var clientID: [UInt8] = []
        var keepAlive: Duration = .zero
        var lastHeard: Duration = .zero
        var isClosed = false
        /// No more acknowledgements leave: they keep their order.
        var isMute = false
        /// Acknowledgements held back, in order.
        var held: [MQTTPacket] = []

        init(_ number: Int) { self.number = number }
    }

    /// How long a connection may be without CONNECT.
    private static let greetingLimit: Duration = .seconds(30)

    private let clock: VirtualClock
    private var connections: [Int: Connection] = [:]
    private var sessions: [[UInt8]: RemoteSession] = [:]
    private var retained: [[UInt8]: MQTTPacket.Publish] = [:]

    /// Bytes for a connection.
    var onSend: (Int, [UInt8]) -> Void = { _, _ in }
    /// The broker has closed a connection.
    var onClose: (Int) -> Void = { _ in }
    /// A message from the client has arrived; told once for each arrival.
    var onArrival: (MQTTPacket.Publish) -> Void = { _ in }
    /// An acknowledgement of this message is on its way to the client.
    var onAcknowledge: (MQTTPacket.Publish) -> Void = { _ in }
    /// A connection brought what is no MQTT, or not what was sent.
    var onMalformed: (String) -> Void = { _ in }
    /// Whether the client is the bridge's own, which counts on the order of acknowledgements.
    var isStream = false
    /// Whether connections are secured.
    var isSecured = false
    /// A session was begun or taken up.
    var onSession: () -> Void = {}

    /// Whether connections are accepted.
    private(set) var isUp = true
    /// The CONNACK code for everybody; 0 accepts.
    var connackCode: UInt8 = 0
    /// While set, acknowledgements wait.
    var holdsAcknowledgements = false { didSet { if !holdsAcknowledgements { letGo() } } }
    /// The next acknowledgement never leaves.
    var losesAcknowledgement = false
    /// Messages accepted but not arrived at the client, over all sessions.
    var waiting: Int { sessions.values.reduce(0) { $0 + $1.waiting } }

    init(_ clock: VirtualClock) { self.clock = clock }

    // MARK: Power

    /// Stops, and keeps the sessions on disk.
    func stop() {
        isUp = false
        for number in connections.keys.sorted() { close(number) }
    }

    func start() { isUp = true }

    /// Ends every connection from the broker's side.
    func drop() { for number in connections.keys.sorted() { close(number) } }

    private func close(_ number: Int) {
        guard let connection = connections.removeValue(forKey: number) else { return }
        connection.isClosed = true
        onClose(number)
    }

    // MARK: Connections

    func opened(_ number: Int) {
        let connection = Connection(number)
        if isSecured { connection.channel = ToyChannel(isServer: true, nonce: UInt64(number) << 32) }
        connections[number] = connection
        clock.after(Self.greetingLimit) { [weak self, weak connection] in
            guard let self, let connection, !connection.isClosed, connection.session == nil else { return }
            close(number)
        }
    }

    func closed(_ number: Int) {
        connections.removeValue(forKey: number)?.isClosed = true
    }

    func received(_ number: Int, _ bytes: [UInt8]) {
        guard let connection = connections[number] else { return }
        connection.lastHeard = clock.now
        do {
            let plaintext = try connection.channel?.receive(bytes) ?? bytes
            flush(connection)
            let packets = try connection.stream.append(plaintext)
            for packet in packets where !connection.isClosed { handle(packet, connection) }
            if connection.channel?.isClosedByPeer ?? false { close(number) }
        } catch {
            onMalformed("at the remote broker: \(error)")
            close(number)
        }
    }

    private func send(_ packet: MQTTPacket, _ connection: Connection) {
        guard !connection.isClosed else { return }
        guard connection.channel != nil else { return onSend(connection.number, packet.encoded) }
        connection.channel?.send(packet.encoded)
        flush(connection)
    }

    private func flush(_ connection: Connection) {
        guard let bytes = connection.channel?.take(.max), !bytes.isEmpty else { return }
        onSend(connection.number, bytes)
    }

    private func handle(_ packet: MQTTPacket, _ connection: Connection) {
        if case .connect(let connect) = packet { return begin(connect, connection) }
        guard let session = connection.session else {
            onMalformed("at the remote broker: a connection does not begin with CONNECT")
            return close(connection.number)
        }
        switch packet {
        case .publish(let publish): arrived(publish, session, connection)
        case .pubrel(let id):
            if let publish = session.incoming.removeValue(forKey: id) { accept(publish, of: session) }
            acknowledge(.pubcomp(id), connection, nil)
        case .puback(let id):
            if session.finish(id) { push(session, connection) }
        case .pubrec(let id):
            session.release(id)
            send(.pubrel(id), connection)
        case .pubcomp(let id):
            if session.finish(id) { push(session, connection) }
        case .subscribe(let id, let filter, let options):
            let isNew = session.subscribe(filter, options)
            send(.suback(id: id, codes: [options & 3]), connection)
            // Retain handling 1: to new subscriptions only.
            if isNew || options & 0x30 == 0 { sendRetained(filter, session, connection) }
        case .unsubscribe(let id, let filter):
            session.subscriptions.removeAll { $0.filter == filter }
            send(.unsuback(id), connection)
        case .pingreq: send(.pingresp, connection)
        case .disconnect: close(connection.number)
        case .connect, .connack, .suback, .unsuback, .pingresp:
            onMalformed("at the remote broker: a packet out of place")
            close(connection.number)
        }
    }

    // MARK: Sessions

    private func begin(_ connect: MQTTPacket.Connect, _ connection: Connection) {
        guard connackCode == 0 else {
            send(.connack(sessionPresent: false, code: connackCode), connection)
            return close(connection.number)
        }
        // A second connection with the same name ends the first.
        for number in connections.keys.sorted()
        where number != connection.number && connections[number]?.clientID == connect.clientID { close(number) }
        connection.clientID = connect.clientID
        connection.keepAlive = .seconds(Int64(connect.keepAlive)) * 3 / 2
        let old = connect.cleanSession ? nil : sessions[connect.clientID]
        let session = old ?? RemoteSession()
        sessions[connect.clientID] = session
        connection.session = session
        onSession()
        send(.connack(sessionPresent: old != nil, code: 0), connection)
        for flight in session.inFlight {
            var again = flight.publish
            again.duplicate = true
            send(flight.isReleased ? .pubrel(again.id) : .publish(again), connection)
        }
        push(session, connection)
        watch(connection)
    }

    private func watch(_ connection: Connection) {
        guard connection.keepAlive > .zero else { return }
        _ = clock.schedule(at: connection.lastHeard + connection.keepAlive) { [weak self, weak connection] in
            guard let self, let connection, !connection.isClosed else { return }
            if clock.now - connection.lastHeard >= connection.keepAlive {
                close(connection.number)
            } else {
                watch(connection)
            }
        }
    }

    private func push(_ session: RemoteSession, _ connection: Connection) {
        while let publish = session.next() { send(.publish(publish), connection) }
    }

    private func sendRetained(_ filter: [UInt8], _ session: RemoteSession, _ connection: Connection) {
        for topic in retained.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard matches(filter, topic), let kept = retained[topic], let qos = session.qos(for: topic) else {
                continue
            }
            give(kept, min(qos, kept.qos), session, connection)
        }
    }

    // MARK: Messages

    private func arrived(_ publish: MQTTPacket.Publish, _ session: RemoteSession, _ connection: Connection) {
        switch publish.qos {
        case 0: accept(publish, of: session)
        case 1:
            accept(publish, of: session)
            acknowledge(.puback(publish.id), connection, publish)
        default:
            // A number of a message that was never released is given to another one by a module that has restarted.
            session.incoming[publish.id] = publish
            acknowledge(.pubrec(publish.id), connection, publish)
        }
    }

    private func acknowledge(_ packet: MQTTPacket, _ connection: Connection, _ publish: MQTTPacket.Publish?) {
        let lost = losesAcknowledgement
        if lost {
            losesAcknowledgement = false
            connection.isMute = isStream
        }
        if lost || connection.isMute { return }
        if let publish { onAcknowledge(publish) }
        if holdsAcknowledgements { connection.held.append(packet) } else { send(packet, connection) }
    }

    private func letGo() {
        for number in connections.keys.sorted() {
            guard let connection = connections[number] else { continue }
            let held = connection.held
            connection.held = []
            for packet in held { send(packet, connection) }
        }
    }

    /// A message of the client is the broker's now.
    private func accept(_ publish: MQTTPacket.Publish, of session: RemoteSession) {
        onArrival(publish)
        distribute(publish, of: session)
    }

    /// A message of somebody else.
    func publish(_ topic: [UInt8], _ payload: [UInt8], qos: UInt8, retain: Bool) {
        distribute(MQTTPacket.Publish(topic: topic, payload: payload, qos: qos, retain: retain))
    }

    private func distribute(_ publish: MQTTPacket.Publish, of origin: RemoteSession? = nil) {
        if publish.retain { retained[publish.topic] = publish }
        for client in sessions.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let session = sessions[client],
                let qos = session.qos(for: publish.topic, isOwn: session === origin)
            else { continue }
            let connection = connections.values.first { $0.session === session }
            give(publish, min(qos, publish.qos), session, connection)
        }
    }

    private func give(
        _ publish: MQTTPacket.Publish, _ qos: UInt8, _ session: RemoteSession, _ connection: Connection?
    ) {
        let copy = MQTTPacket.Publish(topic: publish.topic, payload: publish.payload, qos: qos, retain: false)
        if qos == 0 {
            if let connection { send(.publish(copy), connection) }
            return
        }
        session.add(copy)
        if let connection { push(session, connection) }
    }
}
