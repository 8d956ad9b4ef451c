import ATProtocol
import Testing

@Suite("Captures")
struct CaptureTests {
    @Test(arguments: CaptureTokens.expected.keys.sorted())
    func `gives its tokens`(_ name: String) {
        let capture = Capture(name)
        #expect(!capture.events.isEmpty)
        #expect(Self.replay(capture) { [$0] } == CaptureTokens.expected[name])
    }

    @Test(arguments: CaptureTokens.expected.keys.sorted())
    func `gives the same however the reads are cut`(_ name: String) {
        let capture = Capture(name)
        #expect(Self.replay(capture) { bytes in bytes.map { [$0] } } == CaptureTokens.expected[name])
        for place in 1..<160 {
            let got = Self.replay(capture) { [Array($0.prefix(place)), Array($0.dropFirst(place))] }
            #expect(got == CaptureTokens.expected[name], "cut at \(place)")
        }
    }

    @Test(arguments: CaptureTokens.expected.keys.sorted())
    func `gives the same with the echo on`(_ name: String) {
        let got = Self.replay(Capture(name), echo: true) { [$0] }
        #expect(got.filter { $0 != "echo returned" } == CaptureTokens.expected[name])
        // Told once, not for every command, and only where the echo was switched off.
        #expect(got.count { $0 == "echo returned" } == (got.contains(#"write ATE0\r\n"#) ? 1 : 0))
    }

    /// The summaries of all that a session makes of a capture.
    static func replay(_ capture: Capture, echo: Bool = false, _ cut: ([UInt8]) -> [[UInt8]]) -> [String] {
        let dialogue = Dialogue()
        for event in capture.events {
            switch event {
            case .sent(let line):
                // Some logs leave out an OK.
                if !dialogue.isIdle { dialogue.receive("OK\r\n") }
                dialogue.submit(command(line))
                if echo { dialogue.receive(line + "\r\r\n") }
            case .received(let bytes):
                for read in cut(bytes) { dialogue.receive(read) }
            case .sentData: break
            case .timedOut:
                dialogue.pass(.seconds(10))
                #expect(dialogue.isIdle == false)
                dialogue.receive("AT\r\r\nOK\r\n")
                dialogue.receive("AT+CMEE?\r\r\n+CMEE: 1\r\n\r\nOK\r\n")
            }
        }
        dialogue.pass(.milliseconds(200))
        if !dialogue.isIdle { dialogue.receive("OK\r\n") }
        return dialogue.take().map(\.summary)
    }

    /// A command as the host of the capture sent it.
    private static func command(_ line: String) -> ATCommand {
        switch line {
        case "ATI": return .ati
        case "ATE0": return .ate0
        case "AT+CIFSR": return .cifsr
        default:
            let name = line.dropFirst(2).prefix { $0 != "=" && $0 != "?" }
            let isWrite = name == "+FSWRITE"
            return ATCommand(line: bytes(line), prefixes: [String(name)], data: isWrite ? bytes("certificate") : nil)
        }
    }
}
