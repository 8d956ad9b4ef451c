import Testing

@testable import ModuleSimulator

/// What the module thinks the time is. The world's is 2026-06-04 09:04:18 UTC when it is switched on.
@Suite struct ClockTests {
    @Test(
        arguments: [
            (BootClock.host, nil, "26/06/04,17:04:24+32"),
            (.host, false, "26/06/04,17:04:24+32"),
            (.wrong, nil, "00/01/01,00:00:06+00"),
            (.wrong, true, "26/06/04,17:04:24+32"),
            (.time(1_900_000_000), nil, "30/03/17,17:46:46+00"),
        ] as [(BootClock, Bool?, String)])
    func atBootItShowsWhatItWasTold(clock: BootClock, network: Bool?, expected: String) throws {
        var dialogue = Dialogue.ready {
            $0.clock = clock
            $0.networkTime = network
        }
        #expect(dialogue.say("AT+CCLK?") == "|+CCLK: \"\(expected)\"||OK|")
    }

    @Test(arguments: [
        ("18/08/07,13:28:29+32", "18/08/07,13:28:31+32"), ("18/08/07,13:28:29-08", "18/08/07,13:28:31-08"),
        ("24/02/29,23:59:59+00", "24/03/01,00:00:01+00"), ("18/08/07,13:28:29+49", nil),
        ("18/08/07,13:28:29-48", nil), ("18/13/07,13:28:29+00", nil), ("18/08/07,13:28:29", nil),
    ])
    func itCanBeSet(text: String, later: String?) {
        var dialogue = Dialogue.ready { $0.clock = .wrong }
        #expect(dialogue.say("AT+CCLK=\"\(text)\"") == (later == nil ? "|+CME ERROR: 53|" : "|OK|"))
        dialogue.wait(.seconds(1))
        if let later { #expect(dialogue.say("AT+CCLK?") == "|+CCLK: \"\(later)\"||OK|") }
    }

    @Test func whatWasSetIsGoneAfterARestart() throws {
        var dialogue = Dialogue.ready { $0.clock = .wrong }
        _ = dialogue.say("AT+CCLK=\"18/08/07,13:28:29+32\"")
        try dialogue.fault("reboot")
        dialogue.wait(.seconds(5))
        _ = dialogue.say("ATE0")
        #expect(dialogue.say("AT+CCLK?") == "|+CCLK: \"00/01/01,00:00:06+00\"||OK|")
    }

    @Test func theTimeServerSetsIt() throws {
        var dialogue = Dialogue.ready { $0.clock = .wrong }
        #expect(dialogue.say("AT+CNTP?") == "|+CNTP: ntp1.aliyun.com,32, 5||OK|")
        #expect(dialogue.say("AT+CNTP=\"ntp.example\",-8") == "|OK|")
        #expect(dialogue.say("AT+CNTP=\"ntp.example\",49") == "|+CME ERROR: 53|")
        #expect(dialogue.say("AT+CNTP?") == "|+CNTP: ntp.example,-8, 5||OK|")
        #expect(dialogue.say("AT+CNTP") == "|OK||+CNTP: 1|")
        #expect(dialogue.say("AT+CCLK?").hasPrefix("|+CCLK: \"26/06/04,07:04:"))
        try dialogue.fault("pdp-deact power")
        #expect(dialogue.say("AT+CNTP") == "|OK||+CNTP: 61|")
        var silent = Dialogue.ready { $0.hasTimeServer = false }
        #expect(silent.say("AT+CNTP") == "|OK|")
        silent.wait(.seconds(5))
        #expect(silent.text() == "|+CNTP: 65|")
    }

    @Test func theNetworkDoesNotSetItWhereThatIsSwitchedOff() {
        var dialogue = Dialogue.ready {
            $0.clock = .wrong
            $0.networkTime = true
        }
        #expect(dialogue.say("AT+CTZU?") == "|+CTZU: 1||OK|")
        _ = dialogue.say("AT+CTZU=0;+CCLK=\"18/08/07,13:28:29+32\"")
        _ = dialogue.say("AT+CFUN=0")
        _ = dialogue.say("AT+CFUN=1")
        dialogue.wait(.seconds(5))
        #expect(dialogue.text().contains("+NITZ: 26/06/04,09:04:"))
        #expect(dialogue.say("AT+CCLK?").hasPrefix("|+CCLK: \"18/08/07,13:28:"))
    }

    @Test(arguments: [
        ("host", BootClock.host), ("wrong", .wrong), ("1780563858", .time(1_780_563_858)),
        ("2026-06-04T09:04:18Z", .time(1_780_563_858)), ("2026-06-04", nil), ("later", nil),
    ])
    func optionsAreRead(text: String, expected: BootClock?) {
        #expect(BootClock(text) == expected)
    }
}
