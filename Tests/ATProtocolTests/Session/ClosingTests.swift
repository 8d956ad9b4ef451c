import ATProtocol
import Testing

/// Whatever closes something: its line is the end, an `OK` before it is not, and one after it is nobody else's.
@Suite struct ClosingTests {
    private let dialogue = Dialogue()

    private func run(_ command: ATCommand, _ answer: String) -> [String] {
        dialogue.submit(command)
        dialogue.receive(answer)
        return dialogue.take().dropFirst().map(\.summary)
    }

    static let commands: [(ATCommand, String)] = [
        (.cipshut, "SHUT OK"), (.cipclose, "CLOSE OK"), (.qideact, "DEACT OK"), (.qiclose, "CLOSE OK"),
        (.qicloseContext, "CLOSE OK"),
    ]

    @Test(arguments: commands) func anOKBeforeTheLine(_ command: ATCommand, _ line: String) {
        #expect(run(command, "\r\nOK\r\n").isEmpty)
        dialogue.pass(.milliseconds(2500))
        dialogue.receive("\r\n\(line)\r\n")
        #expect(dialogue.take().map(\.summary) == ["\(line) []"])
        #expect(dialogue.isIdle)
    }

    @Test(arguments: commands) func anOKAfterTheLine(_ command: ATCommand, _ line: String) {
        #expect(run(command, "\r\n\(line)\r\n").isEmpty)
        dialogue.receive("\r\nOK\r\n")
        #expect(dialogue.take().map(\.summary) == ["\(line) []"])
    }

    @Test(arguments: commands) func anOKAndNoMore(_ command: ATCommand, _ line: String) {
        #expect(run(command, "\r\nOK\r\n").isEmpty)
        dialogue.pass(.seconds(10))
        #expect(dialogue.take().map(\.summary) == ["OK []"])
        #expect(run(command, "\r\nERROR\r\n") == ["ERROR []"])
    }

    /// Quectel GSM TCP/IP guide 7: 2 to 5 s.
    @Test func theBearerOfAGSMModuleTakesItsTime() {
        #expect(run(.qideact, "\r\nOK\r\n").isEmpty)
        dialogue.pass(.seconds(6))
        dialogue.receive("\r\nDEACT OK\r\n")
        #expect(dialogue.take().map(\.summary) == ["DEACT OK []"])
    }
}
