/// Sending and receiving on the BC260Y-CN (manual 004 2.3.5 and 2.4).
extension SimulatedModule {
    /// Most bytes of one QISEND, as text and in hexadecimal.
    private static let textLimit = 1024
    private static let hexLimit = 512
    /// Longer ones are printed in pieces (2.4 note 4).
    private static let pieceLimit = 1024
    /// How long data wait for room before they fail.
    private static let patience = Duration.seconds(60)

    // MARK: Sending

    /// A `QISEND` line, whose data may hold quotes, commas and semicolons; nil when it is none.
    mutating func bc260ySend(line: [UInt8], now: Duration) -> Reply? {
        let start = ascii("AT+QISEND=")
        guard profile.family == .bc260y, line.count > start.count,
            String(decoding: line.prefix(start.count), as: UTF8.self).uppercased() == "AT+QISEND=",
            line[start.count] != UInt8(ascii: "?")
        else { return nil }
        let parts = line.dropFirst(start.count).split(
            separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
        let numbers = parts.prefix(2).compactMap { ParsedCommand.Argument(bytes: Array($0)).number }
        guard numbers.count == 2, let socket = bc260y.socket, numbers[0] == socket.id else { return .error }
        let length = numbers[1]
        if parts.count == 2, length == 0 { return sendState }
        guard !socket.isSending else { return .error }
        guard parts.count == 3 else { return bc260yPrompt(length) }
        guard let data = bc260yData(Array(parts[2]), length) else { return .error }
        return bc260ySend(data, now: now)
    }

    /// `AT+QISEND=<id>,0`: since the connection was opened sent, acknowledged, not acknowledged.
    private var sendState: Reply {
        let isOpen = stream.link == .open
        let counts = isOpen ? [stream.sent, stream.acknowledged, stream.unacknowledged] : [0, 0, 0]
        let line = ascii("+QISEND: " + counts.map { String($0) }.joined(separator: ","))
        return Reply(lines: [line], ending: dialect.has(.sendOKState) ? .text("SEND OK") : .ok)
    }

    /// What the data parameter stands for; nil when it is not `length` bytes. A release indication may follow it.
    private func bc260yData(_ text: [UInt8], _ length: Int) -> [UInt8]? {
        guard length > 0, length <= (bc260y.sendsHex ? Self.hexLimit : Self.textLimit) else { return nil }
        let isQuoted = text.first == UInt8(ascii: "\"") && text.count >= length * (bc260y.sendsHex ? 2 : 1) + 2
        let written = text.dropFirst(isQuoted ? 1 : 0).prefix(bc260y.sendsHex ? length * 2 : length)
        var rest = text.dropFirst(written.count + (isQuoted ? 1 : 0))
        if isQuoted, rest.popFirst() != UInt8(ascii: "\"") { return nil }
        if !rest.isEmpty {
            guard rest.count == 2, rest.first == UInt8(ascii: ","), let mode = rest.last, (0x30...0x32).contains(mode)
            else { return nil }
        }
        let data = bc260y.sendsHex ? unhexed(written) : Array(written)
        return data?.count == length ? data : nil
    }

    /// Seen in the field, not in the guide: data after a prompt, up to 0x1A.
    private func bc260yPrompt(_ length: Int) -> Reply {
        guard dialect.has(.promptedSend), stream.link == .open, length <= Self.textLimit else { return .error }
        // 1460 bytes, which are twice as many digits.
        let limit = bc260y.sendsHex ? 2920 : 1460
        return Reply(ending: .prompt(DataEntry(purpose: .stream, limit: limit, prompt: "\r\n> ", generation: 0)))
    }

    /// The data of a QISEND that asked for them are complete.
    mutating func bc260yDataArrived(_ data: [UInt8], now: Duration) -> Reply {
        guard let data = bc260y.sendsHex ? unhexed(data) : data, !data.isEmpty else { return .error }
        return bc260ySend(data, now: now)
    }

    private mutating func bc260ySend(_ data: [UInt8], now: Duration) -> Reply {
        if let text = faults.socket.sendError {
            faults.socket.sendError = nil
            return text == "ERROR" ? .error : Reply(ending: .raw(text))
        }
        if let reply = sendFault() { return reply }
        guard stream.link == .open, bc260y.socket?.state == .connected else { return .error }
        bc260y.socket?.isSending = true
        let connection = stream.connection
        let isGood = !faults.socket.take(\.failSend) && !(dialect.has(.failsWhenFull) && data.count > streamRoom)
        if isGood, data.count > streamRoom {
            // SEND OK says that the stack has the data, so it waits until they fit.
            bc260y.socket?.waiting = data
            agenda.add(.bc260y(.sendGivenUp(connection: connection)), at: now + Self.patience)
            return .ok
        }
        if isGood { sendStream(data, now: now) }
        guard dialect.has(.lateSendOK) else {
            bc260y.socket?.isSending = false
            if faults.socket.take(\.loseSendResult) { return .ok }
            return Reply(ending: .okThen([isGood ? "SEND OK" : "SEND FAIL"]))
        }
        agenda.add(.bc260y(.sent(connection: connection, isGood: isGood)), at: now + .milliseconds(40))
        return .ok
    }

    mutating func bc260ySendEnded(isGood: Bool) {
        guard bc260y.socket?.isSending == true else { return }
        bc260y.socket?.isSending = false
        bc260y.socket?.waiting = nil
        agenda.removeAll { if case .bc260y = $0 { true } else { false } }
        if !faults.socket.take(\.loseSendResult) { printLine(isGood ? "SEND OK" : "SEND FAIL") }
    }

    /// The far side has more: what waited may go.
    mutating func bc260yWindowMoved(now: Duration) {
        guard let data = bc260y.socket?.waiting, data.count <= streamRoom else { return }
        sendStream(data, now: now)
        bc260ySendEnded(isGood: true)
    }

    /// The connection is gone under a QISEND that waited; one that only waits for its words has gone out.
    mutating func bc260ySendBroken() { bc260ySendEnded(isGood: bc260y.socket?.waiting == nil) }

    // MARK: Receiving

    /// Bytes have arrived: they are printed at once, there is no other way (2.3.2, access mode).
    mutating func bc260yReceived() {
        guard let id = bc260y.socket?.id else { return }
        while !stream.received.isEmpty {
            let bytes = takeStream(Self.pieceLimit)
            let data = damaged(bc260y.receivesHex ? bytes.flatMap { hex($0) } : bytes)
            let quote = dialect.has(.quotedData) || dialect.has(.lateQuote) ? ascii("\"") : []
            let end = dialect.has(.lateQuote) ? ascii("\r\n\"") : quote
            let head = ascii("+QIURC: \"recv\",\(id),\(bytes.count),")
            if !faults.socket.take(\.loseNotice) { printBytes(framed([head + quote + data + end])) }
        }
    }
}
