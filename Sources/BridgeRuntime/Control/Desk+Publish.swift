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
            if driver.isOnline { return call.finish() }
            guard driver.clock.now < until else { return call.fail(.unavailable, "no link: \(driver.summary)") }
            if driver.summary != told {
                told = driver.summary
                call.tell(.members(["at": .text(told)]))
            }
            next = driver.clock.schedule(at: driver.clock.now + .milliseconds(50)) { look() }
        }
        call.onCancel = { next?.cancel() }
        look()
    }

    /// `publish`: `topic`, `payload` or `payload_base64`, `qos`, `retain`; with `queue` it is done once the message is on
    /// disk, else once the remote broker (QoS 0: the module) has it.
    func publish(_ call: ControlCall, _ owner: any DeskOwner) {
        guard let message = message(call) else { return }
        if call.arguments["queue"]?.boolean == true {
            return owner.enqueue(message) { problem in
                if let problem { call.fail(.dataError, problem) } else { call.finish(.members(["outcome": "queued"])) }
            }
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
        driver.publish(
            GuestMessage(topic: message.topic, payload: message.payload, qos: message.qos, retain: message.retain) {
                switch $0 {
                case .acknowledged:
                    let took = (driver.clock.now - begin) / .milliseconds(1)
                    call.finish(.members(["outcome": "acknowledged", "milliseconds": .number(Int64(took))]))
                case .refused(let reason): call.fail(.dataError, "refused: \(reason)")
                case .noLink(let reason): call.fail(.unavailable, "no link: \(reason)")
                }
            })
    }

    private func message(_ call: ControlCall) -> DeskMessage? {
        guard let topic = bytes(call, "topic") else {
            call.fail(.usage, "publish needs a topic")
            return nil
        }
        if let problem = Topic.problem(topic) {
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
            expiry: call.arguments["expiry"]?.integer)
    }
}
