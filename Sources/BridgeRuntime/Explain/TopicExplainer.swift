import ATProtocol
import BridgeCore
package import Configuration
import ModemCore

/// Says what the bridge would do with a message: asks the routing table and the encoders that the service uses. Pure:
/// no module, no broker, no disk.
package struct TopicExplainer {
    /// The routes as the service has them.
    let routing: RoutingTable
    private let configuration: Configuration

    /// For a configuration that can be used; says which route cannot otherwise.
    package init(_ configuration: Configuration) throws(CommandFailure) {
        self.configuration = configuration
        do throws(RouteProblem) {
            routing = try configuration.routingTable()
        } catch {
            throw CommandFailure(.configuration, "route[\(error.index + 1)].\(error.key.rawValue): \(error.why)")
        }
    }

    /// Local and remote filter of a route, with the sign of its direction, as `check` shows them.
    package func routeText(_ index: Int) -> String {
        guard routing.routes.indices.contains(index) else { return "" }
        let route = routing.routes[index]
        let sign = route.goesOut && route.goesIn ? "<->" : route.goesOut ? "-->" : "<--"
        return "local \(readable(route.localFilter)) \(sign) remote \(readable(route.remoteFilter))"
    }

    /// What becomes of the message.
    package func explain(_ question: TopicQuestion) -> TopicExplanation {
        TopicExplanation(question: question, outcome: outcome(question), overtaken: overtaken(question))
    }

    private func outcome(_ question: TopicQuestion) -> TopicExplanation.Outcome {
        if let problem = Topic.problem(question.topic) {
            let hint = problem == .wildcardInName ? ": name one topic, not a filter" : ""
            return .invalid("\(problem)\(hint)")
        }
        if let reason = own(question) { return .own(reason) }
        switch question.way {
        case .out:
            // Local subscriptions are at QoS 1 whatever the message has.
            let decision = routing.outbound(
                localTopic: question.topic, qos: min(question.qos, 1), retain: question.retain)
            switch decision {
            case .notRouted: return .notRouted(nearest(question))
            case .refused(let code, let reason):
                return .refused(route: matching(question).first ?? 0, code: code, reason: reason)
            case .forward(let forward): return outbound(forward, question)
            }
        case .in:
            switch routing.inbound(remoteTopic: question.topic) {
            case .notRouted: return .notRouted(nearest(question))
            case .refused(let code, let reason):
                return .refused(route: matching(question).first ?? 0, code: code, reason: reason)
            case .forward(let forward): return .taken(inbound(forward, question))
            }
        }
    }

    /// Topics that the bridge uses itself.
    private func own(_ question: TopicQuestion) -> String? {
        let name = configuration.bridge.name
        switch question.way {
        case .out:
            let isState =
                question.topic == StatePublisher.stateTopic(name) || question.topic == StatePublisher.linkTopic(name)
            return isState ? "the bridge tells the link's state here; it stays at the local broker" : nil
        case .in:
            return question.topic == configuration.remote.heartbeat(for: usesSocket ? .socket : .mqtt)?.topic
                ? "this is the bridge's own heartbeat; it is not delivered locally" : nil
        }
    }

    // MARK: Taken

    /// Whether it goes over the socket link; where only the module can tell, most likely not.
    private var usesSocket: Bool { configuration.linkKind == .socket }

    /// The firmwares it may be: the configured one, else all, with the smallest limits, which an unknown module gets,
    /// first.
    private var profiles: [ModuleProfile] {
        if let profile = ModuleProfile.named(configuration.module.profile.rawValue) { return [profile] }
        return [.ec716s] + ModuleProfile.all.filter { $0 != .ec716s && ($0.hasMQTT || usesSocket) }
    }

    private func outbound(_ forward: OutboundForward, _ question: TopicQuestion) -> TopicExplanation.Outcome {
        if usesSocket { return overSocket(forward, question) }
        func encoding(_ profile: ModuleProfile) -> PublishStateMachine.Encoding? {
            PublishStateMachine.encoding(of: question.payload, topic: forward.topic, profile: profile)
        }
        let limit = profiles.map(\.payloadLimit).max() ?? 0
        let count = question.payload.count
        if let problem = RemoteLimits(maximumPayload: limit).problem(topic: forward.topic, payloadCount: count) {
            return .refused(route: forward.route, code: problem.code, reason: problem.reason)
        }
        guard let profile = profiles.first(where: { encoding($0) != nil }), let chosen = encoding(profile) else {
            return .refused(
                route: forward.route, code: "too-long", reason: "\(count) bytes is over the module's limit of \(limit)")
        }
        let line: LineUse
        do {
            line = try LineUse(
                publishing: question.payload, forward, chosen, profile: profile, baud: configuration.module.baud)
        } catch {
            return .refused(route: forward.route, code: "topic", reason: "\(error)")
        }
        var notes: [String] = []
        let others = profiles.filter { encoding($0) != chosen }.map { other in
            encoding(other).map { "\(other.name) would have it as \($0.words)" } ?? "\(other.name) would refuse it"
        }
        if !others.isEmpty { notes.append("profile auto: \(others.joined(separator: ", "))") }
        if question.qos == 2, forward.qos < 2 {
            notes.append("QoS 2 is not reached: local subscriptions stay at QoS 1; publish_qos = 2 publishes at QoS 2")
        }
        if chosen == .data { notes.append("AT+MPUBEX: a record is written to disk first, on every such message") }
        return .taken(
            Crossing(
                route: forward.route, topic: forward.topic, qos: forward.qos, retain: forward.retain,
                expirySeconds: forward.expirySeconds, priority: "\(forward.priority)", isEchoed: forward.expectsEcho,
                line: line,
                air: AirUse(
                    topic: forward.topic.count, payload: count, qos: forward.qos,
                    isTLS: configuration.remote.tls != nil),
                notes: notes))
    }

    /// Out, as PUBLISH of MQTT 5 over the module's TCP socket.
    private func overSocket(_ forward: OutboundForward, _ question: TopicQuestion) -> TopicExplanation.Outcome {
        let count = question.payload.count
        let isTLS = configuration.remote.tls != nil
        let most = ModuleDriver.socketPayloadLimit(
            baud: configuration.module.baud, dialect: profiles.first?.socket.dialect ?? .cip)
        if let problem = RemoteLimits(maximumPayload: most)
            .problem(topic: forward.topic, payloadCount: count)
        {
            return .refused(route: forward.route, code: problem.code, reason: problem.reason)
        }
        // Message Expiry Interval (MQTT 5.0, 3.3.2.3.3).
        let air = AirUse(
            topic: forward.topic.count, payload: count, qos: min(forward.qos, 1), isTLS: isTLS,
            own: forward.expirySeconds == nil ? 0 : 5)
        var notes = ["messages that wait for the line share its sends: many at once take less each"]
        if question.qos == 2 || forward.qos == 2 {
            notes.append("QoS 2 is not reached: over the socket link QoS 1 is the most")
        }
        return .taken(
            Crossing(
                route: forward.route, topic: forward.topic, qos: min(forward.qos, 1), retain: forward.retain,
                expirySeconds: forward.expirySeconds, priority: "\(forward.priority)", isEchoed: false,
                usesSocket: true,
                line: socketLine(
                    sending: air.out(qos: min(forward.qos, 1), isTLS: isTLS),
                    receiving: air.answer(qos: min(forward.qos, 1), isTLS: isTLS)), air: air, notes: notes))
    }

    private func socketLine(sending out: Int, receiving in: Int) -> LineUse {
        LineUse(
            sending: out, receiving: `in`, isCached: configuration.remote.receive(for: .socket) == .cached,
            profile: profiles[0], baud: configuration.module.baud)
    }

    /// In, the same way; subscriptions are at QoS 1 at most.
    private func inboundOverSocket(_ forward: InboundForward, _ question: TopicQuestion) -> Crossing {
        let isTLS = configuration.remote.tls != nil
        let qos = min(forward.qos, question.qos, 1)
        // Subscription Identifier (MQTT 5.0, 3.3.2.3.8).
        let air = AirUse(topic: question.topic.count, payload: question.payload.count, qos: qos, isTLS: isTLS, own: 2)
        return Crossing(
            route: forward.route, topic: forward.topic, qos: forward.qos, retain: forward.retain,
            expirySeconds: forward.expirySeconds, priority: nil, isEchoed: false, usesSocket: true,
            line: socketLine(
                sending: air.answer(qos: qos, isTLS: isTLS), receiving: air.out(qos: qos, isTLS: isTLS)), air: air,
            notes: question.qos == 2 && forward.qos == 2
                ? ["the socket link subscribes at QoS 1: it comes at least once, not exactly once"] : [])
    }

    private func inbound(_ forward: InboundForward, _ question: TopicQuestion) -> Crossing {
        if usesSocket { return inboundOverSocket(forward, question) }
        let profile = profiles[0]
        let kept = min(question.payload.count, profile.receiveLimit)
        var notes: [String] = []
        if kept < question.payload.count {
            notes.append(
                "\(profile.name) prints \(profile.receiveLimit) bytes at most: the rest of the payload would be cut off"
            )
        }
        if let problem = RemoteLimits.topicProblem(question.topic) {
            notes.append("the module may garble it: \(problem)")
        }
        return Crossing(
            route: forward.route, topic: forward.topic, qos: forward.qos, retain: forward.retain,
            expirySeconds: forward.expirySeconds, priority: nil, isEchoed: false,
            line: LineUse(
                receiving: kept, topic: question.topic.count, isCached: configuration.remote.receive == .cached,
                profile: profile, baud: configuration.module.baud),
            air: AirUse(
                topic: question.topic.count, payload: question.payload.count, qos: min(forward.qos, question.qos),
                isTLS: configuration.remote.tls != nil),
            notes: notes)
    }

    // MARK: Not taken

    private func side(_ route: Route, _ way: TopicQuestion.Way) -> (goes: Bool, filter: [UInt8], prefix: [UInt8]) {
        switch way {
        case .out: (route.goesOut, route.localFilter, route.localPrefix)
        case .in: (route.goesIn, route.remoteFilter, route.remotePrefix)
        }
    }

    private func matches(_ route: Route, _ topic: [UInt8], _ way: TopicQuestion.Way) -> Bool {
        let side = side(route, way)
        return topic.starts(with: side.prefix) && (try? TopicFilter(side.filter).matches(topic)) == true
    }

    /// Routes of the direction whose filter and prefix fit, in order.
    private func matching(_ question: TopicQuestion) -> [Int] {
        routing.routes.indices.filter {
            side(routing.routes[$0], question.way).goes && matches(routing.routes[$0], question.topic, question.way)
        }
    }

    private func overtaken(_ question: TopicQuestion) -> [Int] {
        Topic.problem(question.topic) == nil ? Array(matching(question).dropFirst()) : []
    }

    private func nearest(_ question: TopicQuestion) -> [NearRoute] {
        let found = routing.routes.indices.map { index -> (near: NearRoute, score: Int) in
            let route = routing.routes[index]
            let here = side(route, question.way)
            let there = side(route, question.way.opposite)
            guard here.goes else {
                // The more of it is no wildcard, the likelier it was meant.
                let fits = matches(route, question.topic, question.way)
                let literal = here.filter.prefix { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "#") }.count
                let why = "direction = \"\(route.direction.rawValue)\": it would match, but goes the other way only"
                return (NearRoute(route: index, reason: why), fits ? (literal > 0 ? 1000 + literal : 0) : -1)
            }
            let key = question.way == .out ? "local_prefix" : "remote_prefix"
            let diagnosis = RouteDiagnosis(
                topic: question.topic, filter: here.filter, own: (here.prefix, key), other: there.prefix)
            return (NearRoute(route: index, reason: diagnosis.reason), diagnosis.score)
        }
        // Routes that have nothing in common with the topic are named only where there is no better one.
        let least = found.contains { $0.score > 0 } ? 1 : 0
        return Array(
            found.filter { $0.score >= least }
                .sorted { ($1.score, $0.near.route) < ($0.score, $1.near.route) }
                .prefix(3).map(\.near))
    }
}

extension PublishStateMachine.Encoding {
    /// For people.
    package var words: String {
        switch self {
        case .text: "text (AT+MPUB)"
        case .hex: "hex (AT+MPUB, two digits a byte)"
        case .data: "data (AT+MPUBEX)"
        }
    }
}
