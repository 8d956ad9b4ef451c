import Testing

@testable import ModuleSimulator

/// Echo, line ends, data mode and lost commands.
@Suite struct ChannelTests {
    @Test func bootEchoesUntilToldNotTo() {
        var dialogue = Dialogue()
        dialogue.wait(.milliseconds(600))
        #expect(dialogue.text() == "|RDY|")
        #expect(dialogue.say("ATE0").hasPrefix("ATE0\\0D|OK|"))
        dialogue.wait(.seconds(5))
        #expect(dialogue.say("AT+RESET") == "|OK||RDY|")
        dialogue.wait(.seconds(5))
        _ = dialogue.text()
        #expect(dialogue.say("AT") == "AT\\0D|OK|")
        _ = dialogue.say("ATE0&W")
        _ = dialogue.say("AT+RESET")
        dialogue.wait(.seconds(5))
        #expect(dialogue.say("AT") == "|OK|")
    }

    @Test func bootPrintsWhatTheLogsShow() {
        var dialogue = Dialogue(.air780ep, [.readyTwice])
        dialogue.wait(.milliseconds(500))
        dialogue.write(ascii("ATE0\r\n"))
        dialogue.wait(.seconds(5))
        #expect(
            dialogue.text()
                == "|RDY||RDY||^MODE: 17,17||+E_UTRAN Service||+CGEV: ME PDN ACT 1,0||+NITZ: 26/06/04,09:04:19+32,0|")
    }

    @Test func registrationIsReportedAsAskedFor() {
        var dialogue = Dialogue.ready()
        _ = dialogue.say("AT+CEREG=2")
        _ = dialogue.say("AT+CREG=1;+CGEREP=1")
        #expect(dialogue.say("AT+CFUN=0") == "|+CREG: 0||+CEREG: 0||OK|")
        #expect(dialogue.say("AT+CGATT?") == "|+CGATT: 0||OK|")
        _ = dialogue.say("AT+CFUN=1")
        dialogue.wait(.seconds(3))
        #expect(dialogue.say("AT+CEREG?") == "|+CEREG: 2,1,\"1863\",\"0183db22\",7||OK|")
    }

    @Test func commandsSentWhileOneRunsAreLost() {
        var dialogue = Dialogue.ready { $0.latency = .milliseconds(10) }
        dialogue.write(ascii("AT+CSQ\r\nAT+CGSN\r\n"))
        dialogue.wait(.seconds(1))
        #expect(dialogue.text() == "|+CSQ: 24,0||OK|")
    }

    @Test func latencyLiesBetweenTheLineAndItsAnswer() {
        var dialogue = Dialogue.ready { $0.latency = .milliseconds(15) }
        dialogue.write(ascii("AT\r\n"))
        dialogue.wait(.milliseconds(14))
        #expect(dialogue.text() == "")
        dialogue.wait(.milliseconds(1))
        #expect(dialogue.text() == "|OK|")
    }

    @Test func dataModeTakesExactlyTheDeclaredBytes() {
        var dialogue = Dialogue.ready(online: true)
        #expect(dialogue.say("AT+MPUBEX=\"t\",1,0,5") == "|>")
        dialogue.write([0, 0x1A, 0x0D, 0x0A, 0xFF])
        #expect(dialogue.text() == "|OK||PUBACK|")
        guard case .publish(let publish)? = dialogue.packets.last else {
            Issue.record("nothing published")
            return
        }
        #expect(publish.payload == [0, 0x1A, 0x0D, 0x0A, 0xFF] && publish.qos == 1)
        #expect(dialogue.say("AT") == "|OK|")
    }

    @Test func aBareCarriageReturnCostsALeadingLineFeed() {
        var dialogue = Dialogue.ready(online: true)
        dialogue.write(ascii("AT+MPUBEX=\"t\",0,0,3\r") + [0x0A, 0x61, 0x62])
        #expect(dialogue.text() == "|>")
        dialogue.wait(.seconds(20))
        #expect(dialogue.text() == "")
        dialogue.write([0x63])
        #expect(dialogue.text() == "|OK|")
    }

    @Test func withoutALengthSubstituteOrFiveSecondsEndTheData() {
        var dialogue = Dialogue.ready(.ec716s, [.promptBlank], online: true)
        #expect(dialogue.say("AT+MPUBEX=\"t\",0,0") == "|> ")
        dialogue.write(ascii("abc") + [0x1A])
        #expect(dialogue.text() == "|OK|")
        _ = dialogue.say("AT+MPUBEX=\"t\",0,0")
        dialogue.write(ascii("def"))
        dialogue.wait(.milliseconds(4999))
        #expect(dialogue.text() == "")
        dialogue.wait(.milliseconds(1))
        #expect(dialogue.text() == "|OK|")
        let payloads = dialogue.packets.compactMap { packet -> [UInt8]? in
            if case .publish(let publish) = packet { publish.payload } else { nil }
        }
        #expect(payloads == [ascii("abc"), ascii("def")])
    }

    @Test func dataIsEchoedToo() {
        var dialogue = Dialogue.ready(online: true)
        _ = dialogue.say("ATE1")
        #expect(dialogue.say("AT+MPUBEX=\"t\",0,0,2") == "AT+MPUBEX=\"t\",0,0,2\\0D|>")
        dialogue.write(ascii("hi"))
        #expect(dialogue.text() == "hi|OK|")
    }

    @Test func backspaceEditsTheLine() {
        var dialogue = Dialogue.ready()
        dialogue.write(ascii("ATX") + [0x08, 0x0D])
        #expect(dialogue.text() == "|OK|")
    }

    @Test func hostileBytesNeverTrapAndTheNextLineIsSound() {
        var random = SeededRandom(seed: 99)
        var dialogue = Dialogue.ready(online: true)
        for _ in 0..<3000 {
            let count = Int.random(in: 1...40, using: &random)
            let pieces = ["AT+", "MPUB=", "\"", ",", "0", "?", "=", "\r", "MCONFIG", "CGDCONT", ";", "\n"]
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            for _ in 0..<4 { bytes += ascii(pieces.randomElement(using: &random) ?? "") }
            dialogue.write(bytes)
            dialogue.wait(.milliseconds(3))
        }
        dialogue.wait(.seconds(10))
        dialogue.write([UInt8](repeating: 0x0D, count: 5000))
        dialogue.wait(.seconds(10))
        _ = dialogue.say("ATE0V1")
        #expect(dialogue.say("AT") == "|OK|")
    }
}
