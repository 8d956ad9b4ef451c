@testable import ATProtocol

/// The receive framing of one family of sockets. The last byte picks: a dialogue of any bytes and events, as the target
/// `session` has it, or the rest of the input as bytes of a connection, printed as the family prints them among the
/// lines of an answer, in reads of any length: they must arrive, in order, and nothing else with them.
private func fuzzSockets(_ input: FuzzInput, _ dialect: SocketDialect) {
    var input = input
    let flags = input.byte()
    if flags & 1 == 0 { return runSession(input.rest, dialect) }
    let cuts = (0..<input.number(below: 8)).map { _ in input.number(below: 64) + 1 }
    var connection = PrintedConnection(dialect: dialect, style: Int(flags >> 1))
    while !input.isEmpty {
        let kind = input.byte()
        connection.add(input.take(Int(kind) % 97), kind: Int(kind) / 97)
    }
    for lengths in [[connection.stream.count + 1], cuts.isEmpty ? [7] : cuts, [1]] { connection.check(lengths) }
}

/// Air724UG, Air780E and EP, EC716S.
@Sendable func fuzzCIP(_ input: FuzzInput) { fuzzSockets(input, .cip) }
/// Quectel Mxx.
@Sendable func fuzzQI(_ input: FuzzInput) { fuzzSockets(input, .qi) }
/// Quectel BC260Y-CN.
@Sendable func fuzzBC260Y(_ input: FuzzInput) { fuzzSockets(input, .bc260y) }

/// What a module prints, and what it means.
private struct PrintedConnection {
    let dialect: SocketDialect
    let style: Int
    private(set) var stream: [UInt8] = []
    private var data: [UInt8] = []
    private var answers = 0

    init(dialect: SocketDialect, style: Int) {
        self.dialect = dialect
        self.style = style
    }

    mutating func add(_ payload: [UInt8], kind: Int) {
        if kind == 1 { stream += Array("\r\n+CSQ: 20,0\r\n".utf8) }
        stream += frame(payload)
        data += payload
        guard kind == 2 else { return }
        stream += Array("\r\nOK\r\n".utf8)
        answers += 1
    }

    private func frame(_ payload: [UInt8]) -> [UInt8] {
        let count = payload.count
        let digits = payload.flatMap { [Hex.digit($0 >> 4), Hex.digit($0)] }
        switch dialect {
        case .cip:
            switch style % 4 {
            case 0: return Array("+IPD,\(count):".utf8) + payload
            case 1: return Array("\r\n+CIPRXGET: 2,\(count),0\r\n".utf8) + payload + [13, 10]
            case 2: return Array("\r\n+CIPRXGET:3,\(count),7\r\n".utf8) + digits + [13, 10]
            default: return Array("\r\n+IPD, \(count),TCP:".utf8) + payload + [13, 10]
            }
        case .qi: return Array("\r\n+QIRD: 1.2.3.4:5,TCP,\(count)\r\n".utf8) + payload + [13, 10]
        case .bc260y:
            let start = Array("\r\n+QIURC: \"recv\",0,\(count),".utf8)
            switch style % 3 {
            case 0: return start + digits + [13, 10]
            case 1: return start + [0x22] + digits + [0x22, 13, 10]
            default: return start + [0x22] + digits + [13, 10, 0x22, 13, 10]
            }
        }
    }

    func check(_ lengths: [Int]) {
        var session = CommandSession(limits: Limits(), baud: 115_200)
        session.socketDialect = dialect
        var now = Duration.zero
        _ = session.portOpened(now: now)
        var (got, ended, position, turn): ([UInt8], Int, Int, Int) = ([], 0, 0, 0)
        func submit(_ session: inout CommandSession) {
            guard session.isIdle else { return }
            _ = session.submit(.csq, now: now)
            _ = session.written(now: now)
        }
        func take(_ actions: [CommandSession.Action]) {
            for action in actions {
                switch action {
                case .data(let bytes): got += bytes
                case .completed(let result):
                    require(result.final == .ok, "ends with \(result.final) for \(shown(stream))")
                    ended += 1
                case .discarded(let discard):
                    require(discard.kind == .strayFinal || discard.kind == .responseOverflow, "discards \(discard)")
                case .urc(.other(let line)): require(line == Array("+CSQ: 20,0".utf8), "a line \(shown(line))")
                default: require(false, "\(action) for \(shown(stream))")
                }
            }
        }
        while position < stream.count {
            // Bytes of one read may hold two ends; an answer for nobody is thrown away.
            submit(&session)
            let end = min(stream.count, position + lengths[turn % lengths.count])
            now += .milliseconds(1)
            take(session.received(Array(stream[position..<end]), now: now))
            position = end
            turn += 1
        }
        // Behind what was pushed last nothing comes: that is seen after a moment.
        now += Limits().pushSilence
        take(session.deadlineReached(now: now))
        require(got == data, "reads of \(lengths.prefix(8)) give \(shown(got)), not \(shown(data)) of \(shown(stream))")
        require(ended <= answers, "\(ended) ends of \(answers) for \(shown(stream))")
    }
}
