import BridgeCore
import BridgeTestKit
import LinuxIO
import ModemCore
import Testing

@testable import BridgeRuntime

/// Every fault at any time, under virtual time: the same seed gives the same run.
@Suite struct SoakTests {
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    /// One bridge with everything that happens to it.
    private final class Walk {
        let rig = Rig()
        var random: Seeded
        var published = 0
        var delivered = 0
        /// Inbound payloads that a commit has taken: these must arrive.
        var kept: Set<[UInt8]> = []

        init(_ seed: UInt64) throws {
            random = Seeded(state: seed)
            rig.port.identity = "AirM2M_780E_V1169_LTE_AT"
            rig.settings.hasHardwareReset = seed % 2 == 0
            if seed % 3 != 0 { rig.about = .init(name: "box", heartbeat: (bytes("heartbeat"), .seconds(2))) }
            rig.reset = { [unowned rig] in
                rig.port.forget()
                return (true, "")
            }
            try rig.online()
        }

        func payload(_ number: Int) -> [UInt8] {
            let text = bytes("\(number) ")
            switch number % 7 {
            case 0: return text + (0...255).map { UInt8($0) }
            case 1 where number % 3 == 0: return text + [UInt8](repeating: 0, count: 3000)
            default: return text + bytes("plain \"text\"")
            }
        }

        func step() throws {
            rig.clock.advance(by: .milliseconds(Int.random(in: 0...400, using: &random)))
            // Most of the time things work, or there would be little to break.
            if Int.random(in: 0..<6, using: &random) == 0 { mend() }
            switch Int.random(in: 0..<60, using: &random) {
            case 0: rig.broker.drop()
            case 1: rig.broker.isUp.toggle()
            case 2: rig.port.say(["+PDP: DEACT"])
            case 3:
                rig.port.status = 0
                rig.port.say(["CLOSED"])
            case 4: rig.port.say(["CLOSED"])
            case 5: rig.port.reboot()
            case 6: rig.port.unplug()
            case 7: rig.store.commitFailure = rig.store.commitFailure == nil ? "disk full" : nil
            case 8: rig.store.loadFailure = rig.store.loadFailure == nil ? "disk error" : nil
            case 9: rig.port.acknowledges.toggle()
            // Credited to the open publish, if there is one: nothing tells it from the real one.
            case 10: rig.port.say(["PUBACK"], acknowledging: rig.port.publishes.last?.payload)
            case 11: spoil(["ERROR"])
            case 12: spoil([])
            case 13: rig.port.takesWrites.toggle()
            case 14: rig.port.openFailure = rig.port.openFailure == nil ? .missing(path: "x") : nil
            case 15: rig.broker.answersPublishes.toggle()
            case 16: try kill()
            case 17: rig.clock.advance(by: .seconds(Int.random(in: 1...100, using: &random)))
            case 18: rig.port.isMute.toggle()
            case 19...38:
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    rig.broker.publish("sensors/n", payload(published))
                    published += 1
                }
            default:
                rig.port.deliver("commands/n", bytes("command \(delivered)"))
                delivered += 1
            }
        }

        private func spoil(_ answer: [String]) {
            var left = 1
            rig.port.script = { line in
                guard left > 0, line.hasPrefix("AT+MPUB") else { return nil }
                left -= 1
                return answer
            }
        }

        private func kill() throws {
            note()
            try rig.restart(keepsUnanswered: Bool.random(using: &random))
        }

        func note() { for batch in rig.store.batches { kept.formUnion(batch.appendIn.map(\.payload)) } }

        /// All faults end, and everything has time to arrive.
        func mend() {
            rig.store.commitFailure = nil
            rig.store.loadFailure = nil
            rig.broker.isUp = true
            rig.broker.answersPublishes = true
            rig.broker.answer()
            rig.port.acknowledges = true
            rig.port.takesWrites = true
            rig.port.openFailure = nil
            rig.port.isMute = false
            rig.port.script = { _ in nil }
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func nothingIsLostWhateverHappens(_ seed: UInt64) throws {
        let walk = try Walk(seed)
        for _ in 0..<400 { try walk.step() }
        walk.mend()
        let rig = walk.rig
        let isDone = rig.clock.run(limit: .seconds(40_000)) {
            rig.broker.queue.isEmpty && rig.store.outbox.isEmpty && rig.store.inbox.isEmpty && rig.isOnline
        }
        #expect(isDone, "\(rig.module.summary), \(rig.store.outbox.count) out, \(rig.store.inbox.count) in")
        walk.note()
        let premature = rig.broker.prematureAcknowledgements.count
        #expect(premature == 0)

        var seen: Set<[UInt8]> = []
        let firsts = rig.port.publishes.map(\.payload).filter { seen.insert($0).inserted }
        let wanted = (0..<walk.published).map { walk.payload($0) }
        let missing = wanted.filter { !seen.contains($0) }.count
        #expect(missing == 0)
        let inOrder =
            firsts.filter { $0.first.map { (0x30...0x39).contains($0) } ?? false && wanted.contains($0) } == wanted
        #expect(inOrder)

        #expect(rig.ledgerGaps.isEmpty)
        let received = Set(rig.broker.received.map(\.payload))
        let lost = walk.kept.subtracting(received).count
        #expect(lost == 0)
        rig.clock.advance(by: .seconds(2))
        let state = rig.broker.received.last { $0.topic == bytes("cellbridge/box/state") }
        #expect(state?.payload == (rig.about.name == nil ? nil : bytes("online")))
        #expect(rig.store.meta[Dispatcher.Meta.dataMode] == nil)
    }

    @Test func theSameSeedGivesTheSameRun() throws {
        func run() throws -> ([String], Counters, [LogRecorder.Line]) {
            let walk = try Walk(7)
            for _ in 0..<300 { try walk.step() }
            return (walk.rig.port.commands, walk.rig.dispatcher.counters, walk.rig.recorder.lines)
        }
        let (first, second) = (try run(), try run())
        let isSame = first.0 == second.0 && first.1 == second.1 && first.2 == second.2
        #expect(isSame)
        #expect(first.0.count > 100)
    }
}
