import ATProtocol
import Testing

@testable import ModemCore

/// Exhaustive search: every event in every state that can be come to. In each the machine has a deadline, or a command,
/// a synchronisation, a port, a reset or a record under way, or it is finished: it never just stands there.
///
/// States are told apart by everything that decides, times by what they allow; where two differ in nothing else, one of
/// them is followed.
@Suite struct LinkLivenessTests {
    static let results: [CommandResult] = [
        GoodModule.ok, CommandResult(final: .error), GoodModule.cme(767), GoodModule.cme(765),
        GoodModule.cme(10),
        GoodModule.cme(14), CommandResult(final: .timedOut),
        CommandResult(final: .text(Array("SHUT OK".utf8))),
        GoodModule.answer("+CPIN: SIM PIN"), GoodModule.answer("+MQTTSTATU :0"),
        GoodModule.answer("+MQTTSTATU :2"),
        GoodModule.answer("+CEREG: 1,0"), GoodModule.answer("+CEREG: 1,2"),
        GoodModule.answer("+FSFSIZE: 7"),
    ]

    /// What the modules say of their sockets.
    static let states: [CommandResult] = [
        GoodModule.answer("STATE: IP INITIAL"), GoodModule.answer("STATE: IP STATUS"),
        GoodModule.answer("STATE: CONNECT OK"), GoodModule.answer("STATE: TCP CONNECTING"),
        GoodModule.answer("STATE: PDP DEACT"), GoodModule.answer("+QISTATE: 0,\"TCP\",\"h\",1,0,2,0,1"),
        CommandResult(final: .text(Array("ALREADY CONNECT".utf8))),
    ]

    static let socketURCs: [URC] = [
        .socket(.tcpError(code: 12)), .socket(.networkReady), .socket(.dataWaiting),
        .socket(.sendFailed),
    ]

    static let urcs: [URC] = [
        .outcome(.connectOK), .outcome(.alreadyConnect), .outcome(.connectFail(state: nil)),
        .outcome(.connackOK),
        .outcome(.suback), .outcome(.unsuback), .outcome(.error(.error)), .closed, .pdpDeactivated,
        .cgev(.pdnDeactivated(cid: 5)), .cgev(.detached), .simRemoved, .banner(kind: .ready),
        .registration(domain: .cereg, status: 1), .registration(domain: .cereg, status: 2),
        .cacheNotice(slot: 0),
        .other(Array("+CNTP: 61".utf8)),
    ]

    static let events: [Event] =
        [
            .start, .portOpened, .portClosed, .synchronised, .synchronisationFailed, .echo, .delivered,
            .late, .stop,
            .publishTimedOut, .publishRefused, .filled, .recorded, .dataMode, .cachedMessage,
            .reset(true),
            .reset(false), .deadline(later: .zero), .deadline(later: .seconds(700)),
            .deadline(later: .seconds(7200)),
            .established, .silentRecord, .ended(.refused("r")), .ended(.tls("t")), .ended(.silent("s")),
            .ended(.closed("c")),
            .ended(.broken("b")),
        ] + results.map(Event.result) + urcs.map(Event.urc)

    static let socketEvents = events + states.map(Event.result) + socketURCs.map(Event.urc)

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
            machine.closedDuring, machine.earlyOutcome != nil, machine.closedStaleLink,
            machine.sessionGone,
            machine.publishRefused, machine.blindlyRestarted, machine.dataModeRecord != nil, machine.listenedForSend,
            machine.openSend?.isWritten ?? false, machine.openSend?.isHarmless ?? false,
            machine.portLostDuringReset)
        add(
            machine.mayBeBooting, machine.pin == .refused, machine.pin == .accepted,
            machine.triedPrivateAPN)
        add(machine.afterCommand)
        add(machine.nextFailure)
        let waited = machine.waitingSince.map { node.now - $0 } ?? .seconds(-1)
        key.append(UInt8([0, 31, 181, 601].filter { waited >= .seconds($0) }.count))
        let ladder = machine.ladder
        key.append(UInt8(ladder.climbed.rawValue))
        add(
            ladder.allows(.restart, for: .mute, now: node.now),
            ladder.allows(.hardware, for: .mute, now: node.now),
            ladder.allows(.service, for: .mute, now: node.now))
        key.append(UInt8(min(machine.settledFilters.count, 2)))
        guard machine.kind == .socket else { return key }
        add(
            machine.hasStream, machine.sessionIsUp, machine.rateIsFixed, machine.socketsSetUp,
            machine.closesAtConnect > 0, machine.closesAtConnect >= LinkStateMachine.closesBeforeRefusal - 1,
            machine.refusals > 0, machine.tcpError != nil, machine.releaseIsSlow, machine.dialectInUse != nil)
        key.append(UInt8(min(machine.closings, 4)))
        key.append(contentsOf: "\(machine.streamEnd.map(streamEndName) ?? "")".utf8)
        return key
    }

    private static func streamEndName(_ end: LinkStateMachine.StreamEnd) -> String {
        switch end {
        case .failure(let failure, _): "f\(failure.rung)"
        case .refusal: "r"
        case .closedEarly: "c"
        }
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
        case .listening: "listen"
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
        ("sockets cip", 5, { socket(&$0, .ec716s) }),
        ("sockets qi", 5, { socket(&$0, .quectelGSM) }),
        ("sockets bc260y, hardware reset", 5, { socket(&$0, .bc260y, hardware: true) }),
    ]

    private static func socket(
        _ settings: inout LinkSettings, _ profile: ModuleProfile, hardware: Bool = false
    ) {
        settings.profile = profile
        settings.linkChoice = .socket
        settings.subscriptions = []
        settings.cachedReceive = true
        settings.baudRate = 115_200
        settings.hasHardwareReset = hardware
    }

    /// A good module's way online, state by state: where the search begins.
    private static func seeds(_ settings: LinkSettings) -> [Node] {
        var node = Node(settings)
        var seeds = [node]
        var files = ModuleFiles()
        var sockets = GoodSockets()
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
                let outcome = GoodModule.outcome(of: command.text) ?? sockets.outcome(of: command.text)
                let result =
                    files.answer(command) ?? sockets.answer(command.text)
                    ?? GoodModule.result(of: command.text)
                files.took(command, result)
                go(.result(result))
                if let outcome { go(.urc(.outcome(outcome))) }
            } else if node.hasStream {
                go(.established)
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
                    for event in node.machine.kind == .socket ? Self.socketEvents : Self.events {
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
