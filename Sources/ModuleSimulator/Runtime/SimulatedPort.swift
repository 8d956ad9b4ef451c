/// The module behind its UART: the core with both directions paced, still without clock or I/O.
struct SimulatedPort {
    enum Effect: Equatable {
        /// These bytes are through to the host; the tags are those of messages that ended in them.
        case toHost([UInt8], [PrintTag])
        /// The files have changed.
        case storeFlash([UInt8])
        /// The terminal goes away for a while.
        case losePort
        case network(SimulatedModule.Action)
        case note(String, at: Duration)
    }

    private(set) var module: SimulatedModule
    private var fromHost: BytePacer
    private var toHost: BytePacer
    private var effects: [Effect] = []
    /// Above this many bytes still to print, nothing more is taken from the broker.
    private static let backlogLimit = 65536

    init(_ options: SimulatorOptions, wallSeconds: Int64, flash: FlashFiles? = nil) {
        module = SimulatedModule(options, wallSeconds: wallSeconds, flash: flash)
        fromHost = BytePacer(baud: options.baud)
        toHost = BytePacer(baud: options.baud)
    }

    // MARK: Events

    mutating func powerOn(now: Duration) -> [Effect] {
        handle(module.powerOn(now: now), at: now)
        return advance(now: now)
    }

    /// The host has begun to send these bytes.
    mutating func hostWrote(_ bytes: [UInt8], now: Duration) -> [Effect] {
        fromHost.enqueue(bytes, at: now)
        return advance(now: now)
    }

    mutating func network(_ event: SimulatedModule.NetworkEvent, connection: Int, now: Duration) -> [Effect] {
        let before = advance(now: now)
        handle(module.network(event, connection: connection, now: now), at: now)
        return before + advance(now: now)
    }

    mutating func inject(_ fault: SimulatedModule.Fault, now: Duration) -> [Effect] {
        let before = advance(now: now)
        handle(module.inject(fault, now: now), at: now)
        return before + advance(now: now)
    }

    /// The cable was pulled: what had not arrived never will.
    mutating func unplugged() { fromHost.removeAll() }

    /// Lets everything happen that is due at `now`, each at its own time.
    mutating func advance(now: Duration) -> [Effect] {
        while true {
            let arrival = fromHost.nextDue
            let deadline = module.deadline
            if let arrival, arrival <= now, arrival <= deadline ?? arrival {
                takeArrived(upTo: now, before: deadline)
            } else if let deadline, deadline <= now {
                handle(module.deadlineReached(now: deadline), at: deadline)
            } else {
                break
            }
        }
        flushOutput(now: now)
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    /// When `advance` is wanted next.
    var deadline: Duration? {
        [module.deadline, fromHost.wakeTime(mark: 0x0D), toHost.wakeTime(mark: 0x0A)].compactMap { $0 }.min()
    }

    /// Whether everything printed so far is through.
    var isPrintingOver: Bool { toHost.backlog == 0 }

    func takesTraffic(connection: Int, now: Duration) -> Bool {
        let limit = module.isStream(connection) ? module.profile.receiveBuffer : Self.backlogLimit
        return module.takesTraffic(now: now) && module.wantsBytes(connection: connection) && toHost.backlog < limit
    }

    // MARK: Inside

    /// One byte at a time, so that each meets the module at the moment it has arrived; unpaced ones come together.
    private mutating func takeArrived(upTo now: Duration, before deadline: Duration?) {
        let isPaced = module.options.baud > 0
        for chunk in fromHost.take(now: min(now, deadline ?? now), limit: isPaced ? 1 : .max) {
            handle(module.received(chunk.bytes, now: chunk.due), at: chunk.due)
            if module.isPortLost {
                unplugged()
                return
            }
        }
    }

    private mutating func handle(_ actions: [SimulatedModule.Action], at now: Duration) {
        for action in actions {
            switch action {
            case .print(let bytes, let tag): toHost.enqueue(bytes, tag: tag, at: now)
            case .note(let text): effects.append(.note(text, at: now))
            case .storeFlash(let bytes): effects.append(.storeFlash(bytes))
            case .answered: break
            case .losePort: effects.append(.losePort)
            case .openTCP, .openTLS, .closeTCP, .sendToBroker: effects.append(.network(action))
            }
        }
    }

    private mutating func flushOutput(now: Duration) {
        let chunks = toHost.take(now: now)
        guard !chunks.isEmpty else { return }
        effects.append(.toHost(chunks.flatMap { $0.bytes }, chunks.compactMap { $0.tag }))
    }
}
