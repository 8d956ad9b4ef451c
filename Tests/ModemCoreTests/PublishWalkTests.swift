import ATProtocol
import ModemCore
import Testing

/// Random events against a legality model: no message is lost, none acknowledged without cause, never two commands.
@Suite struct PublishWalkTests {
    private struct Model {
        var open: PublishStateMachine.Message?
        var command: ATCommand?
        /// Whether the publish itself was answered `OK`.
        var accepted = false
        /// Whether its PUBACK or PUBCOMP was read after the publish had been submitted.
        var acknowledged = false
        var recording = false
        var problems: [String] = []

        var isPublishing: Bool { command?.text.hasPrefix("AT+MPUB") == true || accepted }

        mutating func run(_ action: PublishStateMachine.Action) {
            switch action {
            case .none, .stray: break
            case .submit(let next):
                if command != nil { problems.append("a second command") }
                if recording, !next.text.hasPrefix("AT+MPUBEX") { problems.append("not what was recorded") }
                if next.text.hasPrefix("AT+MPUBEX"), !recording { problems.append("MPUBEX without a record") }
                recording = false
                command = next
            case .record: recording = true
            case .acknowledged(let id, _):
                guard let message = open, message.id == id else {
                    problems.append("acknowledged \(id), which is not open")
                    return
                }
                if !accepted || (message.qos > 0 && !acknowledged) { problems.append("acknowledged too early") }
                close()
            case .refused(let id, _, _), .rejected(let id, _), .timedOut(let id), .late(let id, _):
                if open?.id != id { problems.append("\(id) is not open") }
                close()
            }
        }

        mutating func close() {
            open = nil
            command = nil
            accepted = false
            acknowledged = false
            recording = false
        }
    }

    @Test(arguments: 0..<200) func walk(seed: UInt64) {
        var random = LinkWalkTests.Random(state: seed &+ 99)
        let machine = Publisher(text: nil, ModuleProfile.all[Int(seed % 4)])
        var model = Model()
        var now: Duration = .zero
        let payloads: [[UInt8]] = [
            [], [0x41], [0x22], [0x00], .init(repeating: 1, count: 3000), .init(repeating: 1, count: 9000),
        ]
        for step in 0..<2000 {
            now += .seconds(Int(random.next() % 3))
            switch random.next() % 9 {
            case 0, 1:
                let message = PublishStateMachine.Message(
                    id: Int64(step), topic: random.next() % 20 == 0 ? [0x22] : [0x74],
                    payload: payloads[Int(random.next() % 6)], qos: Int(random.next() % 3), retain: false)
                let wasIdle = machine.isIdle
                if wasIdle { model.open = message }
                let action = machine.begin(message, now: now)
                if !wasIdle, action != .none { model.problems.append("begun although busy") }
                if wasIdle { model.run(action) }
            case 2, 3, 4:
                guard let command = model.command else {
                    if machine.commandCompleted(GoodModule.ok, now: now) != .none {
                        model.problems.append("no command")
                    }
                    continue
                }
                let result = LinkWalkTests.results[Int(random.next() % 12) * (random.next() % 3 == 0 ? 1 : 0)]
                model.command = nil
                if command.text.hasPrefix("AT+MPUB"), result.isSuccess { model.accepted = true }
                model.run(machine.commandCompleted(result, now: now))
            case 5, 6:
                let outcome = [Outcome.puback, .pubrec, .pubcomp, .suback][Int(random.next() % 4)]
                let counts =
                    (outcome == .puback && model.open?.qos == 1) || (outcome == .pubcomp && model.open?.qos == 2)
                if counts, model.isPublishing { model.acknowledged = true }
                model.run(machine.outcomeReceived(outcome, now: now))
            case 7:
                if model.recording { model.run(machine.recorded()) }
                if let due = machine.deadline, due <= now { model.run(machine.deadlineReached(now: now)) }
            default:
                guard random.next() % 10 == 0 else { continue }
                if machine.linkBroke() != model.open?.id { model.problems.append("the open message was lost") }
                model.close()
            }
            if machine.openMessage != model.open?.id { model.problems.append("the open message differs") }
            let waits = model.command != nil || model.recording || machine.deadline != nil
            if !machine.isIdle, !waits { model.problems.append("dead end") }
            guard model.problems.isEmpty else {
                Issue.record("seed \(seed), step \(step): \(model.problems)")
                return
            }
        }
    }
}
