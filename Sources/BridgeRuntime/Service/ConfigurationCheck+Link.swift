import BridgeCore
import Configuration
import ModemCore
import TLSStream

/// What the configuration says of the two links.
extension ConfigurationCheck {
    /// Which link it will be and how it is kept alive, one line each.
    static func link(_ configuration: Configuration) -> [String] {
        switch configuration.linkKind {
        case .mqtt: ["link: the module's own MQTT client, " + alive(configuration, .mqtt)]
        case .socket: ["link: MQTT over the module's TCP socket, " + alive(configuration, .socket)]
        case nil:
            [
                "link: by the module found: its own MQTT client, " + alive(configuration, .mqtt),
                "link: or, where it has none, MQTT over its TCP socket, " + alive(configuration, .socket),
            ]
        }
    }

    private static func alive(_ configuration: Configuration, _ link: Configuration.LinkKind) -> String {
        let remote = configuration.remote
        let heartbeat = remote.heartbeat(for: link).map {
            "to \(readable($0.topic)) after \($0.every.components.seconds) s without an acknowledgement"
        }
        let window = link == .socket ? "window \(remote.window), " : ""
        return "\(window)keep-alive \(remote.keepalive(for: link)) s, heartbeat \(heartbeat ?? "off")"
    }

    /// Routes that ask for more than the socket link gives: what is received at QoS 2 exists only in memory for a while,
    /// and what is published so would not outlive a connection. So both are done at QoS 1.
    static func grants(_ configuration: Configuration, _ path: String) -> [Problem] {
        guard configuration.linkKind == .socket else { return [] }
        var problems: [Problem] = []
        for (index, route) in configuration.routes.enumerated() {
            func warn(_ key: String, _ message: String) {
                let place = Configuration.place(ofRoute: index, key: key, inFile: path)
                problems.append(
                    Problem(
                        file: path, line: place?.line ?? 0, column: place?.column ?? 0,
                        key: "route[\(index + 1)].\(key)", message: message, severity: .warning))
            }
            if route.direction != .out, route.qos == 2 {
                warn("qos", "is 2, and the socket link subscribes at QoS 1 at most: each message comes at least once")
            }
            if route.direction != .in, route.publishQoS == 2 {
                warn(
                    "publish_qos",
                    "is 2, and the socket link publishes at QoS 1 at most: each message arrives at least once")
            }
        }
        return problems
    }

    /// `[remote] receive` that the configured module does not know over its socket.
    static func receiving(_ configuration: Configuration, _ path: String) -> [Problem] {
        guard configuration.linkKind == .socket,
            let profile = ModuleProfile.named(configuration.module.profile.rawValue),
            let message = ignoredReceive(configuration, profile)
        else { return [] }
        let place = Configuration.place(of: ["remote", "receive"], inFile: path)
        return [
            Problem(
                file: path, line: place?.line ?? 0, column: place?.column ?? 0, key: "remote.receive",
                message: message, severity: .warning)
        ]
    }

    /// Why `[remote] receive` is not done over the socket of this module; nil: it is, or nothing was asked for.
    static func ignoredReceive(_ configuration: Configuration, _ profile: ModuleProfile) -> String? {
        guard let asked = configuration.remote.configuredReceive else { return nil }
        switch (asked, pushes: profile.socket.pushes(cached: asked == .cached)) {
        case (.direct, pushes: true), (.cached, pushes: false): return nil
        case (.direct, pushes: false):
            return
                "\"direct\" means nothing here: the socket of a \(profile.name) is always read on request (\"cached\")"
        case (.cached, pushes: true):
            return
                "\"cached\" means nothing here: a \(profile.name) always pushes what its socket receives (\"direct\")"
        }
    }

    /// At which QoS a route's messages cross, and why not at the one that is configured.
    static func quality(_ route: Route, _ link: Configuration.LinkKind?) -> String {
        guard let link else {
            let (ofModule, ofSocket) = (quality(route, .mqtt), quality(route, .socket))
            return ofModule == ofSocket ? ofModule : "\(ofModule); over the socket link \(ofSocket)"
        }
        let most = link == .socket ? 1 : 2
        // The local broker gives us QoS 1 at most.
        let (out, `in`) = (min(route.publishQoS ?? min(route.qos, 1), most), min(route.qos, most))
        let asked = max(route.goesOut ? route.publishQoS ?? route.qos : 0, route.goesIn ? route.qos : 0)
        let text =
            switch (route.goesOut, route.goesIn) {
            case (true, true) where out != `in`: "QoS \(out) out, \(`in`) in"
            case (true, _): "QoS \(out)"
            case (false, _): "QoS \(`in`)"
            }
        if asked > most { return text + " (of \(asked): the socket link does no more)" }
        return route.goesOut && asked > out && route.publishQoS == nil
            ? text + " (of \(asked): local subscriptions give no more)" : text
    }

    /// What OpenSSL has against `[remote] tls` where this host makes it.
    static func ownTLS(_ configuration: Configuration, _ path: String) -> [Problem] {
        guard let tls = configuration.remote.tls, tls.isOurs, let options = configuration.streamTLS else { return [] }
        do throws(TLSError) {
            _ = try TLSContext(options)
            return []
        } catch {
            let place = Configuration.place(of: ["remote", "tls"], inFile: path)
            return [
                Problem(
                    file: path, line: place?.line ?? 0, column: place?.column ?? 0, key: "remote.tls",
                    message: error.description, severity: .error)
            ]
        }
    }
}
