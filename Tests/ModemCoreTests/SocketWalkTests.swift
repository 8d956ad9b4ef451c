import ATProtocol
import ModemCore
import Testing

/// Random modules under the transfer: what the far side has is what was sent, in order, nothing twice; the window is kept;
/// and as long as the module works at all, everything arrives.
@Suite struct SocketWalkTests {
    /// One module with a far side, and both directions' bytes.
    private final class Model {
        let profile: SocketProfile
        var random: LinkWalkTests.Random
        let socket: Transferrer
        var taken: [UInt8] = []
        var open = 0
        var sent = 0
        var buffered = 0
        var read = 0
        var confirmation = false
        private var last: Duration = .zero
        var problems: [String] = []

        init(_ profile: SocketProfile, seed: UInt64) {
            self.profile = profile
            random = LinkWalkTests.Random(state: seed)
            socket = Transferrer(profile)
        }

        func chance(_ n: UInt64) -> Bool { random.next() % n == 0 }
        func number(_ n: Int) -> Int { Int(random.next() % UInt64(n)) }

        func step(hostile: Bool) {
            socket.now += .milliseconds(1 + number(200))
            if chance(3) { open -= number(open + 1) }
            // The far side needs steps, and time as well.
            if socket.now - last > .seconds(5) { open = 0 }
            last = socket.now
            if profile.dialect == .bc260y {
                if chance(6) { socket.pushed(1 + number(1024)) }
            } else if chance(6) {
                buffered += number(4000)
                // Some notices get lost.
                if buffered > 0, !chance(4) { socket.event(.dataWaiting) }
            }
            if chance(9) { socket.event(.dataWaiting) }
            if chance(20) { socket.mayReceive.toggle() }
            if chance(5) { socket.mayGrow.toggle() }
            if confirmation, chance(2) {
                confirmation = false
                socket.event(.sent)
            }
            guard socket.line != nil || socket.turn() != nil else {
                // A confirmation that is on its way is not waited for until it is late.
                if let due = socket.deadline, due <= socket.now || !confirmation && chance(3) {
                    socket.expire()
                }
                return
            }
            answer(hostile: hostile)
        }

        private func answer(hostile: Bool) {
            guard let line = socket.line else { return }
            if hostile, chance(60) {
                let finals: [CommandResult.Final] = [
                    .ok, .error, .timedOut, .noPrompt, .text(Array("DATA ACCEPT:77777".utf8)),
                    .cmeError(code: 3, text: []), .text([]), .text(Array("SEND OK".utf8)),
                ]
                return socket.complete(finals[number(finals.count)])
            }
            if !socket.sending.isEmpty {
                let count = socket.sending.count
                if count > profile.sendLimit { problems.append("a send of \(count)") }
                if let limit = profile.unacknowledgedLimit, open + count > limit {
                    problems.append("window passed")
                }
                let part = profile.dialect == .cip && chance(5) ? number(count + 1) : count
                taken += socket.sending.prefix(part)
                open += part
                sent += part
                switch profile.dialect {
                case .cip: socket.complete(text: "DATA ACCEPT:\(part)")
                case .qi: socket.complete(text: "SEND OK")
                case .bc260y:
                    if chance(4) { socket.event(.sent) } else { confirmation = true }
                    socket.complete(.ok)
                }
            } else if line.hasPrefix("AT+CIPRXGET=2") || line.hasPrefix("AT+QIRD") {
                if !socket.mayReceive { problems.append("read although nothing can be taken") }
                let count = min(buffered, profile.readLimit)
                buffered -= count
                read += count
                if profile.dialect == .cip {
                    socket.read(count, "+CIPRXGET: 2,\(count),\(buffered)")
                } else {
                    count > 0 ? socket.read(count, "+QIRD: 1.2.3.4:5,TCP,\(count)") : socket.read(0)
                }
            } else {
                let name =
                    line.hasPrefix("AT+QISEND") ? "QISEND" : line.hasPrefix("AT+QISACK") ? "QISACK" : "CIPACK"
                socket.complete(.ok, "+\(name): \(sent),\(sent - open),\(open)")
            }
        }
    }

    @Test(arguments: [SocketProfile.cip, .qi, .bc260y]) func everythingArrives(profile: SocketProfile) {
        for seed in 0..<16 as Range<UInt64> {
            let model = Model(profile, seed: seed)
            var data: [UInt8] = []
            for step in 0..<6000 {
                if step < 3000, model.chance(12) {
                    let more = SocketTransferTests.bytes(1 + model.number(2500))
                    data += more
                    model.socket.waiting += more
                }
                if step >= 3000 { model.socket.mayReceive = true }
                model.step(hostile: false)
                if step > 3000, model.socket.waiting.isEmpty, model.buffered == 0 { break }
            }
            let isWhole = model.taken == data && model.socket.accepted == data && model.buffered == 0
            #expect(
                isWhole, "seed \(seed): \(model.taken.count) of \(data.count), \(model.buffered) unread")
            #expect(model.problems == [] && model.socket.violations == [], "seed \(seed)")
            #expect(model.socket.failure == nil, "seed \(seed): \(model.socket.failure ?? "")")
        }
    }

    /// With wrong answers in between: never a trap, never more accepted than was given, and a connection that goes on
    /// or says why it does not.
    @Test(arguments: [SocketProfile.cip, .qi, .bc260y]) func wrongAnswers(profile: SocketProfile) {
        var failures = 0
        for seed in 0..<60 as Range<UInt64> {
            let model = Model(profile, seed: seed)
            var rounds = 0
            for _ in 0..<600 {
                if model.chance(3) {
                    model.socket.waiting += SocketTransferTests.bytes(1 + model.number(3000))
                }
                model.step(hostile: true)
                if model.chance(50) {
                    model.socket.event([.sent, .sendFailed, .networkReady][model.number(3)])
                }
                rounds += 1
                if model.socket.failure != nil { break }
            }
            if model.socket.failure != nil { failures += 1 }
            #expect(model.socket.violations == [], "seed \(seed)")
            if model.socket.failure != nil {
                #expect(model.socket.turn() == nil && model.socket.deadline == nil)
            }
        }
        #expect(failures > 30, "\(failures)")
    }
}
