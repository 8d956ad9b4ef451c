import ATProtocol
import ModemCore
import Testing

/// Reading on request, and its place between the sends.
@Suite struct SocketReadTests {
    @Test func readsUntilNothingIsLeft() {
        let socket = Transferrer(.cip)
        #expect(socket.turn() == nil)
        socket.event(.dataWaiting)
        #expect(socket.turn() == "AT+CIPRXGET=2,1460")
        socket.read(1460, "+CIPRXGET: 2,1460,40")
        #expect(socket.turn() == "AT+CIPRXGET=2,1460")
        socket.event(.dataWaiting)
        socket.read(40, "+CIPRXGET: 2,40,0")
        #expect(socket.turn() == nil, "told of before the answer: its bytes are in the answer's count")
        socket.event(.dataWaiting)
        socket.turn()
        socket.pushed(40)
        socket.event(.dataWaiting)
        socket.read(0, "+CIPRXGET: 2,40,0")
        #expect(socket.turn() == "AT+CIPRXGET=2,1460", "told of after its bytes")
        socket.event(.dataWaiting)
        socket.read(0, "+CIPRXGET: 2,0,0")
        #expect(socket.turn() == "AT+CIPRXGET=2,1460")
        socket.read(0, "+CIPRXGET: 2,0,0")
        #expect(socket.turn() == nil)
        let gsm = Transferrer(.qi)
        gsm.event(.dataWaiting)
        #expect(gsm.turn() == "AT+QIRD=0,1,0,1460")
        gsm.read(36, "+QIRD: 116.228.146.250:7070,TCP,36")
        #expect(gsm.turn() == "AT+QIRD=0,1,0,1460")
        gsm.read(0)
        #expect(gsm.turn() == nil)
    }

    @Test func nothingIsReadThatCannotBeTaken() {
        let socket = Transferrer(.cip)
        socket.mayReceive = false
        socket.event(.dataWaiting)
        #expect(socket.turn() == nil)
        socket.waiting = SocketTransferTests.bytes(5)
        #expect(socket.turn() == "AT+CIPSEND=5")
        socket.complete(text: "DATA ACCEPT:5")
        for _ in 0..<20 {
            socket.expire()
            #expect(socket.turn() == nil)
        }
        socket.mayReceive = true
        #expect(socket.turn() == "AT+CIPRXGET=2,1460")
        #expect(socket.violations == [])
    }

    /// Full sends go before a read for a while; less takes turns.
    @Test func readsAndSendsTakeTurns() {
        func run(_ waiting: Int, perSend: Duration) -> String {
            let socket = Transferrer(.cip)
            var turns = ""
            socket.event(.dataWaiting)
            for _ in 0..<12 {
                socket.waiting = SocketTransferTests.bytes(waiting)
                let isRead = socket.turn() == "AT+CIPRXGET=2,1460"
                turns += isRead ? "r" : "s"
                socket.now += perSend
                if isRead {
                    socket.read(100, "+CIPRXGET: 2,100,900")
                    socket.now += .milliseconds(4)
                } else {
                    socket.complete(text: "DATA ACCEPT:\(waiting)")
                }
            }
            return turns
        }
        // The window's question is no send; with 12 turns it does not come to it.
        #expect(run(1460, perSend: .milliseconds(10)) == "sssrsssrsssr")
        #expect(run(1460, perSend: .milliseconds(300)) == "ssrssrssrssr")
        #expect(run(20, perSend: .milliseconds(10)) == "rsrsrsrsrsrs")
    }

    /// What follows from a read goes along with a send that is not full; a full one does not wait.
    @Test func sendAfterARead() {
        let socket = Transferrer(.cip)
        socket.mayGrow = true
        socket.event(.dataWaiting)
        #expect(socket.turn() == "AT+CIPRXGET=2,1460")
        socket.read(4, "+CIPRXGET: 2,4,0")
        socket.waiting = SocketTransferTests.bytes(20)
        #expect(socket.turn() == nil)
        let since = socket.now
        socket.expire()
        #expect(socket.now - since == .milliseconds(4))
        #expect(socket.turn() == "AT+CIPSEND=20")
        socket.complete(text: "DATA ACCEPT:20")
        socket.event(.dataWaiting)
        socket.waiting = []
        #expect(socket.turn() == "AT+CIPRXGET=2,1460")
        socket.read(4, "+CIPRXGET: 2,4,0")
        socket.waiting = SocketTransferTests.bytes(1460)
        #expect(socket.turn() == "AT+CIPSEND=1460")
    }

