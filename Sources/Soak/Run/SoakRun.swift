import BridgeRuntime

/// A run of the whole bridge in a world of its own: the same seed gives the same run, event by event.
///
/// Storms and calms take turns: in a storm faults strike by chance, in a calm they end, the publishers rest, and the
/// bridge must be online again and have carried everything within a stated time.
public final class SoakRun {
    /// What a run came to.
    public struct Report: Sendable {
        /// What the seed stood for.
        public var plan = ""
        /// The promise that was broken, if one was.
        public var violation: Violation?
        /// Virtual hours.
        public var hours = 0.0
        /// Messages published locally, and those that arrived at the remote broker.
        public var out = (published: 0, arrived: 0, doubled: 0, refused: 0)
        /// Messages published remotely, and those that arrived at the local broker.
        public var incoming = (published: 0, handedOver: 0, arrived: 0, doubled: 0)
        /// Faults injected.
        public var faults = 0
        /// Processes killed.
        public var kills = 0
        /// Calms, and the longest time until online and until everything was through, in seconds.
        public var calms = (count: 0, longestOnline: 0.0, longestThrough: 0.0)
        /// Calls the clock made.
        public var events = 0
        /// A number over every event: equal runs have equal ones.
        public var digest: UInt64 = 0
        /// The last events, a line each.
        public var transcript: [String] = []
    }

    /// How long a storm lasts, and how often a fault strikes in it, on average.
    static let storm: Duration = .seconds(600)
    static let faultEvery: Duration = .seconds(20)
    /// Faults have ended: online after this at the latest, with a restart of the module in between if one is needed.
    static let onlineLimit: Duration = .seconds(600)
    static let onlineLimitWithRestart: Duration = .seconds(4500)
    /// And everything through after this: at a slow network one message takes a second, and an outage leaves thousands.
    static let throughLimit: Duration = .seconds(14_400)

    private let world: World
    private let injector: Injector
    private let end: Duration
    private var random: Chance
    private var report = Report()
    private var steps = 0

    /// A run of `hours` virtual hours with `rate` messages a second each way; `keeps` events stay in the transcript.
    /// `link`: which way to the remote broker; `nil`: the seed chooses.
    public init(seed: UInt64, hours: Double, rate: Double = 1, link: SoakLink? = nil, keeps: Int = 600) {
        world = World(Plan(seed: seed, rate: rate, way: link), transcript: Transcript(limit: keeps))
        injector = Injector(world, seed: seed)
        random = Chance(seed: seed ^ 0x50AC)
        end = .milliseconds(Int64(hours * 3_600_000))
        report.plan = world.plan.summary
    }

    /// Runs to the end, or to the first broken promise.
    public func run() -> Report {
        do { try live() } catch { world.complain(.comesBack, "the bridge does not start: \(error)") }
        report.violation = world.broken
        report.hours = Double(world.clock.now.milliseconds) / 3_600_000
        let (out, incoming) = (world.ledger.out, world.ledger.incoming)
        report.out = (out.published, out.arrived, out.doubled, out.refused)
        report.incoming = (incoming.published, incoming.acknowledged, incoming.arrived, incoming.doubled)
        (report.faults, report.kills) = (injector.count, world.kills)
        report.events = world.clock.calls
        report.digest = world.transcript.digest
        report.transcript = world.transcript.lines
        return report
    }

    private func live() throws {
        world.note(world.plan.summary)
        world.box.powerOn()
        try world.startProcess()
        // The local session begins with the first subscription.
        guard advance(by: .seconds(300), until: { self.world.isOnline }) else {
            return world.complain(.comesBack, "not online 300 s after the first start")
        }
        while world.clock.now < end, world.broken == nil {
            world.traffic.start()
            storm()
            if world.broken == nil { calm() }
        }
    }

    // MARK: Storm and calm

    private func storm() {
        let over = world.clock.now + min(Self.storm, max(end - world.clock.now, .seconds(60)))
        while world.clock.now < over, world.broken == nil {
            let pause = random.number(0...2 * Self.faultEvery.milliseconds)
            _ = advance(by: .milliseconds(pause), until: { false })
            injector.strike()
            if injector.quietUntil > world.clock.now {
                _ = advance(by: injector.quietUntil - world.clock.now, until: { false })
            }
        }
    }

    private func calm() {
        world.traffic.stop()
        injector.calm()
        let began = world.clock.now
        let limit = (injector.needsRestart ? Self.onlineLimitWithRestart : Self.onlineLimit) + world.plan.slowness
        guard advance(by: limit, until: { self.world.isOnline }) else {
            let summary = world.process?.bridge.summary ?? "no process"
            return world.complain(.comesBack, "not online \(limit.shown) after the last fault: \(summary)")
        }
        let online = world.clock.now - began
        guard advance(by: Self.throughLimit, until: { self.isThrough }) else {
            return world.complain(
                .comesBack,
                "\(Self.throughLimit.shown) after the last fault \(world.conditions.disk.outbox.count) message(s) wait "
                    + "in the outbox, \(world.conditions.disk.inbox.count) in the inbox, \(world.local.waiting) at the "
                    + "local broker, \(world.remote.waiting) at the remote one; \(world.ledger.unsettled ?? "all settled")"
            )
        }
        world.ledger.settle()
        injector.calmIsOver()
        report.calms.count += 1
        report.calms.longestOnline = max(report.calms.longestOnline, Double(online.milliseconds) / 1000)
        let through = Double((world.clock.now - began).milliseconds) / 1000
        report.calms.longestThrough = max(report.calms.longestThrough, through)
    }

    private var isThrough: Bool {
        world.isOnline && world.local.waiting == 0 && world.remote.waiting == 0
            && world.conditions.disk.outbox.count == 0 && world.conditions.disk.inbox.count == 0
            && world.ledger.unsettled == nil
    }

    // MARK: Time

    /// Lets time pass until `holds`, or a promise is broken; whether it holds.
    private func advance(by length: Duration, until holds: () -> Bool) -> Bool {
        let until = world.clock.now + length
        var isMore = true
        while isMore, world.broken == nil {
            isMore = world.clock.step(until: until)
            world.check()
            steps += 1
            if steps % 64 == 0 {
                checkMemory()
                if holds() { return true }
            }
        }
        return world.broken == nil && holds()
    }

    private func checkMemory() {
        guard let process = world.process else { return }
        let load = process.bridge.load
        // Rows with the link: one, or as many as the carrier takes.
        let bounds = [
            ("rows of the outbox", load.outRows, 258 + (world.plan.way.isSocket ? 256 : 0)),
            ("bytes of the outbox", load.outBytes, 262_144 + 8192),
            ("rows of the inbox", load.inRows, 277), ("bytes of the inbox", load.inBytes, 262_144 + 8192),
            ("inbound bytes without a commit", load.uncommittedInBytes, 1 << 20),
            ("rows without a commit", load.uncommitted, 20_000), ("refusals", load.refusals, 1000),
            ("removals", load.removals, 256), ("local publishes", load.locallyPublished, 40),
            ("echoes", load.echoes, 256), ("scheduled calls", process.scheduled, 50),
            ("bytes for the module", load.streamBytes, 8192 + 4096 + 512),
            ("messages at the MQTT client", load.streamMessages, 256),
            ("places in the stream", load.streamMarks, 2500),
        ]
        for (what, count, bound) in bounds where count > bound {
            world.complain(.boundedMemory, "\(count) \(what), over \(bound)")
        }
    }
}
