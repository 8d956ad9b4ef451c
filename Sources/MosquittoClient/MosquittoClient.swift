import CMosquitto
import Glibc
public import LinuxIO

/// An MQTT client on libmosquitto that acknowledges only what its owner has released.
///
/// Everything belongs to the loop's thread. Reads come in bounded batches; after a batch that delivered a message
/// nothing is written until `onBatchEnd` has returned with `mayWrite` true, and a PUBACK is just such a write. So an
/// owner that sets `mayWrite = false` in `onBatchEnd` and true once it has committed is never told of a loss: what was
/// not released when the process dies comes again (MQTT 5: session expiry set; 3.1.1: clean session off).
/// That order holds for QoS 0 and 1. A message received at QoS 2 exists only in memory after its PUBREC:
/// subscribe with QoS 1 at most when it must not be lost.
///
/// Each connection has a library handle of its own, so nothing unacknowledged is sent again by the library: after a
/// `disconnected` the owner publishes again what it has no `published` for.
public final class MosquittoClient {
    enum Phase {
        /// Nothing under way; `connect()` is possible.
        case idle
        /// The TCP connection is being made on another thread.
        case connecting
        /// Connected; TLS handshake, CONNECT, CONNACK to come.
        case greeting
        /// CONNACK was success.
        case connected
        /// DISCONNECT is queued; nothing is read any more.
        case closing
        /// Torn down; the event that says so comes on the loop's next turn.
        case ending
    }

    /// A batch ends after this many messages or bytes of payload, so that the owner's commit stays small.
    /// One call into the library may carry it past that: by the publishes in flight, or under TLS by one record.
    static let batchMessages = 20
    static let batchBytes = 1 << 20
    /// A batch without messages ends too: other handlers have their turn.
    private static let batchReads = 256
    private static let closingTime: Duration = .seconds(2)

    /// What the client was made with.
    public let options: Options
    let loop: EventLoop
    let onEvent: (Event) -> Void
    var phase = Phase.idle
    private(set) var handle: MosquittoHandle?
    private var attempt: ConnectAttempt?
    private var socket: Int32?
    private var interest: EventLoop.Readiness = []
    var deadline: EventLoop.TimerID?
    var keepaliveTimer: EventLoop.TimerID?
    private var batchIsOpen = false
    /// Since DISCONNECT is queued.
    private var lingering: LingeringSocket?

    /// What the broker said at the last `connected`.
    public internal(set) var limits = Limits()
    /// Publishes above QoS 0 without a `published`, where a window counts them.
    var unacknowledged: Set<Int32> = []
    /// The broker's own words (MQTT 5 reason string) for the event that is being delivered; not said by all brokers.
    public internal(set) var reasonString: String?
    /// The reason code (128 and above) with which the broker ended the last connection, when it said one.
    public internal(set) var endReason: Int32?

    /// Called after each batch of reads that delivered at least one message, before anything is written.
    public var onBatchEnd: () -> Void = {}

    /// While false nothing is written to the socket: no PUBACK leaves, nor does anything else. Setting it to true
    /// writes on the loop's next turn. Held back for longer than the keep-alive, the connection ends.
    public var mayWrite = true {
        didSet { if mayWrite != oldValue { updateInterest() } }
    }

    /// While false nothing more is read (back-pressure). Held for longer than the keep-alive, the connection ends, and
    /// the broker queues.
    public var mayRead = true {
        didSet {
            guard mayRead != oldValue else { return }
            updateInterest()
            if mayRead { readBuffered() }
        }
    }

    /// Whether the broker has accepted us, so that `publish` and `subscribe` can work.
    public var isConnected: Bool { phase == .connected }

    /// Makes a client that does nothing until `connect()`. Throws for options the library does not take (an empty
    /// client id, a keep-alive of 1...4, a TLS file that cannot be read). `onEvent` runs on the loop's thread, never
    /// inside a call into this client.
    public init(_ options: Options, loop: EventLoop, onEvent: @escaping (Event) -> Void) throws(MosquittoError) {
        self.options = options
        self.loop = loop
        self.onEvent = onEvent
        _ = try MosquittoHandle(options)
    }

    deinit { tearDown() }

    // MARK: Connection

    /// Starts a connection; the outcome is an event, at the latest after `Options.connectTimeout`. Ignored unless the
    /// last one has ended with `refused` or `disconnected`; those handlers may call it.
    public func connect() {
        guard phase == .idle else { return }
        (phase, limits, endReason) = (.connecting, Limits(), nil)
        do throws(MosquittoError) {
            let handle = try MosquittoHandle(options)
            let attempt = ConnectAttempt(handle, loop: loop) { [weak self] in self?.attached($0, failure: $1) }
            guard let attempt else {
                return endSoon("too many earlier attempts still wait for an answer to their TCP connect")
            }
            self.attempt = attempt
        } catch {
            return endSoon("\(error)")
        }
        deadline = loop.schedule(after: options.connectTimeout) { [weak self] in self?.timedOut() }
    }

    /// Ends the connection: DISCONNECT is written after all that is queued, acknowledgements included, then
    /// `disconnected` follows (after 2 s at most). While `mayWrite` is false, or inside a `message` event, the
    /// connection is dropped without a word instead, so that nothing is acknowledged (the broker sends the will).
    public func disconnect() {
        switch phase {
        case .idle, .closing, .ending: return
        case .connecting, .greeting: endSoon("closed on request")
        case .connected:
            guard let handle, mayWrite, !batchIsOpen, handle.disconnect() == 0 else {
                return endSoon("dropped on request")
            }
            linger()
            phase = .closing
            deadline = loop.schedule(after: Self.closingTime) { [weak self] in self?.end("closed on request") }
            updateInterest()
        }
    }

