import ATProtocol

/// What a module says of its one connection.
enum SocketState: Equatable {
    /// Nothing was begun.
    case initial
    /// The bearer is there, and no connection: one may be opened.
    case ready
    /// A connection is being made, closed, or was closed by the far side.
    case busy
    /// A connection stands.
    case connected
    /// Somewhere between `initial` and `ready`: no connection may be opened.
    case between
    /// The bearer was released by the network.
    case deactivated

    /// From the answer to the state command; `nil`: there is none that makes sense.
    init?(_ result: CommandResult, _ dialect: SocketDialect) {
        guard result.isSuccess else { return nil }
        switch dialect {
        case .cip, .qi:
            guard let name = SocketState.name(in: result) else { return nil }
            self = SocketState.named(name)
        case .bc260y:
            guard let line = result.lines.last(where: { $0.starts(with: "+QISTATE".utf8) }) else {
                // No line: there is no connection (BC260Y-CN TCP/IP guide 2.3.4).
                self = .ready
                return
            }
            let fields = fieldsAfterColon(line)
            guard fields.count > 5, let state = Int(fields[5]) else { return nil }
            switch state {
            case 0: self = .ready
            case 2: self = .connected
            case 1, 3, 4: self = .busy
            default: return nil
            }
        }
    }

    /// The state after `STATE:`, wherever it stands: some print `OK` first, some last (YM310 AT manual 9.17).
    private static func name(in result: CommandResult) -> String? { line(in: result).flatMap(stateName) }

    /// The line with it.
    static func line(in result: CommandResult) -> [UInt8]? {
        var lines = result.lines
        if case .text(let last) = result.final { lines.append(last) }
        return lines.last { stateName($0) != nil }
    }

    /// `IP INITIAL` of `STATE: IP INITIAL`.
    static func stateName(_ line: [UInt8]) -> String? {
        guard line.starts(with: "STATE".utf8), let colon = line.firstIndex(of: 0x3A) else { return nil }
        let rest = line[(colon + 1)...].drop { $0 == 0x20 }
        return printable(rest.reversed().drop { $0 == 0x20 }.reversed())
    }

    /// By the names of YM310 AT manual 9.17 and Quectel GSM TCP/IP guide 3.
    static func named(_ name: String) -> SocketState {
        switch name {
        case "IP INITIAL": .initial
        case "IP STATUS", "IP CLOSE", "TCP CLOSED", "UDP CLOSED", "TCP CLOSE", "UDP CLOSE": .ready
        case "TCP CONNECTING", "UDP CONNECTING", "SERVER LISTENING", "TCP CLOSING", "UDP CLOSING": .busy
        case "CONNECT OK": .connected
        case "PDP DEACT": .deactivated
        default: .between
        }
    }
}