    /// So it does after a send, which makes room for more; where nothing can follow it goes at once.
    @Test func sendAfterASend() {
        let socket = Transferrer(.cip)
        socket.mayGrow = true
        socket.waiting = SocketTransferTests.bytes(20)
        #expect(socket.turn() == "AT+CIPSEND=20", "an idle line")
        socket.complete(text: "DATA ACCEPT:20")
        socket.waiting = SocketTransferTests.bytes(973)
        #expect(socket.turn() == nil)
        socket.waiting = SocketTransferTests.bytes(974)
        #expect(socket.turn() == "AT+CIPSEND=974", "full enough")
        socket.complete(text: "DATA ACCEPT:974")
        socket.waiting = SocketTransferTests.bytes(20)
        #expect(socket.turn() == nil)
        socket.mayGrow = false
        #expect(socket.turn() == "AT+CIPSEND=20")
        socket.complete(text: "DATA ACCEPT:20")
        socket.mayGrow = true
        socket.waiting = SocketTransferTests.bytes(20)
        socket.now += .milliseconds(4)
        #expect(socket.turn() == "AT+CIPSEND=20")
    }

    /// What is pushed comes in pieces: a send waits for the end of them, and not for ever.
    @Test func sendWhileBytesArePushed() {
        let socket = Transferrer(.cip, pushes: true)
        socket.mayGrow = true
        let since = socket.now
        socket.pushed(4)
        socket.waiting = SocketTransferTests.bytes(20)
        while socket.turn() == nil, socket.now - since < .seconds(1) {
            socket.pushed(4)
            socket.now += .milliseconds(7)
        }
        #expect(socket.now - since == .milliseconds(42))
        socket.complete(text: "DATA ACCEPT:20")
        socket.now += .milliseconds(8)
        socket.waiting = SocketTransferTests.bytes(20)
        socket.pushed(4)
        #expect(socket.turn() == nil)
        let last = socket.now
        socket.expire()
        #expect(socket.now - last == .milliseconds(8))
        #expect(socket.turn() == "AT+CIPSEND=20")
        #expect(socket.violations == [])
    }

    /// A notice that got lost: a read after 10 s while an answer is awaited, now and then anyway.
    @Test func lostNotice() {
        let socket = Transferrer(.cip)
        socket.waiting = SocketTransferTests.bytes(5)
        socket.turn()
        socket.complete(text: "DATA ACCEPT:5")
        let since = socket.now
        #expect(socket.turn() == nil)
        socket.expire()
        #expect(socket.now - since == .seconds(3) && socket.turn() == "AT+CIPRXGET=2,1460")
        socket.read(7, "+CIPRXGET: 2,7,0")
        #expect(socket.turn() == nil)
        socket.expire()
        #expect(socket.now - since == .seconds(63) && socket.turn() == "AT+CIPRXGET=2,1460")
    }

    @Test(arguments: [false, true]) func readsThatFail(says: Bool) {
        let socket = Transferrer(.cip)
        socket.event(.dataWaiting)
        let since = socket.now
        for _ in 0..<5000 where socket.failure == nil {
            if socket.turn() == nil { socket.expire() }
            if socket.line != nil {
                says ? socket.complete(.ok, "+CIPRXGET: 2,0,9") : socket.complete(.error)
            }
        }
        #expect(socket.now - since > .seconds(9) && socket.now - since < .seconds(11))
        #expect(socket.violations == [])
    }

    @Test func readWithoutAnAnswer() {
        let socket = Transferrer(.qi)
        socket.event(.dataWaiting)
        socket.turn()
        socket.complete(.timedOut)
        #expect(socket.failure != nil)
    }

    @Test func pushesAreNotRead() {
        for profile in [SocketProfile.cip, .bc260y] {
            let socket = Transferrer(profile, pushes: true)
            socket.event(.dataWaiting)
            socket.pushed(1000)
            #expect(socket.turn() == nil && socket.deadline == nil)
        }
        let gsm = Transferrer(.qi, pushes: true)
        gsm.event(.dataWaiting)
        #expect(gsm.turn() == "AT+QIRD=0,1,0,1460", "always on request there")
    }

    @Test func answersOfAnEarlierConnection() {
        let socket = Transferrer(.cip)
        socket.waiting = SocketTransferTests.bytes(5)
        socket.turn()
        socket.close()
        socket.complete(text: "DATA ACCEPT:5")
        socket.open()
        socket.complete(text: "DATA ACCEPT:5")
        #expect(socket.accepted == [] && socket.failure == nil)
    }
}
