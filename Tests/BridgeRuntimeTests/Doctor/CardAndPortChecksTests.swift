import Control
import LinuxIO
import Testing

@testable import BridgeRuntime

/// Port, rate, echo, identity and card: answers to verdicts.
struct CardAndPortChecksTests {
    @Test(
        arguments: [
            (.missing(path: "/dev/x"), "/dev/x does not exist", "another name"),
            (.forbidden(path: "/dev/x", group: "plugdev"), "no permission to open /dev/x", "group plugdev"),
            (
                .busy(path: "/dev/x", holder: .init(pid: 7, name: "ModemManager")),
                "/dev/x is in use by ModemManager (pid 7)", "ModemManager has taken"
            ),
            (
                .busy(path: "/dev/x", holder: .init(pid: 8, name: "cellbridge")),
                "/dev/x is in use by cellbridge (pid 8)", "the service runs"
            ),
            (.busy(path: "/dev/x", holder: nil), "/dev/x is in use by another program", "another program"),
            (.notATerminal(path: "/dev/x"), "/dev/x is not a serial port", "another port"),
            (.unsupportedBaud(path: "/dev/x", baud: 5), "/dev/x cannot run at 5 baud", "another port"),
        ] as [(SerialPort.OpenFailure, String, String)])
    func port(failure: SerialPort.OpenFailure, text: String, cause: String) {
        let finding = PortChecks.port(failure)
        #expect(finding.outcome == .failed && finding.stage == .port)
        #expect(finding.text == text)
        #expect(finding.causes.first?.text.contains(cause) == true, "\(finding.causes)")
    }

    @Test func rate() {
        let other = PortChecks.rate(configured: 115_200, answering: 9600, heard: true)
        #expect(other.text == "no answer at 115200 baud; the module answers at 9600")
        #expect(other.causes.first?.next.hasPrefix("[module] baud = 9600") == true)
        #expect(PortChecks.rate(configured: 9600, answering: nil, heard: false).causes.first == .noPower)
        #expect(PortChecks.rate(configured: 9600, answering: nil, heard: true).causes.first == .wrongPort)
        #expect(PortChecks.lost(.attach, "gone").causes.first == .supply)
    }

    @Test func echo() {
        #expect(PortChecks.echo(Answer([])).outcome == .ok)
        #expect(PortChecks.echo(Answer([], "ERROR")).outcome == .warning)
    }

    @Test(
        arguments: [
            ("AirM2M_780EP_V1010_LTE_AT", nil, "+CBC: 3805", .ok, "profile air780ep"),
            ("AirM2M_780EP_V1010_LTE_AT", nil, "+CBC: 3100", .warning, "supply 3100 mV"),
            ("AirM2M_780EP_V1010_LTE_AT", "ec716s", "", .warning, "though it is air780ep"),
            ("AirM2M_780EP_V1010_LTE_AT", "air780ep", "", .ok, "profile air780ep"),
            ("SIM800 R14.18", nil, "", .warning, "profile not known"),
            ("SIM800 R14.18", "ec716s", "", .ok, "profile ec716s"),
        ] as [(String, String?, String, Finding.Outcome, String)])
    func identity(model: String, configured: String?, supply: String, outcome: Finding.Outcome, words: String) {
        let finding = PortChecks.identity(
            model: Answer([model]), revision: Answer(["Revision: \"R1\""]), imei: Answer(["868777059994693"]),
            supply: Answer(supply.isEmpty ? [] : [supply]), configured: configured)
        #expect(finding.outcome == outcome)
        #expect(
            finding.text.hasPrefix("\(model), IMEI 868777059994693") && finding.text.contains(words), "\(finding.text)")
        #expect(finding.facts.first { $0.name == "revision" }?.value == "R1")
        #expect((outcome == .warning) == !finding.causes.isEmpty)
    }

    @Test func identityFails() {
        let none = Answer([], "ERROR")
        let finding = PortChecks.identity(model: none, revision: none, imei: none, supply: none, configured: nil)
        #expect(finding.outcome == .failed && finding.causes.first == .wrongPort)
    }

    @Test(
        arguments: [
            (Answer(["+CPIN: READY"]), nil), (Answer(["+CPIN:READY"]), nil),
            (Answer(["+CPIN: SIM REMOVED"]), "no SIM is seen"), (Answer([], "+CME ERROR: 10"), "no SIM is seen"),
            (Answer(["+CPIN: SIM PUK"]), "the SIM is locked (SIM PUK)"),
            (Answer([], "+CME ERROR: 12"), "the SIM is locked (SIM PUK)"),
            (Answer(["+CPIN: PH-NET PIN"]), "the SIM is locked (PH-NET PIN)"),
            (Answer([""]), "the SIM is locked (no word why)"),
            (Answer([], "+CME ERROR: 13"), "the SIM does not work (+CME ERROR: 13)"),
            (Answer([], "ERROR"), "AT+CPIN? was answered ERROR"),
        ] as [(Answer, String?)])
    func card(answer: Answer, text: String?) {
        switch CardChecks.status(answer) {
        case .ready: #expect(text == nil)
        case .bad(let finding):
            #expect(finding.text == text && finding.outcome == .failed && !finding.causes.isEmpty)
        case .busy, .wantsPIN: Issue.record("neither")
        }
    }

    @Test func pin() {
        #expect(CardChecks.status(Answer(["+CPIN: SIM PIN"])) == .wantsPIN)
        #expect(CardChecks.status(Answer([], "+CME ERROR: 11")) == .wantsPIN)
        #expect(CardChecks.status(Answer([], "+CME ERROR: 14")) == .busy)
        #expect(CardChecks.pin(.missing).causes.first?.next.contains("pin_file") == true)
        #expect(CardChecks.pin(.refused).causes.first?.text.contains("not sent again") == true)
        #expect(CardChecks.pin(.taken).text.contains("does not get ready"))
        #expect(CardChecks.pinNotSent("x").text.contains("not sent: x") && CardChecks.stillBusy.outcome == .failed)
        let ready = CardChecks.ready(iccid: Answer(["+ICCID: 8986"]), imsi: Answer([], "ERROR"))
        #expect(ready.text == "ready, ICCID 8986")
    }
}
