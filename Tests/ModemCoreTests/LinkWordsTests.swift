import ATProtocol
import Testing

@testable import ModemCore

/// What `status` calls the step the link is at: words, and the AT command.
struct LinkWordsTests {
    @Test(
        arguments: [
            ("ATE0", "setting up the module (ATE0)"), ("AT+CPIN?", "waiting for the SIM card (AT+CPIN?)"),
            ("AT+CEREG?", "waiting for the registration with the network (AT+CEREG?)"),
            ("AT+CGATT?", "waiting for the attach to the packet network (AT+CGATT?)"),
            ("AT+MIPCLOSE", "ending what is left of an earlier connection (AT+MIPCLOSE)"),
            ("AT+MIPSTART", "opening the TCP connection (AT+MIPSTART)"),
            ("AT+MCONNECT", "waiting for the MQTT session (AT+MCONNECT)"), ("AT+MSUB", "subscribing (AT+MSUB)"),
        ])
    func aStepHasWordsAndItsCommand(line: String, words: String) {
        #expect(LinkHarness.at(line).summary == words)
    }

    @Test(
        arguments: [
            (ModuleProfile.air780e, "AT+CIPSTATUS", "asking for the state of the connection (AT+CIPSTATUS)"),
            (.air780e, "AT+CIICR", "opening the bearer (AT+CIICR)"),
            (.air780e, "AT+CIPSTART", "opening the TCP connection (AT+CIPSTART)"),
            (.bc260y, "AT+QIOPEN", "opening the TCP connection (AT+QIOPEN)"),
        ])
    func soDoThoseOfASocketLink(profile: ModuleProfile, line: String, words: String) {
        let harness = SocketLinkTests.harness(profile)
        harness.start()
        harness.go(to: line)
        #expect(harness.summary == words)
    }

    @Test func noStepHasAnInternalName() {
        let profiles: [ModuleProfile] = [.air780e, .quectelGSM, .bc260y]
        for harness in [LinkHarness(LinkHarness.settings())] + profiles.map({ SocketLinkTests.harness($0) }) {
            var seen: Set<String> = []
            harness.start()
            let isOnline = harness.behave(until: {
                seen.insert($0.summary)
                return $0.isOnline
            })
            #expect(isOnline && seen.count > 10)
            #expect(!seen.contains { $0.contains(".") || $0.contains("socket(") || $0.hasPrefix("at ") }, "\(seen)")
        }
    }

    @Test func aPauseSaysWhatItIsBefore() {
        let harness = LinkHarness.at("AT+MIPSTART")
        for _ in 0..<3 where !harness.summary.hasPrefix("pausing") {
            harness.complete(CommandResult(final: .error))
            if !harness.summary.hasPrefix("pausing") { harness.go(to: "AT+MIPSTART") }
        }
        #expect(harness.summary == "pausing before a new TCP connection")
    }

    @Test func aCommandWithoutAnAnswerIsNamed() {
        let harness = LinkHarness.at("AT+MIPCLOSE")
        harness.complete(CommandResult(final: .timedOut))
        #expect(harness.reported("AT+MIPCLOSE got no answer"))
    }
}
