import BridgeCore
import ModuleSimulator

/// Watches a socket link at its MQTT client and at the far ends of its stream.
final class SocketWatch {
    /// The most publishes above QoS 0 that the remote broker wants under way.
    static let receiveMaximum = 20

    private let clock: VirtualClock
    private let ledger: Ledger
    private let report: (Violation.Promise, String) -> Void
    private let isSecured: Bool
    /// What the module has taken of its present connection.
    var taken: () -> (connection: Int, bytes: Int) = { (0, 0) }
    /// Until then a stream may be damaged, in a secured world.
    var damageUntil: Duration = .seconds(-1)
    private var fillUntil: Duration = .seconds(-1)
    /// Where publishes at QoS 0 end in the stream.
    private var ends: [Int: (connection: Int, end: Int)] = [:]
    private var connection = 0
    /// Most publishes under way at a time.
    private(set) var mostUnderWay = 0

    init(
        _ clock: VirtualClock, _ ledger: Ledger, isSecured: Bool, report: @escaping (Violation.Promise, String) -> Void
    ) {
        self.clock = clock
        self.ledger = ledger
        self.isSecured = isSecured
        self.report = report
    }

    /// A client is made for the module's present connection.
    func connected() {
        connection = taken().connection
        ends = [:]
    }

    func underWay(_ count: Int) {
        mostUnderWay = max(mostUnderWay, count)
        if count > Self.receiveMaximum { report(.boundedMemory, "\(count) publishes without their acknowledgement") }
    }

    /// A message has come to the client: the session works.
    var onReceived: () -> Void = {}
    func received(_ payload: [UInt8]) {
        ledger.handedOver(payload)
        onReceived()
    }

    /// Its PUBACK leaves.
    func acknowledges(_ payload: [UInt8]) { ledger.acknowledgesRemotely(payload) }

    /// A publish at QoS 0 has been written; the stream is so long with it.
    func wroteLoose(_ payload: [UInt8], end: Int) {
        guard let number = ledger.known("o", payload, ledger.outbound.count), ends[number] == nil else { return }
        // What the local broker gave twice is written twice; the first one counts.
        ends[number] = (connection, end)
    }

    /// A row counts as done: at QoS 0 the module must have taken all of its bytes.
    func credited(_ row: OutboundRow) {
        guard row.qos == 0, let number = ledger.known("o", row.payload, ledger.outbound.count),
            let (connection, end) = ends.removeValue(forKey: number)
        else { return }
        let taken = taken()
        // Of a secured stream the module takes more than the client wrote.
        guard connection == taken.connection, taken.bytes < end else { return }
        report(.creditedRightly, "o\(number) counts as sent, and the module has \(taken.bytes) of \(end) bytes")
    }

    /// Whether what is read may be anything.
    var isDamaged: Bool { isSecured && clock.now <= damageUntil }

    /// One end of the stream got what the other end did not send.
    func malformed(_ text: String, isFar: Bool = false) {
        if isDamaged { return }
        // A send filled with CR where a packet was to begin: the broker drops such a connection.
        if isFar, clock.now <= fillUntil { return }
        report(.content, "the stream is damaged: \(text)")
    }

    /// The rest of a send is filled up.
    func fills() {
        fillUntil = clock.now + .seconds(60)
        damages()
    }

    /// Bytes on the line may be wrong from now on; what they did may show a while later.
    func damages() { damageUntil = clock.now + .seconds(900) }
}
