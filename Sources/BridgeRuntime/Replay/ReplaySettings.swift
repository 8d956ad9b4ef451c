import ATProtocol
import ModemCore

/// What of the link's settings decides which commands are sent, in the header of a record. Of secrets it says only that
/// there are some.
struct ReplaySettings: Equatable {
    /// Stands for a secret; commands are compared redacted.
    private static let secret = "secret"

    /// The settings.
    var link: LinkSettings
    /// The line's rate.
    var baud = 115_200
    /// The profile that was in use when it was written.
    var profile: ModuleProfile?
    /// Unix seconds at the record's first event.
    var wallClock: Int64 = 0

    /// Settings as they were when the bridge was started.
    init(link: LinkSettings, baud: Int) {
        self.link = link
        self.baud = baud
    }

    // MARK: Writing

    /// The lines of the header.
    var lines: [String] {
        func text(_ bytes: some Sequence<UInt8>) -> String { RecordText.escaped(bytes) }
        func secret(_ bytes: [UInt8]?) -> String? { bytes.map { $0.isEmpty ? "empty" : "set" } }
        var lines: [String] = []
        func put(_ key: String, _ value: String?) { if let value { lines.append("\(key)=\(value)") } }
        put("baud", "\(baud)")
        put("clock", "\(wallClock)")
        put("profile", link.profile?.name)
        put("profile_in_use", profile?.name)
        put("pin", link.pin.map { _ in "set" })
        if let accessPoint = link.accessPoint {
            put("apn", text(accessPoint.name.utf8))
            put("apn_user", secret(accessPoint.username.map { Array($0.utf8) }))
            put("apn_password", secret(accessPoint.password.map { Array($0.utf8) }))
            put("apn_authentication", "\(accessPoint.authentication.rawValue)")
        }
        switch link.linkChoice {
        case .automatic: put("link", "auto")
        case .socket: put("link", "socket")
        case .mqtt: break
        }
        if link.streamIsSecured { put("stream_tls", "1") }
        put("stream_cached", link.streamCachedReceive.map { $0 ? "1" : "0" })
        put("stream_keepalive", link.streamKeepalive.map { "\($0)" })
        put("fixed_rate", link.baudRate.map { "\($0)" })
        put("context", "\(link.contextID)")
        put("host", text(link.host.utf8))
        put("port", "\(link.port)")
        put("client_id", text(link.clientID))
        put("user", secret(link.username))
        put("password", secret(link.password))
        if let will = link.will {
            put("will", "\(will.qos) \(will.retain ? 1 : 0) \(will.message.count) \(text(will.topic))")
        }
        put("clean_session", link.cleanSession ? "1" : "0")
        put("keepalive", "\(link.keepalive)")
        put("ack_timeout_ms", "\(Int64(link.acknowledgementTimeout / .milliseconds(1)))")
        put("cached", link.cachedReceive ? "1" : "0")
        for (index, subscription) in link.subscriptions.enumerated() {
            put("subscription.\(index)", "\(subscription.qos) \(text(subscription.filter))")
        }
        for (index, filter) in link.staleSubscriptions.enumerated() { put("stale.\(index)", text(filter)) }
        put("rts_cts", link.hardwareFlowControl ? "1" : "0")
        put("hardware_reset", link.hasHardwareReset ? "1" : "0")
        put("booting", link.mayBeBooting ? "1" : "0")
        put("seed", "\(link.seed)")
        put("ladder", text(link.ladderMemory.encoded(wallClock: wallClock)))
        if let tls = link.tls { lines += Self.lines(tls) }
        return lines
    }

