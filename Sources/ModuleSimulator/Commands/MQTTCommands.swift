/// YM310 AT manual chapter 13, the session: MCONFIG, MIPSTART, MCONNECT, MDISCONNECT, MIPCLOSE, MQTTSTATU.
extension SimulatedModule {
    /// Longest topic, client id, user and password.
    static let nameLimit = 256
    /// Longest will message.
    static let willLimit = 1360

    mutating func mqttSessionReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+MCONFIG", .test):
            return .says("+MCONFIG: <clientid>[,<username>,<password>[,(0-2),(0,1),<will_topic>,<will_message>]]")
        case ("+MCONFIG", .set(let arguments)): return configure(arguments)
        case ("+MIPSTART", .test), ("+SSLMIPSTART", .test):
            return .says(
                command.name + ":\"(0,255).(0,255).(0,255).(0,255)\",(1-65535)",
                command.name + ":\"DOMAIN NAME\",(1-65535)")
        case ("+MIPSTART", .set(let arguments)): return start(arguments, secure: false, now: now)
        case ("+SSLMIPSTART", .set(let arguments)): return start(arguments, secure: true, now: now)
        case ("+MCONNECT", .test): return .says("+MCONNECT:(0-1),(1-65535)")
        case ("+MCONNECT", .set(let arguments)): return connect(arguments, now: now)
        case ("+MDISCONNECT", .test), ("+MIPCLOSE", .test), ("+MQTTSTATU", .test): return .ok
        case ("+MDISCONNECT", .execute):
            guard mqtt.session == .connected else { return .fails(.failed) }
            send(.disconnect, now: now)
            mqtt.session = .none
            mqtt.disconnected = true
            return .ok
        case ("+MIPCLOSE", .execute):
            guard mqtt.link != .closed else { return .fails(.failed) }
            closeLink(now: now)
            cell.ip = cell.ip == .deactivated ? .deactivated : .closed
            return .ok
        case ("+MQTTSTATU", .execute):
            return .says(dialect.has(.plainStatus) ? "+MQTTSTATU: \(mqttStatus)" : "+MQTTSTATU :\(mqttStatus)")
        case ("+MCONFIG", _), ("+MIPSTART", _), ("+SSLMIPSTART", _), ("+MCONNECT", _), ("+MDISCONNECT", _),
            ("+MIPCLOSE", _), ("+MQTTSTATU", _):
            return .error
        default: return nil
        }
    }

    /// 0 offline, 1 logged in, 2 TCP without a session (13.13).
    var mqttStatus: Int {
        guard mqtt.link == .open else { return 0 }
        return mqtt.session == .connected ? 1 : 2
    }

    private mutating func configure(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard [1, 3, 7].contains(arguments.count), !arguments[0].isEmpty,
            arguments.prefix(3).allSatisfy({ $0.bytes.count <= Self.nameLimit })
        else { return .fails(.invalidInput) }
        var identity = MQTTPacket.Connect(
            clientID: arguments[0].bytes, cleanSession: true, keepAlive: mqtt.identity.keepAlive)
        if arguments.count >= 3 {
            let (user, password) = (arguments[1].bytes, arguments[2].bytes)
            if user.isEmpty, password.isEmpty {
                // Seen on Air780E, against the manual's own advice (13.14).
                if profile.refusesEmptyCredentials { return .fails(.invalidInput) }
            } else {
                identity.username = user
                identity.password = password
            }
        }
        if arguments.count == 7 {
            guard let qos = arguments[3].number, qos < 3, let retain = arguments[4].number, retain < 2,
                arguments[5].bytes.count <= Self.nameLimit, arguments[6].bytes.count <= Self.willLimit
            else { return .fails(.invalidInput) }
            if !arguments[5].isEmpty {
                identity.will = .init(
                    topic: arguments[5].bytes, message: Self.unescaped(arguments[6].bytes), qos: UInt8(qos),
                    retain: retain == 1)
            }
        }
        mqtt.identity = identity
        return .ok
    }

    private mutating func start(_ arguments: [ParsedCommand.Argument], secure: Bool, now: Duration) -> Reply {
        guard arguments.count == 2, !arguments[0].isEmpty, let port = arguments[1].number, (1...65535).contains(port)
        else { return .fails(.invalidInput) }
        if mqtt.link == .open || mqtt.link == .connecting {
            return dialect.has(.alreadyAlone)
                ? Reply(ending: .text("ALREADY CONNECT")) : Reply(ending: .okThen(["ALREADY CONNECT"]))
        }
        openLink(host: arguments[0].text, port: UInt16(port), secure: secure, now: now)
        return accepted(expectsOutcome: true, now: now)
    }

    private mutating func connect(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard arguments.count == 2, let clean = arguments[0].number, clean < 2, let keepAlive = arguments[1].number,
            (1...65535).contains(keepAlive)
        else { return .fails(.invalidInput) }
        guard mqtt.link == .open, mqtt.session == .none, !mqtt.disconnected else { return .fails(.failed) }
        if mqtt.identity.clientID.isEmpty { mqtt.identity.clientID = ascii(Self.serialNumber) }
        mqtt.identity.cleanSession = clean == 1
        mqtt.identity.keepAlive = UInt16(keepAlive)
        mqtt.session = .connecting
        if faults.refuseConnack {
            faults.refuseConnack = false
            agenda.add(.refuseSession, at: now + options.networkLatency + .milliseconds(20))
        } else {
            send(.connect(mqtt.identity), now: now)
        }
        return accepted(expectsOutcome: true, now: now)
    }
}
