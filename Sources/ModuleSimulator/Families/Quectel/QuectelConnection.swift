/// Opening and closing on the Quectel GSM modules (manual 003 chapters 3 and 7).
extension SimulatedModule {
    mutating func quectelConnectionReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+QIOPEN", .test):
            return .says("+QIOPEN: \"TCP\",(0-255).(0-255).(0-255).(0-255),(1-65535)")
        case ("+QIREGAPP", .test), ("+QIACT", .test), ("+QILOCIP", .test), ("+QICLOSE", .test), ("+QIDEACT", .test),
            ("+QISTAT", .test):
            return .ok
        case ("+QIREGAPP", .execute), ("+QIREGAPP", .set):
            guard cell.ip == .initial, (command.arguments?.count ?? 1) <= 3 else { return .error }
            cell.ip = .start
            return .ok
        case ("+QIACT", .execute):
            guard cell.ip == .start else { return .error }
            return Reply(ending: .later(.milliseconds(200), .quectel(.activateContext)))
        case ("+QILOCIP", .execute):
            guard [.active, .status, .connecting, .connected, .closed].contains(cell.ip) else { return .error }
            if cell.ip == .active { cell.ip = .status }
            // The address alone, without OK.
            return Reply(lines: [ascii(Self.localAddress)], ending: .silent)
        case ("+QIOPEN", .set(let arguments)): return quectelOpen(arguments, now: now)
        case ("+QICLOSE", .execute):
            guard cell.ip == .connecting || cell.ip == .connected else { return .error }
            closeStream(now: now)
            stream.received = []
            cell.ip = .closed
            return Reply(ending: .text("CLOSE OK"))
        case ("+QIDEACT", .execute):
            return Reply(ending: .later(options.deactivation, .quectel(.deactivateContext)))
        case ("+QISTAT", .execute):
            let state = cell.ip == .closed ? "IP CLOSE" : cell.ip.rawValue
            return Reply(ending: .okThen([(dialect.has(.stateTight) ? "STATE:" : "STATE: ") + state]))
        case ("+QIOPEN", _), ("+QIREGAPP", _), ("+QIACT", _), ("+QILOCIP", _), ("+QICLOSE", _), ("+QIDEACT", _),
            ("+QISTAT", _):
            return .error
        default: return nil
        }
    }

    static let localAddress = "10.76.1.35"

    // MARK: The context

    mutating func contextActivated() -> Reply {
        guard cell.hasBearer else {
            cell.ip = .config
            return .error
        }
        cell.ip = .active
        return .ok
    }

    /// From any state to IP INITIAL; the next context is a new one, which cures what a new context can.
    mutating func contextDeactivated(now: Duration) -> Reply {
        closeStream(now: now)
        cell.ip = .initial
        if let lost = cell.lost, lost.rawValue <= CellState.Cure.cgact.rawValue {
            cell.lost = nil
            if cell.isAttached { activateDefault() }
        }
        return Reply(ending: .text("DEACT OK"))
    }

    /// Whether a context is open, so that its end is told.
    var quectelHasContext: Bool { [.active, .status, .connecting, .connected, .closed].contains(cell.ip) }

    // MARK: The connection

    /// Chapter 3: OK says that the syntax and the state are right; CONNECT OK or CONNECT FAIL comes later.
    private mutating func quectelOpen(_ arguments: [ParsedCommand.Argument], now: Duration) -> Reply {
        guard arguments.count == 3, !quectel.isMultiplexed, arguments[0].text.uppercased() == "TCP",
            (1...100).contains(arguments[1].bytes.count), let port = arguments[2].number, (1...65535).contains(port)
        else { return .error }
        let host = arguments[1].text
        guard quectel.takesNames || Self.isAddress(host) else { return .error }
        if cell.ip == .connected { return Reply(ending: .text("ALREADY CONNECT")) }
        guard [.initial, .status, .closed].contains(cell.ip) else { return .error }
        // Without a bearer it is the context that fails, and QIDEACT is the way out of that.
        cell.ip = cell.hasBearer ? .connecting : .config
        (quectel.host, quectel.port) = (host, port)
        (quectel.hasAnnounced, quectel.notices) = (false, 0)
        openStream(host: host, port: UInt16(port), now: now)
        return .ok
    }

    static func isAddress(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    mutating func quectelStreamHappened(_ event: StreamEvent, now: Duration) {
        switch event {
        case .opened:
            cell.ip = .connected
            printLine("CONNECT OK")
        case .failed: printLine("CONNECT FAIL")
        case .received: quectelReceived()
        case .acknowledged: quectelWindowMoved(now: now)
        case .closed:
            quectelSendBroken(now: now)
            cell.ip = .closed
            if dialect.has(.forgetsUnread) { stream.received = [] }
            printLine("CLOSED")
        case .bearerLost:
            quectelSendBroken(now: now)
            // CFUN, CGATT and `pdp-deact` have set the state themselves.
            guard quectelHasContext else { return }
            cell.ip = .deactivated
            printLine(deactivationText(nil))
        }
    }
}
