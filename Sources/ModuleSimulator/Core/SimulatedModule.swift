/// The module itself: bytes from the host and from the network in, actions out.
///
/// No clock, no I/O and no chance of its own: every entry point is told `now`, and what chance there is comes from the
/// seed. Written from the manuals and captures, and sharing nothing with the driver it is to test.
package struct SimulatedModule {
    /// What the surroundings are to do, in this order.
    package enum Action: Equatable {
        /// Bytes for the host.
        case print([UInt8], PrintTag?)
        /// Open a TCP connection under a number of its own; there is one at a time, but the old one may still be
        /// closing when the next is opened.
        case openTCP(Int, host: String, port: UInt16)
        /// The same, and speak TLS on it.
        case openTLS(Int, host: String, port: UInt16, TLSRequest)
        case closeTCP(Int)
        case sendToBroker(Int, [UInt8])
        /// Keep these files: they are to be there when the simulator is started again.
        case storeFlash([UInt8])
        /// The port to the host is gone for a while.
        case losePort
        /// What was printed just now ended the answer to a command.
        case answered
        /// A line for the transcript.
        case note(String)
    }

    /// What comes from the network.
    package enum NetworkEvent: Equatable {
        /// TCP is up and TLS begins.
        case negotiating
        /// Up: TCP, or TLS where that was asked for.
        case connected
        case failed
        /// TLS failed, for a reason that only the transcript gets to know.
        case refused(String)
        case closed
        case bytes([UInt8])
        /// The far side's TCP has so many bytes of those sent since the connection was opened; only told for the socket
        /// commands' connection.
        case acknowledged(Int)
    }

    enum Power: Equatable {
        case booting, running
        /// Answers nothing; AT+RESET still works.
        case hung
        /// Answers nothing at all; only a power cycle helps.
        case dead
    }

    /// What the command channel is doing.
    enum Phase: Equatable {
        case reading
        case running
        /// OK is held back until the outcome has been printed (dialect `outcome-first`).
        case holding
        case data(DataEntry)
    }

    let options: SimulatorOptions
    let bootWallSeconds: Int64
    var random: SeededRandom
    var agenda = Agenda<Item>()
    var actions: [Action] = []

    var power = Power.booting
    var phase = Phase.reading
    /// Command lines that came while none was running, since the start.
    package internal(set) var commandsStarted = 0
    /// Restarts and hangs since the start.
    package internal(set) var lives = 0
    /// Whether `answered` actions are made.
    package var marksAnswers = false
    /// Whether `note` actions are made: at full speed they cost more than the module itself.
    package var keepsNotes = true
    var line: [UInt8] = []
    var lineOverflowed = false
    /// The port died at a byte; those after it never came.
    var isPortLost = false
    var swallowLineFeed = false
    var echoed: [UInt8] = []

    var settings = Settings()
    var saved = Settings()
    var sim: SIMState
    var cell: CellState
    var mqtt = MQTTState()
    /// The TCP connection of the socket commands, and what each family's commands remember.
    var stream = StreamState()
    var cip = CIPState()
    var quectel = QuectelState()
    var bc260y = BC260YState()
    /// TCP connections opened since the start; the last one's number.
    var connections = 0
    var faults = FaultState()
    var flash: FlashFiles
    /// The SSL contexts that anything was set in.
    var contexts: [Int: TLSContext] = [:]
    var readsWithHead = false
    var clock = ModuleClock(unix: 0, zone: 0, now: .zero)
    var timeServer = defaultTimeServer
    var timeServerZone = 32
    /// Counts the commands with a time-out for their data.
    var dataEntries = 0
    var answeredMixedRegistration = false

    /// A module without power; `powerOn` starts it. `wallSeconds` is Unix time at `now` zero.
    package init(_ options: SimulatorOptions, wallSeconds: Int64 = 0) {
        self.init(options, wallSeconds: wallSeconds, flash: nil)
    }

    /// A module without power, with the files of an earlier one.
    init(_ options: SimulatorOptions, wallSeconds: Int64 = 0, flash: FlashFiles?) {
        self.options = options
        self.flash = flash ?? FlashFiles(capacity: options.flash)
        bootWallSeconds = wallSeconds
        random = SeededRandom(seed: options.seed ^ 0x5EED)
        sim = SIMState(pin: options.pin)
        cell = CellState(apn: options.apn)
    }

    static let defaultTimeServer = "ntp1.aliyun.com"

    var profile: ModuleProfile { options.profile }
    var dialect: Dialect { options.dialect }

    /// Whether bytes from the broker are wanted now; a frozen network takes none.
    func takesTraffic(now: Duration) -> Bool { !faults.isNetworkHeld(now) }

    // MARK: Events

    /// When `deadlineReached` is wanted next.
    package var deadline: Duration? { agenda.deadline }

    /// Bytes from the host have arrived.
    package mutating func received(_ bytes: [UInt8], now: Duration) -> [Action] {
        isPortLost = false
        for byte in bytes where !isPortLost { accept(byte, now: now) }
        flushEcho()
        return take()
    }

    /// Does what is due, one entry at its own time.
    package mutating func deadlineReached(now: Duration) -> [Action] {
        while let (due, item) = agenda.pop(now: now) { perform(item, now: due) }
        return take()
    }

    /// Something came from connection number `connection`; it takes effect half a network latency later.
    package mutating func network(_ event: NetworkEvent, connection: Int, now: Duration) -> [Action] {
        if case .bytes(let bytes) = event, isStream(connection) { stream.underWay += bytes.count }
        let item = Item.incoming(event, connection: connection)
        if options.networkLatency == .zero, !faults.isNetworkHeld(now) {
            perform(item, now: now)
        } else {
            agenda.add(item, at: max(now + options.networkLatency / 2, faults.heldUntil))
        }
        return take()
    }

    private mutating func perform(_ item: Item, now: Duration) {
        switch item {
        case .execute(let line): execute(line, now: now)
        case .resume(let work, let rest, let lines): resume(work, rest: rest, lines: lines, now: now)
        case .releaseHeld: releaseHeld()
        case .bootReady: bootReady(now: now)
        case .bootReadyAgain:
            printLine("RDY")
            power = .running
        case .simReady: reportSIM()
        case .register: register(now: now)
        case .urc(let lines): if power == .running { lines.forEach { printLine($0) } }
        case .dataQuiet(let generation): dataWentQuiet(generation: generation, now: now)
        case .dataExpired(let number): dataExpired(number: number, now: now)
        case .networkTime: networkTimeArrived(now: now)
        case .timeServerAnswer(let isHeard): timeServerAnswered(isHeard: isHeard, now: now)
        case .ping(let generation): pingDue(generation: generation, now: now)
        case .connectTimeout(let generation): connectTimedOut(generation: generation, now: now)
        case .outgoing(let action): actions.append(action)
        case .incoming(let event, let connection):
            if isStream(connection) {
                streamNetworkHappened(event, now: now)
            } else {
                networkHappened(event, connection: connection, now: now)
            }
        case .streamTimeout(let connection): streamTimedOut(connection: connection, now: now)
        case .cip(let timer): cipTimerFired(timer, now: now)
        case .quectel(let timer): quectelTimerFired(timer, now: now)
        case .bc260y(let timer): bc260yTimerFired(timer, now: now)
        case .puback(let text): printOutcome(text)
        case .refuseSession: sessionRefused(closing: true, now: now)
        case .restart(let rung): restart(rung: rung, now: now)
        case .restartStack:
            loseService(now: now)
            dropLink(now: now)
            searchForNetwork(now: now)
        case .reactivate: reactivate()
        case .serviceReturns: serviceReturned(now: now)
        case .networkResumes: break
        }
    }

    mutating func take() -> [Action] {
        defer { actions.removeAll(keepingCapacity: true) }
        return actions
    }

    mutating func answered() { if marksAnswers { actions.append(.answered) } }

    mutating func note(_ text: String) { if keepsNotes { actions.append(.note(text)) } }

    /// Hands a network action out, half a network latency later and not while the network is frozen.
    mutating func emit(_ action: Action, now: Duration) {
        if options.networkLatency == .zero, !faults.isNetworkHeld(now) {
            actions.append(action)
        } else {
            agenda.add(.outgoing(action), at: max(now + options.networkLatency / 2, faults.heldUntil))
        }
    }
}

/// Says which inbound message a piece of output carries, for the transcript.
package struct PrintTag: Equatable, Sendable {
    /// Its topic.
    package var topic: [UInt8]
    /// As the broker sent it, before any cut.
    package var payload: [UInt8]
    /// Whether it was read from the cache.
    package var fromCache: Bool
}

/// What the surroundings of a simulation may look at.
extension SimulatedModule {
    /// What bytes from the host would meet now.
    package enum Reading: Equatable {
        /// A new line, or the rest of one.
        case line
        /// A command that is running: they are lost.
        case nothing
        /// Data mode, with the length that was declared.
        case data(declared: Int?)
    }

    /// What bytes from the host would meet now.
    package var reading: Reading {
        switch phase {
        case .reading: .line
        case .running, .holding: .nothing
        case .data(let entry): .data(declared: entry.length)
        }
    }

    /// Whether the module runs: neither booting nor hung.
    package var isRunning: Bool { power == .running }

    /// The number of the socket commands' connection, and the bytes of it that the host has handed over.
    package var streamSent: (connection: Int, bytes: Int) { (stream.connection, stream.sent) }

}
