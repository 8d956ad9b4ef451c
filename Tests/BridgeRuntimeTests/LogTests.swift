import Testing

@testable import BridgeRuntime

@Suite struct LogTests {
    private func formatted(_ level: Log.Level, _ text: String, time: String? = nil) -> String {
        String(decoding: Log.formatted(level, text, time: time), as: UTF8.self)
    }

    @Test(arguments: [(Log.Level.error, "<3>x\n"), (.warning, "<4>x\n"), (.info, "<6>x\n"), (.debug, "<7>x\n")])
    func withoutATerminalThePriorityIsForJournald(_ level: Log.Level, _ wanted: String) {
        #expect(formatted(level, "x") == wanted)
    }

    @Test func onATerminalTheTimeAndTheLevelComeFirst() {
        #expect(formatted(.warning, "x", time: "12:00:00.000") == "12:00:00.000 warning: x\n")
    }

    @Test(arguments: ["\n", "\r", "\u{1B}[2J", "\u{0}", "\u{7F}", "\u{9B}2J", "\u{85}", "\u{2028}", "\u{202E}"])
    func whatSteersATerminalIsNeutralised(_ evil: String) {
        let line = formatted(.info, "a\(evil)b")
        #expect(!line.unicodeScalars.dropLast().contains { $0.properties.generalCategory == .control })
        #expect(!line.unicodeScalars.contains("\u{202E}") && !line.unicodeScalars.contains("\u{2028}"))
        #expect(line.split(separator: "\n").count == 1)
        #expect(
            !readable(Array("a\(evil)b".utf8)).unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test func whatIsReadableStays() {
        #expect(readable(Array("plant/Öl ☀".utf8)) == "plant/Öl ☀")
        #expect(readable([0x61, 0xFF, 0x0A]) == "a\\xFF\\x0A")
        #expect(readable([UInt8](repeating: 0x61, count: 200)).count == 121)
    }

    @Test func theThresholdHolds() {
        let recorder = LogRecorder()
        let log = recorder.log(.warning)
        var isBuilt = false
        func text() -> String {
            isBuilt = true
            return "x"
        }
        log(.info, text())
        log(.error, "y")
        #expect(recorder.lines.map(\.text) == ["y"])
        #expect(!isBuilt && !log.isDebug)
    }
}
