import BridgeCore
import ModemCore
import ModuleSimulator

/// One stream of messages on one topic.
struct Flow {
    var localTopic: [UInt8]
    var remoteTopic: [UInt8]
    /// Of the publisher.
    var qos: Int
    /// Whether each of its messages must arrive.
    var isSure: Bool

    /// What became of all messages of one direction.
    struct Count: Equatable {
        var published = 0
        /// Out: acknowledged to the local broker. In: handed over by the module.
        var acknowledged = 0
        var arrived = 0
        var doubled = 0
        var refused = 0
        var echoes = 0
    }
}

/// What a seed stands for: the module, the configuration, the network, the traffic.
struct Plan {
    static let name = "box"
    /// Topics of the link's state, which are no messages.
    static let stateTopics = Array("cellbridge/".utf8)

    let seed: UInt64
    /// Which way to the remote broker.
    let way: SoakLink
    /// Whether the stream of a socket link is secured: only then its bytes may be damaged on the line, since nothing
    /// else tells.
    var isSecured = false
    /// Publishes above QoS 0 that may be under way; the broker takes 20.
    var window = 20
    /// Messages a second, each way.
    let rate: Double
    var simulator: SimulatorOptions
    var link: LinkSettings
    var routes: [Route] = []
    var outFlows: [Flow] = []
    var inFlows: [Flow] = []
    var heartbeatTopic = Array("beat".utf8)
    var heartbeat: Duration?
    var hasHardwareReset: Bool
    var baud: Int
    var maximumBytes = 64 << 20
    var overflow = OverflowPolicy.dropOldest
    var diskLatency: Duration
    /// How long a message may wait for the disk when nothing is wrong with it.
    var inboxLimit: Duration { .milliseconds(200) + diskLatency * 4 }
    var allowedRefusals: Set<String> = ["too-long", "expired", "overflow"]

    /// What a recovery may take longer: a rung is left after several tries, and at a GSM module each of them begins with a
    /// bearer that is given up.
    var slowness: Duration { way == .qi ? simulator.deactivation * 10 : .zero }

    /// The longest payload the module can publish; over a socket any, so this is what is tried.
    var payloadLimit: Int {
        way.isSocket ? 4100 : max(simulator.profile.publishLimit, simulator.profile.publishDataLimit)
    }
    /// The longest payload it prints whole, likewise.
    var receiveLimit: Int { way.isSocket ? 4100 : simulator.profile.receiveLimit }
    /// Longer payloads are refused.
    var refusalLimit: Int { way.isSocket ? .max : payloadLimit }
    /// Longer payloads come cut.
    var cutLimit: Int { way.isSocket ? .max : receiveLimit }

    /// `way`: `nil`, the seed chooses.
    init(seed: UInt64, rate: Double, way chosen: SoakLink? = nil) {
        var random = Chance(seed: seed)
        let way = chosen ?? SoakLink.of(seed)
        self.seed = seed
        self.way = way
        self.rate = rate
        let profile = random.pick(way.profiles)
        let traits = Dialect.Trait.allCases.filter { way.isSocket || !$0.concernsSockets }.filter { _ in
            random.oneIn(3)
        }
        simulator = SimulatorOptions(profile: profile, dialect: Dialect(Set(traits)), seed: seed)
        simulator.latency = random.duration(.milliseconds(2), .milliseconds(80))
        simulator.networkLatency = random.duration(.milliseconds(20), .milliseconds(800))
        simulator.bootDelay = random.duration(.milliseconds(500), .seconds(8))
        simulator.serviceDelay = random.duration(.seconds(1), .seconds(6))
        baud = random.pick([115_200, 115_200, 115_200, 57_600, 921_600])
        diskLatency = random.duration(.milliseconds(1), .milliseconds(20))
        hasHardwareReset = random.oneIn(2)

        link = LinkSettings(host: "broker.example", port: 1883, clientID: Array("box".utf8))
        link.username = Array("user".utf8)
        link.password = Array("secret".utf8)
        link.cleanSession = random.oneIn(6)
        link.keepalive = random.pick([60, 120, 240])
        link.cachedReceive = random.oneIn(4)
        link.hasHardwareReset = hasHardwareReset
        link.seed = seed
        if !random.oneIn(3) { heartbeat = random.duration(.seconds(15), .seconds(180)) }
        if random.oneIn(5) {
            maximumBytes = random.number(8...64) << 10
            overflow = random.pick([.dropOldest, .dropNewest, .stopReading])
        }
        if way.isSocket { useSocket(&random) }
        addRoutes(&random)
    }

