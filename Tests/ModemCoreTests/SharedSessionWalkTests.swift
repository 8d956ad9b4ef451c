import ATProtocol
import ModemCore
import Testing

/// The link and the publisher on one session, with a module whose acknowledgements come late or never: nothing may be
/// taken for acknowledged whose PUBACK was not printed, and nothing may be lost.
@Suite struct SharedSessionWalkTests {
    private final class Bench {
        let link: LinkHarness
        let publisher = Publisher(text: nil, .ec716s)
        var random: LinkWalkTests.Random
        var waiting: [Int64] = Array(0..<60)
        var done: [Int64] = []
        var problems: [String] = []
        /// The publisher's command with the session; `isOurs` until the link took the message back.
        var wire: (id: Int64, isPublish: Bool, isOurs: Bool)?
        /// Acknowledgements the module still has to print, of its present session.
        var due: [Int64] = []
        var printed: Set<Int64> = []

        init(seed: UInt64) {
            random = LinkWalkTests.Random(state: seed)
            link = LinkHarness(LinkHarness.settings { $0.hasHardwareReset = seed % 2 == 0 })
            link.start()
        }

        func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

        /// After each event of the link: what was in flight goes back when it went offline.
        func settle(_ wasOnline: Bool) {
            if wasOnline, !link.isOnline {
                if let id = publisher.linkBroke() { waiting.insert(id, at: 0) }
                wire?.isOurs = false
            }
            if link.isSynchronising || link.isOpening || link.isResetting {
                wire = nil
                due = []
            }
        }

        func event(_ body: () -> Void) {
            let wasOnline = link.isOnline
            body()
            settle(wasOnline)
        }

        func run(_ action: PublishStateMachine.Action) {
            switch action {
            case .none, .stray: break
            case .submit(let command):
                // A command of the link that waits for the session goes on waiting.
                if wire != nil { problems.append("the session is busy") }
                wire = (publisher.openMessage ?? -1, command.text.hasPrefix("AT+MPUB"), true)
            case .record: problems.append("no data mode here")
            case .acknowledged(let id, _):
                if !printed.contains(id) { problems.append("\(id) was never acknowledged") }
                done.append(id)
                event { link.delivered() }
            case .refused(let id, _, _): problems.append("\(id) refused")
            case .rejected(let id, _):
                waiting.insert(id, at: 0)
                event { link.publishRefused() }
            case .timedOut(let id):
                waiting.insert(id, at: 0)
                event { link.publishTimedOut() }
            case .late(let id, _):
                waiting.insert(id, at: 0)
                event { link.acknowledgementLate() }
            }
        }

        func completeWire() {
            guard let command = wire else { return }
            wire = nil
            let faulty = chance(20)
            let result =
                faulty ? CommandResult(final: chance(50) ? .error : .timedOut) : GoodModule.ok
            // A publish may go out although its OK was lost; and be lost although it was accepted.
            if command.isPublish, result.final == .ok || (result.final == .timedOut && chance(50)), chance(85) {
                due.append(command.id)
            }
            if command.isOurs {
                run(publisher.commandCompleted(result, now: link.now))
            } else if result.final == .timedOut {
                event { link.publishTimedOut() }
            }
        }

        func completeLink() {
            event {
                link.behave { line in
                    if ["AT+MDISCONNECT", "AT+MIPCLOSE", "AT+CIPSHUT", "AT+CFUN=0"].contains(line) { due = [] }
                    if line.hasPrefix("AT+MCONNECT") { due = [] }
                    if chance(3) { return CommandResult(final: .timedOut) }
                    if line == "AT+MQTTSTATU", chance(15) { return LinkOnlineTests.status(chance(50) ? 0 : 2) }
                    return GoodModule.result(of: line)
                }
            }
        }

        func step(disturbed: Bool) {
            if wire == nil, link.isOnline, link.outstanding == nil, publisher.isIdle, !waiting.isEmpty,
                !link.isResynchronising, chance(60)
            {
                // Any of them: a message of higher priority may have come in between.
                let id = waiting.remove(at: Int(random.next() % UInt64(waiting.count)))
                let payload: [UInt8] = id % 3 == 0 ? [0] : [0x41]
                run(
                    publisher.begin(
                        .init(id: id, topic: [0x74], payload: payload, qos: 1, retain: false), now: link.now))
                return
            }
            if !due.isEmpty, chance(40) {
                let id = due.removeFirst()
                printed.insert(id)
                let action = publisher.outcomeReceived(.puback, now: link.now)
                if case .acknowledged(let credited, _) = action, credited != id {
                    problems.append("the PUBACK of \(id) was credited to \(credited)")
                }
                run(action)
                return
            }
            if disturbed, chance(8), link.isPortOpen {
                let urcs: [URC] = [
                    .closed, .closed, .pdpDeactivated, .cgev(.detached), .banner(kind: .ready), .simRemoved,
                ]
                let urc = urcs[Int(random.next() % 6)]
                if urc == .banner(kind: .ready) { due = [] }
                return event { link.urc(urc) }
            }
            if disturbed, chance(1), link.isPortOpen { return event { link.portClosed() } }
            if wire != nil { return completeWire() }
            if let late = publisher.deadline, link.outstanding == nil, chance(20) {
                link.pass(max(.zero, late - link.now))
                return run(publisher.deadlineReached(now: link.now))
            }
            completeLink()
        }
    }

    @Test(arguments: 0..<40) func walk(seed: UInt64) {
        let bench = Bench(seed: seed &* 31 &+ 5)
        for step in 0..<6000 where bench.done.count < 60 {
            bench.step(disturbed: step < 3000)
            guard bench.problems.isEmpty, bench.link.violations.isEmpty else {
                Issue.record("seed \(seed), step \(step): \(bench.problems) \(bench.link.violations)")
                return
            }
        }
        #expect(Set(bench.done) == Set(0..<60), "seed \(seed): \(bench.link.summary)")
    }
}
