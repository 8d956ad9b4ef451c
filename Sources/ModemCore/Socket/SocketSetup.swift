import ATProtocol

/// The settings a family wants before a connection is opened, in order, as data. They are given again in every life of
/// the module, because another program may have left others.
enum SocketSetup {
    /// What a refusal means.
    enum Refusal: Equatable {
        /// Nothing: it is the default, or cannot be changed now and need not be.
        case harmless
        /// The link works, and not as it should: for people.
        case odd
        /// No connection can be made like this.
        case fatal
    }

    /// One setting.
    struct Setting: Equatable {
        var command: ATCommand
        /// Another form of it, tried when the first is refused.
        var other: ATCommand?
        var refusal = Refusal.harmless
    }

    /// TCP's own keep-alive is begun with after this time at least; where MQTT's own pings come, it never begins.
    static let leastProbeTime = 180

    static func settings(_ settings: LinkSettings, _ profile: ModuleProfile) throws(ATEncodingError) -> [Setting] {
        switch profile.socket.dialect {
        case .cip: return try cip(settings)
        case .qi: return try qi(settings)
        case .bc260y:
            // Hexadecimal both ways (BC260Y-CN TCP/IP guide 2.3.1), and no power saving mode, in which nothing is told of
            // what comes in (2.4; 3GPP TS 27.007, 7.38).
            return [Setting(command: .qicfgDataFormat, refusal: .fatal), Setting(command: plain("AT+CPSMS=0"))]
        }
    }

    private static func cip(_ settings: LinkSettings) throws(ATEncodingError) -> [Setting] {
        // Not more probes than needed: 180 s is what Air780EP TCP over SSL advises against NATs, and MQTT's pings are
        // as good.
        let idle = min(max(leastProbeTime, (settings.streamKeepalive ?? settings.keepalive) + 60), 7200)
        let receive =
            settings.readsStreamOnRequest
            // Every arrival is told, or, before V867, the first one (YM310 AT manual 9.27).
            ? Setting(command: .ciprxget(5), other: .ciprxget(1), refusal: .fatal)
            : Setting(command: .ciphead(1), refusal: .fatal)
        // A line end behind each piece that is pushed shows that none of its bytes was lost on the line (9.12).
        let ends = settings.readsStreamOnRequest ? [] : [Setting(command: .ciprxf(0))]
        return [
            // One connection, not transparent, without the module's TLS (YM310 AT manual 9.1, 9.10, 9.6).
            Setting(command: .cipmux(0)), Setting(command: plain("AT+CIPMODE=0")),
            Setting(command: plain("AT+CIPSSL=0")),
            // A send ends when the module has it (9.11), with its prompt (9.16).
            Setting(command: .cipqsend(1), refusal: .odd), Setting(command: plain("AT+CIPSPRT=1")),
            // A frame's head is its length and nothing else (9.24, 9.22).
            Setting(command: plain("AT+CIPSHOWTP=0")), Setting(command: plain("AT+CIPSRIP=0")),
            settings.readsStreamOnRequest ? Setting(command: .ciphead(1)) : Setting(command: .ciprxget(0)),
            receive,
        ] + ends + [
            // 9.32.
            Setting(command: try .ciptka(idle: idle, interval: 75, count: 6))
        ]
    }

    private static func qi(_ settings: LinkSettings) throws(ATEncodingError) -> [Setting] {
        var list = [Setting(command: .qifgcnt(0), refusal: .odd)]
        if let point = settings.accessPoint {
            list.append(
                Setting(
                    command: try .qicsgp(apn: point.name, user: point.username ?? "", password: point.password ?? ""),
                    refusal: .odd))
        }
        return list + [
            // One connection, commands, the form of the server's address, and bytes are read on request
            // (Quectel GSM TCP/IP guide 2, 3).
            Setting(command: .qimux(0), refusal: .odd), Setting(command: .qimode(0)),
            Setting(command: .qidnsip(isAddress(settings.host) ? 0 : 1), refusal: .odd),
            Setting(command: .qindi(1), refusal: .fatal),
        ]
    }

    /// Whether the host is an IPv4 address.
    static func isAddress(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.utf8.count) && part.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
            }
    }

    private static func plain(_ line: String) -> ATCommand { ATCommand(line: Array(line.utf8)) }
}
