import ATProtocol
import ModemCore
import Testing

@Suite struct SocketTransferTests {
    static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }

    // MARK: Sending

    @Test func whatWaitsGoesInOneSend() {
        let socket = Transferrer(.cip)
        socket.waiting = Self.bytes(3000)
        #expect(socket.turn() == "AT+CIPSEND=1460")
        #expect(socket.command?.data == Array(Self.bytes(3000).prefix(1460)))
        socket.complete(text: "DATA ACCEPT:1460")
        #expect(socket.accepted.count == 1460)
        #expect(socket.turn() == "AT+CIPSEND=1460")
        socket.complete(text: "DATA ACCEPT: 1460")
        #expect(socket.turn() == "AT+CIPSEND=80")
        socket.complete(text: "SEND OK")
        #expect(socket.accepted == Self.bytes(3000) && socket.waiting.isEmpty)
        #expect(socket.turn() == nil)
    }

    /// The module took less than it was given: the rest goes again, after the far side was asked for.
    @Test func takenInPart() {
        let socket = Transferrer(.cip)
        socket.waiting = Self.bytes(1000)
        socket.turn()
        socket.complete(text: "DATA ACCEPT:400")
        #expect(socket.accepted.count == 400 && socket.turn() == nil)
        socket.expire()
        #expect(socket.turn() == "AT+CIPACK")
        socket.complete(.ok, "+CIPACK: 400,400,0")
        #expect(socket.turn() == "AT+CIPSEND=600")
        socket.complete(text: "DATA ACCEPT:600")
        #expect(socket.accepted == Self.bytes(1000) && socket.violations == [])
    }

    @Test func takesNothingForEver() {
        let socket = Transferrer(.cip)
        socket.waiting = Self.bytes(10)
        var sends = 0
        while socket.failure == nil, sends < 1000 {
            if socket.turn() == nil { socket.expire() }
            if socket.line == "AT+CIPACK" { socket.complete(.ok, "+CIPACK: 0,0,0") }
            if socket.line == "AT+CIPRXGET=2,1460" { socket.complete(.ok, "+CIPRXGET: 2,0,0") }
            if socket.line == "AT+CIPSEND=10" {
                sends += 1
                socket.complete(text: "DATA ACCEPT:0")
            }
        }
        #expect(sends == 40 && socket.failure == "the module takes no more bytes")
    }

    @Test(arguments: [
        "DATA ACCEPT:11", "DATA ACCEPT:", "DATA ACCEPT:x", "DATA ACCEPT:99999999999999999999",
    ])
    func tookWhatWasNotGiven(answer: String) {
        let socket = Transferrer(.cip)
        socket.waiting = Self.bytes(10)
        socket.turn()
        socket.complete(text: answer)
        #expect(socket.failure != nil && socket.accepted == [])
    }

    @Test(arguments: [
        CommandResult.Final.error, .cmeError(code: 3, text: []), .timedOut, .noPrompt, .portLost,
        .cmsError(code: nil, text: []),
    ])
    func sendThatFails(final: CommandResult.Final) {
        for profile in [SocketProfile.cip, .qi, .bc260y] {
            let socket = Transferrer(profile)
            socket.waiting = Self.bytes(10)
            socket.turn()
            socket.complete(final)
            #expect(socket.failure != nil && socket.accepted == [])
            #expect(socket.turn() == nil && socket.deadline == nil, "nothing more over this connection")
            socket.event(.dataWaiting)
            #expect(socket.turn() == nil)
            socket.open()
            #expect(socket.turn() != nil)
            #expect(socket.violations == [])
        }
    }

    /// YM310 AT manual 9.18: asked for at a bounded rate.
    @Test func cipWindow() {
        let socket = Transferrer(.cip)
        socket.waiting = Self.bytes(200_000)
        for _ in 0..<10 {
            #expect(socket.turn() == "AT+CIPSEND=1460")
            socket.complete(text: "DATA ACCEPT:1460")
        }
        #expect(socket.turn() == "AT+CIPACK")
        socket.complete(.ok, "+CIPACK: 14600,4380,10220")
        #expect(socket.turn() == "AT+CIPSEND=1460")
        socket.complete(text: "DATA ACCEPT:1460")
    }

    /// What the broker's own acknowledgements prove is not asked for.
    @Test(arguments: [1460, 3000, 14_600])
    func acknowledgementsAnswerTheQuestion(behind: Int) {
        let socket = Transferrer(.cip)
        socket.waiting = Self.bytes(200_000)
        var sent = 0
        for _ in 0..<100 {
            guard socket.turn() == "AT+CIPSEND=1460" else { break }
            socket.complete(text: "DATA ACCEPT:1460")
            sent += 1460
            socket.acknowledged(through: sent - behind)
            // What cannot be, and what is old.
            socket.acknowledged(through: sent + 1)
            socket.acknowledged(through: sent - behind - 500)
        }
        #expect(sent == (behind < 14_600 ? 146_000 : 14_600))
    }

    @Test func cipWithoutTheQuestion() {
        let socket = Transferrer(.cip)
        socket.waiting = Self.bytes(200_000)
        var questions = 0
        for _ in 0..<5000 where !socket.waiting.isEmpty {
            if socket.turn() == nil { socket.expire() }
            switch socket.line {
            case "AT+CIPACK"?:
                questions += 1
                socket.complete(.error)
            case "AT+CIPRXGET=2,1460"?: socket.complete(.ok, "+CIPRXGET: 2,0,0")
            case nil: break
            default: socket.complete(text: "DATA ACCEPT:\(socket.sending.count)")
            }
        }
        #expect(questions == 3 && socket.failure == nil && socket.waiting.isEmpty)
    }

    @Test func qiThatDoesNotSay() {
        let socket = Transferrer(.qi)
        socket.waiting = Self.bytes(20_000)
        for _ in 0..<5000 where socket.failure == nil {
            if socket.turn() == nil { socket.expire() }
            switch socket.line {
            case "AT+QISACK"?: socket.complete(.ok, "+QISACK: what")
            case "AT+QIRD=0,1,0,1460"?: socket.complete(.ok)
            case nil: break
            default: socket.complete(text: "SEND OK")
            }
        }
        #expect(socket.accepted.count == 2920)
    }

    // MARK: BC260Y

    @Test func bc260ySend() {
        let socket = Transferrer(.bc260y)
        socket.waiting = Self.bytes(600)
        #expect(socket.turn()?.hasPrefix("AT+QISEND=0,512,000102") ?? false)
        socket.complete(.ok)
        #expect(socket.accepted.isEmpty && socket.turn() == nil, "SEND OK comes first")
        socket.event(.sent)
        #expect(socket.accepted.count == 512)
        #expect(socket.turn()?.hasPrefix("AT+QISEND=0,88,") ?? false)
        socket.event(.sent)
        #expect(socket.accepted.count == 512)
        socket.complete(.ok)
        #expect(socket.accepted == Self.bytes(600))
        socket.event(.sent)
        #expect(socket.failure == nil && socket.violations == [])
    }

    @Test(arguments: [0, 1, 2]) func bc260yFails(way: Int) {
        let socket = Transferrer(.bc260y)
        socket.waiting = Self.bytes(6)
        #expect(socket.turn() == "AT+QISEND=0,6,000102030405")
        if way == 2 {
            socket.event(.sendFailed)
        } else {
            socket.complete(.ok)
            if way == 0 { socket.event(.sendFailed) } else { socket.expire() }
        }
        #expect(socket.failure != nil && socket.accepted == [])
    }

    @Test func bc260yWindow() {
        let socket = Transferrer(.bc260y)
        socket.waiting = Self.bytes(100_000)
        var sends = 0
        while socket.turn()?.hasPrefix("AT+QISEND=0,512,") ?? false {
            sends += 1
            socket.complete(.ok)
            socket.event(.sent)
        }
        #expect(sends == 28 && socket.line == "AT+QISEND=0,0")
        socket.complete(.ok, "+QISEND: 14336,14336,0")
        #expect(socket.turn()?.hasPrefix("AT+QISEND=0,512,") ?? false)
    }
}
