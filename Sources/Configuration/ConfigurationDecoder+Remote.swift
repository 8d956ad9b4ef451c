extension ConfigurationDecoder {
    func remote(_ table: TableReader, clientID: String, name: String, routes: [Configuration.Route])
        -> Configuration.Remote
    {
        if !table.has("host") {
            table.error("host", "is missing; expected the name or address of the remote broker")
        }
        table.checkPasswordHasUser()
        let host = table.string("host", Rules.remoteHostComplaint) ?? ""
        let tls = remoteTLS(table, host: host)
        let keepalive = keepalive(table)
        let remote = Configuration.Remote(
            host: host,
            port: table.integer("port", in: 1...65535) ?? (tls == nil ? 1883 : 8883),
            clientID: clientID,
            username: table.string("username", Rules.credentialComplaint),
            password: table.secret("password_file") { Rules.carriableComplaint($0) },
            keepalive: keepalive,
            cleanSession: table.boolean("clean_session") ?? false,
            ackTimeout: table.duration("ack_timeout", in: .seconds(1)...(.seconds(300))) ?? .seconds(10),
            receive: table.choice("receive") ?? .direct,
            tls: tls,
            will: will(table),
            heartbeat: heartbeat(table, name: name, keepalive: keepalive))
        warn(table, remote, routes)
        return remote
    }

    private func warn(_ table: TableReader, _ remote: Configuration.Remote, _ routes: [Configuration.Route]) {
        if remote.keepalive < 60 {
            table.warning(
                "keepalive", "is \(remote.keepalive) s; the vendor of these modules advises 60 s or more")
        }
        if remote.receive == .cached, !remote.cleanSession {
            table.warning(
                "receive",
                "\"cached\" with clean_session = false: the module keeps four messages, and what the broker kept "
                    + "for us may come faster than they can be read; \"direct\" loses none of them")
        }
        let takesIn = routes.contains { $0.direction != .out && $0.qos > 0 }
        if remote.cleanSession, takesIn {
            table.warning(
                "clean_session",
                "is true: what is published while the link is down does not come in, whatever the qos of the route")
        }
        if remote.port == 8883, !table.has("tls") {
            table.warning("port", "8883 is the port for TLS, but tls is not configured")
        }
    }

    /// Seconds as a number, or a duration of whole seconds.
    private func keepalive(_ table: TableReader) -> Int {
        let expected = "1 to 65535 seconds"
        let seconds: Int64? = table.value("keepalive", expected: expected) { value in
            switch value {
            case .integer(let seconds): seconds
            case .string(let text):
                Quantities.duration(text).map { $0.components.attoseconds == 0 ? $0.components.seconds : -1 } ?? -1
            case .table, .array, .float, .boolean, .date: nil
            }
        }
        guard let seconds else { return 120 }
        guard (1...65535).contains(seconds) else {
            table.error("keepalive", "is out of range; expected \(expected)")
            return 120
        }
        return Int(seconds)
    }

    private func will(_ table: TableReader) -> Configuration.Remote.Will? {
        let expected = "a table such as { topic = \"site/17/state\", message = \"offline\" }"
        guard let will = table.table("will", expected: expected) else { return nil }
        if !will.has("topic") { will.error("topic", "is missing; expected the topic of the will") }
        let message = will.string("message") {
            Rules.carriableComplaint(Array($0.utf8), limit: Rules.willMessageLimit)
        }
        return Configuration.Remote.Will(
            topic: Array((will.string("topic", Rules.remoteTopicComplaint) ?? "").utf8),
            message: Array((message ?? "").utf8),
            qos: will.integer("qos", in: 0...2) ?? 0, retain: will.boolean("retain") ?? false)
    }

    private func heartbeat(_ table: TableReader, name: String, keepalive: Int) -> Configuration.Remote.Heartbeat? {
        var result = Configuration.Remote.Heartbeat(
            topic: Array("cellbridge/\(name)/heartbeat".utf8), every: .milliseconds(keepalive * 1500))
        guard let value = table.node?["heartbeat"]?.value else { return result }
        if case .boolean(false) = value { return nil }
        if !context.support.contains(.heartbeat) { table.warning("heartbeat", Self.notActedOn) }
        if case .boolean(true) = value { return result }
        guard let heartbeat = table.table("heartbeat", expected: "a table such as { every = \"180 s\" }, or false")
        else { return result }
        if let topic = heartbeat.string("topic", Rules.remoteTopicComplaint) { result.topic = Array(topic.utf8) }
        if let every = heartbeat.duration("every", in: .seconds(1)...(.seconds(86_400))) { result.every = every }
        return result
    }
}