    private mutating func useSocket(_ random: inout Chance) {
        isSecured = random.oneIn(2)
        window = random.pick([20, 20, 100, 8, 4])
        link.linkChoice = .socket
        link.cachedReceive = way == .read
        link.streamIsSecured = isSecured
        link.baudRate = baud
        if !random.oneIn(4) { heartbeat = nil }
        simulator.deactivation = random.duration(.seconds(1), .seconds(60))
    }

    /// Whether the remote broker keeps a message until the bridge has it: a module acknowledges by itself.
    private var isKept: Bool { way.isSocket && !link.cleanSession }

    private mutating func addRoutes(_ random: inout Chance) {
        out("plain", qos: 1, publishQoS: nil, priority: .normal, expiry: nil, topics: 3)
        out("fast", qos: 1, publishQoS: nil, priority: .high, expiry: nil, topics: 1)
        if random.oneIn(2) {
            out("slow", qos: 1, publishQoS: nil, priority: .low, expiry: Int64(random.number(60...900)), topics: 1)
        }
        if random.oneIn(2) { out("loose", qos: 0, publishQoS: nil, priority: .normal, expiry: nil, topics: 1) }
        if random.oneIn(2) { out("twice", qos: 1, publishQoS: 2, priority: .normal, expiry: nil, topics: 1) }
        for (name, qos) in [("commands", 1), ("notes", 0), ("orders", 2)] where qos == 1 || random.oneIn(2) {
            routes.append(
                Route(
                    direction: .in, topic: Array("\(name)/#".utf8), localPrefix: Array("here/".utf8), qos: qos,
                    expirySeconds: qos == 1 && random.oneIn(4) ? Int64(random.number(60...900)) : nil))
            inFlows.append(
                Flow(
                    localTopic: Array("here/\(name)/x".utf8), remoteTopic: Array("\(name)/x".utf8), qos: qos,
                    isSure: isKept && qos > 0))
        }
        if random.oneIn(2) {
            routes.append(Route(direction: .both, topic: Array("both/#".utf8), qos: 1))
            let topic = Array("both/x".utf8)
            outFlows.append(Flow(localTopic: topic, remoteTopic: topic, qos: 1, isSure: true))
            let other = Array("both/y".utf8)
            inFlows.append(Flow(localTopic: other, remoteTopic: other, qos: 1, isSure: isKept))
        }
    }

    private mutating func out(
        _ name: String, qos: Int, publishQoS: Int?, priority: Route.Priority, expiry: Int64?, topics: Int
    ) {
        routes.append(
            Route(
                direction: .out, topic: Array("\(name)/#".utf8), remotePrefix: Array("site/".utf8), qos: qos,
                publishQoS: publishQoS, expirySeconds: expiry, priority: priority))
        for index in 0..<topics {
            outFlows.append(
                Flow(
                    localTopic: Array("\(name)/\(index)".utf8), remoteTopic: Array("site/\(name)/\(index)".utf8),
                    qos: index == 2 ? 0 : 1, isSure: index != 2 && (publishQoS ?? qos) > 0))
        }
    }

    /// One line, for the figures and the transcript.
    var summary: String {
        let traits = simulator.dialect.traits.map(\.rawValue).sorted().joined(separator: ",")
        return """
            seed \(seed): \(way.rawValue)\(isSecured ? " secured" : ""), \(simulator.profile.name), dialect \(traits.isEmpty ? "none" : traits), \(baud) baud, \
            \(link.cachedReceive ? "cached" : "direct"), clean session \(link.cleanSession), heartbeat \
            \(heartbeat.map { $0.shown } ?? "none"), hardware reset \(hasHardwareReset), \(routes.count) routes, \
            cap \(maximumBytes) \(overflow.rawValue)
            """
    }
}
