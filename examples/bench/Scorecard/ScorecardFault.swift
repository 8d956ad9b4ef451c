/// What the scorecard does to the link, and what is promised for it.
struct ScorecardFault {
    /// What carries it out.
    enum Action {
        /// A line of the simulator's fault protocol.
        case simulator(String)
        /// The same, with a second line after so many seconds; the module allows nothing in between.
        case outage(String, seconds: Int, end: String?)
        /// The broker behind the module is restarted.
        case remoteBroker
        /// The broker on this host is restarted.
        case localBroker
        /// The bridge is killed with SIGKILL and started again.
        case kill
    }

    /// The row it is counted in.
    enum Kind: String, CaseIterable {
        case tcpDrop = "TCP drop"
        case contextLoss = "PDP loss"
        case noService = "no service for 5 s"
        case card = "SIM out and in"
        case reboot = "module reboots"
        case port = "port gone and back"
        case halfOpen = "half-open TCP"
        case mute = "module falls mute"
        case publish = "PUBACK late or lost"
        case refused = "publish refused"
        case connack = "CONNACK refused"
        case rubbish = "garbage, echo on"
        case remoteBroker = "remote broker restarts"
        case localBroker = "local broker restarts"
        case kill = "bridge killed"

        /// Within how many seconds the link is to be back; `nil`: no promise in seconds.
        var goal: Double? {
            switch self {
            case .tcpDrop: 2
            case .contextLoss: 5
            case .mute: 60
            case .noService, .card, .reboot, .port, .halfOpen, .publish, .refused, .connack, .rubbish, .remoteBroker,
                .localBroker, .kill:
                nil
            }
        }
    }

    /// The row it is counted in.
    var kind: Kind
    /// How often it comes among the others.
    var weight: Int
    /// What carries it out.
    var action: Action

    static let table: [ScorecardFault] = [
        .init(kind: .tcpDrop, weight: 22, action: .simulator("drop-tcp")),
        .init(kind: .contextLoss, weight: 5, action: .simulator("pdp-deact plain")),
        .init(kind: .contextLoss, weight: 5, action: .simulator("pdp-deact tight")),
        .init(kind: .contextLoss, weight: 5, action: .simulator("pdp-deact blank")),
        .init(kind: .contextLoss, weight: 5, action: .simulator("pdp-deact cgev")),
        .init(kind: .noService, weight: 4, action: .outage("deregister 5", seconds: 5, end: nil)),
        .init(kind: .card, weight: 3, action: .outage("sim-remove", seconds: 3, end: "sim-insert")),
        .init(kind: .reboot, weight: 7, action: .simulator("reboot")),
        .init(kind: .port, weight: 6, action: .outage("replug 1", seconds: 1, end: nil)),
        .init(kind: .halfOpen, weight: 4, action: .simulator("half-open")),
        .init(kind: .mute, weight: 3, action: .simulator("hang")),
        .init(kind: .mute, weight: 3, action: .simulator("hang-hard")),
        .init(kind: .publish, weight: 4, action: .simulator("lose-puback")),
        .init(kind: .publish, weight: 3, action: .simulator("delay-puback 4")),
        .init(kind: .refused, weight: 4, action: .simulator("error-next-mpub ERROR")),
        .init(kind: .connack, weight: 3, action: .outage("refuse-connack", seconds: 0, end: "drop-tcp")),
        .init(kind: .rubbish, weight: 6, action: .simulator("garbage 200")),
        .init(kind: .rubbish, weight: 3, action: .simulator("echo-on")),
        .init(kind: .remoteBroker, weight: 3, action: .remoteBroker),
        .init(kind: .localBroker, weight: 3, action: .localBroker),
        .init(kind: .kill, weight: 5, action: .kill),
    ]

    /// `count` faults by their weights, the same for the same seed. The first ones are one of each, so that no row is
    /// empty by chance.
    static func series(_ count: Int, seed: UInt64) -> [ScorecardFault] {
        var random = Sequence64(state: seed)
        let total = table.reduce(0) { $0 + $1.weight }
        var faults = Array(table.prefix(count))
        while faults.count < count {
            var place = Int.random(in: 0..<total, using: &random)
            for fault in table {
                place -= fault.weight
                if place < 0 {
                    faults.append(fault)
                    break
                }
            }
        }
        return faults.shuffled(using: &random)
    }

    /// A small seeded generator (SplitMix64).
    private struct Sequence64: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
