import ATProtocol
import BridgeTestKit
import Testing

@Suite("Captures")
struct CaptureTests {
    static let expected: [String: [String]] = [:]

    @Test(arguments: expected.keys.sorted())
    func tokens(_ name: String) {
        let capture = Capture(name)
        #expect(Self.replay(capture) { [$0] } == Self.expected[name])
    }

    @Test func dump() {
        for n in ["01-air780e-v1169-mqtt-plain", "02-air780e-v1169-mqtt-tls-oneway", "03-air780ep-v1007-publish-qos012", "05-air780ep-v1007-cache-multiline-payload", "06-air780ep-v1007-closed-and-pdn-deact", "07-air780eg-mqttmode1-msub-hex", "09-air780ep-v1010-boot-first-command-lost", "12-luat-cat1-cfun-urc-split-in-reads"] {
            print("        \"\(n).txt\": [")
            for line in Self.replay(Capture(n + ".txt"), { [$0] }) {
                print("            " + line.debugDescription + ",")
            }
            print("        ],")
        }
    }

    /// The summaries of all that a session makes of a capture.
    static func replay(_ capture: Capture, echo: Bool = false, _ cut: ([UInt8]) -> [[UInt8]]) -> [String] {
        let dialogue = Dialogue()
        dialogue.session.hexMode = capture.events.contains { event in
            if case .received(let bytes) = event { text(bytes).contains("ECE334B0AD08") } else { false }
        }
        for event in capture.events {
            switch event {
            case .sent(let line):
                // Some logs leave out an OK.
                if !dialogue.session.isIdle { dialogue.receive("OK\r\n") }
                dialogue.submit(command(line))
                if echo { dialogue.receive(line + "\r\r\n") }
            case .received(let bytes):
                for read in cut(bytes) { dialogue.receive(read) }
            case .timedOut:
                dialogue.pass(.seconds(9))
                dialogue.receive("AT\r\r\nOK\r\n")
                dialogue.receive("AT+CMEE?\r\r\n+CMEE: 1\r\n\r\nOK\r\n")
            }
        }
        dialogue.pass(.milliseconds(200))
        if !dialogue.session.isIdle { dialogue.receive("OK\r\n") }
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