    private func linger() {
        guard let socket else { return }
        lingering = LingeringSocket(copyOf: socket, loop: loop) { [weak self] in self?.ready($0) }
        guard lingering != nil else { return }
        loop.unwatch(socket)
        self.socket = nil
    }

    private func attached(_ handle: MosquittoHandle, failure: String?) {
        attempt = nil
        if let failure { return end(failure) }
        self.handle = handle
        phase = .greeting
        let socket = handle.socket
        interest = wantedInterest
        do throws(SystemError) {
            try loop.watch(socket, interest) { [weak self] in self?.ready($0) }
            self.socket = socket
        } catch {
            end("\(error)")
        }
    }

    private func timedOut() {
        let limit = options.connectTimeout.components.seconds
        let what = phase == .connecting ? "no TCP connection" : "no answer from the broker"
        end("\(options.host):\(options.port): \(what) within \(limit) s" + (mayWrite ? "" : " (writing is held back)"))
    }

    private func end(_ text: String) {
        tearDown()
        phase = .idle
        onEvent(.disconnected(text: text))
    }

    /// As `end`, for callers inside a call of the owner's.
    private func endSoon(_ text: String) {
        tearDown()
        phase = .ending
        loop.schedule(after: .zero) { [weak self] in self?.end(text) }
    }

    func tearDown() {
        for case let timer? in [deadline, keepaliveTimer] { loop.cancel(timer) }
        (deadline, keepaliveTimer) = (nil, nil)
        // The library may have closed the descriptor itself; the loop has to forget its number in any case.
        if let socket { loop.unwatch(socket) }
        attempt?.abandon()
        lingering?.abandon()
        (socket, attempt, handle, lingering, unacknowledged) = (nil, nil, nil, nil, [])
    }

    // MARK: Reading and writing

    private var wantedInterest: EventLoop.Readiness {
        guard let handle else { return [] }
        var wanted: EventLoop.Readiness = []
        if mayRead, phase != .closing { wanted.insert(.readable) }
        if mayWrite, handle.wantsWrite { wanted.insert(.writable) }
        return wanted
    }

    /// Watches the socket for what can be done with it now.
    func updateInterest() {
        guard let socket, handle?.socket == socket else { return }
        let wanted = wantedInterest
        guard wanted != interest else { return }
        do throws(SystemError) {
            try loop.setInterest(socket, wanted)
            interest = wanted
        } catch {
            endSoon("\(error)")
        }
    }

    private func ready(_ readiness: EventLoop.Readiness) {
        guard let handle else { return }
        let hangUp = readiness.contains(.hangUp)
        var code: Int32 = 0
        // First what the owner has released: what is read now may have to be held, and that with it.
        if mayWrite, handle.wantsWrite { code = handle.write() }
        let isInput = hangUp || readiness.contains(.readable) || isInHandshake
        if isInput, code == 0, handle.socket >= 0, mayRead, phase != .closing { code = readBatch(handle) }
        // A hang-up is reported for ever: where it does not show as an error, or must not be read, it ends things here.
        if hangUp, code == 0, handle.events.isEmpty { code = MOSQ_ERR_CONN_LOST.rawValue }
        settle(handle, code)
    }

    /// OpenSSL may want to write in its handshake, and only a read drives that.
    private var isInHandshake: Bool { phase == .greeting && options.tls != nil }

    private func readBatch(_ handle: MosquittoHandle) -> Int32 {
        var reads = 0
        var progress = false
        repeat {
            let packets = handle.packetsLogged
            let code = handle.read()
            if code != 0 || handle.socket < 0 { return code }
            reads += 1
            if handle.messageCount >= Self.batchMessages || handle.messageBytes >= Self.batchBytes
                || reads == Self.batchReads
            {
                readBuffered()
                return 0
            }
            progress = handle.packetsLogged != packets
        } while progress || isReadable(handle.socket)
        return 0
    }

    /// Under TLS, packets may wait in OpenSSL's buffer, of which epoll knows nothing.
    private func readBuffered() {
        guard options.tls != nil, let handle else { return }
        loop.schedule(after: .zero) { [weak self, weak handle] in
            guard let self, let handle, self.handle === handle else { return }
            self.ready(.readable)
        }
    }

    private func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, 0) > 0
    }

    /// Delivers what a call into the library brought, then writes if that is allowed, and ends what is over.
    func settle(_ handle: MosquittoHandle, _ code: Int32) {
        let hasMessages = handle.messageCount > 0
        batchIsOpen = hasMessages
        let goesOn = deliver(handle)
        batchIsOpen = false
        guard goesOn else { return }
        if hasMessages, phase != .closing { onBatchEnd() }
        guard self.handle === handle else { return }
        if code != 0 || handle.socket < 0 { return finish(handle, code) }
        if mayWrite, handle.wantsWrite {
            let code = handle.write()
            guard deliver(handle) else { return }
            if code != 0 || handle.socket < 0 { return finish(handle, code) }
        }
        updateInterest()
    }

    private func finish(_ handle: MosquittoHandle, _ code: Int32) {
        endReason = handle.endReason.flatMap { $0 >= 128 ? $0 : nil }
        guard phase == .closing else { return end(handle.endText(code)) }
        guard let lingering else { return end("closed on request") }
        // The library has closed its descriptor; ours goes when the broker has read everything.
        self.lingering = nil
        tearDown()
        phase = .ending
        lingering.drain(limit: Self.closingTime) { [weak self] in self?.end("closed on request") }
    }
}
