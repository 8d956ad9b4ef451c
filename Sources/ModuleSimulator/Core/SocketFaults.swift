/// What goes wrong with the socket commands on request; every family that has the thing does it.
struct SocketFaults: Equatable {
    var failSend = false
    var partialAccept: Int?
    var sendError: String?
    var losePrompt = false
    var loseSendResult = false
    var hangAtSend = false
    var loseNotice = false
    /// Stands in the middle of the data of the next read or push.
    var insideData: String?
    /// The next read or push is one byte short.
    var loseByte = false
    /// The network forgets a connection without traffic for this long.
    var natIdle: Duration?

    /// Takes a fault that happens once.
    mutating func take(_ fault: WritableKeyPath<SocketFaults, Bool>) -> Bool {
        defer { self[keyPath: fault] = false }
        return self[keyPath: fault]
    }
}

extension SimulatedModule {
    /// A fault of the socket commands.
    package enum SocketFault: Equatable {
        /// The next send is SEND FAIL; nothing of it leaves.
        case failSend
        /// Of the next send only so many bytes are taken, and the answer says so.
        case partialAccept(Int)
        /// The next send command is answered this instead of a prompt.
        case sendError(String)
        /// The next send takes its data without having shown a prompt.
        case losePrompt
        /// The next send's data leave; its result is not told.
        case loseSendResult
        /// The module hangs once the next send's data are complete.
        case hangAtSend
        /// The next notice of waiting data does not come.
        case loseNotice
        /// The next data handed to the host have this line in their middle.
        case insideData(String)
        /// The next data handed to the host lack one byte.
        case loseByte
        /// `TCP ERROR:n` (YM310 AT manual 9.39), and the connection ends.
        case tcpError(Int)
        /// A NAT on the way forgets a connection idle for this long: from then on it only looks alive. Nil ends that.
        case natIdle(Duration?)
        /// What still waits for its occasion will not happen.
        case noneMore
    }

    mutating func inject(_ fault: SocketFault, now: Duration) {
        switch fault {
        case .failSend: faults.socket.failSend = true
        case .partialAccept(let count): faults.socket.partialAccept = count
        case .sendError(let text): faults.socket.sendError = text
        case .losePrompt: faults.socket.losePrompt = true
        case .loseSendResult: faults.socket.loseSendResult = true
        case .hangAtSend: faults.socket.hangAtSend = true
        case .loseNotice: faults.socket.loseNotice = true
        case .insideData(let text): faults.socket.insideData = text
        case .loseByte: faults.socket.loseByte = true
        case .tcpError(let number):
            guard stream.link != .closed else { return }
            if profile.family == .luat { printLine("TCP ERROR:\(number)") }
            breakStream(now: now)
        case .natIdle(let limit): faults.socket.natIdle = limit
        case .noneMore: faults.socket = SocketFaults()
        }
    }

    /// Data for the host, with the line of `insideData` in their middle or without a byte when that is due.
    mutating func damaged(_ data: [UInt8]) -> [UInt8] {
        if !data.isEmpty, faults.socket.take(\.loseByte) {
            let place = Int.random(in: data.indices, using: &random)
            note("byte \(place) of \(data.count) lost")
            return Array(data[..<place] + data[(place + 1)...])
        }
        guard let text = faults.socket.insideData, !data.isEmpty else { return data }
        faults.socket.insideData = nil
        let middle = data.count / 2
        return data[..<middle] + framed([ascii(text)]) + data[middle...]
    }

    /// Answers nothing any more; what the network does goes unheard.
    mutating func hang(_ kind: Power) {
        agenda.removeAll { if case .execute = $0 { true } else if case .resume = $0 { true } else { false } }
        lives += 1
        phase = .reading
        line.removeAll()
        power = kind
        holdNetwork()
    }

    /// Whether the next send goes wrong at its data; what to answer then, nil to go on.
    mutating func sendFault() -> Reply? {
        if faults.socket.take(\.hangAtSend) {
            hang(.hung)
            return Reply(ending: .silent)
        }
        return nil
    }
}
