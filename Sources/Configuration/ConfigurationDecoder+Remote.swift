extension ConfigurationDecoder {
    func remote(
        _ table: TableReader, _ module: Configuration.Module, clientID: String, name: String,
        routes: [Configuration.Route]
    ) -> Configuration.Remote {
        if !table.has("host") {
            table.error("host", "is missing; expected the name or address of the remote broker")
        }
        table.checkPasswordHasUser()
        let host = table.string("host", Rules.remoteHostComplaint) ?? ""
        let link = link(table, module)
        // The module's client may come into it.
        let usesModule = link != .socket && !module.profile.hasNoMQTT
        let tls = remoteTLS(table, host: host, usesModule: usesModule)
        let keepalive = keepalive(table)
        if !usesModule, let keepalive, keepalive < 5 {
            table.error("keepalive", "is \(keepalive) s; expected 5 to 65535 seconds on the socket link")
        }
        let ofModule = keepalive ?? 120
        let ofSocket = keepalive.map { max($0, 5) } ?? Configuration.Remote.standardSocketKeepalive
        let receive: Configuration.Remote.Receive? = table.choice("receive")
        let beats = heartbeats(table, name: name, ofModule, ofSocket)
        let remote = Configuration.Remote(
            host: host,
            port: table.integer("port", in: 1...65535) ?? (tls == nil ? 1883 : 8883),
            clientID: clientID,
            username: table.string("username", Rules.credentialComplaint),
            password: table.secret("password_file") { Rules.carriableComplaint($0) },
            keepalive: ofModule,
            cleanSession: table.boolean("clean_session") ?? false,
            ackTimeout: table.duration("ack_timeout", in: .seconds(1)...(.seconds(300))) ?? .seconds(10),
            receive: receive ?? .direct,
            tls: tls,
            will: will(table),
            heartbeat: beats.module,
            link: link,
            window: table.integer("window", in: 1...100) ?? 20,
            socketKeepalive: ofSocket,
            socketReceive: receive ?? .cached,
            socketHeartbeat: beats.socket)
        warn(table, remote, routes, usesModule: usesModule)
        return remote
    }

    private func link(_ table: TableReader, _ module: Configuration.Module) -> Configuration.Remote.Link {
        let link = table.choice("link") ?? Configuration.Remote.Link.automatic
        if link == .mqtt, module.profile.hasNoMQTT {
            table.error(
                "link",
                "is \"mqtt\", but a \(module.profile.rawValue) has no MQTT client; expected \"socket\" or \"auto\"")
        }
        if link == .mqtt, table.has("window") {
            table.error("window", "means nothing with link = \"mqtt\": that link carries one message at a time")
        }
        return link
    }

    private func warn(
        _ table: TableReader, _ remote: Configuration.Remote, _ routes: [Configuration.Route], usesModule: Bool
    ) {
        if remote.keepalive < 60 {
            table.warning(
                "keepalive", "is \(remote.keepalive) s; the vendor of these modules advises 60 s or more")
        }
        if usesModule, remote.receive == .cached, !remote.cleanSession {
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
    private func keepalive(_ table: TableReader) -> Int? {
        let expected = "1 to 65535 seconds"
        let form = "\(expected), such as 300 or \"5 min\""
        let time: Duration? = table.value("keepalive", expected: form) { value in
            switch value {
            case .integer(let seconds): .seconds(seconds)
            case .string(let text): Quantities.duration(text) ?? .seconds(-1)
            case .table, .array, .float, .boolean, .date: nil
            }
        }
        guard let time else { return nil }
        if case .string(let text)? = table.node?["keepalive"]?.value,
            Quantities.duration(text) == nil || time.components.attoseconds != 0
        {
            table.error("keepalive", "\(quoted(text)) is not a number of seconds; expected \(form)")
            return nil
        }
        guard (.seconds(1)...(.seconds(65535))).contains(time) else {
            table.error("keepalive", "is out of range; expected \(expected)")
            return nil
        }
        return Int(time.components.seconds)
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

    /// That of each link: what is configured is for both; without a word the module's client has one.
    private func heartbeats(_ table: TableReader, name: String, _ ofModule: Int, _ ofSocket: Int)
        -> (module: Configuration.Remote.Heartbeat?, socket: Configuration.Remote.Heartbeat?)
    {
        let topic = Array("cellbridge/\(name)/heartbeat".utf8)
        var module = Configuration.Remote.Heartbeat(topic: topic, every: .milliseconds(ofModule * 1500))
        guard let value = table.node?["heartbeat"]?.value else { return (module, nil) }
        if case .boolean(false) = value { return (nil, nil) }
        var socket = Configuration.Remote.Heartbeat(topic: topic, every: .milliseconds(ofSocket * 1500))
        if !context.support.contains(.heartbeat) { table.warning("heartbeat", Self.notActedOn) }
        if case .boolean(true) = value { return (module, socket) }
        guard let heartbeat = table.table("heartbeat", expected: "a table such as { every = \"180 s\" }, or false")
        else { return (module, nil) }
        if let topic = heartbeat.string("topic", Rules.remoteTopicComplaint) {
            (module.topic, socket.topic) = (Array(topic.utf8), Array(topic.utf8))
        }
        if let every = heartbeat.duration("every", in: .seconds(1)...(.seconds(86_400))) {
            (module.every, socket.every) = (every, every)
        }
        return (module, socket)
    }
}
