import Testing

@testable import ModuleSimulator

/// SSLCFG (9.7), and what SSLMIPSTART asks the surroundings for.
@Suite struct SecurityTests {
    @Test(arguments: [
        ("AT+SSLCFG=?", "|OK|"),
        ("AT+SSLCFG?", "|ERROR|"),
        ("AT+SSLCFG=\"sslversion\",88", "|+SSLCFG: \"sslversion\",88,4||OK|"),
        ("AT+SSLCFG=\"sslversion\",88,3", "|OK|"),
        ("AT+SSLCFG=\"sslversion\",88,5", "|ERROR|"),
        ("AT+SSLCFG=\"ciphersuite\",88,0X003D", "|OK|"),
        ("AT+SSLCFG=\"ciphersuite\",88,0x003d;+SSLCFG=\"ciphersuite\",88", "|+SSLCFG: \"ciphersuite\",88,0X003D||OK|"),
        ("AT+SSLCFG=\"ciphersuite\",88,0XC02F", "|ERROR|"),
        ("AT+SSLCFG=\"cacert\",88", "|+SSLCFG: \"cacert\",88,||OK|"),
        ("AT+SSLCFG=\"cacert\",88,\"ca.crt\";+SSLCFG=\"cacert\",88", "|+SSLCFG: \"cacert\",88,ca.crt||OK|"),
        ("AT+SSLCFG=\"seclevel\",88,2", "|OK|"),
        ("AT+SSLCFG=\"seclevel\",88,3", "|ERROR|"),
        ("AT+SSLCFG=\"seclevel\",7,1", "|ERROR|"),
        ("AT+SSLCFG=\"seclevel\",34,1;+SSLCFG=\"seclevel\",88", "|+SSLCFG: \"seclevel\",88,0||OK|"),
        ("AT+SSLCFG=\"hostname\",88,h.example;+SSLCFG=\"hostname\",88", "|+SSLCFG:\"hostname\",88,h.example||OK|"),
        (
            "AT+SSLCFG=\"hostname\",88,h;+SSLCFG=\"hostname\",88,;+SSLCFG=\"hostname\",88",
            "|+SSLCFG:\"hostname\",88,||OK|"
        ),
        (
            "AT+SSLCFG=\"sslversion\",5,3;+SSLCFG=\"sslversion\",5,;+SSLCFG=\"sslversion\",5",
            "|+SSLCFG: \"sslversion\",5,4||OK|"
        ),
        ("AT+SSLCFG=\"ignorelocaltime\",88,1;+SSLCFG=\"ignorelocaltime\",88", "|+SSLCFG:\"ignorelocaltime\",88,1||OK|"),
        ("AT+SSLCFG=\"negotiatetimeout\",88,9", "|ERROR|"),
        ("AT+SSLCFG=\"negotiatetimeout\",88,10", "|OK|"),
        ("AT+SSLCFG=\"negotiatetimeout\",88,301", "|ERROR|"),
        ("AT+SSLCFG=\"clientrandom\",88,ab", "|ERROR|"),
        ("AT+SSLCFG=\"clientrandom\",88,101B12C3141516171F19202122232425262728293031323334353637", "|OK|"),
        ("AT+SSLCFG=\"verifymode\",153,1", "|OK|"),
        ("AT+SSLCFG=\"verifymode\",153,2", "|ERROR|"),
        ("AT+SSLCFG=\"nothing\",88,1", "|ERROR|"),
        ("AT+SSLCFG=\"seclevel\"", "|ERROR|"),
        ("AT+SSLCFG=\"seclevel\",88,1,1", "|ERROR|"),
    ])
    func answers(line: String, expected: String) {
        var dialogue = Dialogue.ready()
        #expect(dialogue.say(line) == expected)
    }

    @Test func contextsLiveInRAM() throws {
        var dialogue = Dialogue.ready()
        for fault in ["reboot", "power-cycle"] {
            _ = dialogue.say("AT+SSLCFG=\"seclevel\",88,1;&W")
            try dialogue.fault(fault)
            dialogue.wait(.seconds(5))
            #expect(dialogue.say("AT+SSLCFG=\"seclevel\",88") == "|+SSLCFG: \"seclevel\",88,0||OK|")
        }
    }

