import ATProtocol
import Testing

/// Seeded dialogues of a module that sends, reads, pushes and chats at the same time: every byte arrives once and in
/// order, every send ends, and the cuts do not matter.
@Suite("Random walk on sockets")
struct SocketWalkTests {
    private static let hostile = SocketFrameTests.payloads.filter { $0.count < 80 }

    /// What the module prints between lines at any time, and what it means.
    private static let chatter: [(String, String)] = [
        ("\r\n+CGEV: ME PDN ACT 1\r\n", "pdnActivated(cid: Optional(1))"), ("\r\n+NO Service\r\n", "no service"),
        ("\r\nTCP ERROR:5\r\n", "socket tcpError(code: 5)"), ("\r\n+CIPRXGET: 1\r\n", "socket dataWaiting"),
        ("\r\n+QIRDI: 0,1,0\r\n", "socket dataWaiting"), ("\r\n+IP: 10.0.0.1\r\n", "socket networkReady"),
    ]

    private struct Walk {
        let dialect: SocketDialect
        var random: Seeded
        var sent: [UInt8] = []
        var expectedData: [UInt8] = []
        var gotData: [UInt8] = []
        var gotSent: [UInt8] = []
        var ends = 0
        let cuts: Bool
        /// Whether a line end stands behind what is pushed.
        let endsLines: Bool

        mutating func payload() -> [UInt8] {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: return SocketWalkTests.hostile.randomElement(using: &random) ?? []
            case 1:
                return (0..<Int.random(in: 1...60, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            default: return Array(0...255)
            }
        }

        /// A push, or nothing where the family has none.
        mutating func push() -> [UInt8] {
            let payload = payload()
            switch dialect {
            case .cip:
                expectedData += payload
                return bytes("\r\n+IPD,\(payload.count):") + payload + (endsLines ? [13, 10] : [])
            case .qi: return []
            case .bc260y:
                expectedData += payload
                return bytes("\r\n+QIURC: \"recv\",0,\(payload.count),") + SocketFrameTests.hex(payload) + [13, 10]
            }
        }

        mutating func chat() -> [UInt8] {
            switch Int.random(in: 0..<4, using: &random) {
            case 0: push()
            case 1: bytes(chatter.randomElement(using: &random)?.0 ?? "")
            default: []
            }
        }

        mutating func deliver(_ stream: [UInt8], to dialogue: Dialogue) {
            var rest = stream[...]
            while !rest.isEmpty {
                let count = cuts ? Int.random(in: 1...min(40, rest.count), using: &random) : rest.count
                dialogue.receive(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
        }

        mutating func take(_ dialogue: Dialogue, data: [UInt8]?) {
            for action in dialogue.take() {
                switch action {
                case .data(let bytes): gotData += bytes
                case .write(let bytes): if bytes == data { gotSent += bytes }
                case .completed(let result): ends += result.isSuccess ? 1 : 0
                case .urc(.other): break
                case .urc(.socket), .urc(.cgev), .urc(.serviceState): break
                default: Issue.record("\(dialect): \(action.summary)")
                }
            }
        }

        mutating func step(_ dialogue: Dialogue) throws {
            let payload = payload()
            switch Int.random(in: 0..<3, using: &random) {
            case 0 where !payload.isEmpty:
                sent += payload
                if dialect == .bc260y {
                    dialogue.submit(try .qisendHex(payload))
                    deliver(chat() + bytes("\r\nOK\r\n") + chat() + bytes("\r\nSEND OK\r\n") + chat(), to: dialogue)
                    gotSent += payload
                } else {
                    dialogue.submit(dialect == .qi ? try .qisend(payload) : try .cipsend(payload))
                    deliver(chat() + bytes("\r\n>"), to: dialogue)
                    let end = dialect == .qi ? "SEND OK" : "DATA ACCEPT:\(payload.count)"
                    deliver([0x20] + chat() + bytes("\r\n\(end)\r\n") + chat(), to: dialogue)
                }
                take(dialogue, data: payload)
            case 1 where dialect != .bc260y:
                let header: String
                if dialect == .qi {
                    dialogue.submit(try .qird(1460))
                    header = "\r\n+QIRD: 1.2.3.4:5,TCP,\(payload.count)\r\n"
                } else {
                    dialogue.submit(try .ciprxgetRead(1460))
                    header = "\r\n+CIPRXGET: 2,\(payload.count),0\r\n"
                }
                let before = chat()
                expectedData += payload
                deliver(before + bytes(header) + payload + bytes("\r\n\r\nOK\r\n") + chat(), to: dialogue)
                take(dialogue, data: nil)
            default:
                dialogue.submit(.csq)
                deliver(chat() + bytes("\r\n+CSQ: 20,0\r\n") + chat() + bytes("\r\nOK\r\n") + chat(), to: dialogue)
                take(dialogue, data: nil)
            }
        }
    }

    @Test(arguments: SocketDialect.allCases, 1...12 as ClosedRange<UInt64>)
    func `loses nothing and invents nothing`(_ dialect: SocketDialect, _ seed: UInt64) throws {
        var walk = Walk(dialect: dialect, random: Seeded(seed), cuts: seed != 1, endsLines: seed.isMultiple(of: 2))
        let dialogue = Dialogue()
        dialogue.session.socketDialect = dialect
        for turn in 1...60 {
            try walk.step(dialogue)
            dialogue.pass(.milliseconds(50))
            walk.take(dialogue, data: nil)
            #expect(dialogue.isIdle)
            #expect(walk.ends == turn)
            let isEqual = (walk.gotData == walk.expectedData, walk.gotSent == walk.sent)
            #expect(isEqual == (true, true), "turn \(turn)")
            guard dialogue.isIdle, isEqual == (true, true) else { return }
        }
    }
}
