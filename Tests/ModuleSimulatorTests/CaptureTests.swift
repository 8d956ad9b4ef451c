import Testing

@testable import ModuleSimulator

/// The captured dialogues, replayed: commands in, and what the real modules printed expected back.
@Suite struct CaptureTests {
    @Test func capture05CacheWithPayloadsOfSeveralLines() {
        var dialogue = Dialogue.ready(.air780ep, online: true)
        _ = dialogue.say("AT+MQTTMSGSET=1")
        let payload = ascii("{\n  \"msg\": \"hello\"\n}")
        let shown = "|+MSUB: \"mqtt/sub_topic\",20 byte,{\\0A  \"msg\": \"hello\"\\0A}"
        dialogue.arrives("mqtt/pub_topic", ascii("publish 1 payload"))
        #expect(dialogue.text() == "|+MSUB: 0|")
        #expect(
            dialogue.say("AT+MQTTMSGGET?")
                == "|+MQTTMSGGET: 0,VALID|+MQTTMSGGET: 1,INVALID|+MQTTMSGGET: 2,INVALID|+MQTTMSGGET: 3,INVALID||OK|")
        #expect(dialogue.say("AT+MQTTMSGGET") == "|+MSUB: \"mqtt/pub_topic\",17 byte,publish 1 payload||OK|")
        dialogue.arrives("mqtt/sub_topic", payload)
        dialogue.arrives("mqtt/sub_topic", payload)
        #expect(dialogue.text() == "|+MSUB: 0||+MSUB: 1|")
        #expect(dialogue.say("AT+MQTTMSGGET") == shown + shown + "||OK|")
    }

    @Test func capture06ClosedThenBearerLost() throws {
        var dialogue = Dialogue.ready(.air780ep)
        let configure = "AT+MCONFIG=\"866289037465624\",\"user\",\"password\""
        let start = "AT+MIPSTART=\"lbsmqtt.airm2m.com\",\"1884\""
        func online() {
            #expect(dialogue.say(configure) == "|OK|")
            #expect(dialogue.say(start) == "|OK||CONNECT OK|")
            #expect(dialogue.say("AT+MCONNECT=1,60") == "|OK||CONNACK OK|")
        }
        online()
        dialogue.network(.closed)
        #expect(dialogue.text() == "|CLOSED|")
        #expect(dialogue.say("AT+MIPCLOSE") == "|+CME ERROR: 767|")
        online()
        try dialogue.fault("pdp-deact")
        #expect(dialogue.text() == "|+CGEV: NW PDN DEACT 1|")
        #expect(dialogue.say("AT+MIPCLOSE").hasPrefix("|OK|"))
        dialogue.wait(.seconds(1))
        online()
    }

    @Test func capture09RegistrationAnswersMixUp() {
        var dialogue = Dialogue.ready(.air780ep, [.mixedRegistration])
        for line in ["AT+CEREG=2", "AT+CGREG=2", "AT+CREG=2"] { #expect(dialogue.say(line) == "|OK|") }
        let place = "\"1863\",\"0183db22\",7"
        #expect(dialogue.say("AT+CEREG?") == "|+CGREG: 2,1,\(place)|+CEREG: 2,1,\(place)||OK|")
        #expect(dialogue.say("AT+CEREG?") == "|+CEREG: 2,1,\(place)||OK|")
        #expect(dialogue.say("AT+CSTT") == "|OK|")
        #expect(dialogue.say("AT+CIICR") == "|OK|")
        #expect(dialogue.say("AT+CIFSR") == "|10.76.1.35|")
    }

    @Test func capture12NoCardThenFullFunction() throws {
        var dialogue = Dialogue.ready(.air780ep, [.shortActivation])
        try dialogue.fault("sim-remove")
        dialogue.wait(.seconds(2))
        #expect(dialogue.say("AT+CPIN?") == "|+CME ERROR: 10|")
        #expect(dialogue.say("AT+CFUN=0") == "|OK|")
        try dialogue.fault("sim-insert")
        dialogue.write(ascii("AT+CFUN=1\r\n"))
        dialogue.wait(.milliseconds(149))
        #expect(dialogue.text() == "|+CPIN: READY 0|")
        dialogue.wait(.seconds(2))
        #expect(dialogue.text().hasPrefix("|OK||^MODE: 17,17||+E_UTRAN Service||+CGEV: ME PDN ACT 1||+NITZ: "))
    }

    @Test func theSIMIsBusyAtFirstWhereTheDialectSaysSo() {
        var dialogue = Dialogue(.ec716s, [.simBusy])
        dialogue.wait(.milliseconds(600))
        _ = dialogue.say("ATE0")
        #expect(dialogue.say("AT+CPIN?").hasPrefix("|+CME ERROR: 14|"))
        dialogue.wait(.seconds(2))
        #expect(dialogue.say("AT+CPIN?") == "|+CPIN: READY||OK|")
    }

    @Test(arguments: ModuleProfile.all.filter(\.hasMQTT))
    func everyDialectTheSeedPicksCanGoOnline(profile: ModuleProfile) throws {
        var seen: Set<Dialect.Trait> = []
        for seed in 0..<40 {
            let dialect = try #require(Dialect(names: "all", seed: UInt64(seed)))
            seen.formUnion(dialect.traits)
            var dialogue = Dialogue.ready(profile, dialect.traits, online: true)
            #expect(dialogue.say("AT+MSUB=\"t\",1").contains("SUBACK"), "seed \(seed)")
            #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"x\"").contains("PUBACK"), "seed \(seed)")
            #expect(dialogue.say("AT+MQTTSTATU").contains("1|"), "seed \(seed)")
        }
        #expect(seen == Set(Dialect.Trait.allCases))
    }

    @Test func dialectNamesAreChecked() {
        #expect(Dialect(names: "no-unit,prompt-blank", seed: 0)?.traits == [.noUnit, .promptBlank])
        #expect(Dialect(names: "none", seed: 0)?.traits == [])
        #expect(Dialect(names: "no-such", seed: 0) == nil)
        #expect(Dialect(names: "all", seed: 3) == Dialect(names: "all", seed: 3))
        #expect(SimulatorOptions.Endpoint("::1:1883") == .init(host: "::1", port: 1883))
        #expect(SimulatorOptions.Endpoint("host") == nil && SimulatorOptions.Endpoint("host:0") == nil)
        #expect(ModuleProfile.named("YM310") == .ec716s && ModuleProfile.named("x") == nil)
    }
}
