import ATProtocol
import BridgeCore
import ModemCore

/// What the module's side reports.
extension Dispatcher: ModuleDriverDelegate {
    func moduleSessionBegan() {
        echoesRun = true
        echoes.linkCameUp(now: clock.now)
    }

    func moduleOnline(_ profile: ModuleProfile, over kind: LinkKind) {
        self.profile = profile
        let wanted = kind == .socket ? about.socketHeartbeat : about.heartbeat
        if wanted?.topic != heartbeat?.topic || wanted?.every != heartbeat?.every {
            heartbeat = wanted.map { HeartbeatWatch(topic: $0.topic, every: $0.every) }
        }
        outbox.maximumInFlight = kind == .socket ? Self.socketInFlight : 1
        counters.sessions += 1
        echoes.receiveLimit = profile.receiveLimit
        if !echoesRun { moduleSessionBegan() }
        log(.info, "online")
        history.cameUp(now: clock.wallClock)
        signOfLife()
        states?.linkUp()
        desk?.linkCameUp()
        pump()
        hooks.online()
    }

    func moduleOffline(_ reason: String) {
        poison.broke(isWeather: [.context, .radio].contains(module.link.recovery?.rung), now: clock.now)
        echoesRun = false
        echoes.deadlineReached(now: clock.now)
        echoes.linkBroke()
        outbox.linkBroke()
        heartbeatDue?.move(to: nil)
        desk?.linkBroke(reason)
        history.broke(reason, now: clock.wallClock)
        if !stopping { counters.breaks += 1 }
        // Nobody will acknowledge what is held for a while.
        if pending.holdsReads { commit() }
        settle()
        states?.linkDown(reason, rung: module.link.recovery?.rung)
        if stopping { return log(.info, "offline: \(reason)") }
        log(.warning, "offline: \(reason)")
    }

    func moduleRecovers(_ recovery: Recovery) {
        history.recovers(recovery)
        states?.recovers(recovery)
    }

    func moduleReady() { pump() }

    func moduleAcknowledged(_ id: Int64) {
        if Self.isHeartbeat(id) { return heartbeatAcknowledged(id) }
        let row = outbox.inFlight.first { $0.id == id }
        // At QoS 0 it was only the module that took it.
        if row?.qos != 0 { signOfLife() }
        if let row { hooks.acknowledged(row) }
        let isGone = outbox.isGone(id)
        guard let row, outbox.acknowledged(id) else { return }
        counters.outAcknowledged += 1
        poison.acknowledged(id)
        echoes.acknowledged(id, now: clock.now, wallClock: clock.wallClock)
        if echoes.awaitsStore(id) { heldEchoes.append(id) }
        tellEnd(id, .acknowledged)
        // What the byte cap has refused meanwhile has its entry.
        if !isGone { trail.finished(row, .acknowledged, wallClock: clock.wallClock, now: clock.now) }
        // The next publish goes first, if one can.
        if module.canPublish { pump() } else { settle() }
    }

    func moduleRefused(_ id: Int64, code: String, reason: String) {
        if Self.isHeartbeat(id) {
            _ = poison.failed(id, now: clock.now)
            return heartbeatRefused(reason)
        }
        refuseOut(id, code: code, reason: reason)
    }

    func moduleReturned(_ id: Int64, certainlyNotSent: Bool) {
        // Nobody waits for a heartbeat: if one is still due, it is a new one.
        // Not even begun: the session had ended, or something else was begun before it.
        let isUnsent = certainlyNotSent && (!module.isOnline || !module.publisher.isIdle)
        let isPoison = !isUnsent && poison.failed(id, now: clock.now)
        if Self.isHeartbeat(id) { return }
        outbox.returned(id)
        if certainlyNotSent { echoes.withdrawn(id) }
        if isPoison { setAside(id) }
    }

    func modulePostponed(_ id: Int64) {
        if Self.isHeartbeat(id) { return poison.finished(id) }
        poison.finished(id)
        outbox.returned(id)
        echoes.withdrawn(id)
        settle()
    }

    func moduleSetAside(_ id: Int64, reason: String) {
        poison.finished(id)
        if Self.isHeartbeat(id) { return heartbeatRefused(reason) }
        outbox.returned(id)
        echoes.withdrawn(id)
        setAside(id, reason: reason)
        // One more lets an older one go back into the queue: without a pause they would go round as fast as the disk can.
        if depths.aside >= SetAside.limit { _ = module.pauseAfterRejection() }
    }

