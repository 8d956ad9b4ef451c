import ATProtocol
import ModemCore
import Testing

/// Bytes that the far side does not acknowledge: a path that is dead, or one that is slow.
@Suite struct SocketWindowTests {
    /// The window is full, and every question is answered at once in the same way. What comes meanwhile: nothing, or now and
    /// then some bytes. How long until the connection is given up, and the times of the questions.
    private func stuck(_ profile: SocketProfile, hears: Bool) -> (failure: String, after: Duration, asked: [Duration]) {
        let socket = Transferrer(profile, pushes: profile.dialect != .qi)
        socket.waiting = SocketTransferTests.bytes(100_000)
        var (asked, since): ([Duration], Duration) = ([], socket.now)
        for _ in 0..<5000 where socket.failure == nil {
            if socket.turn() == nil {
                socket.expire()
                if hears { socket.pushed(4) }
                continue
            }
            switch socket.line {
            case "AT+QISACK"?, "AT+CIPACK"?, "AT+QISEND=0,0"?:
                let prefix = profile.dialect == .cip ? "+CIPACK" : profile.dialect == .qi ? "+QISACK" : "+QISEND"
                asked.append(socket.now)
                socket.complete(.ok, "\(prefix): \(socket.accepted.count),0,\(socket.accepted.count)")
            case "AT+QIRD=0,1,0,1460"?: socket.complete(.ok)
            default:
                since = socket.now
                socket.complete(profile.dialect == .bc260y ? .ok : .text(Array("SEND OK".utf8)))
                if profile.dialect == .bc260y { socket.event(.sent) }
            }
        }
        #expect(socket.violations == [])
        return (socket.failure ?? "", socket.now - since, asked)
    }

    /// Not a byte comes, and none of ours arrives, while the module answers each question: after 45 s.
    @Test(arguments: [SocketProfile.qi, .cip, .bc260y]) func aDeadPath(profile: SocketProfile) {
        let (failure, after, _) = stuck(profile, hears: false)
        #expect(failure.contains("has not acknowledged"), "\(failure)")
        #expect(after >= .seconds(45) && after < .seconds(55), "\(after)")
    }

    /// Quectel GSM TCP/IP guide 4.1: asked every 5 s, and given up after 100 s without progress where something comes.
    @Test(arguments: [SocketProfile.qi, .cip, .bc260y]) func aSlowPath(profile: SocketProfile) {
        let (failure, after, asked) = stuck(profile, hears: true)
        #expect(failure.contains("has not acknowledged"), "\(failure)")
        #expect(after >= .seconds(100) && after < .seconds(106), "\(after)")
        let gaps = zip(asked, asked.dropFirst()).map { $1 - $0 }
        #expect(gaps.suffix(15).allSatisfy { $0 == .seconds(5) } && asked.count < 30, "\(gaps)")
    }

    /// The window is never passed.
    @Test func qiWindow() {
        let socket = Transferrer(.qi)
        socket.waiting = SocketTransferTests.bytes(20_000)
        #expect(socket.turn() == "AT+QISEND=1460")
        socket.complete(text: "SEND OK")
        #expect(socket.turn() == "AT+QISEND=1460")
        socket.complete(text: "SEND OK")
        #expect(socket.turn() == "AT+QISACK")
        socket.complete(.ok, "+QISACK: 2920, 1460, 1460")
        #expect(socket.turn() == "AT+QISEND=1460")
        socket.complete(text: "SEND OK")
        #expect(socket.turn() == "AT+QISACK")
    }

    /// A little of it arrives now and then: it is not given up.
    @Test func progressHowEverSlow() {
        let socket = Transferrer(.qi)
        socket.waiting = SocketTransferTests.bytes(4000)
        var open = 0
        let since = socket.now
        while socket.now - since < .seconds(400), socket.failure == nil {
            if socket.turn() == nil { socket.expire() }
            switch socket.line {
            case "AT+QISACK"?:
                open = max(socket.accepted.count - 20 * Int((socket.now - since).components.seconds / 40), 0)
                socket.complete(.ok, "+QISACK: \(socket.accepted.count),0,\(open)")
            case "AT+QIRD=0,1,0,1460"?: socket.complete(.ok)
            case nil: break
            default: socket.complete(text: "SEND OK")
            }
        }
        #expect(socket.failure == nil && open > 0, "\(socket.failure ?? "")")
    }
}
