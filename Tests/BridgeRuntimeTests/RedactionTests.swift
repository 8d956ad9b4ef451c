import ATProtocol
import BridgeCore
import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// Secrets never reach a log.
@Suite struct RedactionTests {
    @Test func noPasswordPINOrPayloadIsLogged() throws {
        let rig = Rig()
        rig.settings.username = bytes("user-name")
        rig.settings.password = bytes("PassWord1")
        rig.settings.pin = "4711"
        rig.settings.will = MqttWill(topic: bytes("will/topic"), message: bytes("WillSecret"), qos: 1, retain: true)
        rig.settings.accessPoint = LinkSettings.AccessPoint(
            name: "internet", username: "apn-user", password: "ApnSecret", authentication: .chap)
        var isLocked = true
        rig.port.script = { line in
            switch line {
            case "AT+CPIN?" where isLocked: return ["+CPIN: SIM PIN", "OK"]
            case _ where line.hasPrefix("AT+CPIN="):
                isLocked = false
                return ["OK"]
            case "AT+CGDCONT?": return ["+CGDCONT: 1,\"IP\",\"other\"", "OK"]
            default: return nil
            }
        }
        try rig.online()
        rig.broker.publish("sensors/a", bytes("PayLoadOut"))
        rig.broker.publish("sensors/a", bytes("PayLoadOut\u{1}"))
        rig.port.deliver("commands/x", bytes("PayLoadIn"))
        rig.clock.advance(by: .seconds(2))
        #expect(rig.port.publishes.count == 2 && rig.broker.received.count == 1)
        // Damaged lines: echoes without their beginning, pieces of payloads, messages that cannot be taken apart.
        rig.port.say([
            "T+MCONFIG=\"box\",\"user-name\",\"PassWord1\"", "T+CPIN=4711", "PayLoadIn, the rest",
            "+FOO: \"PassWord1\"", "+MSUB: \"nobody/asked\",9 byte,PayLoadIn", "\u{1}\u{2}PayLoadIn",
            "+MSUB: commands/x,999 byte,PayLoadIn",
        ])
        rig.clock.advance(by: .seconds(5))
        rig.port.script = { $0.hasPrefix("AT+MPUB") ? ["ERROR"] : nil }
        rig.broker.publish("sensors/a", bytes("PayLoadOut again"))
        rig.clock.advance(by: .seconds(5))
        rig.dispatcher.drain {}
        rig.clock.advance(by: .seconds(10))

        let all = rig.recorder.lines.map(\.text).joined(separator: "\n")
        #expect(rig.recorder.lines.count > 50)
        #expect(
            all.contains("AT+MCONFIG") && all.contains("AT+MPUB") && all.contains("AT+CPIN=")
                && all.contains("AT+CGAUTH"))
        for secret in ["PassWord1", "4711", "ApnSecret", "WillSecret", "PayLoad"] {
            #expect(!all.contains(secret), "\(secret)")
            let numbers = "\(Array(secret.utf8))".dropFirst().dropLast()
            #expect(!all.contains(numbers), "\(secret) as numbers")
            let hex = secret.utf8.map { String($0, radix: 16, uppercase: true) }.joined()
            #expect(!all.contains(hex), "\(secret) in hex")
        }
    }

    @Test(arguments: [
        ("+CSQ: 23,0", "+CSQ: 23,0"), ("+CGPADDR: 1,\"10.0.0.1\"", "+CGPADDR: 1,\"…\""),
        ("+MSUB: t,3 byte,abc", "+MSUB: t"), ("SHUT OK", "SHUT OK"), ("hello there", "<11 bytes>"),
        ("+X: \"never closed, secret", "+X: \"…\""), ("", "<0 bytes>"),
    ])
    func linesAreShownWithoutTheirTexts(_ line: String, _ wanted: String) {
        #expect(shown(bytes(line)) == (line.isEmpty ? "" : wanted))
    }
}
