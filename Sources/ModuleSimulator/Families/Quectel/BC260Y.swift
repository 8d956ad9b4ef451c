/// What the socket commands of the BC260Y-CN remember (manual 004, BC260Y-CN TCP/IP guide V1.0).
struct BC260YState: Equatable {
    /// QICFG="dataformat": whether data are hexadecimal, on their way out and in. Kept through restarts (2.3.1).
    var sendsHex = false
    var receivesHex = false
    /// `+IP:` was told: sockets may be opened (2.3.2 note 4).
    var hasAddress = false
    /// The one socket that is played; nil while every id is "Initial".
    var socket: Socket?
    /// Local ports somebody chose, and until when they are taken after QICLOSE.
    var takenPorts: [Int: Duration] = [:]
    /// QIDNSCFG.
    var nameServers = ["218.2.2.2", "8.8.8.8"]

    struct Socket: Equatable {
        /// The `<socket_state>` of 2.3.4.
        enum State: Int { case connecting = 1, connected = 2, closing = 3 }

        var id: Int
        var host: String
        var port: Int
        /// 0: the module chose one.
        var localPort = 0
        var state = State.connecting
        /// A QISEND has had its OK and waits for SEND OK or SEND FAIL.
        var isSending = false
        /// Its data, while the window has no room for them.
        var waiting: [UInt8]?
    }

    init() {}

    /// After a restart.
    init(keeping old: BC260YState) { (sendsHex, receivesHex) = (old.sendsHex, old.receivesHex) }
}

extension SimulatedModule {
    /// A timer of the family.
    enum BC260YTimer: Equatable {
        /// SEND OK or SEND FAIL is due.
        case sent(connection: Int, isGood: Bool)
        /// Data have waited for room as long as they may.
        case sendGivenUp(connection: Int)
    }

    mutating func bc260yTimerFired(_ timer: BC260YTimer, now: Duration) {
        switch timer {
        case .sent(let connection, let isGood):
            if stream.connection == connection { bc260ySendEnded(isGood: isGood) }
        case .sendGivenUp(let connection):
            guard stream.connection == connection, bc260y.socket?.waiting != nil else { return }
            bc260ySendEnded(isGood: false)
        }
    }

