import ATProtocol
import Configuration
import LinuxIO
import ModemCore

/// From the port to the broker's name, by a port of this process.
extension Doctor {
    /// Whether all of it is well.
    func examineModule() throws(CommandFailure) -> Bool {
        guard try stage(.port, { () throws(CommandFailure) in examinePort() }) else { return false }
        let dialogue = ModuleDialogue(configuration.module, loop: loop, log: log)
        dialogue.isInterrupted = isInterrupted
        defer { dialogue.close() }
        guard try stage(.rate, { () throws(CommandFailure) in try examineRate(dialogue) }) else { return false }
        let queries = OwnQueries(dialogue: dialogue)
        guard
            try stage(
                .echo,
                { () throws(CommandFailure) in
                    let answer = try queries.ask(.ate0)
                    _ = try queries.ask(.at)
                    return PortChecks.echo(answer)
                })
        else { return false }
        guard try examine(queries, own: true) else { return false }
        guard try stage(.dns, { () throws(CommandFailure) in try examineName(dialogue) }) else { return false }
        // Over the module's socket the session itself shows what TCP and what TLS does.
        guard checks.hasTLS, kind == .mqtt else { return true }
        return try stage(.tcp) { () throws(CommandFailure) in try examineConnection(dialogue) }
    }

    private func examinePort() -> Finding {
        let module = configuration.module
        do throws(SerialPort.OpenFailure) {
            let port = try SerialPort(
                SerialPort.Settings(path: path, baud: module.baud, flowControl: module.serialFlowControl), loop: loop)
            port.close()
        } catch {
            return PortChecks.port(error)
        }
        return .ok(.port, path, [.text("port", path)])
    }

    private func examineRate(_ dialogue: ModuleDialogue) throws(CommandFailure) -> Finding {
        let baud = configuration.module.baud
        let record = try configuration.peekIfThere(Dispatcher.Meta.dataMode).flatMap {
            Int(String(decoding: $0, as: UTF8.self))
        }
        do throws(CommandFailure) {
            _ = try dialogue.open(dataMode: record)
            return .ok(.rate, "the module answers at \(baud) baud", [.number("configured", baud)])
        } catch {
            if isInterrupted() { throw .interrupted }
        }
        dialogue.close()
        let probe = RateProbe(path, flowControl: configuration.module.serialFlowControl, loop: loop)
        probe.isInterrupted = isInterrupted
        let heard = probe.firstAnswer(RateProbe.rates.filter { $0 != baud })
        if isInterrupted() { throw .interrupted }
        return PortChecks.rate(configured: baud, answering: heard.baud, heard: heard.noise)
    }

    // MARK: DNS

    private func examineName(_ dialogue: ModuleDialogue) throws(CommandFailure) -> Finding {
        let host = configuration.remote.host
        guard !PacketChecks.isAddress(host) else { return .skipped(.dns, "\(host) is an address") }
        let typed = configuration.hostCauses
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
            return .failed(.dns, "\(readable(Array(host.utf8))) cannot be a name", typed + [.wrongName])
        }
        switch profile.socket.dialect {
        case .cip: break
        // The guide has no question for it: AT+QIOPEN asks by itself (Quectel GSM TCP/IP guide 2, QIDNSIP).
        case .qi: return .skipped(.dns, "this module looks names up with the connection only")
        case .bc260y: return try examineContextName(dialogue, host, typed)
        }
        let command = ATCommand(
            line: Array("AT+CDNSGIP=\"\(host)\"".utf8), timeout: .seconds(30), prefixes: ["+CDNSGIP"])
        var line: [UInt8]?
        dialogue.onURC = { urc in
            if case .other(let text) = urc, text.starts(with: "+CDNSGIP".utf8) { line = text }
        }
        defer { dialogue.onURC = { _ in } }
        var result = try dialogue.submit(command)
        var openedScene = false
        if !result.isSuccess {
            // YM310 AT manual 9.21, example: only after these three.
            openedScene = true
            for word in ["AT+CSTT", "AT+CIICR"] {
                _ = try dialogue.submit(ATCommand(line: Array(word.utf8), timeout: .seconds(90)))
            }
            _ = try dialogue.submit(.cifsr)
            result = try dialogue.submit(command)
        }
        if result.isSuccess {
            line = line ?? result.lines.first
            try wait(min(options.wait, .seconds(30))) { line != nil }
        }
        if openedScene { _ = try dialogue.submit(.cipshut) }
        guard result.isSuccess else {
            return Finding(
                .dns, .warning,
                "AT+CDNSGIP was answered \(shown(result.final)): whether \(host) resolves, TCP will show",
                causes: typed)
        }
        return PacketChecks.dns(line, host: host, typed: typed)
    }

    /// `+QIDNSGIP: error,count,ttl` comes after the `OK`, then a line with the address (BC260Y-CN TCP/IP guide 2.3.6).
    private func examineContextName(
        _ dialogue: ModuleDialogue, _ host: String, _ typed: [Cause]
    ) throws(CommandFailure) -> Finding {
        var lines: [[UInt8]] = []
        dialogue.onURC = { urc in
            if case .other(let text) = urc, text.starts(with: "+QIDNSGIP".utf8), lines.count < 8 { lines.append(text) }
        }
        defer { dialogue.onURC = { _ in } }
        let result = try dialogue.submit(
            ATCommand(line: Array("AT+QIDNSGIP=0,\"\(host)\"".utf8), timeout: .seconds(30), prefixes: ["+QIDNSGIP"]))
        guard result.isSuccess else {
            return Finding(
                .dns, .warning,
                "AT+QIDNSGIP was answered \(shown(result.final)): whether \(host) resolves, TCP will show",
                causes: typed)
        }
        lines += result.lines
        try wait(min(options.wait, .seconds(60))) { PacketChecks.isWhole(lines) }
        return PacketChecks.dns(lines, host: host, typed: typed)
    }

    // MARK: TCP before TLS

    /// Plain TCP to the port that TLS is on: tells the network's failures from those of TLS, for which the module has the
    /// same words.
    private func examineConnection(_ dialogue: ModuleDialogue) throws(CommandFailure) -> Finding {
        let remote = configuration.remote
        guard let command = try? ATCommand.mipstart(host: remote.host, port: remote.port, tls: false) else {
            return .failed(.tcp, "[remote] host cannot be carried by AT+MIPSTART", configuration.hostCauses)
        }
        // What an earlier run left; there may be nothing (module-behaviour 3).
        _ = try dialogue.submit(.mdisconnect)
        _ = try dialogue.submit(.mipclose)
        var outcome: Outcome?
        dialogue.onURC = { if case .outcome(let came) = $0 { outcome = outcome ?? came } }
        defer { dialogue.onURC = { _ in } }
        let result = try dialogue.submit(command)
        guard result.isSuccess else {
            // Seen for the port of TLS whatever the network does (module-behaviour 8).
            return Finding(
                .tcp, .warning, "AT+MIPSTART was answered \(shown(result.final)): not to be told apart from TLS")
        }
        try wait(min(options.wait, .seconds(60))) { outcome != nil }
        defer { _ = try? dialogue.submit(.mipclose) }
        switch outcome {
        case .connectOK, .alreadyConnect: return checks.tcp
        case .connectFail(let state):
            return checks.noTCP("CONNECT FAIL" + (state.map { " (STATE: \(readable($0)))" } ?? ""))
        case .error(let final): return checks.noTCP(shown(final))
        case nil, .connackOK, .suback, .unsuback, .puback, .pubrec, .pubcomp: return checks.noTCP("no answer")
        }
    }
}