    @Test func theContextIsWhatIsAskedFor() {
        var dialogue = Dialogue.ready()
        _ = dialogue.upload("ca", "A")
        _ = dialogue.upload("crt", "C")
        _ = dialogue.upload("key", "K")
        for setting in [
            "\"cacert\",88,ca", "\"clientcert\",88,crt", "\"clientkey\",88,key", "\"hostname\",88,h",
            "\"sslversion\",88,3", "\"ciphersuite\",88,0X002F",
        ] { #expect(dialogue.say("AT+SSLCFG=" + setting) == "|OK|") }
        var expected = TLSRequest(version: 3, suites: ["AES128-SHA"], hostName: "h")
        var asked = ask(&dialogue, level: 0)
        #expect(asked == expected)
        asked = ask(&dialogue, level: 1)
        expected.authorities = ascii("A")
        // The clock is that of the moment, so it is compared apart.
        #expect(abs((asked?.time ?? 0) - 1_780_563_858) < 60)
        expected.time = asked?.time
        #expect(asked == expected)
        _ = dialogue.say("AT+SSLCFG=\"ignorelocaltime\",88,1;+SSLCFG=\"verifymode\",88,1")
        (expected.certificate, expected.key) = (ascii("C"), ascii("K"))
        (expected.time, expected.trustsAnyListed) = (nil, true)
        #expect(ask(&dialogue, level: 2) == expected)
        _ = dialogue.say("AT+SSLCFG=\"ciphersuite\",88,")
        expected.suites = ["AES256-SHA256", "AES256-SHA", "AES128-SHA", "DES-CBC3-SHA", "RC4-SHA", "RC4-MD5"]
        #expect(ask(&dialogue, level: 2) == expected)
    }

    private func ask(_ dialogue: inout Dialogue, level: Int) -> TLSRequest? {
        _ = dialogue.say("AT+SSLCFG=\"seclevel\",88,\(level)")
        #expect(dialogue.say("AT+SSLMIPSTART=h,1") == "|OK||CONNECT OK|")
        _ = dialogue.say("AT+MIPCLOSE")
        return dialogue.requests.last
    }

    @Test func whatIsMissingIsToldToTheTranscriptAlone() {
        var dialogue = Dialogue.ready()
        let failure = "|OK||STATE: TCP CLOSED||CONNECT FAIL|"
        _ = dialogue.say("AT+SSLCFG=\"seclevel\",88,1")
        #expect(dialogue.say("AT+SSLMIPSTART=h,1") == failure)
        #expect(dialogue.notes.last == "TLS failed: no CA certificate is set")
        _ = dialogue.say("AT+SSLCFG=\"cacert\",88,ca.crt")
        #expect(dialogue.say("AT+SSLMIPSTART=h,1") == failure)
        #expect(dialogue.notes.last == "TLS failed: the CA file ca.crt is not there")
        _ = dialogue.upload("ca.crt", "A")
        dialogue.broker.handshake = [.refused("certificate has expired")]
        #expect(dialogue.say("AT+SSLMIPSTART=h,1") == failure)
        #expect(dialogue.notes.last == "TLS failed: certificate has expired")
        #expect(dialogue.say("AT+MQTTSTATU") == "|+MQTTSTATU :0||OK|")
    }

    @Test func aHandshakeEndsWithItsTime() {
        var dialogue = Dialogue.ready()
        dialogue.broker.handshake = []
        _ = dialogue.say("AT+SSLCFG=\"negotiatetimeout\",88,20")
        #expect(dialogue.say("AT+SSLMIPSTART=h,1") == "|OK|")
        dialogue.wait(.seconds(18))
        #expect(dialogue.text() == "")
        dialogue.wait(.seconds(2))
        #expect(dialogue.text() == "|STATE: TCP CLOSED||CONNECT FAIL|")
        #expect(dialogue.notes.last == "TLS failed: the handshake took too long" && dialogue.closed > 0)
    }

    @Test func aPlainSessionOnATLSPortIsRefused() {
        var dialogue = Dialogue.ready()
        _ = dialogue.say("AT+MIPSTART=h,8883")
        dialogue.broker.isSilent = true
        #expect(dialogue.say("AT+MCONNECT=1,60") == "|OK|")
        dialogue.network(.bytes([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]))
        dialogue.network(.closed)
        #expect(dialogue.text() == "|+CME ERROR: 767||CLOSED|")
    }
}