    mutating func bc260yReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        bc260yBasicReply(command, now: now) ?? bc260yServiceReply(command, now: now)
            ?? bc260ySocketReply(command, now: now)
    }

    /// A context has come up: the BC260Y tells its address (2.3.2 note 4).
    mutating func reportAddress() {
        guard profile.family == .bc260y, power == .running || power == .booting else { return }
        bc260y.hasAddress = true
        printLine("+IP: \(Self.localAddress)")
    }

    // MARK: Basic commands

    private mutating func bc260yBasicReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        let text = profile.identity.split(separator: "\n").map { ascii(String($0)) }
        switch (command.name, command.form) {
        case ("I", .execute), ("I", .set): return Reply(lines: text)
        case ("+CGMI", .execute): return .says(profile.manufacturer)
        case ("+CGMM", .execute): return .says(profile.model)
        case ("+CGMR", .execute): return Reply(lines: text.suffix(1))
        case ("+CGSN", .set): return command.number == 1 ? .says("+CGSN: \(Self.serialNumber)") : .error
        case ("+QCCID", .execute):
            if let problem = cardProblem(now: now) { return .fails(problem) }
            return .says("+QCCID: \(Self.cardNumber)")
        case ("+CBC", .execute): return .says("+CBC: 0,0,3805")
        case ("+CGPADDR", .execute):
            return cell.hasBearer ? .says("+CGPADDR: 1,\"\(Self.localAddress)\"") : .ok
        // Sleep is not played; what switches it is taken.
        case ("+QSCLK", .set): return setting(command, 0...2) == nil ? .error : .ok
        case ("+CPSMS", .set), ("+CEDRXS", .set): return .ok
        // Commands of the Luat family, and of networks that NB-IoT is not.
        case ("+VER", _), ("+RESET", _), ("+ICCID", _), ("+CNTP", _), ("+CNTPCID", _), ("+SAPBR", _), ("+CPNETAPN", _),
            ("+CREG", _), ("+CGREG", _):
            return .error
        default: return nil
        }
    }

    // MARK: Names, time, and what stays set

    private mutating func bc260yServiceReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+QICFG", .test): return .says("+QICFG: \"dataformat\",(0,1),(0,1)")
        case ("+QICFG", .set(let arguments)): return setDataFormat(arguments)
        case ("+QIDNSGIP", .test): return .says("+QIDNSGIP: (0),<host_name>")
        case ("+QIDNSGIP", .set(let arguments)): return bc260yLookUp(arguments)
        case ("+QIDNSCFG", .test): return .says("+QIDNSCFG: (0),<pridnsaddr>,<secdnsaddr>")
        case ("+QIDNSCFG", .set(let arguments)):
            guard arguments[0].number == 0, arguments.count <= 3, bc260y.hasAddress else { return .error }
            let servers = arguments.dropFirst().map(\.text)
            guard servers.allSatisfy({ (1...64).contains($0.utf8.count) }) else { return .error }
            if servers.isEmpty {
                return .says("+QIDNSCFG: 0,\"\(bc260y.nameServers[0])\",\"\(bc260y.nameServers[1])\",\"::\",\"::\"")
            }
            bc260y.nameServers = servers.count == 1 ? [servers[0], "0.0.0.0"] : servers
            return .ok
        case ("+QNTP", .test): return .says("+QNTP: (0),<server>,<port>,(0,1)")
        case ("+QNTP", .set(let arguments)): return bc260yAskTime(arguments, now: now)
        case ("+QICFG", _), ("+QIDNSGIP", _), ("+QIDNSCFG", _), ("+QNTP", _): return .error
        default: return nil
        }
    }

    private mutating func setDataFormat(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard arguments[0].text == "dataformat" else { return .error }
        if arguments.count == 1 {
            return .says("+QICFG: \"dataformat\",\(bc260y.sendsHex ? 1 : 0),\(bc260y.receivesHex ? 1 : 0)")
        }
        guard arguments.count == 3, let send = arguments[1].number, let receive = arguments[2].number, send <= 1,
            receive <= 1
        else { return .error }
        (bc260y.sendsHex, bc260y.receivesHex) = (send == 1, receive == 1)
        return .ok
    }

    private func bc260yLookUp(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard arguments.count == 2, arguments[0].number == 0, (1...150).contains(arguments[1].bytes.count) else {
            return .error
        }
        guard cell.hasBearer, let address = Self.address(of: arguments[1].text) else {
            return Reply(ending: .okThen(["+QIDNSGIP: 565"]))
        }
        return Reply(ending: .okThen(["+QIDNSGIP: 0,1,0", "+QIDNSGIP: \"\(address)\""]))
    }

    /// Nothing is looked up here: names below `.invalid` (RFC 2606) are nobody's, the others are told as an address of
    /// the documentation's network.
    static func address(of host: String) -> String? {
        if isAddress(host) { return host }
        if host.hasSuffix(".invalid") { return nil }
        return host == "localhost" ? "127.0.0.1" : "198.51.100.7"
    }

    private mutating func bc260yAskTime(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard (2...4).contains(arguments.count), arguments[0].number == 0, !arguments[1].isEmpty else { return .error }
        guard cell.hasBearer, options.hasTimeServer, !faults.isNetworkHeld(now) else {
            return Reply(ending: .okThen(["+QNTP: 569"]))
        }
        let unix = trueTime(now)
        if arguments.count == 4, arguments[3].number == 1 { clock = ModuleClock(unix: unix, zone: 32, now: now) }
        return Reply(ending: .okThen(["+QNTP: 0,\"\(CivilTime(unix: unix).shortText)+32\""]))
    }
}
