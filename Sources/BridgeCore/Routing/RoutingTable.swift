/// Where a message from the local broker goes.
public enum OutboundDecision: Equatable, Sendable {
    /// To the remote broker.
    case forward(OutboundForward)
    /// No route takes it.
    case notRouted
    /// A route takes it, but it has no place on the other side: a code and a reason for the list of refusals.
    case refused(code: String, reason: String)
}

/// What a message from the local broker becomes.
public struct OutboundForward: Equatable, Sendable {
    /// The index of the route.
    public var route: Int
    /// The topic on the remote broker.
    public var topic: [UInt8]
    /// The QoS of the remote publish.
    public var qos: Int
    /// The retain flag of the remote publish.
    public var retain: Bool
    /// How long it may wait, in seconds.
    public var expirySeconds: Int64?
    /// Which go first.
    public var priority: Route.Priority
    /// Whether one of our own inbound filters makes the remote broker send it back.
    public var expectsEcho: Bool
}

/// Where a message from the remote broker goes.
public enum InboundDecision: Equatable, Sendable {
    /// To the local broker.
    case forward(InboundForward)
    /// No route takes it.
    case notRouted
    /// A route takes it, but it has no place on the other side: a code and a reason for the list of refusals.
    case refused(code: String, reason: String)
}

/// What a message from the remote broker becomes.
public struct InboundForward: Equatable, Sendable {
    /// The index of the route.
    public var route: Int
    /// The topic on the local broker.
    public var topic: [UInt8]
    /// The QoS of the local publish.
    public var qos: Int
    /// The retain flag of the local publish.
    public var retain: Bool
    /// How long it may wait, in seconds.
    public var expirySeconds: Int64?
    /// Whether the route is a `both` route, whose repeats after a subscribe are looked for (`EchoLedger`).
    public var isBoth: Bool
}

/// A filter to subscribe to on the remote broker.
public struct RemoteSubscription: Hashable, Sendable {
    /// The filter.
    public var filter: TopicFilter
    /// The QoS to ask for.
    public var qos: Int

    /// A subscription.
    public init(filter: TopicFilter, qos: Int) {
        self.filter = filter
        self.qos = qos
    }
}

/// All routes, validated: which filters to subscribe to, and what becomes of each message.
///
/// The first route of a direction whose filter matches wins. A filter that matches is not enough: the topic must have
/// the prefix (`plant/#` matches `plant` by MQTT's rules, but `plant` has no `plant/` to replace), and what it becomes
/// must match the other side's filter, so that no wildcard reaches a `$` topic of either broker
/// (`plant/$CONTROL/x` with an empty remote prefix is refused).
public struct RoutingTable: Sendable {
    /// The routes in the order of the configuration.
    public let routes: [Route]
    /// What to subscribe to on the local broker, at QoS 1: no filter is covered by another. See also `LocalCopies`.
    public let localFilters: [TopicFilter]
    /// What to subscribe to on the remote broker: no filter is covered by another; one that covers others asks for the
    /// highest QoS among them.
    ///
    /// Filters that overlap in part remain: a remote broker may then send a message once for each of them. The module
    /// does not say by which one it came, so such copies are delivered.
    public let remoteSubscriptions: [RemoteSubscription]

    struct Mapping: Sendable {
        var local: TopicFilter
        var remote: TopicFilter
    }
    private let mappings: [Mapping]

    /// A table; throws the first route that cannot work.
    public init(_ routes: [Route]) throws(RouteProblem) {
        var mappings: [Mapping] = []
        for (index, route) in routes.enumerated() {
            mappings.append(try Self.validated(route, index))
        }
        self.routes = routes
        self.mappings = mappings
        localFilters = TopicFilter.minimal(
            zip(routes, mappings).compactMap { route, mapping in route.goesOut ? mapping.local : nil })
        let inbound = zip(routes, mappings).filter { route, _ in route.goesIn }
        remoteSubscriptions = TopicFilter.minimal(inbound.map { _, mapping in mapping.remote }).map { filter in
            let covered = inbound.filter { _, mapping in filter.covers(mapping.remote) }
            return RemoteSubscription(filter: filter, qos: covered.map { route, _ in route.qos }.max() ?? 0)
        }
    }

    /// What becomes of a message from the local broker; `qos` and `retain` as it was received.
    public func outbound(localTopic: [UInt8], qos: Int, retain: Bool) -> OutboundDecision {
        guard let index = firstRoute(where: \.goesOut, localTopic, \.localPrefix, \.local) else { return .notRouted }
        let route = routes[index]
        let topic = route.remotePrefix + localTopic.dropFirst(route.localPrefix.count)
        if let reason = misplaced(topic, mappings[index].remote) { return .refused(code: "topic", reason: reason) }
        return .forward(
            OutboundForward(
                route: index, topic: topic, qos: route.publishQoS ?? min(max(qos, 0), route.qos),
                retain: retain && route.retainOut == .keep, expirySeconds: route.expirySeconds,
                priority: route.priority, expectsEcho: isSubscribed(remoteTopic: topic)))
    }

    /// What becomes of a message from the remote broker. Its topic may be any bytes.
    public func inbound(remoteTopic: [UInt8]) -> InboundDecision {
        guard let index = firstRoute(where: \.goesIn, remoteTopic, \.remotePrefix, \.remote) else { return .notRouted }
        let route = routes[index]
        let topic = route.localPrefix + remoteTopic.dropFirst(route.remotePrefix.count)
        if let reason = misplaced(topic, mappings[index].local) { return .refused(code: "topic", reason: reason) }
        return .forward(
            InboundForward(
                route: index, topic: topic, qos: route.qos, retain: route.retainIn == .keep,
                expirySeconds: route.expirySeconds, isBoth: route.direction == .both))
    }

    /// Whether one of the remote subscriptions matches: such a topic can come from the remote broker at any time.
    public func isSubscribed(remoteTopic: [UInt8]) -> Bool {
        remoteSubscriptions.contains { $0.filter.matches(remoteTopic) }
    }

    /// Two routes between which messages would circle if the local broker sent us our own publishes: the inbound one
    /// publishes on topics that the outbound one subscribes to. With MQTT 5's *no local* that is safe; with MQTT 3.1.1
    /// such a table must be refused. A `both` route is such a pair by itself. `nil` when there is none.
    public var needingNoLocal: (inbound: Int, outbound: Int)? {
        for inbound in routes.indices where routes[inbound].goesIn {
            for outbound in routes.indices where routes[outbound].goesOut {
                if mappings[inbound].local.overlaps(mappings[outbound].local) { return (inbound, outbound) }
            }
        }
        return nil
    }

    private func firstRoute(
        where goes: (Route) -> Bool, _ topic: [UInt8], _ prefix: (Route) -> [UInt8], _ filter: (Mapping) -> TopicFilter
    ) -> Int? {
        routes.indices.first { index in
            goes(routes[index]) && topic.starts(with: prefix(routes[index])) && filter(mappings[index]).matches(topic)
        }
    }

    private func misplaced(_ topic: [UInt8], _ filter: TopicFilter) -> String? {
        if let problem = Topic.problem(topic) { return "on the other side the topic cannot be used: \(problem)" }
        if filter.matches(topic) { return nil }
        return "a wildcard does not reach the other side's topics that begin with $"
    }
}
