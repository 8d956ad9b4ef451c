import ATProtocol
import Configuration
import Control

/// TCP, TLS, MQTT and the message that comes back.
struct SessionChecks {
    /// `[remote] host`.
    var host: String
    /// `[remote] port`.
    var port: Int
    /// Whether `[remote] tls` is set.
    var hasTLS: Bool
    /// Whether the service's own client id is used.
    var sameID = true
    /// The commands of the module's socket, where MQTT and TLS are made on this host; nil: the module's own client.
    var socket: SocketDialect?
    /// Version and suite of TLS, where they are known.
    var security: String?
    /// Whether the module has had an address already.
    var hasAddress = false
    /// What is typed wrongly in the host.
    var hostCauses: [Cause] = []
    /// What is typed wrongly in client id, user and password.
    var sessionCauses: [Cause] = []

    init(host: String, port: Int, hasTLS: Bool) {
        self.host = host
        self.port = port
        self.hasTLS = hasTLS
    }

    init(_ configuration: Configuration, sameID: Bool) {
        self.init(
            host: configuration.remote.host, port: configuration.remote.port, hasTLS: configuration.remote.tls != nil)
        self.sameID = sameID
        hostCauses = configuration.hostCauses
        sessionCauses = configuration.sessionCauses
    }

    private var place: String { "\(host):\(port)" }

    /// A TCP connection came.
    var tcp: Finding { .ok(.tcp, "connected to \(place)", [.text("host", host), .number("port", port)]) }

    /// None came; `words` of the module.
    func noTCP(_ words: String) -> Finding {
        var causes = hostCauses
        if !hasTLS, [8883, 8884, 443].contains(port) { causes.append(.tlsPort) }
        causes += ownCauses(words)
        causes += [.brokerDown(host, port, tls: hasTLS)]
        // 3 also stands for a name that does not resolve (module-behaviour 3).
        if words.hasSuffix(" 3"), !PacketChecks.isAddress(host) { causes.append(.wrongName) }
        causes += [.notPublic, .unpaid]
        return .failed(
            .tcp, "no connection to \(place): \(words)", causes,
            facts: [.text("host", host), .number("port", port), .text("answer", words)])
    }

    /// What the socket commands' own numbers add.
    private func ownCauses(_ words: String) -> [Cause] {
        switch socket {
        case nil: []
        case .cip?: ContextErrors.number(in: words, after: "TCP ERROR").flatMap(ContextErrors.tcpCauses) ?? []
        case .qi?: (hasAddress ? [] : [.bearerWithConnection]) + (PacketChecks.isAddress(host) ? [] : [.wrongName])
        case .bc260y?:
            (ContextErrors.number(in: words, after: "+QIOPEN: 0,") ?? Self.lastNumber(words))
                .flatMap(ContextErrors.causes) ?? []
        }
    }

    /// `… (566)` at the end of a reason of the link's.
    private static func lastNumber(_ words: String) -> Int? {
        guard words.hasSuffix(")"), let open = words.lastIndex(of: "(") else { return nil }
        return Int(words[words.index(after: open)...].dropLast())
    }

    /// TLS, where it is configured.
    var tls: Finding {
        guard hasTLS else { return .skipped(.tls, "not configured") }
        guard socket != nil else { return .ok(.tls, "negotiated") }
        return .ok(
            .tls, "negotiated by this host\(security.map { ": \($0)" } ?? "")", [.text("security", security)])
    }

    /// No TLS connection where TCP works; `told` is what the session's own log says of it.
    func noTLS(_ words: String, told: String?) -> Finding {
        if socket != nil {
            let text = told ?? words
            return .failed(
                .tls, "no TLS with \(place): \(text.hasPrefix("TLS: ") ? String(text.dropFirst(5)) : text)",
                OwnTLSChecks.causes(text, port: port), facts: [.text("told", text)])
        }
        return .failed(
            .tls, "no TLS connection to \(place): \(words)",
            [.wrongCertificates, .suites, .moduleClock] + (port == 1883 ? [.plainPort] : []),
            facts: [.text("answer", words), .text("told", told)])
    }

    /// TLS could not be set up in the module.
    func tlsSetup(_ text: String) -> Finding {
        .failed(
            .tls, text,
            [.moduleClock, Cause("the files could not be put into the module", try: "cellbridge certs push -v")])
    }

    /// CONNACK came.
    func mqtt(clientID: String) -> Finding { .ok(.mqtt, "session as \(clientID)", [.text("client_id", clientID)]) }

    /// No session.
    func noSession(_ failure: SessionWatch.Failure) -> Finding {
        let bound: [Cause] = sameID ? [.sameClientID] : [.boundClientID]
        return switch failure {
        case .connection(let words): hasTLS ? noTLS(words, told: nil) : noTCP(words)
        case .configuration(let words):
            .failed(
                .mqtt, "AT+MCONFIG was answered \(words)",
                sessionCauses + [
                    Cause(
                        "a value that this firmware does not take", try: "[remote] client_id, username, password_file")
                ],
                facts: [.text("answer", words)])
        case .refused(let words):
            .failed(
                .mqtt, "the broker refused the session: \(words)", sessionCauses + [.credentials] + bound,
                facts: [.text("answer", words)])
        case .closed:
            .failed(
                .mqtt, "the broker closed the connection instead of CONNACK",
                sessionCauses + [.credentials] + bound + (hasTLS ? [] : [.tlsPort]), facts: [.text("answer", "CLOSED")])
        case .subscription(let words):
            .failed(.publish, "the subscription was answered \(words)", [.topicRights], facts: [.text("answer", words)])
        }
    }

    /// No session over the socket, in the words of our own client.
    func noOwnSession(_ reason: String) -> Finding {
        let bound: [Cause] = sameID ? [.sameClientID] : [.boundClientID]
        let isSilent = ["within", "in time", "keep-alive", "no answer"].contains { reason.firstRange(of: $0) != nil }
        let isClosed = reason.firstRange(of: "closed") != nil
        var causes = isSilent || isClosed ? (hasTLS ? [] : [Cause.tlsPort]) : []
        causes += sessionCauses + (isSilent ? [.slowBroker] : [.ownCredentials] + bound)
        return .failed(.mqtt, reason, causes, facts: [.text("answer", reason)])
    }

    /// Neither CONNACK nor a refusal.
    var silence: Finding {
        .failed(.mqtt, "no CONNACK", (hasTLS ? [] : [.tlsPort]) + [.slowBroker, .credentials])
    }

    /// A message went out and came back after so many milliseconds.
    static func publish(_ topic: String, milliseconds: Int) -> Finding {
        .ok(.publish, "back after \(milliseconds) ms", [.text("topic", topic), .number("milliseconds", milliseconds)])
    }

    /// It did not.
    func noPublish(_ topic: String, _ text: String) -> Finding {
        .failed(
            .publish, "\(topic): \(text)", [socket == nil ? .topicRights : .ownTopicRights, .slowBroker],
            facts: [.text("topic", topic)])
    }
}
