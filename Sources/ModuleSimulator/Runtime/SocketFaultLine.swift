/// The faults of the socket commands in the fault protocol.
enum SocketFaultLine {
    static let names: Set<String> = [
        "send-fail", "send-partial", "send-error", "lose-prompt", "lose-send-result", "hang-at-send", "lose-notice",
        "inside-data", "lose-byte", "tcp-error", "nat-idle",
    ]

    static func parse(_ name: String, _ rest: [String]) throws(FaultLine.Problem) -> SimulatedModule.SocketFault {
        switch name {
        case "send-fail": return .failSend
        case "send-partial": return .partialAccept(try FaultLine.count(rest, name))
        case "send-error": return .sendError(rest.isEmpty ? "ERROR" : rest.joined(separator: " "))
        case "lose-prompt": return .losePrompt
        case "lose-send-result": return .loseSendResult
        case "hang-at-send": return .hangAtSend
        case "lose-notice": return .loseNotice
        case "inside-data": return .insideData(rest.isEmpty ? "+CREG: 1" : rest.joined(separator: " "))
        case "lose-byte": return .loseByte
        case "tcp-error":
            guard rest.count == 1, let number = Int(rest[0]), (0...18).contains(number) else {
                throw FaultLine.Problem(text: "tcp-error wants a number of 0 to 18")
            }
            return .tcpError(number)
        case "nat-idle": return .natIdle(rest == ["off"] ? nil : try FaultLine.seconds(rest, name))
        default: throw FaultLine.Problem(text: "unknown command \(name)")
        }
    }
}
