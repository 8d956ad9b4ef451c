/// Which of the two ways to the remote broker is in use.
public enum LinkKind: Sendable, Equatable {
    /// The module's own MQTT client.
    case mqtt
    /// Our MQTT client, over the module's TCP socket.
    case socket
}

/// `[remote] link`.
public enum LinkChoice: Sendable, Equatable {
    /// What the module's profile has, its MQTT client first.
    case automatic
    /// The module's own MQTT client.
    case mqtt
    /// The module's TCP socket.
    case socket
}

/// Why there is no MQTT session over a standing TCP connection.
public enum SessionFailure: Sendable, Equatable {
    /// The broker refused it (CONNACK, SUBACK): nothing heals that but somebody's hand.
    case refused(String)
    /// TLS failed: the certificate, its name, no common suite.
    case tls(String)
    /// No answer: no CONNACK, no PINGRESP, an acknowledgement is late.
    case silent(String)
    /// The broker ended it.
    case closed(String)
    /// The stream cannot be trusted any more: a send failed, a frame was damaged.
    case broken(String)

    /// For people.
    public var reason: String {
        switch self {
        case .refused(let reason), .tls(let reason), .silent(let reason), .closed(let reason), .broken(let reason):
            reason
        }
    }
}
