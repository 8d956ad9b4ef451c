package import BridgeCore
package import LinuxIO
import ModemCore
import MosquittoClient

/// The middle of the bridge: what comes from the local broker goes to the module, what comes from the module to the local
/// broker, and to disk what is not acknowledged soon. Nothing is acknowledged to one side before it is on disk or
/// acknowledged by the other; nothing leaves the disk before it is acknowledged.
///
/// Loop's thread only. The pieces that decide are in `BridgeCore`; this one moves rows between them and the drivers.
package final class Dispatcher {
    /// Rows at the head of the queue that an earlier run may have published.
    static let removalBatch = CommitSchedule.Limits().removals
    static let commitRetry: Duration = .seconds(1)
    /// What the module may deliver while the store does not work: more is refused. It cannot be told to wait.
    static let unstoredLimit = 1 << 20
    /// Refusals that wait for the list, which holds no more.
    static let refusalLimit = 1000
    /// Rows that may be with a socket link; its own window counts what is not acknowledged.
    static let socketInFlight = 256

    let clock: any BridgeClock
    let log: Log
    let store: any MessageStore
    let module: ModuleDriver
    let local: LocalDriver
    var routing: RoutingTable
    var outbox = OutboxWindow(maximumInFlight: 1)
    var inbox = InboxWindow()
    var echoes: EchoLedger
    var counters = Counters()
    var warnings = RateLimitedWarnings()
    var profile: ModuleProfile?
    var locallyPublished: [Int32: Int64] = [:]
    /// Whether the echo ledger counts the link as up.
    var echoesRun = false

    var pending = StoreBatch()
    /// Whether something waits for a value in `pending` to be on disk.
    var isUrgent = false
    /// Bytes of `pending.appendIn`.
    var unstoredBytes = 0
    var outstanding: (token: Int, batch: StoreBatch)?
    var nextToken = 1
    var outLoad: Int?
    var inLoad: Int?
    var retryScheduled = false
    /// When to write, and when the gate to the local broker is open.
    var schedule: CommitSchedule
    var commitDue: MovingDeadline?
    var nextIDs: (out: Int64, in: Int64)
    /// When inbound messages came that are in no commit yet.
    var arrivals: [Int64: Duration] = [:]
    /// Messages acknowledged by the remote broker, never written, whose echo may still have to be recorded.
    var heldEchoes: [Int64] = []
    /// Messages in the batch of reads that is under way.
    var batchCount = 0
    /// When batches were read of which something may be unsettled, and the first id after each.
    var batchTimes: [(end: Int64, time: Duration)] = []
    var trail = MessageTrail()
    var lifetimes: Lifetimes
    var poison = PoisonWatch()
    /// When a message that was set aside is due.
    var asideDue: MovingDeadline?
    var nextRelease: Int64?
    var warningsDue: MovingDeadline?
    var loadedOnce = false
    var remoteFilters: [[UInt8]]
    var localFilters: [[UInt8]]
    /// What is known of the modules' files, on its way to disk.
    var manifest: (bytes: [UInt8], token: Int)?
    var stopping = false
    let about: About
    let startedAt: Duration
    /// Messages on disk for the remote broker, as the last commit found them.
    var outDepth = 0
    /// `nil`: no heartbeat is sent.
    var heartbeat: HeartbeatWatch?
    var heartbeatDue: MovingDeadline?
    /// `nil`: the link's state is not published.
    var states: StatePublisher?
    var onceStored: (() -> Void)?
    /// The control socket's: its guests hear of messages and of the link.
    weak var desk: Desk?
    /// Who waits for a message of the control socket to be on disk, or acknowledged.
    var enqueued: [Int64: (DeskMessage.Progress) -> Void] = [:]
    /// Who waits for the end of one.
    var followed: [Int64: (DeskMessage.Progress) -> Void] = [:]

    /// Who waits for the books to be on disk.
    var commitWaiters = CommitWaiters()
    /// Whether a purge is under way, which may take several commits.
    var hasPurge = false
    /// How the link is and was.
    var history: LinkHistory
    /// What the last commit found on disk.
    var depths = (out: 0, in: 0, aside: 0, bytes: 0)

    let hooks: Hooks

    /// What the dispatcher needs of the service around it.
    package struct Hooks {
        /// The port is open and ours.
        package var portOpened: () -> Void = {}
        /// The port could not be opened; true ends the service.
        package var portFailure: (SerialPort.OpenFailure) -> Bool = { _ in false }
        /// Runs the hardware reset and calls back.
        package var reset: (@escaping (Bool, String) -> Void) -> Void
        /// Remembers that this card refused the PIN.
        package var pinRefused: (String) -> Void = { _ in }
        /// The module's session is closed after `stop`.
        package var moduleFinished: () -> Void = {}
        /// No rung of the ladder has helped.
        package var gaveUp: (String) -> Void = { _ in }
        /// The remote broker has taken this message (QoS 0: the module).
        package var acknowledged: (OutboundRow) -> Void = { _ in }
        /// The module's session is up.
        package var online: () -> Void = {}

        /// Hooks that do nothing but run the reset.
        package init(reset: @escaping (@escaping (Bool, String) -> Void) -> Void) { self.reset = reset }
    }

    /// What the bridge tells of itself.
    package struct About {
        /// `[bridge] name`; `nil`: the link's state is not published.
        package var name: String?
        /// `[remote] heartbeat`: its topic and after which silence it is sent.
        package var heartbeat: (topic: [UInt8], every: Duration)?
        /// The same over a socket link, where MQTT's own keep-alive does it unless told otherwise.
        package var socketHeartbeat: (topic: [UInt8], every: Duration)?
        /// When the first certificate of `[remote] tls` ends, Unix seconds; `nil`: there is none.
        package var certificatesEnd: Int64?

        /// Nothing is told unless it is given.
        package init(
            name: String? = nil, heartbeat: (topic: [UInt8], every: Duration)? = nil, certificatesEnd: Int64? = nil
        ) {
            self.name = name
            self.heartbeat = heartbeat
            self.certificatesEnd = certificatesEnd
        }
    }

    init(
        about: About = About(), routing: RoutingTable, store: any MessageStore, module: ModuleDriver,
        local: LocalDriver,
        clock: any BridgeClock, log: Log, recorded: RecordedFilters, echoes: [EchoRow],
        nextIDs: (out: Int64, in: Int64), commits: CommitSchedule.Limits = CommitSchedule.Limits(), hooks: Hooks
    ) {
        self.about = about
        startedAt = clock.now
        history = LinkHistory(now: clock.wallClock)
        heartbeat = about.heartbeat.map { HeartbeatWatch(topic: $0.topic, every: $0.every) }
        self.routing = routing
        self.store = store
        self.module = module
        self.local = local
        self.clock = clock
        self.log = log
        self.echoes = EchoLedger(receiveLimit: ModuleProfile.ec716s.receiveLimit)
        self.echoes.restore(echoes)
        remoteFilters = recorded.remote
        localFilters = recorded.local
        self.nextIDs = nextIDs
        lifetimes = Lifetimes(firstIDs: nextIDs, wallClock: clock.wallClock, now: clock.now)
        schedule = CommitSchedule(limits: commits)
        self.hooks = hooks
        module.delegate = self
        local.delegate = self
        commitDue = MovingDeadline(clock) { [weak self] in self?.settle() }
        asideDue = MovingDeadline(clock) { [weak self] in self?.releaseAside() }
        warningsDue = MovingDeadline(clock) { [weak self] in self?.summariseWarnings() }
        heartbeatDue = MovingDeadline(clock) { [weak self] in self?.heartbeatReached() }
        states = about.name.map { name in
            StatePublisher(name: name, clock: clock, local: local) { [weak self] in
                guard let self else { return StatePublisher.Facts() }
                return StatePublisher.Facts(
                    profile: self.profile?.name, waiting: self.waiting, certificatesEnd: self.about.certificatesEnd,
                    counters: self.counters)
            }
        }
    }

    /// Records the filters, then starts both sides.
    func start(dataModeRecord: Int?) {
        let stale = localFilters.filter { recorded in !routing.localFilters.contains { $0.bytes == recorded } }
        localFilters = (routing.localFilters.map(\.bytes) + localFilters).uniqued()
        remoteFilters = (routing.remoteSubscriptions.map(\.filter.bytes) + remoteFilters).uniqued()
        recordFilters()
        onceStored = { [weak self] in
            guard let self else { return }
            self.local.start(filters: self.routing.localFilters, stale: stale)
            self.module.start(dataModeRecord: dataModeRecord)
        }
        loadMore()
        commit()
    }

    /// Hands the store all that was not on disk yet; before it is closed.
    func handOver() {
        if let batch = takeBatch() { store.commit(batch, token: takeToken()) }
    }

    // MARK: To the module

    /// Gives the module the next message when it can take one.
    func pump() {
        let wallClock = stepClock()
        while !stopping, !isPurging, module.canPublish, let row = nextRow(wallClock) {
            let limits = RemoteLimits(maximumPayload: payloadLimit)
            if let problem = limits.problem(topic: row.topic, payloadCount: row.payload.count) {
                refuseOut(row.id, code: problem.code, reason: problem.reason)
                continue
            }
            if outbox.wasReturned(row.id) { counters.outRetried += 1 }
            if module.bringsEchoes { echoes.published(row, now: clock.now) }
            trail.given(.out, row.id, now: clock.now)
            poison.given(row.id, now: clock.now)
            module.publish(
                PublishStateMachine.Message(
                    id: row.id, topic: row.topic, payload: row.payload, qos: row.qos, retain: row.retain,
                    expiry: lifetimes.expiry(of: row).map { UInt32(clamping: max($0 - wallClock, 1)) }))
        }
        settle()
        if stopping { return }
        loadMore()
        beat()
    }

    /// Largest payload that is accepted: before the module is known, what any could carry over this bridge's links.
    var acceptedPayload: Int { profile == nil ? module.largestPayload : payloadLimit }

    /// Largest payload that can be carried; that of the most careful module until it is known.
    private var payloadLimit: Int {
        module.link.kind == .socket ? module.socketPayloadLimit : (profile ?? .ec716s).payloadLimit
    }

    func refuseOut(_ id: Int64, code: String, reason: String) {
        outbox.refused(id, code: code, reason: reason, wallClock: clock.wallClock)
        poison.finished(id)
        echoes.withdrawn(id)
        settle()
    }

    /// Unix seconds, seen by what must know of a step.
    func stepClock() -> Int64 {
        let wallClock = clock.wallClock
        lifetimes.observe(wallClock: wallClock, now: clock.now, nextIDs: nextIDs)
        return wallClock
    }

    // MARK: To the local broker

    /// Publishes what waits in the inbox, at most 20 at a time.
    func pumpInbox() {
        let wallClock = stepClock()
        sending: while local.isConnected, !isPurging,
            let row = inbox.next(wallClock: wallClock, expiry: lifetimes.expiry)
        {
            switch local.publish(row, lives: lifetimes.expiry(of: row).map { $0 - wallClock }) {
            case .taken(let mid):
                locallyPublished[mid] = row.id
                trail.given(.in, row.id, now: clock.now)
            case .never(let reason): inbox.refused(row.id, code: "local", reason: reason, wallClock: clock.wallClock)
            case .later:
                inbox.returned(row.id)
                break sending
            }
        }
        settle()
        loadMore()
    }
}

/// The filters that sessions of earlier runs may still hold.
struct RecordedFilters {
    var local: [[UInt8]] = []
    var remote: [[UInt8]] = []
}

extension Array where Element: Hashable {
    /// The elements without repetitions, first ones first.
    func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
