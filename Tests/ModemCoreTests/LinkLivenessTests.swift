import ATProtocol
import Testing

@testable import ModemCore

/// Exhaustive search: every event in every state that can be come to. In each the machine has a deadline, or a command,
/// a synchronisation, a port, a reset or a record under way, or it is finished: it never just stands there.
///
/// States are told apart by everything that decides, times by what they allow; where two differ in nothing else, one of
/// them is followed.
@Suite struct LinkLivenessTests {
    /// The machine with what its driver has under way.
    struct Node {
        var machine: LinkStateMachine
        var now: Duration = .seconds(1000)
        var isOpening = false
        var isPortOpen = false
        var isSynchronising = false
        var command: ATCommand?
        var isResetting = false
        var isFilling = false
        var recording: Int?
        var isFinished = false
        var acted = false

        init(_ settings: LinkSettings) { machine = LinkStateMachine(settings) }

        mutating func feed(_ event: (inout LinkStateMachine, Duration) -> [LinkAction]) {
            let actions = event(&machine, now)
            acted = !actions.isEmpty
            for action in actions {
                switch action {
                case .openPort: (isOpening, command) = (true, nil)
                case .closePort: (isPortOpen, command) = (false, nil)
                case .synchronise: (isSynchronising, command) = (true, nil)
                case .submit(let submitted): (command, isSynchronising) = (submitted, false)
                case .restartBlindly: command = nil
                case .fillDataMode: (isFilling, command, isSynchronising) = (true, nil, false)
                case .resetHardware: (isResetting, command, isSynchronising) = (true, nil, false)
                case .recordManifest(_, let token): recording = token
                case .finished: isFinished = true
                case .useSocketDialect, .streamOpened, .streamClosed: break
                case .clearDataModeRecord, .online, .offline, .confirmed, .subscribed, .unsubscribed, .overwritten,
                    .pinRefused, .textMode, .recordLadder, .gaveUp, .report:
                    break
                }
            }
        }

        /// What stands in the way of the promise; `nil`: nothing.
        func problem(after event: Event) -> String? {
            if isFinished { return machine.deadline == nil ? nil : "finished, and a deadline armed" }
            let isUnderWay =
                isOpening || isSynchronising || command != nil || isResetting || recording != nil
            guard let deadline = machine.deadline else { return isUnderWay ? nil : "nothing is under way" }
            if deadline > now + .seconds(3600) { return "the deadline is an hour away" }
            if case .deadline = event, !acted, deadline <= now { return "the deadline is not dealt with" }
            return nil
        }
    }

    enum Event {
        case start, portOpened, portClosed, synchronised, synchronisationFailed, echo, delivered, late, stop
        case publishTimedOut, publishRefused, filled, recorded, dataMode, cachedMessage
        case result(CommandResult), urc(URC), reset(Bool), deadline(later: Duration)
    }

    static let results: [CommandResult] = [
        GoodModule.ok, CommandResult(final: .error), GoodModule.cme(767), GoodModule.cme(765), GoodModule.cme(10),
        GoodModule.cme(14), CommandResult(final: .timedOut), CommandResult(final: .text(Array("SHUT OK".utf8))),
        GoodModule.answer("+CPIN: SIM PIN"), GoodModule.answer("+MQTTSTATU :0"), GoodModule.answer("+MQTTSTATU :2"),
        GoodModule.answer("+CEREG: 1,0"), GoodModule.answer("+CEREG: 1,2"), GoodModule.answer("+FSFSIZE: 7"),
    ]

    static let urcs: [URC] = [
        .outcome(.connectOK), .outcome(.alreadyConnect), .outcome(.connectFail(state: nil)), .outcome(.connackOK),
        .outcome(.suback), .outcome(.unsuback), .outcome(.error(.error)), .closed, .pdpDeactivated,
        .cgev(.pdnDeactivated(cid: 5)), .cgev(.detached), .simRemoved, .banner(kind: .ready),
        .registration(domain: .cereg, status: 1), .registration(domain: .cereg, status: 2), .cacheNotice(slot: 0),
        .other(Array("+CNTP: 61".utf8)),
    ]

    static let events: [Event] =
        [
            .start, .portOpened, .portClosed, .synchronised, .synchronisationFailed, .echo, .delivered, .late, .stop,
            .publishTimedOut, .publishRefused, .filled, .recorded, .dataMode, .cachedMessage, .reset(true),
            .reset(false), .deadline(later: .zero), .deadline(later: .seconds(700)), .deadline(later: .seconds(7200)),
        ] + results.map(Event.result) + urcs.map(Event.urc)

