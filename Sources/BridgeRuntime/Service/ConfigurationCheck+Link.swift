import Configuration
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
    /// so it subscribes at QoS 1.
    static func grants(_ configuration: Configuration, _ path: String) -> [Problem] {
        guard configuration.linkKind == .socket else { return [] }
        return configuration.routes.enumerated().compactMap { index, route in
            guard route.direction != .out, route.qos == 2 else { return nil }
            let place = Configuration.place(ofRoute: index, key: "qos", inFile: path)
            return Problem(
                file: path, line: place?.line ?? 0, column: place?.column ?? 0, key: "route[\(index + 1)].qos",
                message: "is 2, and the socket link subscribes at QoS 1 at most: each message comes at least once",
                severity: .warning)
        }
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
