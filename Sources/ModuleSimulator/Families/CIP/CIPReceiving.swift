/// Receiving: pushed (YM310 AT manual 9.12, 9.22-9.24) or read on request (9.27).
extension SimulatedModule {
    mutating func cipReceiveReply(_ command: ParsedCommand) -> Reply? {
        guard command.name == "+CIPRXGET" else { return nil }
        switch command.form {
        case .test: return .ok
        case .query: return .says(getLine("\(cip.receiveMode)"))
        case .set(let arguments):
            let numbers = arguments.compactMap { $0.number }
            guard numbers.count == arguments.count, (1...2).contains(numbers.count), !cell.isMultiLink else {
                return .fails(.invalidParameters)
            }
            return get(numbers[0], numbers.count == 2 ? numbers[1] : nil)
        case .execute, .malformed: return .error
        }
    }

    private mutating func get(_ mode: Int, _ length: Int?) -> Reply {
        switch (mode, length) {
        case (0, nil), (1, nil), (5, nil):
            cip.receiveMode = mode
            cip.hasNoticed = false
            if mode == 0, !stream.received.isEmpty { cipReceived() }
            return .ok
        case (4, nil): return .says(getLine("4,\(stream.received.count)"))
        case (2, .some(1...CIPState.readLimit)), (3, .some(1...CIPState.hexReadLimit)):
            guard cip.receiveMode != 0 else { return .fails(.notAllowed) }
            // The next piece is announced again, also when this read leaves something.
            cip.hasNoticed = false
            let data = takeStream(length ?? 0)
            return readAnswer(data, mode)
        default: return .fails(.invalidParameters)
        }
    }

    private mutating func readAnswer(_ data: [UInt8], _ mode: Int) -> Reply {
        let header = ascii(getLine("\(mode),\(data.count),\(stream.received.count)"))
        guard !data.isEmpty else { return Reply(lines: [header]) }
        let shown = damaged(mode == 3 ? data.flatMap { hex($0) } : data)
        guard dialect.has(.readTight) else { return Reply(lines: [header, shown]) }
        printBytes(framed([header]) + shown)
        return .ok
    }

    private func getLine(_ values: String) -> String {
        (dialect.has(.getTight) ? "+CIPRXGET:" : "+CIPRXGET: ") + values
    }

    /// More has come from the far side.
    mutating func cipReceived() {
        switch cip.receiveMode {
        case 0:
            while !stream.received.isEmpty { push(takeStream(CIPState.readLimit)) }
        case 1 where cip.hasNoticed: break
        default:
            cip.hasNoticed = true
            guard !faults.socket.take(\.loseNotice) else { return note("a notice of waiting data lost") }
            printLine(dialect.has(.noticeTight) ? "+CIPRXGET:1" : "+CIPRXGET: 1")
        }
    }

    /// Without a request: the bytes as they are, or with a head that has their length.
    private mutating func push(_ data: [UInt8]) {
        var bytes: [UInt8] = []
        if cip.showsSender { bytes += framed([ascii("RECV FROM:\(cip.target)")]) }
        if cip.showsHead {
            if !dialect.has(.pushTight) { bytes += ascii("\r\n") }
            bytes += ascii("+IPD,\(data.count)\(cip.showsProtocol ? ",TCP" : ""):")
        }
        bytes += damaged(data)
        if cip.addsLineEnd { bytes += ascii("\r\n") }
        printBytes(bytes)
    }
}
