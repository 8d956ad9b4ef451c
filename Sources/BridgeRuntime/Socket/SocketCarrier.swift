import ATProtocol
package import BridgeCore
import ModemCore
package import MosquittoClient

/// What the carrier tells the module's driver.
protocol SocketCarrierDelegate: AnyObject {
    /// The remote broker has taken a new session; messages of it come after this.
    func carrierSessionBegan()
    /// Subscribed to everything: messages can be published.
    func carrierEstablished()
    /// There is no session, or no longer one: the connection is of no more use.
    func carrierFailed(_ failure: SessionFailure)
    /// The session is closed after `finish`.
    func carrierFinished()
    /// There is something to do for the line, or room for a message.
    func carrierHasWork()
    /// The remote broker has this message (QoS 0: the module has all of its bytes).
    func carrierAcknowledged(_ id: Int64, qos: Int)
    /// The remote broker, or the library, says no to this message.
    func carrierRefused(_ id: Int64, _ refusal: PublishRefusal)
    /// A message came from the remote broker.
    func carrierReceived(_ message: ReceivedMessage, for audience: Audience)
    /// The batch of reads is over: the last chance to close the gate on its acknowledgements.
    func carrierBatchEnded()
    /// The remote broker granted, or dropped, a filter of ours.
    func carrierSubscribed(_ filter: [UInt8])
    func carrierUnsubscribed(_ filter: [UInt8])
    /// A line for the log.
    func carrierReports(_ level: LinkReport.Level, _ text: String)
}

/// For whom a message from the remote broker is: with a subscription of its own, a guest gets a copy of its own.
enum Audience: Equatable { case everybody, routes, guests }

