import ATProtocol

/// The one TCP connection of a well-behaved module, of any family.
struct GoodSockets {
    /// What `CIPSTATUS` or `QISTAT` says.
    var state = "IP INITIAL"
    var isConnected: Bool { state == "CONNECT OK" }

    /// The answer, and what it changes; nil: no socket command.
    mutating func answer(_ line: String) -> CommandResult? {
        func end(_ text: String) -> CommandResult { CommandResult(final: .text(Array(text.utf8))) }
        switch line {
        case "AT+CIPSTATUS", "AT+QISTAT":
            return CommandResult(lines: [Array("STATE: \(state)".utf8)], final: .ok)
        case "AT+QISTATE=1,0":
            return isConnected ? GoodModule.answer("+QISTATE: 0,\"TCP\",\"h\",1883,0,2,0,1") : GoodModule.ok
        case "AT+CIPCLOSE", "AT+QICLOSE", "AT+QICLOSE=0":
            guard isConnected || state == "TCP CONNECTING" else { return CommandResult(final: .error) }
            state = "IP CLOSE"
            return end("CLOSE OK")
        case "AT+CIPSHUT":
            state = "IP INITIAL"
            return end("SHUT OK")
        case "AT+QIDEACT":
            state = "IP INITIAL"
            return end("DEACT OK")
        case "AT+CIFSR": return CommandResult(lines: [Array("10.0.0.1".utf8)], final: .ok)
        case "AT+CIICR":
            state = "IP GPRSACT"
            return GoodModule.ok
        case "AT+IPR?": return GoodModule.answer("+IPR: 115200")
        case "AT+CGPADDR": return GoodModule.answer("+CGPADDR: 5,\"10.0.0.1\"")
        default:
            guard isOpen(line) else { return nil }
            state = "CONNECT OK"
            return GoodModule.ok
        }
    }

    /// What follows that answer.
    func outcome(of line: String) -> Outcome? { isOpen(line) ? .connectOK : nil }

    private func isOpen(_ line: String) -> Bool { line.hasPrefix("AT+CIPSTART=") || line.hasPrefix("AT+QIOPEN=") }
}
