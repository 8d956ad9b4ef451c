import ATProtocol
import Testing

@testable import ModemCore

@Suite struct AnswersTests {
    @Test(arguments: [
        ("+CEREG: 0,1", 1), ("+CEREG: 1,5 ", 5), ("+CEREG: 2,1,\"1A2B\",\"0C\",7", 1), ("+CEREG: 1", 1),
        ("+CEREG: 1,\"1A2B\",\"0C\",7", 1), ("+CEREG :0,3", 3), ("+CEREG:", nil), ("+CEREG: x,y", nil), ("", nil),
        ("+CEREG: 99999999999999999999,1", nil), ("+CEREG: -1,1", nil),
    ])
    func registration(line: String, status: Int?) { #expect(registrationStatus(Array(line.utf8)) == status) }

    @Test(arguments: [
        ("+CPIN: READY", "READY"), ("860000000000001", "860000000000001"), ("+CGMR: \"V1\"", "V1"), ("+", "+"),
        ("a:b", "a:b"), ("", ""),
    ])
    func firstValue(line: String, value: String) { #expect(GoodModule.answer(line).firstValue == value) }

    @Test(arguments: [
        ("+CSQ: 31,0", "-51 dBm (31 of 31)"), ("+CSQ: 99,99", "not known"), ("+CSQ:", "not known"), ("x", "not known"),
    ])
    func signal(line: String, text: String) { #expect(signalText(GoodModule.answer(line)) == text) }

    @Test func printableIsBoundedAndClean() {
        #expect(printable([0x41, 0x0A, 0xFF]) == "A\\x0A\\xFF")
        #expect(printable([UInt8](repeating: 0x41, count: 5000)).count == 120)
    }

    @Test func profilesByName() {
        #expect(
            ModuleProfile.all.map(\.name) == ["ec716s", "air780ep", "air780e", "air724ug", "bc260y", "quectel-gsm"])
        for profile in ModuleProfile.all { #expect(ModuleProfile.named(profile.name) == profile) }
        #expect(ModuleProfile.named("quectel") == nil)
        #expect(ModuleProfile.identified(by: []) == nil)
    }
}
