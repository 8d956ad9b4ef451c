import BridgeCore
import BridgeTestKit
import ModemCore
import MosquittoClient
import Testing

@testable import BridgeRuntime

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// The whole bridge but for its descriptors, under virtual time. `restart` begins a new process on the same store.
final class Rig {
    let clock = ManualClock()
    let store: MemoryStore
    let port: ScriptedModulePort
    let broker: ScriptedLocalBroker
    let recorder = LogRecorder()
    let routes: [Route]
    var settings = LinkSettings(host: "broker.example", port: 1883, clientID: bytes("box"))
    private(set) var bridge: BridgeAssembly!
    var module: ModuleDriver! { bridge.module }
    var local: LocalDriver! { bridge.local }
    var dispatcher: Dispatcher! { bridge.dispatcher }
    private(set) var isFinished = false
    /// What the bridge tells of itself: nothing, unless a test wants it.
    var about = Dispatcher.About()
    /// When it commits.
    var commits = CommitSchedule.Limits()
    /// What the hardware reset is to say; it is run at once.
    var reset: () -> (Bool, String) = { (true, "") }
    private(set) var resets = 0
    /// Where the flight recorder writes; nowhere, unless a test wants it.
    var flightDirectory: String?
    /// Sees the bridge before it is started.
    var onBuilt: (BridgeAssembly) -> Void = { _ in }
    /// Why the ladder gave up, each time it did.
    private(set) var gaveUp: [String] = []
    /// Payloads that a commit has put on disk, or topics it has put on the list of refusals.
    private(set) var stored: Set<[UInt8]> = []

    init(_ routes: [Route] = [Rig.out, Rig.incoming]) {
        self.routes = routes
        store = MemoryStore { [clock] in clock.soon($0) }
        port = ScriptedModulePort(clock)
        broker = ScriptedLocalBroker(clock)
        settings.hasHardwareReset = false
        broker.isStored = { [unowned self] message in
            stored.contains(message.payload) || stored.contains(message.topic)
                || port.acknowledged.contains(message.payload)
        }
    }

    /// `sensors/#` to `site/sensors/#`.
    static let out = Route(direction: .out, topic: bytes("sensors/#"), remotePrefix: bytes("site/"))
    /// `commands/#` from the same.
    static let incoming = Route(direction: .in, topic: bytes("commands/#"))

    func start(log threshold: Log.Level = .debug) throws {
        settings.tls?.manifests = TLSManifests(encoded: store.meta[Dispatcher.Meta.tlsManifests] ?? [])
        var values = BridgeAssembly.Values(link: settings, routing: try RoutingTable(routes))
        values.about = about
        values.localName = "local:1883"
        values.commits = commits
        values.flightDirectory = flightDirectory
        let recorded = BridgeAssembly.Recorded(
            echoes: store.echoes.values.sorted { $0.id < $1.id }, nextIDs: store.nextIDs()
        ) { store.meta[$0] }
        store.onCommit = { [unowned self] batch in
            stored.formUnion(batch.appendOut.map(\.payload))
            stored.formUnion(batch.refusals.map(\.topic))
        }
        let bridge = BridgeAssembly(
            values, recorded: recorded,
            on: BridgeAssembly.Surroundings(
                clock: clock, store: store, port: port, log: recorder.log(threshold),
                makeBroker: { [broker] version, onEvent in broker.client(version, onEvent) }),
            hooks: hooks)
        self.bridge = bridge
        onBuilt(bridge)
        store.onEvent = { [weak bridge] in bridge?.stored($0) }
        bridge.start()
    }

    /// The process is killed and another one started.
    func restart(keepsUnanswered: Bool = false) throws {
        store.crash(keepsUnanswered: keepsUnanswered)
        bridge.abandon()
        bridge = nil
        broker.drop()
        clock.settle()
        try start()
    }

    private var hooks: Dispatcher.Hooks {
        var hooks = Dispatcher.Hooks(reset: { [unowned self] then in
            resets += 1
            let (succeeded, reason) = reset()
            clock.soon { then(succeeded, reason) }
        })
        hooks.moduleFinished = { [unowned self] in isFinished = true }
        hooks.gaveUp = { [unowned self] reason in gaveUp.append(reason) }
        return hooks
    }

    // MARK: Waiting

    var isOnline: Bool { module.isOnline && broker.isConnected }

    func run(_ limit: Duration = .seconds(60), _ place: SourceLocation = #_sourceLocation, until holds: () -> Bool) {
        let held = clock.run(limit: limit, until: holds)
        #expect(held, "waited \(limit) in vain", sourceLocation: place)
    }

    /// Starts and waits until both sides are up.
    func online(_ place: SourceLocation = #_sourceLocation) throws {
        try start()
        run(.seconds(120), place) { isOnline }
        clock.advance(by: .seconds(1))
    }

    /// Starts with a module that says nothing yet (`port.isMute`).
    func offline(_ place: SourceLocation = #_sourceLocation) throws {
        port.isMute = true
        settings.mayBeBooting = true
        try start()
        run(.seconds(10), place) { broker.isConnected }
        clock.advance(by: .seconds(3))
    }

    /// `count` numbered messages of the local broker on `sensors/n`.
    func publish(_ range: Range<Int>, qos: Int = 1) {
        for number in range { broker.publish("sensors/n", bytes("message \(number)"), qos: qos) }
    }

    /// Numbers that are not exactly once a row or an entry of the ledger: outbound ones, and inbound ones negated.
    var ledgerGaps: [Int64] {
        let marks = store.nextIDs()
        var times: [Int64: Int] = [:]
        for entry in store.ledger { times[entry.direction == .out ? entry.id : -entry.id, default: 0] += 1 }
        for row in store.outbox { times[row.id, default: 0] += 1 }
        for row in store.inbox { times[-row.id, default: 0] += 1 }
        let all = Array(1..<marks.out) + (1..<marks.in).map { -$0 }
        return all.filter { times[$0] != 1 }
    }

    /// The numbered payloads that the module was given.
    var sent: [String] { port.publishes.map { String(decoding: $0.payload, as: UTF8.self) } }

    func numbered(_ range: Range<Int>) -> [String] { range.map { "message \($0)" } }
}
