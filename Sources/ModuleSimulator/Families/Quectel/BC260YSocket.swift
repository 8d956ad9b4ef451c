/// Opening, closing and asking on the BC260Y-CN (manual 004 2.3.2 to 2.3.4).
extension SimulatedModule {
    /// How long a local port somebody chose stays taken after QICLOSE (2.3.2 note 5).
    private static let portPause = Duration.seconds(120)

    mutating func bc260ySocketReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+QIOPEN", .test):
            return .says("+QIOPEN: (0),(0-4),\"TCP/UDP\",<host>,<remote_port>,<local_port>,(1)")
        case ("+QIOPEN", .set(let arguments)): return bc260yOpen(arguments, now: now)
        case ("+QICLOSE", .test): return .says("+QICLOSE: (0-4)")
        case ("+QICLOSE", .set):
            guard let socket = bc260y.socket, command.number == socket.id else { return .error }
            bc260ySendBroken()
            closeStream(now: now)
            if socket.localPort > 0 { bc260y.takenPorts[socket.localPort] = now + Self.portPause }
            bc260y.socket = nil
            return Reply(ending: .okThen(["CLOSE OK"]))
        case ("+QISTATE", .test): return .ok
        case ("+QISTATE", .query): return Reply(lines: socketLines { _ in true })
        case ("+QISTATE", .set(let arguments)):
            guard arguments.count == 2, let kind = arguments[0].number, let id = arguments[1].number else {
                return .error
            }
            switch kind {
            case 0 where id == 0: return Reply(lines: socketLines { _ in true })
            case 1 where id <= 4: return Reply(lines: socketLines { $0.id == id })
            default: return .error
            }
        case ("+QISEND", .test): return .says("+QISEND: (0-4),(0-1024),<data>,<rai_mode>")
        case ("+QIOPEN", _), ("+QICLOSE", _), ("+QISTATE", _), ("+QISEND", _): return .error
        default: return nil
        }
    }

    private func socketLines(where isWanted: (BC260YState.Socket) -> Bool) -> [[UInt8]] {
        guard let socket = bc260y.socket, isWanted(socket) else { return [] }
        return [
            ascii(
                "+QISTATE: \(socket.id),\"TCP\",\"\(socket.host)\",\(socket.port),\(socket.localPort),"
                    + "\(socket.state.rawValue),0,1")
        ]
    }

    // MARK: Opening

    /// `AT+QIOPEN=0,<id>,"TCP","<host>",<port>[,<local port>[,1]]`: OK, and the outcome within 60 s.
    private mutating func bc260yOpen(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard (5...7).contains(arguments.count), arguments[0].number == 0, let id = arguments[1].number, id <= 4,
            (1...150).contains(arguments[3].bytes.count), let port = arguments[4].number, (1...65535).contains(port),
            let localPort = arguments.count > 5 ? arguments[5].number : 0, localPort <= 65535,
            arguments.count < 7 || arguments[6].number == 1, bc260y.hasAddress
        else { return .error }
        func fails(_ code: Int) -> Reply { Reply(ending: .okThen(["+QIOPEN: \(id),\(code)"])) }
        // Until QICLOSE the id stays taken, whatever became of its connection.
        if bc260y.socket?.id == id { return fails(563) }
        // The guide knows UDP and five sockets; one TCP socket is played.
        guard arguments[2].text == "TCP" else { return fails(555) }
        guard bc260y.socket == nil else { return fails(554) }
        var socket = BC260YState.Socket(id: id, host: arguments[3].text, port: port, localPort: localPort)
        socket.state = .closing
        defer { bc260y.socket = socket }
        if let end = bc260y.takenPorts[localPort], now < end {
            // It never had the port, so QICLOSE does not give it back.
            socket.localPort = 0
            return fails(574)
        }
        guard cell.hasBearer else { return fails(561) }
        guard Self.address(of: socket.host) != nil else { return fails(565) }
        socket.state = .connecting
        openStream(host: socket.host, port: UInt16(port), now: now)
        return .ok
    }

    mutating func bc260yStreamHappened(_ event: StreamEvent, now: Duration) {
        guard let socket = bc260y.socket else { return }
        switch event {
        case .opened:
            bc260y.socket?.state = .connected
            printLine("+QIOPEN: \(socket.id),0")
        case .failed:
            bc260y.socket?.state = .closing
            printLine("+QIOPEN: \(socket.id),566")
        case .received: bc260yReceived()
        case .acknowledged: bc260yWindowMoved(now: now)
        case .closed, .bearerLost:
            bc260ySendBroken()
            bc260y.socket?.state = .closing
            let isOpen = socket.state == .connected
            printLine(isOpen ? "+QIURC: \"closed\",\(socket.id)" : "+QIOPEN: \(socket.id),570")
        }
    }
}
