import ATProtocol
import BridgeCore
import BridgeTestKit
import Configuration
import LinuxIO
import ModemCore
import MosquittoClient
import TLSStream
import Testing

@testable import BridgeRuntime

/// A carrier on real parts but for the module: its bytes go over a TCP connection on loopback, one piece at a time.
///
/// It takes turns as often as the loop does while something moves; delays are counted in them.
final class CarrierHarness {
    /// What the line does to the bytes.
    struct Line {
        /// How large the pieces are, both ways.
        var pieces = 1...1460
        /// After how many turns a piece counts as taken.
        var delay = 0
        /// Whether the module takes bytes.
        var takes = true
        /// Whether it gives bytes.
        var gives = true
        /// Whether it gives them whether or not they are wanted.
        var pushes = false
        /// Half-open: bytes vanish, both ways.
        var swallows = false
    }

    let loop: EventLoop
    let clock: LoopClock
    let directory: TemporaryDirectory
    let carrier: SocketCarrier
    var line = Line()
    /// Whether a failure ends the connection at once, as the link machine does.
    var closesOnFailure = true
    var onBatchEnd: () -> Void = {}
    var onAcknowledged: (Int64) -> Void = { _ in }

    // What the carrier has said.
    var sessions = 0
    var establishments = 0
    var failures: [SessionFailure] = []
    var farewells = 0
    var acknowledged: [Int64] = []
    var refused: [Int64: PublishRefusal] = [:]
    var received: [ReceivedMessage] = []
    var audiences: [Audience] = []
    var batches = 0
    var subscribed: [String] = []
    var unsubscribed: [String] = []
    var reports: [String] = []

    // What was seen on the line.
    private(set) var returned: [SocketCarrier.OpenMessage] = []
    private(set) var sent = 0
    private(set) var mostWaiting = 0
    private(set) var mostOpen = 0

    private var tcp: StreamConnection?
    private var leaving: StreamConnection?
    private var incoming = ByteQueue()
    private var sending: (count: Int, turns: Int)?
    private var receiveTurns = 0
    private var hasEnded = false
    private var seed: UInt64 = 1
    private var tick: EventLoop.TimerID?

    /// `change`: of the link's settings.
    init(
        tls: TLSContext? = nil, settings change: (inout LinkSettings) -> Void = { _ in },
        values adjust: (inout SocketCarrier.Values) -> Void = { _ in }
    ) throws {
        loop = try EventLoop()
        clock = LoopClock(loop)
        directory = try TemporaryDirectory("carrier")
        var settings = LinkSettings(host: "broker.example", port: 1883, clientID: bytes("box"))
        change(&settings)
        var remote = Configuration.Remote(host: "broker", clientID: "box")
        remote.socketKeepalive = settings.keepalive
        let configuration = Configuration(
            bridge: Configuration.Bridge(name: "box"),
            local: Configuration.Local(host: "localhost", port: 1883, clientID: "x"),
            module: Configuration.Module(), remote: remote, routes: [],
            queue: Configuration.Queue(path: "/q", maxBytes: 1 << 20, overflow: .dropOldest),
            control: Configuration.Control(socket: nil))
        var values = configuration.carrierValues(settings, tls: tls, directory: directory.path, loop: loop)
        adjust(&values)
        carrier = SocketCarrier(values, clock: clock)
        carrier.delegate = self
    }

    deinit {
        if let tick { loop.cancel(tick) }
        tcp?.close()
        _ = carrier.streamClosed()
    }

    // MARK: The connection

    /// The module's TCP connection is up.
    func open(_ port: Int) throws {
        let tcp = try StreamConnection(try connectOnLoopback(port), loop: loop, outputLimit: 1 << 20)
        self.tcp = tcp
        (hasEnded, sending, incoming) = (false, nil, ByteQueue())
        tcp.onBytes = { [unowned self] in
            if !line.swallows { incoming.append($0) }
            tcp.mayRead = incoming.count < 65536
        }
        tcp.onEnd = { [unowned self] _ in hasEnded = true }
        carrier.streamOpened()
        if tick == nil { turn() }
    }

    /// It is cut.
    func cut() {
        guard let tcp else { return }
        tcp.close()
        self.tcp = nil
        returned = carrier.streamClosed()
    }

    /// Writes to the broker, past the carrier.
    func write(_ bytes: [UInt8]) { _ = tcp?.write(bytes) }

    /// Whether a connection is there.
    var isOpen: Bool { tcp != nil }

    /// Opens, and waits until the session is up.
    func up(_ port: Int, _ place: SourceLocation = #_sourceLocation) throws {
        let before = establishments
        try open(port)
        run(place) { self.establishments > before }
    }