    /// The node after the event; `nil`: it cannot happen there.
    static func after(_ event: Event, _ old: Node) -> Node? {
        var node = old
        let isIdle = node.isPortOpen && !node.isResetting && !node.isFilling
        switch event {
        case .start: node.feed { $0.start(dataModeRecord: nil, now: $1) }
        case .portOpened:
            guard node.isOpening else { return nil }
            (node.isOpening, node.isPortOpen) = (false, true)
            node.feed { $0.portOpened(now: $1) }
        case .portClosed:
            guard node.isOpening || node.isPortOpen else { return nil }
            (node.isOpening, node.isPortOpen, node.isSynchronising) = (false, false, false)
            (node.isFilling, node.command) = (false, nil)
            node.feed { $0.portClosed(reason: "test", now: $1) }
        case .synchronised:
            guard node.isSynchronising else { return nil }
            node.isSynchronising = false
            node.feed { $0.synchronised(now: $1) }
        case .synchronisationFailed:
            guard node.isSynchronising else { return nil }
            node.isSynchronising = false
            node.feed { $0.synchronisationFailed(now: $1) }
        case .echo:
            guard isIdle else { return nil }
            node.feed { $0.echoReturned(now: $1) }
        case .delivered:
            guard node.machine.isOnline else { return nil }
            node.feed { $0.delivered(now: $1) }
        case .late:
            guard node.machine.isOnline || node.command != nil else { return nil }
            node.feed { $0.acknowledgementLate("PUBACK", now: $1) }
        case .stop:
            guard node.machine.deadline != nil || node.isOpening || node.isPortOpen else { return nil }
            node.feed { $0.stop(now: $1) }
        case .publishTimedOut:
            guard node.machine.isOnline, !node.isSynchronising else { return nil }
            (node.command, node.isSynchronising) = (nil, true)
            node.feed { $0.publishTimedOut(now: $1) }
        case .publishRefused:
            guard node.machine.isOnline else { return nil }
            node.feed { $0.publishWasRefused(now: $1) }
        case .filled:
            guard node.isFilling else { return nil }
            node.isFilling = false
            node.feed { $0.dataModeFilled(now: $1) }
        case .recorded:
            guard let token = node.recording else { return nil }
            node.recording = nil
            node.feed { $0.manifestRecorded(token: token, now: $1) }
        case .dataMode:
            guard node.machine.isOnline, node.machine.dataModeRecord == nil else { return nil }
            node.machine.dataModeRecorded(bytes: 2000)
        case .cachedMessage:
            guard case .running(.readCache) = node.machine.state else { return nil }
            node.machine.cachedMessageRead()
        case .result(let result):
            guard node.command != nil else { return nil }
            node.command = nil
            node.isSynchronising = result.final == .timedOut
            node.feed { $0.commandCompleted(result, now: $1) }
        case .urc(let urc):
            guard node.isPortOpen else { return nil }
            node.feed { $0.urcReceived(urc, now: $1) }
        case .reset(let succeeded):
            guard node.isResetting else { return nil }
            node.isResetting = false
            node.feed { $0.hardwareResetFinished(succeeded: succeeded, reason: "test", now: $1) }
        case .deadline(let later):
            guard let due = node.machine.deadline else { return nil }
            node.now = max(node.now, due) + later
            node.feed { $0.deadlineReached(now: $1) }
        }
        return node
    }

    // MARK: What tells states apart

    static func key(_ node: Node) -> [UInt8] {
        let machine = node.machine
        var key = Array("\(label(machine.state))".utf8)
        func add(_ flags: Bool...) { key.append(flags.reduce(0) { $0 << 1 | ($1 ? 1 : 0) }) }
        func add(_ failure: Failure?) {
            key.append(failure.map { UInt8($0.rung.rawValue + 1) } ?? 0)
        }
        add(
            node.isOpening, node.isPortOpen, node.isSynchronising, node.command != nil, node.isResetting,
            node.isFilling,
            node.recording != nil, node.isFinished)
        add(
            machine.stopping, machine.isOnline, machine.introduced, machine.settled, machine.prepared,
            machine.registered, machine.appliedAPN, machine.usesSpareContext)
        add(
            machine.closedDuring, machine.earlyOutcome != nil, machine.closedStaleLink, machine.sessionGone,
            machine.publishRefused, machine.blindlyRestarted, machine.dataModeRecord != nil,
            machine.portLostDuringReset)
        add(machine.mayBeBooting, machine.pin == .refused, machine.pin == .accepted, machine.triedPrivateAPN)
        add(machine.afterCommand)
        add(machine.nextFailure)
        let waited = machine.waitingSince.map { node.now - $0 } ?? .seconds(-1)
        key.append(UInt8([0, 31, 181, 601].filter { waited >= .seconds($0) }.count))
        let ladder = machine.ladder
        key.append(UInt8(ladder.climbed.rawValue))
        add(
            ladder.allows(.restart, for: .mute, now: node.now), ladder.allows(.hardware, for: .mute, now: node.now),
            ladder.allows(.service, for: .mute, now: node.now))
        key.append(UInt8(min(machine.settledFilters.count, 2)))
        return key
    }

