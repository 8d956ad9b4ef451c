extension Configuration {
    /// One of the two links.
    public enum LinkKind: Sendable, Equatable {
        /// The module's own MQTT client.
        case mqtt
        /// Our MQTT client, over the module's TCP socket.
        case socket
    }

    /// Which link it will be; nil when only the module can tell (`link = "auto"` with `profile = "auto"`).
    public var linkKind: LinkKind? {
        switch remote.link {
        case .mqtt: .mqtt
        case .socket: .socket
        case .automatic:
            switch module.profile {
            case .automatic: nil
            case .quectelGSM, .bc260y: .socket
            case .ec716s, .air780e, .air780ep, .air724ug: .mqtt
            }
        }
    }
}

extension Configuration.Module.Profile {
    /// Whether such a module has no MQTT client.
    var hasNoMQTT: Bool {
        switch self {
        case .quectelGSM, .bc260y: true
        case .automatic, .ec716s, .air780e, .air780ep, .air724ug: false
        }
    }
}

extension Configuration.Remote {
    /// The keep-alive of the socket link when none is configured, in seconds.
    ///
    /// The vendor's FAQ (Air780EP TCP manual, "SEND OK but the server gets nothing") says that the carrier forgets a
    /// connection after ten minutes without a byte. Half of that: a ping that is late or has to be sent again still is
    /// in time. Each costs some 250 bytes on the air, so twice as often would double the price of an idle link.
    public static let standardSocketKeepalive = 300

    /// The keep-alive of a link, in seconds.
    public func keepalive(for link: Configuration.LinkKind) -> Int {
        link == .mqtt ? keepalive : socketKeepalive
    }

    /// How the module hands over what comes in on a link.
    public func receive(for link: Configuration.LinkKind) -> Receive {
        link == .mqtt ? receive : socketReceive
    }

    /// `receive` as it was written; nil when it was not: then the links have defaults of their own.
    public var configuredReceive: Receive? { receive == socketReceive ? receive : nil }

    /// The heartbeat of a link, nil when it is off.
    public func heartbeat(for link: Configuration.LinkKind) -> Heartbeat? {
        link == .mqtt ? heartbeat : socketHeartbeat
    }
}
