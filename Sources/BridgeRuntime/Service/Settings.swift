import ATProtocol
import BridgeCore
import Configuration
import LinuxIO
import ModemCore
import MosquittoClient
import Outbox

/// From the configuration's values to those of each part.
extension Configuration {
    func linkSettings(pinWasRefused: Bool) -> LinkSettings {
        var settings = LinkSettings(host: remote.host, port: remote.port, clientID: Array(remote.clientID.utf8))
        settings.profile = ModuleProfile.named(module.profile.rawValue)
        settings.pin = pinWasRefused ? nil : module.pin.map { String(decoding: $0, as: UTF8.self) }
        settings.accessPoint = module.apn.map { apn in
            LinkSettings.AccessPoint(
                name: apn.name, username: apn.username,
                password: apn.password.map { String(decoding: $0, as: UTF8.self) },
                authentication: bearerAuthentication(apn.authentication))
        }
        settings.contextID = module.apn?.cid ?? 1
        settings.username = remote.username.map { Array($0.utf8) }
        settings.password = remote.password
        settings.will = remote.will.map {
            MqttWill(topic: $0.topic, message: $0.message, qos: $0.qos, retain: $0.retain)
        }
        settings.cleanSession = remote.cleanSession
        settings.linkChoice =
            switch remote.link {
            case .automatic: .automatic
            case .mqtt: .mqtt
            case .socket: .socket
            }
        // Where only the module can tell, it most likely has an MQTT client.
        let kind = linkKind ?? .mqtt
        settings.keepalive = remote.keepalive(for: kind)
        settings.acknowledgementTimeout = remote.ackTimeout
        settings.cachedReceive = remote.receive(for: kind) == .cached
        settings.streamIsSecured = remote.tls != nil
        settings.baudRate = module.baud
        settings.streamKeepalive = remote.keepalive(for: .socket)
        settings.streamCachedReceive = remote.receive(for: .socket) == .cached
        settings.hardwareFlowControl = module.flowControl == .rtsCts
        settings.hasHardwareReset = module.reset != nil
        settings.mayBeBooting = hostUptime() < .seconds(120)
        settings.seed = UInt64.random(in: .min ... .max)
        return settings
    }

    private func bearerAuthentication(_ configured: APN.Authentication) -> ATCommand.BearerAuthentication {
        switch configured {
        case .none: ATCommand.BearerAuthentication.none
        case .pap: .pap
        case .chap: .chap
        }
    }

    func localOptions(_ version: MosquittoClient.ProtocolVersion) -> MosquittoClient.Options {
        var options = MosquittoClient.Options(host: local.host, port: local.port, clientID: local.clientID)
        options.username = local.username
        options.password = local.password
        options.protocolVersion = version
        options.cleanStart = false
        // One commit for so many messages while the link is down.
        options.receiveMaximum = UInt16(commitLimits.window)
        options.will = MosquittoClient.Will(
            topic: StatePublisher.stateTopic(bridge.name), payload: Array(StatePublisher.offline.utf8), qos: 1,
            retain: true)
        // The session never ends: what comes while the bridge is away waits at the broker.
        options.sessionExpiry = version == .v5 ? 0xFFFF_FFFF : nil
        // MQTT allows 256 MiB, and libmosquitto holds a message as a whole. Far over what a module can carry, so that
        // what is a little too long is still refused with a word.
        options.maximumPacketSize = version == .v5 ? 1 << 20 : nil
        options.tls = local.tls.map { tls in
            MosquittoClient.TLS(
                ca: tls.ca, certificate: tls.certificate, key: tls.key, pskIdentity: tls.pskIdentity,
                psk: tls.pskKey.map { String(decoding: $0, as: UTF8.self) }, insecure: !tls.verify)
        }
        return options
    }

    /// The routes; `RouteProblem` when they do not fit together.
    func routingTable() throws(RouteProblem) -> RoutingTable {
        try RoutingTable(
            routes.map { route in
                BridgeCore.Route(
                    direction: BridgeCore.Route.Direction(rawValue: route.direction.rawValue) ?? .out,
                    topic: route.topic, localPrefix: route.localPrefix, remotePrefix: route.remotePrefix,
                    qos: route.qos, publishQoS: route.publishQoS,
                    retain: route.retain.flatMap { BridgeCore.Route.Retain(rawValue: $0.rawValue) },
                    expirySeconds: route.expire.map(\.components.seconds),
                    priority: route.priority == .high ? .high : route.priority == .low ? .low : .normal)
            })
    }

    /// What the bridge tells of itself.
    func about(_ certificates: RemoteCertificates?) -> Dispatcher.About {
        var about = Dispatcher.About(
            name: bridge.name, heartbeat: remote.heartbeat(for: .mqtt).map { ($0.topic, $0.every) },
            certificatesEnd: certificates?.firstEnd)
        about.socketHeartbeat = remote.heartbeat(for: .socket).map { ($0.topic, $0.every) }
        return about
    }

    var commitLimits: CommitSchedule.Limits {
        var limits = CommitSchedule.Limits()
        limits.interval = queue.commitInterval
        // What was read before a full queue is known of must still fit (`stop-reading`).
        limits.bytes = min(limits.bytes, Int(clamping: queue.maxBytes / 8))
        return limits
    }

    var overflowPolicy: OverflowPolicy { OverflowPolicy(rawValue: queue.overflow.rawValue) ?? .dropOldest }
}

extension Configuration.Module {
    var serialFlowControl: SerialPort.FlowControl { flowControl == .rtsCts ? .rtsCts : .none }
}

/// How long the host is up; a module that got its power with it may be booting still.
func hostUptime() -> Duration {
    guard let bytes = try? Files.read("/proc/uptime", limit: 64),
        let whole = bytes.split(separator: 0x2E).first, let seconds = Int(String(decoding: whole, as: UTF8.self))
    else { return .seconds(3600) }
    return .seconds(seconds)
}
