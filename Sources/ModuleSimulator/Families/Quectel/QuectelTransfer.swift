/// Sending and receiving on the Quectel GSM modules (manual 003 chapters 4 and 5).
extension SimulatedModule {
    /// Most bytes of one QISEND.
    private static let sendLimit = 1460
    /// Most bytes of one QIRD.
    private static let readLimit = 1500
    /// How long a QISEND waits for room in the window.
    private static let roomLimit = Duration.seconds(60)
    /// Most bytes printed in one piece where nothing is announced.
    private static let pieceLimit = 1460

    mutating func quectelTransferReply(_ command: ParsedCommand, now: Duration) -> Reply? {
        switch (command.name, command.form) {
        case ("+QISEND", .test): return .says("+QISEND: <length>")
        case ("+QISACK", .test), ("+QIRD", .test): return .ok
        case ("+QISEND", .execute): return quectelPrompt(length: nil)
        case ("+QISEND", .set):
            guard let length = setting(command, 1...Self.sendLimit) else { return .error }
            return quectelPrompt(length: length)
        case ("+QISACK", .execute):
            guard cell.ip == .connected else { return .error }
            let counts = [stream.sent, stream.acknowledged, stream.unacknowledged].map { String($0) }
            return .says("+QISACK: " + counts.joined(separator: dialect.has(.ackBlanks) ? ", " : ","))
        case ("+QIRD", .set(let arguments)): return quectelRead(arguments)
        case ("+QISEND", _), ("+QISACK", _), ("+QIRD", _): return .error
        default: return nil
        }
    }

    // MARK: Sending

    private mutating func quectelPrompt(length: Int?) -> Reply {
        if let text = faults.socket.sendError {
            faults.socket.sendError = nil
            return text == "ERROR" ? .error : Reply(ending: .raw(text))
        }
        guard cell.ip == .connected, !quectel.isMultiplexed else { return .error }
        quectel.sends += 1
        let prompt = faults.socket.take(\.losePrompt) ? "" : dialect.has(.promptTight) ? "\r\n>" : "\r\n> "
        let entry = DataEntry(
            purpose: .stream, number: quectel.sends, length: length, limit: Self.sendLimit, prompt: prompt,
            generation: 0)
        return Reply(ending: .prompt(entry))
    }

    /// The data of a QISEND are complete. SEND OK only says that TCP has them (4.1).
    mutating func quectelDataArrived(_ data: [UInt8], now: Duration) -> Reply {
        if let reply = sendFault() { return reply }
        guard stream.link == .open, !faults.socket.take(\.failSend) else { return sendResult("SEND FAIL") }
        guard data.count <= streamRoom else {
            if dialect.has(.failsWhenFull) { return sendResult("SEND FAIL") }
            quectel.waiting = data
            agenda.add(.quectel(.sendExpired(quectel.sends)), at: now + Self.roomLimit)
            return Reply(ending: .pending)
        }
        sendStream(data, now: now)
        return sendResult("SEND OK")
    }

    /// The result of a send, unless it is not to be told.
    private mutating func sendResult(_ text: String) -> Reply {
        quectel.waiting = nil
        agenda.removeAll { if case .quectel = $0 { true } else { false } }
        return Reply(ending: faults.socket.take(\.loseSendResult) ? .silent : .text(text))
    }

    /// The far side has more: a QISEND that waited may go.
    mutating func quectelWindowMoved(now: Duration) {
        guard let data = quectel.waiting, data.count <= streamRoom else { return }
        sendStream(data, now: now)
        finish(lines: [], sendResult("SEND OK").ending, now: now)
    }

    /// The connection is gone under a QISEND that waited.
    mutating func quectelSendBroken(now: Duration) {
        guard quectel.waiting != nil else { return }
        finish(lines: [], sendResult("SEND FAIL").ending, now: now)
    }

    // MARK: Receiving

    /// Bytes have arrived: announce them once until they are read, or print them as they are.
    mutating func quectelReceived() {
        if quectel.announces {
            guard !quectel.hasAnnounced, !stream.received.isEmpty else { return }
            quectel.hasAnnounced = true
            quectel.notices += 1
            if !faults.socket.take(\.loseNotice) { printLine(quectelNotice) }
            return
        }
        while !stream.received.isEmpty {
            let bytes = takeStream(Self.pieceLimit)
            printBytes(quectelHead(bytes.count) + damaged(bytes))
        }
    }

    private var quectelNotice: String {
        let plain = "+QIRDI:\(dialect.has(.noticeTight) ? "" : " ")\(quectel.foreground),1,0"
        guard dialect.has(.longNotice) else { return plain }
        return plain + ",\(quectel.notices),\(stream.received.count),\(stream.received.count)"
    }

    /// What 5.1 prints before bytes that nobody asked for.
    private func quectelHead(_ count: Int) -> [UInt8] {
        var head: [UInt8] = []
        if quectel.head.showsSender { head += ascii("RECV FROM:\(quectelPeer)\r\n") }
        if quectel.head.showsLength {
            head += ascii("IPD\(count)\(quectel.head.showsProtocol ? "TCP" : ""):")
        }
        return head
    }

    /// Nothing is looked up here: names are told as an address of the documentation's network.
    private var quectelPeer: String {
        let host = quectel.host
        let address = Self.isAddress(host) ? host : host == "localhost" ? "127.0.0.1" : "198.51.100.7"
        return "\(address):\(quectel.port)"
    }

    /// `AT+QIRD=<id>,<sc>,<sid>,<len>`: at most so many bytes, or a bare OK (5.2).
    private mutating func quectelRead(_ arguments: [ParsedCommand.Argument]) -> Reply {
        guard arguments.count == 4, quectel.announces, arguments[0].number == quectel.foreground,
            arguments[1].number == 1, arguments[2].number == 0, let limit = arguments[3].number,
            (1...Self.readLimit).contains(limit), stream.connection > 0
        else { return .error }
        let bytes = takeStream(limit)
        guard !bytes.isEmpty else {
            quectel.hasAnnounced = false
            return .ok
        }
        if stream.received.isEmpty, !dialect.has(.rearmsOnEmpty) { quectel.hasAnnounced = false }
        let blank = dialect.has(.getTight) ? "" : " "
        if dialect.has(.noticeInRead) { printLine(quectelNotice) }
        // No line end of their own after the data: the one before OK is the only one.
        printBytes(
            framed([ascii("+QIRD:\(blank)\(quectelPeer),TCP,\(bytes.count)")]) + damaged(bytes))
        return .ok
    }
}