    func moduleMayAcknowledge() -> Bool { isInboundSettled }

    func moduleReceived(_ message: ReceivedMessage, for audience: Audience) {
        signOfLife()
        // Guests may ask for anything, the heartbeat's topic included.
        let isForGuests = audience == .routes ? false : desk?.observe(message) ?? false
        if audience == .guests { return }
        // Our own, sent back because an inbound filter takes its topic; one of an earlier run included.
        if message.topic == heartbeat?.topic { return counters.echoesDropped += 1 }
        counters.inReceived += 1
        counters.inBytes += UInt64(message.payload.count)
        let now = stepClock()
        switch routing.inbound(remoteTopic: message.topic) {
        case .notRouted where isForGuests: break
        case .notRouted:
            counters.inUnrouted += 1
            warn("unrouted", "no route takes \(readable(message.topic)) from the remote broker: not delivered")
        case .refused(let code, let reason):
            let refusal = Refusal(
                direction: .in, topic: message.topic, size: message.payload.count, code: code, reason: reason, at: now)
            trail.refused(takeInID(), refusal)
            refuse(refusal)
        case .forward(let forward):
            switch echoes.judge(
                topic: message.topic, payload: message.payload, isBoth: forward.isBoth, now: clock.now)
            {
            case .dropEcho: counters.echoesDropped += 1
            case .dropRepeat: counters.repeatsDropped += 1
            case .deliver:
                keep(
                    InboundRow(
                        id: takeInID(), topic: forward.topic, payload: message.payload, qos: forward.qos,
                        retain: forward.retain,
                        acceptedAt: now, expiresAt: forward.expirySeconds.map { now + $0 }))
            }
        }
        pumpInbox()
    }

    private func keep(_ row: InboundRow) {
        guard unstoredBytes + row.cost <= Self.unstoredLimit else {
            let refusal = Refusal(
                direction: .in, topic: row.topic, size: row.payload.count, code: "overflow",
                reason: "\(unstoredBytes) bytes wait already for the queue on disk to work again", at: row.acceptedAt)
            trail.refused(row.id, refusal)
            return refuse(refusal)
        }
        unstoredBytes += row.cost
        pending.appendIn.append(row)
        arrivals[row.id] = clock.now
        inbox.accepted(row)
        trail.accepted(.in, row.id, now: clock.now)
    }

    private func takeInID() -> Int64 {
        defer { nextIDs.in += 1 }
        return nextIDs.in
    }

    func moduleSubscribed(_ filter: [UInt8]) {
        guard let subscribed = try? TopicFilter(filter) else { return }
        for route in routing.routes where route.direction == .both {
            guard let own = try? TopicFilter(route.remoteFilter), subscribed.covers(own) else { continue }
            echoes.subscribed(own, now: clock.now)
        }
    }

    func moduleUnsubscribed(_ filter: [UInt8]) {
        remoteFilters.removeAll { $0 == filter }
        recordFilters()
        settle()
    }

    func moduleWarned(_ code: String, _ text: String) { warn(code, text) }

    func moduleCounted(_ counter: WritableKeyPath<Counters, UInt64>, _ amount: Int) {
        counters.count(counter, amount)
    }

    func recordDataMode(bytes: Int?) {
        remember(Meta.dataMode, bytes.map { Array("\($0)".utf8) })
    }

    func recordManifest(_ bytes: [UInt8], token: Int) {
        manifest = (bytes, token)
        remember(Meta.tlsManifests, bytes)
    }

    func recordLadder(_ bytes: [UInt8]) { remember(Meta.ladder, bytes) }

    func moduleGaveUp(_ reason: String) { hooks.gaveUp(reason) }

    func resetHardware() {
        hooks.reset { [weak self] succeeded, reason in
            self?.module.hardwareResetFinished(succeeded: succeeded, reason: reason)
        }
    }

    func pinRefused(iccid: String) { hooks.pinRefused(iccid) }

    func portFailed(_ failure: PortFailure) -> Bool { hooks.portFailure(failure) }

    func portOpened() { hooks.portOpened() }

    func moduleFinished() {
        states?.finish(stopping ? "stopped" : "the module cannot be used with this configuration")
        hooks.moduleFinished()
    }
}
