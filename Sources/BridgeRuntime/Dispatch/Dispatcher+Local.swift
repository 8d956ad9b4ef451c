import BridgeCore
import ModemCore
import MosquittoClient

/// What the local side reports.
extension Dispatcher: LocalDriverDelegate {
    func localReceived(_ message: MosquittoClient.Message) {
        batchCount += 1
        // It would go out by a route like `#`, as often as it changes.
        if let states, states.owns(message.topic) { return }
        let now = stepClock()
        switch routing.outbound(localTopic: message.topic, qos: message.qos, retain: message.retain) {
        case .notRouted:
            counters.outUnrouted += 1
        case .refused(let code, let reason): refuseRead(message, code, reason)
        case .forward(let forward):
            let limits = RemoteLimits(maximumPayload: acceptedPayload)
            if let problem = limits.problem(topic: forward.topic, payloadCount: message.payload.count) {
                return refuseRead(message, problem.code, problem.reason)
            }
            counters.outAccepted += 1
            counters.outBytes += UInt64(message.payload.count)
            let row = OutboundRow(
                id: takeOutID(), topic: forward.topic, payload: message.payload, qos: forward.qos,
                retain: forward.retain, priority: forward.priority.rawValue, acceptedAt: now,
                expiresAt: [forward.expirySeconds, message.expiry.map(Int64.init)].compactMap { $0 }.min().map {
                    now + $0
                },
                expectsEcho: forward.expectsEcho,
                route: forward.route)
            pending.appendOut.append(row)
            outbox.accepted(row)
            trail.accepted(.out, row.id, now: clock.now)
        }
    }

    private func refuseRead(_ message: MosquittoClient.Message, _ code: String, _ reason: String) {
        let refusal = Refusal(
            direction: .out, topic: message.topic, size: message.payload.count, code: code, reason: reason,
            at: clock.wallClock)
        trail.refused(takeOutID(), refusal)
        refuse(refusal)
    }

    func takeOutID() -> Int64 {
        defer { nextIDs.out += 1 }
        return nextIDs.out
    }

    func localBatchEnded() {
        schedule.read(batchCount, now: clock.now)
        batchTimes.append((nextIDs.out, clock.now))
        batchCount = 0
        // The module first; `pump` settles, so the gate is closed before this returns.
        pump()
    }

    func localConnected() {
        schedule.connected()
        states?.localConnected()
        pumpInbox()
    }

    func localDisconnected() {
        locallyPublished = [:]
        counters.inRetried += UInt64(inbox.linkBroke().count)
    }

    func localPublished(_ mid: Int32, reasonCode: Int32) {
        guard let id = locallyPublished.removeValue(forKey: mid) else {
            // What is not from the inbox is the link's state.
            if reasonCode >= 128 {
                warn(
                    "state",
                    "the local broker refuses the link's state on cellbridge/\(about.name ?? "")/ (reason code \(reasonCode)): check its ACL"
                )
            }
            return
        }
        if reasonCode >= 128 {
            inbox.refused(
                id, code: "denied",
                reason:
                    "the local broker refused it (reason code \(reasonCode))\(reasonCode == 135 ? ": check its ACL" : "")",
                wallClock: clock.wallClock)
        } else if let row = inbox.inFlight.first(where: { $0.id == id }), inbox.acknowledged(id) {
            counters.inDelivered += 1
            trail.finished(row, .acknowledged, wallClock: clock.wallClock, now: clock.now)
        }
        pumpInbox()
    }

    func localIsOldProtocol() {
        var kept = routing.routes.filter { $0.direction != .both }
        var refused = routing.routes.filter { $0.direction == .both }
        // Two routes that point at each other go round like one with both directions.
        while let table = try? RoutingTable(kept), let pair = table.needingNoLocal {
            refused.append(kept.remove(at: pair.inbound))
        }
        guard !refused.isEmpty, let rest = try? RoutingTable(kept) else { return }
        for route in refused {
            log(
                .error,
                """
                the route \(readable(route.localFilter)) (\(route.direction.rawValue)) is refused: without MQTT 5 the \
                local broker sends back what is published to it, and messages would go round for ever; use a local \
                broker with MQTT 5
                """)
        }
        routing = rest
        local.replaceFilters(rest.localFilters)
    }

    func localUnsubscribed(_ filter: [UInt8]) {
        localFilters.removeAll { $0 == filter }
        recordFilters()
        settle()
    }

    func localDropped(_ count: UInt64) {
        warn(
            "local-dropped",
            "the local broker has dropped \(count) message(s) for want of room: set max_queued_messages 0 and persistence true in mosquitto.conf"
        )
    }

    func localCounted(_ counter: WritableKeyPath<Counters, UInt64>) { counters.count(counter) }
}
