import Control
import ModemCore

/// What `status` and `connect` tell of the link in use.
extension ModuleDriver {
    /// `mqtt` or `socket`; null while only the module could tell and was not asked yet.
    var linkKind: JSONValue {
        switch link.settledKind {
        case .mqtt?: "mqtt"
        case .socket?: "socket"
        case nil: .null
        }
    }

    /// Version and suite of TLS, where this host made it and it stands; null otherwise: the module does not tell its own.
    var linkTLS: JSONValue { .text(link.kind == .socket ? carrier?.securitySummary : nil) }

    /// Publishes without their acknowledgement, of so many that there may be; null where the module takes one at a time.
    var linkWindow: JSONValue {
        guard let carrier, link.kind == .socket else { return .null }
        return .members([
            "size": .number(carrier.window), "in_flight": .number(carrier.open.count),
            "unsent": .number(carrier.waitingBytes),
        ])
    }
}

extension SocketCarrier {
    /// `TLSv1.3, TLS_AES_256_GCM_SHA384`; nil before the handshake is done.
    var securitySummary: String? { isSecure ? security?.summary : nil }
}