    /// Runs until it holds; fails the test when that takes too long.
    @discardableResult
    func run(
        _ place: SourceLocation = #_sourceLocation, limit: Duration = .seconds(20), until holds: () -> Bool
    ) -> Bool {
        let held = runLoop(loop, limit: limit, until: holds)
        #expect(held, "waited in vain; failures: \(failures)", sourceLocation: place)
        return held
    }

    /// Lets so many turns pass.
    func turns(_ count: Int) {
        var left = count
        func next() {
            left -= 1
            if left > 0 { loop.schedule(after: .zero, next) }
        }
        loop.schedule(after: .zero, next)
        runLoop(loop) { left <= 0 }
    }

    // MARK: The line

    private func random(_ range: ClosedRange<Int>) -> Int {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return range.lowerBound + Int(truncatingIfNeeded: seed >> 33) % (range.upperBound - range.lowerBound + 1)
    }

    private func turn() {
        let moved = tcp != nil && step()
        tick = loop.schedule(after: moved ? .zero : .milliseconds(1)) { [unowned self] in turn() }
    }

    private func step() -> Bool {
        mostWaiting = max(mostWaiting, carrier.waitingBytes)
        mostOpen = max(mostOpen, carrier.open.count)
        var moved = send()
        if tcp != nil { moved = receive() || moved }
        if hasEnded, incoming.count == 0, tcp != nil {
            hasEnded = false
            carrier.streamEnded()
        }
        if let due = carrier.deadline, due <= clock.now { carrier.deadlineReached(now: clock.now) }
        return moved
    }

    private func send() -> Bool {
        if let (count, turns) = sending {
            guard turns == 0 else {
                sending?.turns -= 1
                return true
            }
            sending = nil
            carrier.accepted(count)
        }
        guard line.takes, carrier.waitingBytes > 0, sending == nil, let tcp else { return false }
        let bytes = carrier.firstBytes(random(line.pieces))
        sent += bytes.count
        if !line.swallows { _ = tcp.write(bytes) }
        sending = (bytes.count, line.delay)
        return true
    }

    private func receive() -> Bool {
        guard line.gives, carrier.mayReceive || line.pushes, incoming.count > 0 else { return false }
        if receiveTurns > 0 {
            receiveTurns -= 1
            return true
        }
        receiveTurns = line.delay
        let bytes = incoming.first(random(line.pieces))
        incoming.drop(bytes.count)
        tcp?.mayRead = incoming.count < 65536
        carrier.received(bytes)
        return true
    }
}

extension CarrierHarness: SocketCarrierDelegate {
    func carrierSessionBegan() { sessions += 1 }
    func carrierEstablished() { establishments += 1 }
    func carrierFailed(_ failure: SessionFailure) {
        failures.append(failure)
        if closesOnFailure { cut() }
    }
    func carrierFinished() {
        farewells += 1
        returned = carrier.streamClosed()
        // Closed in order: a close with bytes unread would be a reset, and the broker may not have read everything.
        tcp?.endOutput()
        leaving = tcp
        tcp = nil
        leaving?.onBytes = { _ in }
        leaving?.onEnd = { [unowned self] _ in leaving = nil }
    }
    func carrierHasWork() {}
    func carrierAcknowledged(_ id: Int64, qos: Int) {
        acknowledged.append(id)
        onAcknowledged(id)
    }
    func carrierRefused(_ id: Int64, _ refusal: PublishRefusal) { refused[id] = refusal }
    func carrierReceived(_ message: ReceivedMessage, for audience: Audience) {
        received.append(message)
        audiences.append(audience)
    }
    func carrierBatchEnded() {
        batches += 1
        onBatchEnd()
    }
    func carrierSubscribed(_ filter: [UInt8]) { subscribed.append(text(filter)) }
    func carrierUnsubscribed(_ filter: [UInt8]) { unsubscribed.append(text(filter)) }
    func carrierReports(_ level: LinkReport.Level, _ text: String) { reports.append(text) }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

extension CarrierHarness {
    /// Publishes when that is possible, else waits until it is.
    func publish(
        _ id: Int64, _ topic: String = "up/t", _ payload: [UInt8] = [1], qos: Int = 1, retain: Bool = false,
        expiry: UInt32? = nil, _ place: SourceLocation = #_sourceLocation
    ) {
        if !carrier.canPublish { run(place) { self.carrier.canPublish } }
        carrier.publish(
            PublishStateMachine.Message(
                id: id, topic: bytes(topic), payload: payload, qos: qos, retain: retain, expiry: expiry))
    }
}

extension SocketCarrier.Values {
    /// Subscribes to these.
    mutating func take(_ filters: [String], noLocal: [String] = [], qos: Int = 1) {
        subscriptions = filters.compactMap { filter in
            (try? TopicFilter(bytes(filter))).map { RemoteSubscription(filter: $0, qos: qos) }
        }
        isNoLocal = { noLocal.contains("\($0)") }
    }
}
