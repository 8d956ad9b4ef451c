import BridgeCore
import BridgeRuntime
import ModemCore
import MosquittoClient

/// One life of the bridge: the real machines, drivers and dispatcher, from start to stop or kill.
final class BridgeProcess {
    let bridge: BridgeAssembly
    private let clock: ProcessClock
    private let port: LinePort
    private let store: DiskStore
    private let local: LocalSession
    private(set) var isOver = false

    /// What a process needs of the run.
    struct Hooks {
        var reset: (@escaping (Bool, String) -> Void) -> Void
        var acknowledged: (OutboundRow) -> Void
        var log: Log
        /// The note of a send that is under way, which outlives the process.
        var markSend: (OpenSend?) -> Void
        /// What makes a secured stream of a new connection; `nil`: it is plain.
        var makeSecurity: (() -> ToySecurity)?
        /// No rung of the ladder has helped: the service would end, to be started anew.
        var gaveUp: () -> Void
    }

    init(
        _ plan: Plan, clock: VirtualClock, line: SerialLine, conditions: DiskStore.Conditions, local: LocalSession,
        watch: SocketWatch, leftOverSend: OpenSend?, hooks: Hooks
    ) throws {
        let clock = ProcessClock(clock)
        let port = LinePort(line)
        let store = DiskStore(conditions, clock)
        (self.clock, self.port, self.store, self.local) = (clock, port, store, local)
        let disk = conditions.disk
        let recorded = BridgeAssembly.Recorded(echoes: disk.echoes, nextIDs: disk.nextIDs) { disk.meta[$0] }
        var values = BridgeAssembly.Values(link: plan.link, routing: try RoutingTable(plan.routes))
        values.baud = plan.baud
        values.about.name = Plan.name
        values.about.heartbeat = plan.heartbeat.map { (plan.heartbeatTopic, $0) }
        if plan.way.isSocket {
            values.carrier = Self.carrier(plan, clock, watch, hooks)
            values.markSend = { if !clock.isOver { hooks.markSend($0) } }
            values.leftOverSend = leftOverSend
        }
        var wired = Dispatcher.Hooks(reset: { then in if !clock.isOver { hooks.reset(then) } })
        wired.acknowledged = hooks.acknowledged
        wired.gaveUp = { _ in _ = clock.schedule(at: clock.now) { hooks.gaveUp() } }
        let finished = Handler()
        wired.moduleFinished = { _ = clock.schedule(at: clock.now) { finished.call() } }
        bridge = BridgeAssembly(
            values, recorded: recorded,
            on: BridgeAssembly.Surroundings(
                clock: clock, store: store, port: port, log: hooks.log,
                makeBroker: { _, onEvent in local.client { if !clock.isOver { onEvent($0) } } }),
            hooks: wired)
        store.onEvent = { [weak bridge] in bridge?.stored($0) }
        finished.call = { [weak self] in
            self?.bridge.stopLocal { self?.leave() }
        }
    }

    private static func carrier(
        _ plan: Plan, _ clock: ProcessClock, _ watch: SocketWatch, _ hooks: Hooks
    ) -> SocketCarrier.Values {
        var values = SocketCarrier.Values { version, onEvent in
            watch.connected()
            let stream = VirtualStream(clock)
            let client = VirtualClient(plan.link, version, stream: stream, clock: clock, watch: watch) {
                if !clock.isOver { onEvent($0) }
            }
            return StreamedClient(broker: client, stream: stream)
        }
        // Its packets are of the world's own making.
        values.guardsClient = false
        values.window = plan.window
        values.acknowledgementTimeout = plan.link.acknowledgementTimeout
        values.makeSecurity = hooks.makeSecurity
        return values
    }

    private final class Handler { var call: () -> Void = {} }
    private var onStopped: () -> Void = {}

    /// Calls that it has scheduled.
    var scheduled: Int { clock.count }

    func start() { bridge.start() }

    /// SIGTERM; within the service's limit of 7 s it is gone.
    func stop(_ stopped: @escaping () -> Void) {
        onStopped = stopped
        _ = clock.schedule(at: clock.now + .seconds(7)) { [weak self] in self?.leave() }
        bridge.stop()
    }

    private func leave() {
        guard !isOver else { return }
        isOver = true
        bridge.leave()
        store.close()
        clock.end()
        local.vanish()
        onStopped()
    }

    /// SIGKILL: from this instant on it does nothing, and nobody is told.
    func kill() {
        guard !isOver else { return }
        isOver = true
        clock.end()
        port.close()
        local.vanish()
    }
}
