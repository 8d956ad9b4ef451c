/// Sending (YM310 AT manual 9.11, 9.14, 9.15, 9.16).
extension SimulatedModule {
    /// How long a send waits for room, or for the far side where its result depends on it.
    private static let roomLimit = Duration.seconds(5)
    private static let acknowledgementLimit = Duration.seconds(60)

    mutating func cipSendReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        guard command.name == "+CIPSEND" else { return nil }
        switch command.form {
        case .test: return .says("+CIPSEND: <length>")
        case .query: return .says("+CIPSEND: \(CIPState.sendLimit)")
        case .execute: return askForData(length: nil, now: now)
        case .set:
            guard !cell.isMultiLink else { return .fails(.notAllowed) }
            guard let length = setting(command, 1...CIPState.sendLimit) else { return .fails(.invalidParameters) }
            return askForData(length: length, now: now)
        case .malformed: return .error
        }
    }

    private mutating func askForData(length: Int?, now: Duration) -> Reply {
        if let text = faults.socket.sendError {
            faults.socket.sendError = nil
            return text == "ERROR" ? .error : Reply(ending: .raw(text))
        }
        guard !cell.isMultiLink, stream.link == .open, cell.ip == .connected else { return .fails(.notAllowed) }
        cip.sends += 1
        let isShown = !faults.socket.take(\.losePrompt) && cip.promptMode == 1
        let prompt = isShown ? (dialect.has(.promptTight) ? "\r\n>" : "\r\n> ") : ""
        if let seconds = cip.autoSend { agenda.add(.cip(.autoSend(cip.sends)), at: now + .seconds(seconds)) }
        return Reply(
            ending: .prompt(
                DataEntry(
                    purpose: .stream, number: cip.sends, length: length, limit: CIPState.sendLimit, prompt: prompt,
                    generation: 0)))
    }

    /// The data of CIPSEND are complete.
    mutating func cipDataArrived(_ data: [UInt8], now: Duration) -> Reply {
        if let reply = sendFault() { return reply }
        guard !faults.socket.take(\.failSend), stream.link == .open else { return sendResult("SEND FAIL") }
        var data = data
        if let count = faults.socket.partialAccept {
            faults.socket.partialAccept = nil
            data = Array(data.prefix(count))
        }
        guard data.count <= streamRoom else {
            if dialect.has(.failsWhenFull) { return sendResult("SEND FAIL") }
            return wait(.room(data), Self.roomLimit, now: now)
        }
        return handOver(data, now: now)
    }

    private mutating func handOver(_ data: [UInt8], now: Duration) -> Reply {
        sendStream(data, now: now)
        switch cip.sendMode {
        case 1:
            return sendResult(dialect.has(.acceptBlank) ? "DATA ACCEPT: \(data.count)" : "DATA ACCEPT:\(data.count)")
        // 9.11 says of mode 0 both: the far side has it, and there is no difference to mode 1 but the word.
        case 0 where !dialect.has(.sendOKAcknowledged): return sendResult("SEND OK")
        default:
            if stream.unacknowledged == 0 { return sendResult("SEND OK") }
            return wait(.acknowledgement(stream.sent), Self.acknowledgementLimit, now: now)
        }
    }

    private mutating func wait(_ pending: CIPState.Pending, _ limit: Duration, now: Duration) -> Reply {
        cip.pending = pending
        agenda.add(.cip(.sendExpired(cip.sends)), at: now + limit)
        return Reply(ending: .pending)
    }

    /// The result of a send, unless it is not to be told.
    private mutating func sendResult(_ text: String) -> Reply {
        cip.pending = nil
        agenda.removeAll { if case .cip = $0 { true } else { false } }
        let isTold = !faults.socket.take(\.loseSendResult) && cip.promptMode != 2
        return Reply(ending: isTold ? .text(text) : .silent)
    }

    private mutating func complete(_ reply: Reply, now: Duration) {
        if case .pending = reply.ending { return }
        finish(lines: [], reply.ending, now: now)
    }

    mutating func cipAcknowledged(now: Duration) {
        switch cip.pending {
        case .room(let data) where data.count <= streamRoom:
            cip.pending = nil
            agenda.removeAll { if case .cip = $0 { true } else { false } }
            complete(handOver(data, now: now), now: now)
        case .acknowledgement(let count) where stream.acknowledged >= count:
            complete(sendResult("SEND OK"), now: now)
        case .room, .acknowledgement, nil: break
        }
    }

    /// The connection is gone under a send.
    mutating func cipSendLost(now: Duration) {
        if cip.pending != nil { complete(sendResult("SEND FAIL"), now: now) }
    }

    mutating func cipSendExpired(_ number: Int, now: Duration) {
        if cip.pending != nil, cip.sends == number { complete(sendResult("SEND FAIL"), now: now) }
    }
}
