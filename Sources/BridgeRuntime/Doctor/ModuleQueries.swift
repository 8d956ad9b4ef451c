import ATProtocol
import Control
import LinuxIO

/// Whoever puts questions to the module.
protocol ModuleQueries {
    /// Puts one question. Throws when the module gives no answer, or may not be asked.
    func ask(_ command: ATCommand) throws(CommandFailure) -> Answer
}

/// Asks by a port of this process.
struct OwnQueries: ModuleQueries {
    var dialogue: ModuleDialogue

    func ask(_ command: ATCommand) throws(CommandFailure) -> Answer { Answer(try dialogue.submit(command)) }
}

/// Asks through the running service, between its own commands; questions only.
struct ServiceQueries: ModuleQueries {
    var operations: any Operations
    var loop: EventLoop
    var isInterrupted: () -> Bool

    func ask(_ command: ATCommand) throws(CommandFailure) -> Answer {
        let line = String(decoding: command.line, as: UTF8.self)
        return Answer(
            try operations.call(
                "at", [.init(name: "line", value: .text(line))], on: loop, isInterrupted: isInterrupted))
    }
}
