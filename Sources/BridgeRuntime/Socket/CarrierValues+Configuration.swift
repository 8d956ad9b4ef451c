import ATProtocol
import BridgeCore
import Configuration
import LinuxIO
import ModemCore
import MosquittoClient
import TLSStream

/// From the configuration to the socket link.
extension Configuration {
    /// TLS of the socket link; `nil`: none is configured. Throws when the files cannot be used.
    func tlsContext() throws(TLSError) -> TLSContext? {
        guard let options = streamTLS else { return nil }
        return try TLSContext(options)
    }

    /// What the carrier needs; `link` has the client id and the session as this process uses them. `directory`: where the
    /// private socket goes.
    func carrierValues(
        _ link: LinkSettings, tls: TLSContext?, directory: String, loop: EventLoop
    ) -> SocketCarrier.Values {
        var values = SocketCarrier.Values { (version, onEvent) throws(MosquittoError) in
            let stream: PrivateClientStream
            do throws(SystemError) {
                stream = try PrivateClientStream(under: directory, loop: loop)
            } catch {
                throw MosquittoError("private socket", MosquittoError.Code(rawValue: 14), "\(error)")
            }
            let options = remoteOptions(link, version, path: stream.path)
            return StreamedClient(
                broker: try MosquittoClient(options, loop: loop, onEvent: onEvent), stream: stream)
        }
        values.acknowledgementTimeout = link.acknowledgementTimeout
        values.window = remote.window
        values.firstGuest = UInt32(truncatingIfNeeded: link.seed >> 32)
        if let tls {
            values.makeSecurity = { () throws(StreamSecurityFailure) -> any StreamSecurity in try SecuredStream(tls) }
        }
        return values
    }

    private func remoteOptions(
        _ link: LinkSettings, _ version: MosquittoClient.ProtocolVersion, path: String
    ) -> MosquittoClient.Options {
        var options = MosquittoClient.Options(
            host: path, port: 0, clientID: String(decoding: link.clientID, as: UTF8.self))
        options.username = link.username.map { String(decoding: $0, as: UTF8.self) }
        options.password = link.password
        options.protocolVersion = version
        options.keepalive = remote.keepalive(for: .socket)
        options.window = remote.window
        options.cleanStart = link.cleanSession
        options.sessionExpiry = version == .v5 && !link.cleanSession ? 0xFFFF_FFFF : nil
        // libmosquitto holds a message as a whole.
        options.maximumPacketSize = version == .v5 ? 1 << 19 : nil
        options.will = link.will.map {
            MosquittoClient.Will(topic: $0.topic, payload: $0.message, qos: $0.qos, retain: $0.retain)
        }
        // The TLS handshake is part of it, over a slow line with a slow round trip.
        options.connectTimeout = .seconds(75)
        return options
    }
}

extension SocketCarrier.Values {
    /// The subscriptions of these routes, and what the remote session may still hold of earlier ones.
    mutating func route(_ routing: RoutingTable, stale: [[UInt8]]) {
        subscriptions = routing.remoteSubscriptions
        staleFilters = stale
        let both = routing.routes.filter { $0.direction == .both }.compactMap { try? TopicFilter($0.remoteFilter) }
        isNoLocal = { filter in both.contains { filter.covers($0) } }
    }
}