/// MQTT over a TCP connection of the module: our client on one side, the stream of bytes on the other, and TLS between
/// them when it is configured.
///
/// ```
/// broker client ── private socket ── (TLS) ── outgoing ──▶ AT+CIPSEND …
///       ▲                                                        │
///       └──────────────── (TLS) ◀── received ◀── +IPD, AT+CIPRXGET …
/// ```
/// It has one connection at a time, between `streamOpened` and `streamClosed`. Loop's thread only. Bounded: the client's
/// bytes are read only while less than `outgoingLimit` waits for the module, the module's only while the client takes them.
package final class SocketCarrier {
    /// Makes a client and its stream for one connection; the client's events go to the given function.
    package typealias MakeClient =
        (MosquittoClient.ProtocolVersion, @escaping (MosquittoClient.Event) -> Void) throws(MosquittoError) ->
        StreamedClient
    /// Makes what secures one connection.
    package typealias MakeSecurity = () throws(StreamSecurityFailure) -> any StreamSecurity

    /// What the carrier must know of the configuration.
    package struct Values {
        /// Publishes at QoS 1 and 2 that may be without their acknowledgement at a time; the broker may allow fewer.
        package var window = 20
        /// The inbound filters, in the order of their routes.
        package var subscriptions: [RemoteSubscription] = []
        /// Filters of earlier configurations that the remote session may still hold.
        package var staleFilters: [[UInt8]] = []
        /// Whether a filter brings back what we publish ourselves, which `both` routes do not want.
        package var isNoLocal: (TopicFilter) -> Bool = { _ in false }
        /// How long SUBACK, and an acknowledgement once all its bytes are out, may take.
        package var acknowledgementTimeout: Duration = .seconds(10)
        /// Where the numbers of guests begin. Each process has its own: the session may hold guests of an earlier one, whose
        /// messages are nobody's.
        package var firstGuest: UInt32 = 0
        /// Whether what comes in is looked at before the client gets it; a client of the soak's own needs no protection.
        package var guardsClient = true
        /// How full a plain send is at least, in hundredths, when it ends with a packet. Where a killed process leaves one open
        /// that does not, the module is reset by its line, or, without one, left alone for minutes.
        package var leastSend: UInt64 = 66
        /// `nil`: no TLS.
        package var makeSecurity: MakeSecurity?
        /// Makes the client.
        package var makeClient: MakeClient

        /// Values with the defaults.
        package init(makeClient: @escaping MakeClient) { self.makeClient = makeClient }
    }

    /// How far the session is.
    enum Phase: Equatable {
        /// No connection.
        case down
        /// TLS handshake, CONNECT, CONNACK.
        case connecting
        /// SUBACKs are due.
        case subscribing
        /// Messages can be published.
        case up
        /// DISCONNECT is on its way; then the carrier has finished.
        case closing
    }

    /// The client's bytes that may wait for the module before no more are read from it.
    static let outgoingLimit = 8192
    /// More than this never waits: the limit above, a read, and what TLS adds.
    static let mostOutgoing = 65536
    /// The module's bytes that may wait for the client before no more are asked of the module.
    static let incomingLimit = 16384
    /// DISCONNECT may take this long to get out.
    static let closingTime: Duration = .seconds(2)
    /// Our client may take this long to read what came before the end.
    static let lastWordsTime: Duration = .milliseconds(500)

    weak var delegate: (any SocketCarrierDelegate)?
    let clock: any BridgeClock
    var values: Values
    var phase = Phase.down
    var client: StreamedClient?
    var security: (any StreamSecurity)?
    var isSecure = false
    /// Whether TLS stood on this connection or, while there is none, on the last one.
    var wasSecured = false
    /// MQTT 5, unless the broker does not speak it.
    var version = MosquittoClient.ProtocolVersion.v5
    /// Counts connections: what belongs to an earlier one is not listened to.
    var connection = 0

    // Bytes.
    var outgoing = ByteQueue()
    var packets = PacketEnds()
    var incoming = PacketGuard(.v5)
    var plainRead: UInt64 = 0
    var ciphered: UInt64 = 0
    var acceptedBytes: UInt64 = 0
    /// So many the remote broker has: it has acknowledged a message that came after them.
    var acknowledgedBytes: UInt64 = 0
    /// After which byte of the network each byte count of the client was reached.
    var marks: [(plain: UInt64, network: UInt64)] = []
    var (lastReceived, emptySince): (Duration, Duration) = (.zero, .zero)
    /// When a message above QoS 0 was last given to the client, or let out of it.
    var lastGiven: Duration = .zero

    // Subscriptions.
    var copies = LocalCopies(filters: [])
    var subscribing: [Int32: Subscribing] = [:]
    var unsubscribing: [Int32: Unsubscribing] = [:]
    var guests: [GuestFilter] = []
    var nextGuest: UInt32
    /// Whether subscriptions carry identifiers.
    var usesIdentifiers = true

    // Messages.
    var open: [OpenMessage] = []
    /// Since when the first message above QoS 0 is the first.
    var firstSince: Duration = .zero
    var fences: [(id: Int64, after: UInt64)] = []
    /// Messages to be published one at a time: one of them may be what ended the last session.
    var suspects = 0
    /// Whether another message may be there for `publish` in a moment.
    var expectsMore = true
    /// Whether acknowledgements of what came in may leave.
    var isGateOpen = true
    /// When something that is due counts as late.
    var due: Duration?
    /// Between `finish` and `carrierFinished`.
    var isFinishing = false
    /// After DISCONNECT: the client has hung up, and all that it said is read.
    var hasClientLeft = false

    package init(_ values: Values, clock: any BridgeClock) {
        self.values = values
        self.clock = clock
        nextGuest = values.firstGuest
        copies = LocalCopies(filters: values.subscriptions.map(\.filter))
    }

    /// Whether the broker speaks MQTT 3.1.1 only: no *no local*, no reason codes, no expiry.
    var isOldProtocol: Bool { version == .v311 }

    // MARK: The connection

    /// The module's TCP connection is up: TLS and MQTT begin.
    func streamOpened() {
        drop()
        guard !isFinishing else { return finishSoon() }
        phase = .connecting
        wasSecured = false
        incoming = PacketGuard(version)
        lastReceived = clock.now
        emptySince = clock.now
        do throws(StreamSecurityFailure) {
            security = try values.makeSecurity?()
            isSecure = security == nil
            try security?.start()
            takeCiphertext()
        } catch {
            return failSoon(.tls(error.text))
        }
        connect()
    }

    /// The broker's side of it is gone, and all its bytes were `received`. The client may not have read its last words
    /// yet, which say why: what comes of them follows, and the end as `carrierFailed` (or `carrierFinished`).
    func streamEnded() {
        guard phase != .closing else { return finishSoon() }
        guard phase != .down else { return }
        outgoing.removeAll()
        client?.stream.mayRead = false
        client?.stream.endInput()
        let connection = self.connection
        _ = clock.schedule(at: clock.now + Self.lastWordsTime) { [weak self] in
            guard let self, self.connection == connection else { return }
            self.fail(.closed("the broker closed the connection"))
        }
    }

    /// It is gone. Returns the messages that were under way, in their order.
    func streamClosed() -> [OpenMessage] {
        defer { drop() }
        if isFinishing { finishSoon() }
        return open
    }

    /// Ends the session in order; `carrierFinished` follows, also when there is none.
    func finish() {
        isFinishing = true
        guard phase == .up || phase == .subscribing else {
            phase = .closing
            return finishSoon()
        }
        phase = .closing
        due = clock.now + Self.closingTime
        sayGoodbye()
    }

    /// Not through a closed gate: the acknowledgements in front of DISCONNECT are for messages that may yet be lost.
    func sayGoodbye() {
        guard isGateOpen, let client else { return }
        client.broker.mayWrite = true
        client.broker.disconnect()
        delegate?.carrierHasWork()
    }

    private func drop() {
        dismissRequests()
        // A client that is in the middle of telling something goes on with it.
        connection += 1
        client?.stream.close()
        (client, security, phase, isSecure, due) = (nil, nil, .down, false, nil)
        outgoing.removeAll()
        packets = PacketEnds()
        (plainRead, ciphered, acceptedBytes, acknowledgedBytes, marks) = (0, 0, 0, 0, [])
        guests = []
        (open, fences) = ([], [])
        (isGateOpen, hasClientLeft) = (true, false)
    }

    /// The session cannot go on. Not from inside a call of the owner's.
    func failSoon(_ failure: SessionFailure) {
        guard phase != .down else { return }
        let connection = self.connection
        _ = clock.schedule(at: clock.now) { [weak self] in
            guard let self, self.connection == connection else { return }
            self.fail(failure)
        }
    }

    func fail(_ failure: SessionFailure) {
        switch phase {
        case .down: return
        case .closing: return finishSoon()
        case .connecting, .subscribing, .up: phase = .down
        }
        due = nil
        // One of those under way may be what the broker cannot bear; by themselves it is found.
        switch failure {
        case .closed, .silent: suspects = max(suspects, open.count { $0.qos > 0 })
        case .refused, .tls, .broken: break
        }
        delegate?.carrierFailed(failure)
    }

    func finishSoon() {
        due = nil
        _ = clock.schedule(at: clock.now) { [weak self] in
            guard let self, self.isFinishing else { return }
            self.isFinishing = false
            self.phase = .down
            self.delegate?.carrierFinished()
        }
    }
}
