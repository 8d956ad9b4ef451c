import ATProtocol
import ModemCore
import Testing

/// What is known of a send that a killed process left open on a plain stream decides what is done about it.
@Suite struct OpenSendTests {
    private static func start(
        _ send: OpenSend, _ change: (inout LinkSettings) -> Void = { _ in }
    ) -> LinkHarness {
        let harness = LinkHarness(SocketLinkTests.settings(.ec716s, change))
        harness.start(send: send)
        _ = harness.take()
        harness.portOpened()
        return harness
    }

    /// CR bytes where a packet begins are none of MQTT's: the broker closes the connection, and no message is damaged.
    @Test(arguments: [false, true]) func askedAtTheStartOfAPacket(hardware: Bool) {
        let harness = Self.start(OpenSend(bytes: 700, isHarmless: true)) { $0.hasHardwareReset = hardware }
        #expect(harness.take() == ["fill 700"])
        harness.filled()
        harness.expire()
        #expect(harness.take() == ["clear record", "sync 15"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func askedInTheMiddleOfAPacket() {
        let harness = Self.start(OpenSend(bytes: 700, isHarmless: false)) { $0.keepalive = 120 }
        #expect(harness.take() == [], "nothing is written before the connection is gone")
        #expect(harness.deadline == harness.now + .seconds(190))
    }

    /// The process that asked for it has its bytes: they are what the module waits for, and nothing else is damaged by them.
    @Test(arguments: [false, true]) func askedByThisProcess(hardware: Bool) {
        let harness = Self.start(OpenSend(bytes: 700, isHarmless: false, isRepeatable: true)) {
            $0.hasHardwareReset = hardware
        }
        #expect(harness.take() == ["repeat"])
        harness.filled()
        harness.expire()
        #expect(harness.take() == ["clear record", "sync 15"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func onlyWhatIsNotWrittenIsRepeated() {
        let harness = Self.start(OpenSend(bytes: 700, isWritten: true, isHarmless: false, isRepeatable: true))
        #expect(harness.take() == [], "its end is listened for")
    }

    @Test(arguments: [
        ("", true), ("{\"state\":3,\"battery\":\"flat\",\"data\":[1,2]}", true), ("at", false), ("x AT+CFUN=0", false),
        ("At&f", false), ("a/", false), ("b/", true), ("xATZ", false), ("atd1", false), ("atd", false), ("satdy", true),
        ("at +CFUN=0", false), ("at home", true),
        ("line\r", false), ("line\nfeed", false), ("a", true), ("\u{1}\u{7F}\u{FF}", true),
    ])
    func whatAModuleMakesNothingOf(text: String, isNothing: Bool) {
        #expect(OpenSend.saysNothing(Array(text.utf8)) == isNothing)
    }

    @Test(arguments: ["DATA ACCEPT:700", "SEND OK", "SEND FAIL", "+CME ERROR: 3"])
    func writtenAndAnswered(line: String) {
        let harness = Self.start(OpenSend(bytes: 700, isWritten: true, isHarmless: false))
        #expect(harness.take() == [])
        harness.urc(.other(Array("+CSQ: 3,0".utf8)))
        #expect(harness.take() == [])
        harness.urc(.other(Array(line.utf8)))
        #expect(harness.take() == ["clear record", "sync 15"])
        #expect(harness.behave(until: { $0.isOnline }))
    }

    @Test func writtenAndSent() {
        let harness = Self.start(OpenSend(bytes: 700, isWritten: true, isHarmless: false))
        harness.urc(.socket(.sent))
        #expect(harness.take() == ["clear record", "sync 15"])
    }

    /// One `AT` finds out, and it answers.
    @Test func writtenAndSilent() {
        let harness = Self.start(OpenSend(bytes: 700, isWritten: true, isHarmless: false))
        harness.expire()
        #expect(harness.take() == ["sync 1"])
        harness.synchronised()
        #expect(harness.take().first == "clear record")
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    /// It does not: the module hangs, or bytes were lost. A blind restart first, and then the long wait.
    @Test func writtenAndMute() {
        let harness = Self.start(OpenSend(bytes: 700, isWritten: true, isHarmless: false)) { $0.keepalive = 120 }
        harness.expire()
        _ = harness.take()
        harness.synchronisationFailed()
        #expect(harness.take() == ["blind AT+RESET", "sync 40"])
        harness.synchronisationFailed()
        #expect(harness.take() == [])
        #expect(harness.deadline == harness.now + .seconds(190))
        harness.expire()
        #expect(harness.take() == ["fill 700"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test(arguments: [URC.closed, .pdpDeactivated]) func writtenAndClosed(urc: URC) {
        let harness = Self.start(OpenSend(bytes: 700, isWritten: true, isHarmless: false))
        harness.urc(urc)
        #expect(harness.take() == ["fill 700"], "no stream is left that it could harm")
    }

    /// No prompt came: nothing of it was written.
    @Test func withoutAPromptWhileOnline() {
        let harness = SocketLinkTests.online(.ec716s)
        harness.recorded(700, send: OpenSend(bytes: 700, isHarmless: true))
        harness.publishTimedOut()
        #expect(harness.take() == ["stream closed", "offline", "fill 700"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    /// The words for it differ, and before it has said who it is nobody knows which ones it takes.
    @Test func aModuleThatIsNotKnownIsRestartedInEveryWay() {
        var settings = LinkSettings(host: "broker.example", port: 1883, clientID: Array("box".utf8))
        let lines = LinkStateMachine(settings).restartLines.map { String(decoding: $0, as: UTF8.self) }
        #expect(lines == ["AT+RESET", "AT+CFUN=1,1"])
        settings.profile = .quectelGSM
        #expect(LinkStateMachine(settings).restartLines == [Array("AT+CFUN=1,1".utf8)])
        settings.profile = .air780e
        #expect(LinkStateMachine(settings).restartLines == [Array("AT+RESET".utf8)])
    }
}
