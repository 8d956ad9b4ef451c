import BridgeRuntime
import ModuleSimulator

/// The simulated module with its power, its deadline and its connection to the network.
final class ModuleBox {
    /// A piece of what the module prints; `endsCommand`: it is the end of the answer to a command.
    struct Piece {
        var bytes: [UInt8]
        var tag: PrintTag?
        var endsCommand = false
    }

    private let clock: VirtualClock
    private let network: Network
    private(set) var module: SimulatedModule
    private var alarm: ScheduledCall?
    private var alarmAt: Duration?
    /// What waited in the network is being handed in.
    private var isResuming = false
    /// Takes what the module prints.
    var onOutput: ([Piece]) -> Void = { _ in }
    /// A command line has come whole and is run.
    var onCommand: () -> Void = {}
    /// The module has restarted, or hangs: it has forgotten what it was doing.
    var onRestart: () -> Void = {}
    /// Notes of the module, when it keeps them.
    var onNote: (String) -> Void = { _ in }

    init(_ clock: VirtualClock, _ network: Network, _ options: SimulatorOptions) {
        self.clock = clock
        self.network = network
        module = SimulatedModule(options, wallSeconds: clock.wallClock)
        module.keepsNotes = false
        module.marksAnswers = true
        network.onEvent = { [unowned self] event, number in
            perform { $0.network(event, connection: number, now: clock.now) }
        }
        network.takes = { [unowned self] in module.wantsBytes(connection: $0) }
        network.isStream = { [unowned self] in module.isStream($0) }
    }

    func powerOn() { perform { $0.powerOn(now: clock.now) } }

    func received(_ bytes: [UInt8]) { perform { $0.received(bytes, now: clock.now) } }

    func inject(_ fault: SimulatedModule.Fault) { perform { $0.inject(fault, now: clock.now) } }

    private func perform(_ event: (inout SimulatedModule) -> [SimulatedModule.Action]) {
        let started = module.commandsStarted
        let lives = module.lives
        let actions = event(&module)
        if module.lives != lives { onRestart() }
        if module.commandsStarted != started { onCommand() }
        var pieces: [Piece] = []
        for action in actions {
            switch action {
            case .openTCP(let number, _, _), .openTLS(let number, _, _, _): network.connect(number)
            case .closeTCP(let number): network.close(number)
            case .sendToBroker(let number, let bytes): network.send(number, bytes)
            case .note(let text): onNote(text)
            case .print(let bytes, let tag): pieces.append(Piece(bytes: bytes, tag: tag))
            case .answered: if !pieces.isEmpty { pieces[pieces.count - 1].endsCommand = true }
            case .storeFlash, .losePort: break
            }
        }
        if !pieces.isEmpty { onOutput(pieces) }
        setAlarm()
        if !isResuming {
            isResuming = true
            network.resume()
            isResuming = false
        }
    }

    private func setAlarm() {
        guard module.deadline != alarmAt else { return }
        alarm?.cancel()
        alarmAt = module.deadline
        alarm = alarmAt.map { due in
            clock.schedule(at: due) { [unowned self] in
                (alarm, alarmAt) = (nil, nil)
                perform { $0.deadlineReached(now: clock.now) }
            }
        }
    }
}