    private static func lines(_ tls: TLSSettings) -> [String] {
        var lines = [
            "tls=\(RecordText.escaped(tls.hostName.utf8))", "tls.verify=\(tls.verify ? 1 : 0)",
            "tls.version=\(tls.version)", "tls.ignore_time=\(tls.ignoreLocalTime ? 1 : 0)",
            "tls.upload=\(tls.uploadSeconds)", "tls.ntp=\(RecordText.escaped(tls.ntpServer.utf8))",
            "tls.manifests=\(RecordText.escaped(tls.manifests.encoded))",
        ]
        if let suite = tls.cipherSuite { lines.append("tls.suite=\(suite)") }
        if let seconds = tls.negotiateTimeout { lines.append("tls.negotiate=\(seconds)") }
        if let mode = tls.verifyMode { lines.append("tls.mode=\(mode)") }
        for (kind, file) in tls.files.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            lines.append("tls.\(kind.rawValue)=\(file.contents.count) \(RecordText.escaped(file.digest))")
        }
        return lines
    }

    // MARK: Reading

    /// From a header; nil when it has none of a bridge.
    init?(_ settings: [String: String]) {
        func bytes(_ key: String) -> [UInt8]? { settings[key].flatMap { RecordText.unescaped(Array($0.utf8)) } }
        func text(_ key: String) -> String? { bytes(key).map { String(decoding: $0, as: UTF8.self) } }
        func number(_ key: String, _ range: ClosedRange<Int>) -> Int? {
            settings[key].flatMap { Int($0) }.flatMap { range.contains($0) ? $0 : nil }
        }
        func secret(_ key: String) -> String? { settings[key].map { $0 == "empty" ? "" : Self.secret } }
        guard let host = text("host"), let port = number("port", 1...65535), let client = bytes("client_id") else {
            return nil
        }
        link = LinkSettings(host: host, port: port, clientID: client)
        baud = number("baud", 300...4_000_000) ?? 115_200
        wallClock = settings["clock"].flatMap { Int64($0) }.flatMap { (0...1 << 40).contains($0) ? $0 : nil } ?? 0
        profile = settings["profile_in_use"].flatMap(ModuleProfile.named)
        link.profile = settings["profile"].flatMap(ModuleProfile.named)
        link.pin = settings["pin"].map { _ in "0000" }
        link.accessPoint = text("apn").map { name in
            LinkSettings.AccessPoint(
                name: name, username: secret("apn_user"), password: secret("apn_password"),
                authentication: number("apn_authentication", 0...3).flatMap(
                    ATCommand.BearerAuthentication.init(rawValue:)))
        }
        link.linkChoice =
            switch settings["link"] {
            case "auto": .automatic
            case "socket": .socket
            default: .mqtt
            }
        link.streamIsSecured = settings["stream_tls"] == "1"
        link.streamCachedReceive = settings["stream_cached"].map { $0 == "1" }
        link.streamKeepalive = number("stream_keepalive", 0...65535)
        link.baudRate = number("fixed_rate", 300...4_000_000)
        link.contextID = number("context", 1...15) ?? 1
        link.username = secret("user").map { Array($0.utf8) }
        link.password = secret("password").map { Array($0.utf8) }
        link.will = settings["will"].flatMap(Self.will)
        link.cleanSession = settings["clean_session"] == "1"
        link.keepalive = number("keepalive", 1...65535) ?? 120
        link.acknowledgementTimeout = .milliseconds(number("ack_timeout_ms", 1...86_400_000) ?? 10_000)
        link.cachedReceive = settings["cached"] == "1"
        for index in 0..<256 {
            guard let value = settings["subscription.\(index)"], let qos = value.first?.wholeNumberValue,
                let filter = RecordText.unescaped(Array(value.dropFirst(2).utf8)), (0...2).contains(qos)
            else { break }
            link.subscriptions.append(LinkSettings.Subscription(filter: filter, qos: qos))
        }
        for index in 0..<256 {
            guard let filter = bytes("stale.\(index)") else { break }
            link.staleSubscriptions.append(filter)
        }
        link.hardwareFlowControl = settings["rts_cts"] == "1"
        link.hasHardwareReset = settings["hardware_reset"] == "1"
        link.mayBeBooting = settings["booting"] == "1"
        link.seed = settings["seed"].flatMap { UInt64($0) } ?? 0
        link.ladderMemory =
            bytes("ladder").flatMap { LadderMemory(encoded: $0, wallClock: wallClock) } ?? LadderMemory()
        if let name = text("tls") {
            var tls = TLSSettings(hostName: name)
            tls.verify = settings["tls.verify"] != "0"
            tls.version = number("tls.version", 0...4) ?? 3
            tls.ignoreLocalTime = settings["tls.ignore_time"] == "1"
            tls.uploadSeconds = number("tls.upload", 1...3600) ?? 15
            tls.ntpServer = text("tls.ntp") ?? tls.ntpServer
            tls.manifests = TLSManifests(encoded: bytes("tls.manifests") ?? [])
            tls.cipherSuite = number("tls.suite", 0...65535).map { UInt16($0) }
            tls.negotiateTimeout = number("tls.negotiate", 1...3600)
            tls.verifyMode = number("tls.mode", 0...1)
            for kind in TLSFileKind.allCases { tls.files[kind] = settings["tls.\(kind.rawValue)"].flatMap(Self.file) }
            link.tls = tls
        }
    }

    private static func will(_ text: String) -> MqttWill? {
        let words = text.split(separator: " ", maxSplits: 3)
        guard words.count == 4, let qos = Int(words[0]), (0...2).contains(qos), let size = Int(words[2]),
            (0...4096).contains(size), let topic = RecordText.unescaped(Array(words[3].utf8))
        else { return nil }
        return MqttWill(
            topic: topic, message: [UInt8](repeating: 0x78, count: size), qos: qos, retain: words[1] == "1")
    }

    private static func file(_ text: String) -> TLSFile? {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let size = Int(words[0]), (1...65536).contains(size),
            let digest = RecordText.unescaped(Array(words[1].utf8))
        else { return nil }
        return TLSFile(contents: [UInt8](repeating: 0x78, count: size), digest: digest)
    }
}
