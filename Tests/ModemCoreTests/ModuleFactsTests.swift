import ATProtocol
import Testing

@testable import ModemCore

struct ModuleFactsTests {
    private func signal(_ line: String) -> Signal? {
        Signal(CommandResult(lines: [Array(line.utf8)], final: .ok), at: .seconds(7))
    }

    @Test(
        arguments: [
            ("+CSQ: 0,99", -113, "very weak"), ("+CSQ: 9,0", -95, "weak"), ("+CSQ: 14,0", -85, "fair"),
            ("+CSQ: 24,0", -65, "good"), ("+CSQ:31,0", -51, "very good"),
        ])
    func strengths(_ line: String, _ dBm: Int, _ words: String) {
        #expect(signal(line)?.dBm == dBm && signal(line)?.words == words && signal(line)?.at == .seconds(7))
    }

    @Test(arguments: ["+CSQ: 99,99", "+CSQ: -1,0", "+CSQ: 32,0", "+CSQ: x", "", "+CSQ"])
    func whatIsNotKnown(_ line: String) {
        #expect(signal(line) == nil)
    }

    @Test(
        arguments: [
            ("Revision: \"V1.2", "V1.2"), ("V1.2", "V1.2"), ("Revision: V 1", "V 1"), ("a:b", "a:b"), ("", ""),
            ("\"", ""),
        ])
    func revisions(_ text: String, _ plain: String) {
        #expect(ModuleFacts.revision(text) == plain)
    }
}
