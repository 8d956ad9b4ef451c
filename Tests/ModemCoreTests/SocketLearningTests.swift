import ATProtocol
import ModemCore
import Testing

/// A module whose memory is smaller than the window, and that ends the connection when it is full.
@Suite struct SocketLearningTests {
    /// Sends on one connection until a send is refused or everything is with the module; what was refused.
    private static func fill(_ socket: Transferrer, room: Int, event: Bool = false) -> Bool {
        socket.open()
        socket.waiting = SocketTransferTests.bytes(20_000)
        var held = 0
        while socket.failure == nil, !socket.waiting.isEmpty {
            guard let line = socket.turn() else {
                guard socket.expire() else { break }
                continue
            }
            if line.hasSuffix("ACK") {
                // A round trip later the far side has all of it.
                held = 0
                socket.complete(.ok, "+CIPACK: 9,9,0")
            } else if held + socket.sending.count > room {
                if event { socket.event(.sendFailed) } else { socket.complete(.error) }
                return true
            } else {
                held += socket.sending.count
                socket.complete(text: "DATA ACCEPT:\(socket.sending.count)")
            }
        }
        return false
    }

    /// What a full module refuses is not tried again and again: the next connections stay below it.
    @Test(arguments: [8192, 5000, 3000], [false, true]) func aFullModuleIsNotFilledForEver(room: Int, event: Bool) {
        let socket = Transferrer(.cip)
        var refusals = 0
        while refusals < 20, Self.fill(socket, room: room, event: event) {
            refusals += 1
            socket.renew()
        }
        #expect((1...6).contains(refusals), "\(refusals) refusals")
        #expect(socket.waiting.isEmpty && socket.violations == [])
        // The connections after it know.
        socket.renew()
        #expect(!Self.fill(socket, room: room))
        // Not for ever: another cell may take it away faster.
        socket.now += .seconds(7 * 3600)
        socket.renew()
        #expect(Self.fill(socket, room: room))
    }

    /// A send that fails while little is under way says nothing of the module's memory.
    @Test func aFailedSendTeachesNothing() {
        let socket = Transferrer(.cip)
        socket.waiting = SocketTransferTests.bytes(100)
        socket.turn()
        socket.complete(.error)
        #expect(socket.failure != nil && socket.learnt == nil)
    }
}