    private static func label(_ state: LinkStateMachine.State) -> String {
        switch state {
        case .stopped: "stopped"
        case .opening: "opening"
        case .portGone: "gone"
        case .synchronising(let reason): "sync\(reason)"
        case .running(let step): "run\(step)"
        case .awaiting(let step, _): "wait\(step)"
        case .pausing(_, let step): "pause\(step)"
        case .resting(_, let rung): "rest\(rung)"
        case .resynchronising: "resync"
        case .mute: "mute"
        case .fillingDataMode: "fill"
        case .keepingSilent: "silent"
        case .recordingManifest: "record"
        case .restarting: "restart"
        case .resettingHardware: "reset"
        case .online: "online"
        }
    }

    // MARK: The search

    /// The settings that make another machine of it, and how deep each is searched.
    static let variants: [(name: String, depth: Int, change: @Sendable (inout LinkSettings) -> Void)] = [
        ("plain", 6, { _ in }),
        ("hardware reset", 6, { $0.hasHardwareReset = true }),
        (
            "PIN, APN, cache", 5,
            {
                $0.pin = "1234"
                $0.accessPoint = .init(name: "private", username: "u", password: "p")
                $0.cachedReceive = true
                $0.staleSubscriptions = [Array("old".utf8)]
            }
        ),
        ("TLS", 5, { $0.tls = LinkTLSTests.tls() }),
    ]

    /// A good module's way online, state by state: where the search begins.
    private static func seeds(_ settings: LinkSettings) -> [Node] {
        var node = Node(settings)
        var seeds = [node]
        var files = ModuleFiles()
        func go(_ event: Event) {
            guard let next = after(event, node) else { return }
            node = next
            seeds.append(node)
        }
        go(.start)
        for _ in 0..<400 {
            if node.machine.isOnline { break }
            if node.isOpening {
                go(.portOpened)
            } else if node.recording != nil {
                go(.recorded)
            } else if node.isSynchronising {
                go(.synchronised)
            } else if let command = node.command {
                let result = files.answer(command) ?? GoodModule.result(of: command.text)
                files.took(command, result)
                go(.result(result))
                if let outcome = GoodModule.outcome(of: command.text) { go(.urc(.outcome(outcome))) }
            } else {
                go(.deadline(later: .zero))
            }
        }
        return seeds
    }

    @Test func noStateLeadsNowhere() {
        var visited = 0
        var followed = 0
        var problems: [String] = []
        for variant in Self.variants {
            let seeds = Self.seeds(LinkHarness.settings(variant.change))
            #expect(seeds.last?.machine.isOnline ?? false, "\(variant.name)")
            var known: Set<[UInt8]> = []
            var level: [Node] = []
            for seed in seeds where known.insert(Self.key(seed)).inserted { level.append(seed) }
            for _ in 0..<variant.depth {
                var next: [Node] = []
                for node in level where !node.isFinished {
                    for event in Self.events {
                        guard let after = Self.after(event, node) else { continue }
                        followed += 1
                        if let problem = after.problem(after: event), problems.count < 10 {
                            problems.append("\(variant.name): \(problem), \(node.machine.summary) -> \(event)")
                        }
                        if known.insert(Self.key(after)).inserted { next.append(after) }
                    }
                }
                level = next
            }
            visited += known.count
            print("\(variant.name): \(known.count) states, \(level.count) at the end")
        }
        print("liveness: \(visited) states, \(followed) events followed")
        #expect(problems == [])
        #expect(visited > 3000 && followed > 100_000, "\(visited) states, \(followed) events")
    }
}
