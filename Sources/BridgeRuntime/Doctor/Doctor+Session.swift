import Configuration
import Control
import LinuxIO
import ModemCore

/// TCP, TLS, MQTT and the message that comes back.
extension Doctor {
    /// By a session of this process's own. Whether it came.
    func examineSession(
        _ operations: any Operations, lastError: @escaping () -> String?
    ) throws(CommandFailure) -> Bool {
        var watch = SessionWatch()
        var isPausing = false
        var at = ""
        var reason = ""
        var isSecured = false
        var outcome: Result<JSONValue, CommandFailure>?
        let dialogue = operations.begin(
            "dialogue", [],
            onEvent: { event in
                if let text = event["sent"]?.string { watch.sent(text) }
                if let bytes = event["received"]?.string.flatMap(Base64.decode) { watch.received(bytes) }
            }, onEnd: { _ in })
        // Time for files that have to be written into the module first, too.
        let seconds = (options.wait * 3 + .seconds(60)).components.seconds
        let connect = operations.begin(
            "connect", [.init(name: "wait", value: .number(seconds))],
            onEvent: { event in
                at = event["at"]?.string ?? at
                reason = event["reason"]?.string ?? reason
                isSecured = event["secured"]?.boolean ?? false
                // What failed is told before the pause after it.
                if at.hasPrefix("pausing before") { isPausing = true }
            }, onEnd: { outcome = $0 })
        loop.run(until: { outcome != nil || watch.failure != nil || isPausing || isInterrupted() })
        operations.cancel(connect)
        operations.cancel(dialogue)
        if isInterrupted() { throw .interrupted }
        if case .success(let value) = outcome, watch.failure == nil {
            checks.security = value["tls"]?.string
            toldWay(to: .publish)
            let id = configuration.remote.clientID + (options.sameID ? "" : "-cli")
            return tell(checks.mqtt(clientID: id))
        }
        let told = lastError()
        // The log says when the next try is, too.
        if let told, reason.isEmpty || kind == .mqtt {
            reason = told
        } else if reason.isEmpty, case .failure(let failure) = outcome {
            reason = failure.text
        }
        return kind == .socket
            ? examineOwnFailure(watch, reason.isEmpty ? at : reason, isSecured: isSecured)
            : examineFailure(watch, reason.isEmpty ? at : reason, told: told)
    }

    /// Where the module's own client came to its end.
    private func examineFailure(_ watch: SessionWatch, _ reason: String, told: String?) -> Bool {
        switch watch.failure {
        case .connection(let words)?:
            guard checks.hasTLS else { return tell(checks.noTCP(words)) }
            return tell(checks.noTLS(words, told: told))
        case .subscription?, .refused?, .closed?, .configuration?:
            if let failure = watch.failure {
                toldWay(to: .mqtt)
                return tell(checks.noSession(failure))
            }
            return false
        case nil: break
        }
        if reason.hasPrefix("TLS") { return tell(checks.tlsSetup(reason)) }
        if watch.isConnected {
            toldWay(to: .mqtt)
            return tell(checks.silence)
        }
        return watch.wasOpened
            ? tell(checks.hasTLS ? checks.noTLS("no answer in time", told: told) : checks.noTCP("no answer in time"))
            : tell(.failed(.tcp, "the module did not come so far: \(reason)", [.supply, .weather, .noPower]))
    }

    /// Where MQTT over the module's socket came to its end: the module tells of the connection, our own client of the rest.
    private func examineOwnFailure(_ watch: SessionWatch, _ reason: String, isSecured: Bool) -> Bool {
        if case .connection(let words)? = watch.failure { return tell(checks.noTCP(words)) }
        if watch.isConnected {
            tell(checks.tcp)
            if reason.hasPrefix("TLS") || checks.hasTLS && !isSecured {
                return tell(checks.noTLS(reason, told: reason))
            }
            if checks.hasTLS { tell(checks.tls) }
            return tell(checks.noOwnSession(reason))
        }
        if watch.wasOpened { return tell(checks.noTCP("no answer in time\(watch.tcpError)")) }
        let isBearer = ["AT+CIICR", "AT+CIFSR", "AT+QI", "bearer", "address"].contains {
            reason.firstRange(of: $0) != nil
        }
        return tell(
            .failed(
                .tcp, "the module did not come so far: \(reason)",
                isBearer ? [.privateAPN, .noData, .stuckContext] : [.supply, .weather, .noPower]))
    }

    /// The stages that a later one proves and that were not told yet.
    private func toldWay(to stage: DoctorStage) {
        if !findings.contains(where: { $0.stage == .tcp && $0.outcome == .ok }) { tell(checks.tcp) }
        if !findings.contains(where: { $0.stage == .tls }) { tell(checks.tls) }
    }

    /// Subscribes, publishes with QoS 1 and waits for it.
    func examinePublish(_ operations: any Operations) throws(CommandFailure) {
        let topic = testTopic
        _ = try stage(.publish) { () throws(CommandFailure) in
            let mark = "cellbridge doctor \(UInt32.random(in: .min ... .max))"
            var isSubscribed = false
            var cameBack = false
            var problem: String?
            var refusal: String?
            let subscription = operations.begin(
                "subscribe",
                [.init(name: "filters", value: .list([.text(topic)])), .init(name: "qos", value: 1)],
                onEvent: { event in
                    if event["subscribed"]?.boolean == true { isSubscribed = true }
                    let payload = event["payload_base64"]?.string.flatMap(Base64.decode)
                    if payload?.elementsEqual(mark.utf8) == true { cameBack = true }
                },
                onEnd: { if case .failure(let failure) = $0 { problem = failure.text } })
            defer {
                operations.cancel(subscription)
                // The subscription is taken back before the session ends.
                _ = try? self.wait(.milliseconds(300)) { false }
            }
            let limit = max(options.wait / 4, configuration.remote.ackTimeout * 3 / 2)
            try wait(limit) { isSubscribed || problem != nil }
            guard isSubscribed else { return checks.noPublish(topic, problem ?? "no SUBACK") }
            let begin = loop.now
            var isPublished = false
            let publish = operations.begin(
                "publish",
                [
                    .init(name: "topic", value: .text(topic)), .init(name: "payload", value: .text(mark)),
                    .init(name: "qos", value: 1),
                ], onEvent: { _ in },
                onEnd: { result in
                    switch result {
                    case .success: isPublished = true
                    case .failure(let failure): refusal = failure.text
                    }
                })
            try wait(limit) { cameBack && isPublished || refusal != nil || isPublished && problem != nil }
            if !isPublished, refusal == nil { operations.cancel(publish) }
            let milliseconds = Int((loop.now - begin) / .milliseconds(1))
            if cameBack, isPublished { return SessionChecks.publish(topic, milliseconds: milliseconds) }
            return checks.noPublish(
                topic, refusal ?? problem ?? (isPublished ? "acknowledged, and did not come back" : "no PUBACK"))
        }
    }

    private var testTopic: String {
        if let topic = options.topic { return topic }
        if let heartbeat = configuration.remote.heartbeat(for: kind == .socket ? .socket : .mqtt) {
            return String(decoding: heartbeat.topic, as: UTF8.self)
        }
        return "cellbridge/\(configuration.bridge.name)/doctor/\(String(UInt32.random(in: .min ... .max), radix: 16))"
    }
}
