import ATProtocol
import ModemCore

/// The machine behind a reference, since `#expect` takes copyable values only.
final class Publisher {
    private var machine: PublishStateMachine

    init(text: Bool?, _ profile: ModuleProfile) {
        machine = PublishStateMachine(profile: profile, acknowledgementTimeout: .seconds(10))
        machine.modeIs(text: text)
    }

    var isIdle: Bool { machine.isIdle }
    var isOnTheWire: Bool { machine.isOnTheWire }
    var openMessage: Int64? { machine.openMessage }
    var deadline: Duration? { machine.deadline }

    func begin(_ message: PublishStateMachine.Message, now: Duration) -> PublishStateMachine.Action {
        machine.begin(message, now: now)
    }
    func recorded() -> PublishStateMachine.Action { machine.recorded() }
    func commandCompleted(_ result: CommandResult, now: Duration) -> PublishStateMachine.Action {
        machine.commandCompleted(result, now: now)
    }
    func outcomeReceived(_ outcome: Outcome, now: Duration) -> PublishStateMachine.Action {
        machine.outcomeReceived(outcome, now: now)
    }
    func deadlineReached(now: Duration) -> PublishStateMachine.Action { machine.deadlineReached(now: now) }
    func linkBroke() -> Int64? { machine.linkBroke() }
}
