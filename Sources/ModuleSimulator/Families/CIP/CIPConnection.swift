/// The scene and the connection (YM310 AT manual 9.2, 9.4, 9.5, 9.9, 9.17, 9.18, 9.28, 9.29, and the states of 9.40).
extension SimulatedModule {
    mutating func cipConnectionReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+CSTT", .test): return .says("+CSTT: \"APN\",\"USER\",\"PWD\"")
        case ("+CSTT", .query):
            let apn = cip.scene[0].isEmpty ? cell.contexts[1]?.apn ?? "" : cip.scene[0]
            return .says("+CSTT: \"\(apn)\",\"\(cip.scene[1])\",\"\(cip.scene[2])\"")
        case ("+CSTT", .execute): return startScene([])
        case ("+CSTT", .set(let arguments)): return startScene(arguments)
        case ("+CIICR", .test), ("+CIFSR", .test), ("+CIPSTATUS", .test), ("+CIPSHUT", .test), ("+CIPACK", .test),
            ("+CIPCLOSE", .test):
            return .ok
        case ("+CIICR", .execute):
            guard cell.ip == .start else { return .fails(.notAllowed) }
            // 9.40: IP CONFIG at once, IP GPRSACT with the OK.
            cell.ip = .config
            return Reply(ending: .later(.milliseconds(200), .cip(.activate)))
        case ("+CIFSR", .execute): return localAddress()
        case ("+CIPSTATUS", .execute): return Reply(ending: .okThen([stateLine(cell.ip)]))
        case ("+CIPSHUT", .execute): return Reply(ending: .later(.milliseconds(200), .shutContext))
        case ("+CIPSTART", .test):
            return .says(
                "+CIPSTART: (\"TCP\",\"UDP\"),(\"(0-255).(0-255).(0-255).(0-255)\"),(1-65535)",
                "+CIPSTART: (\"TCP\",\"UDP\"),(\"DOMAIN NAME\"),(1-65535)")
        case ("+CIPSTART", .set(let arguments)): return startConnection(arguments, now: now)
        case ("+CIPACK", .execute):
            let blank = dialect.has(.ackBlanks) ? " " : ""
            let counts = [stream.sent, stream.acknowledged, stream.unacknowledged].map(String.init)
            return .says("+CIPACK: " + counts.joined(separator: "," + blank))
        // With a link number: only for several links.
        case ("+CIPACK", .set): return .fails(.notAllowed)
        case ("+CIPCLOSE", .execute): return closeConnection(now: now)
        case ("+CIPCLOSE", .set):
            guard setting(command, 0...1) != nil else { return .fails(.invalidParameters) }
            return closeConnection(now: now)
        case ("+CSTT", _), ("+CIICR", _), ("+CIFSR", _), ("+CIPSTATUS", _), ("+CIPSHUT", _), ("+CIPSTART", _),
            ("+CIPACK", _), ("+CIPCLOSE", _):
            return .error
        default: return nil
        }
    }

    func stateLine(_ state: CellState.IPState) -> String {
        (dialect.has(.stateTight) ? "STATE:" : "STATE: ") + state.rawValue
    }

    // MARK: The scene

    private mutating func startScene(_ arguments: [ParsedCommand.Argument]) -> Reply {
        let limits = [128, 32, 32]
        guard arguments.count <= 3, zip(arguments, limits).allSatisfy({ $0.bytes.count <= $1 }) else {
            return .fails(.invalidParameters)
        }
        guard cell.ip == .initial else { return .fails(.notAllowed) }
        for (index, argument) in arguments.enumerated() { cip.scene[index] = argument.text }
        cell.ip = .start
        return .ok
    }

    mutating func activateScene() -> Reply {
        guard cell.ip == .config else { return .fails(.notAllowed) }
        guard cell.hasBearer else {
            // As the vendor's log has it: the notice stands between the command and its error.
            cell.ip = .deactivated
            printLine(deactivationText(nil))
            return .fails(.other)
        }
        cell.ip = .active
        return .ok
    }

    private mutating func localAddress() -> Reply {
        guard [.active, .status, .connecting, .connected, .closed].contains(cell.ip) else { return .error }
        if cell.ip == .active { cell.ip = .status }
        let address = dialect.has(.paddedAddress) ? "010.076.001.035" : "10.76.1.35"
        // 9.5: the address alone, without OK.
        return Reply(lines: [ascii(address)], ending: dialect.has(.addressThenOK) ? .ok : .silent)
    }

    /// 9.29: from any state to IP INITIAL; every connection is closed.
    mutating func shutContext(now: Duration) -> Reply {
        closeLink(now: now)
        closeStream(now: now)
        (stream.sent, stream.acknowledged, stream.arrived, stream.received) = (0, 0, 0, [])
        cip.hasNoticed = false
        cell.ip = .initial
        if dialect.has(.shutPlainOK) { return .ok }
        return dialect.has(.shutThenOK) ? Reply(lines: [ascii("SHUT OK")]) : Reply(ending: .text("SHUT OK"))
    }

    // MARK: The connection

    private mutating func startConnection(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        // The syntax of several links on a single one, and the other way round, is 3 (vendor's walk-through).
        guard !cell.isMultiLink, arguments.count == 3 else { return .fails(.notAllowed) }
        let mode = arguments[0].text.uppercased()
        guard ["TCP", "UDP"].contains(mode), (1...128).contains(arguments[1].bytes.count),
            let port = arguments[2].number.flatMap({ UInt16(exactly: $0) }), port > 0
        else { return .fails(.invalidParameters) }
        guard mode == "TCP" else { return .fails(.notAllowed) }
        if cell.ip == .connected {
            return Reply(
                ending: dialect.has(.alreadyAlone) ? .text("ALREADY CONNECT") : .okThen(["ALREADY CONNECT"]))
        }
        guard [.initial, .status, .closed].contains(cell.ip) else { return .fails(.notAllowed) }
        cell.ip = .connecting
        cip.hasNoticed = false
        cip.target = "\(arguments[1].text):\(port)"
        openStream(host: arguments[1].text, port: port, now: now)
        return .ok
    }

    mutating func cipConnectFailed() {
        if cell.ip == .connecting { cell.ip = .closed }
        if dialect.has(.tcpErrors) { printLine("TCP ERROR:11") }
        printLine(stateLine(cell.ip))
        printLine("CONNECT FAIL")
    }

    /// 9.28: only while connecting or connected.
    private mutating func closeConnection(now: Duration) -> Reply {
        guard !cell.isMultiLink, stream.link != .closed else { return .error }
        closeStream(now: now)
        stream.received = []
        cip.hasNoticed = false
        cell.ip = .closed
        return Reply(ending: .text("CLOSE OK"))
    }
}
