import BridgeCore
import Control
import ModemCore

extension Desk {
    /// `connect`: waits until messages can be published; `wait` seconds at most. It tells what the link is at meanwhile.
    func connect(_ call: ControlCall, _ owner: any DeskOwner) {
        let driver = owner.driver
        let limit = Duration.seconds(min(max(call.arguments["wait"]?.integer ?? 0, 0), 3600))
        let until = driver.clock.now + limit
        var told = ""
        var next: ScheduledCall?
        func look() {
            if driver.isOnline {
                return call.finish(.members(["link_kind": driver.linkKind, "tls": driver.linkTLS]))
            }
            guard driver.clock.now < until else { return call.fail(.unavailable, self.noLink(owner)) }
            if driver.summary != told {
                told = driver.summary
                call.tell(
                    .members([
                        "at": .text(told), "reason": .text(driver.link.recovery?.reason),
                        "secured": .bool(driver.carrier?.wasSecured ?? false),
                    ]))
            }
            next = driver.clock.schedule(at: driver.clock.now + .milliseconds(50)) { look() }
        }
        call.onCancel = { next?.cancel() }
        look()
    }

    /// `publish`: `topic`, `payload` or `payload_base64`, `qos`, `retain`; with `queue` it is done once the message is on
    /// disk, else once the remote broker (QoS 0: the module) has it. With `queue` and `follow` that it is on disk is an
    /// event, and it is done when the message is.
    func publish(_ call: ControlCall, _ owner: any DeskOwner) {
        guard let message = message(call) else { return }
        if call.arguments["queue"]?.boolean == true {
            return enqueue(call, message, owner)
        }
        let driver = owner.driver
        let begin = driver.clock.now
        if !owner.carriesData,
            PublishStateMachine.encoding(of: message.payload, topic: message.topic, profile: driver.publisher.profile)
                == .data
        {
            return call.fail(
                .noPermission,
                "\(message.payload.count) bytes need AT+MPUBEX, and that a record on disk: run it as root or the service's user"
            )
        }
        let number = driver.publish(
            GuestMessage(topic: message.topic, payload: message.payload, qos: message.qos, retain: message.retain) {
                switch $0 {
                case .acknowledged:
                    let took = (driver.clock.now - begin) / .milliseconds(1)
                    call.finish(.members(["outcome": "acknowledged", "milliseconds": .number(Int64(took))]))
                case .refused(let reason): call.fail(.dataError, "refused: \(reason)")
                case .noLink(let reason): call.fail(.unavailable, "no link: \(reason)")
                }
            })
        // Nobody waits for it any more: it is not sent if it has not been.
        call.onCancel = { [weak driver] in driver?.withdraw(number) }
    }

    private func enqueue(_ call: ControlCall, _ message: DeskMessage, _ owner: any DeskOwner) {
        let follows = call.arguments["follow"]?.boolean == true
        guard owner.hasQueue else {
            return call.fail(
                .unavailable, "the service does not run, and without it nothing is queued: start it, or use --same-id")
        }
        guard !follows || owner.isService else {
            return call.fail(.usage, "a queued message can be followed only while the service runs")
        }
        owner.enqueue(message, follows: follows) { progress in
            switch progress {
            case .stored:
                let queued = JSONValue.members(["outcome": "queued"])
                if follows { call.tell(queued) } else { call.finish(queued) }
            case .acknowledged: call.finish(.members(["outcome": follows ? "acknowledged" : "queued"]))
            case .refused(let reason): call.fail(.dataError, reason)
            case .expired(let reason): call.fail(.timedOut, reason)
            }
        }
    }

    private func message(_ call: ControlCall) -> DeskMessage? {
        guard let topic = bytes(call, "topic") else {
            call.fail(.usage, "publish needs a topic")
            return nil
        }
        if let problem = Topic.problem(topic).map({ "\($0)" }) ?? RemoteLimits.topicProblem(topic) {
            call.fail(.dataError, "refused: \(problem)")
            return nil
        }
        let payload: [UInt8]?
        if let coded = call.arguments["payload_base64"]?.string {
            payload = Base64.decode(coded)
        } else {
            payload = Array((call.arguments["payload"]?.string ?? "").utf8)
        }
        let qos = Int(clamping: call.arguments["qos"]?.integer ?? 0)
        guard let payload, (0...2).contains(qos) else {
            call.fail(.usage, payload == nil ? "payload_base64 is not base64" : "qos is 0, 1 or 2")
            return nil
        }
        return DeskMessage(
            topic: topic, payload: payload, qos: qos, retain: call.arguments["retain"]?.boolean ?? false,
            expiry: call.arguments["expiry"]?.integer.map { min(max($0, 0), Self.longestExpiry) })
    }

    /// A hundred years, so that no time counted from now overflows.
    private static let longestExpiry: Int64 = 3_155_760_000
}
