import Testing

@testable import ModuleSimulator

/// What comes before a connection on a Quectel GSM module (manual 003 chapters 2 and 9).
@Suite struct QuectelStartTests {
    @Test func outOfTheBoxTheRateIsFoundFirst() {
        var dialogue = Dialogue(.quectelGSM)
        dialogue.wait(.seconds(5))
        // Nothing is printed before, not even RDY, and the first AT is lost.
        #expect(dialogue.text() == "")
        #expect(dialogue.say("hello") == "")
        #expect(dialogue.say("AT") == "")
        #expect(dialogue.say("AT") == "AT\\0D|OK|")
        _ = dialogue.say("ATE0")
        #expect(dialogue.say("AT") == "|OK|")

        var slow = Dialogue(.quectelGSM, [.slowSync])
        slow.wait(.seconds(5))
        for _ in 0..<3 { #expect(slow.say("AT") == "") }
        #expect(slow.say("AT").hasSuffix("|OK|"))
    }

    @Test func aFixedRateIsKeptAndTheModuleThenTellsItsStart() throws {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say("AT+IPR=115200&W") == "|OK|")
        #expect(dialogue.say("AT+IPR?") == "|+IPR: 115200||OK|")
        #expect(dialogue.say("AT+IPR=115201&W") == "|ERROR|")
        try dialogue.fault("power-cycle")
        dialogue.wait(.seconds(5))
        #expect(dialogue.text() == "|RDY||+CFUN: 1||+CPIN: READY||Call Ready|")
        #expect(dialogue.say("AT") == "|OK|")

        _ = dialogue.say("AT+IPR=0&W")
        try dialogue.fault("power-cycle")
        dialogue.wait(.seconds(5))
        #expect(dialogue.text() == "")
    }

    @Test func itSaysWhoItIs() {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say("ATI") == "|Quectel_Ltd|Quectel_M26|Revision: M26FAR03A08||OK|")
        #expect(dialogue.say("AT+CGMM") == "|Quectel_M26||OK|")
        #expect(dialogue.say("AT+CGMR") == "|Revision: M26FAR03A08||OK|")
        #expect(dialogue.say("AT+CGSN") == "|868777059994693||OK|")
        #expect(dialogue.say("AT+QCCID") == "|89861122050211045494||OK|")
    }

    @Test func theGuidesFirstStepsGoAsPrinted() {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say("AT+CPIN?") == "|+CPIN: READY||OK|")
        #expect(dialogue.say("AT+CREG?") == "|+CREG: 0,1||OK|")
        #expect(dialogue.say("AT+CGATT?") == "|+CGATT: 1||OK|")
        #expect(dialogue.say("AT+QIFGCNT=0") == "|OK|")
        #expect(dialogue.say("AT+QICSGP=1,\"CMNET\"") == "|OK|")
        #expect(dialogue.say("AT+QICSGP=1,\"CMNET\",\"u\",\"p\"") == "|OK|")
        #expect(dialogue.say("AT+QICSGP?") == "|+QICSGP: 1,\"CMNET\",\"u\",\"p\"||OK|")
        #expect(dialogue.say("AT+CSQ") == "|+CSQ: 24,0||OK|")
    }

    @Test(arguments: ["+QIMUX", "+QIDNSIP", "+QINDI", "+QIHEAD", "+QISHOWRA", "+QISHOWPT", "+QIFGCNT"])
    func aSettingIsZeroOrOne(name: String) {
        var dialogue = Dialogue.gsm()
        let tail = name == "+QIFGCNT" ? ",255" : ""
        #expect(dialogue.say("AT\(name)?") == "|\(name): 0\(tail)||OK|")
        #expect(dialogue.say("AT\(name)=1") == "|OK|")
        #expect(dialogue.say("AT\(name)?") == "|\(name): 1\(tail)||OK|")
        for wrong in ["=2", "=", "=1,1", "=\"x", ""] { #expect(dialogue.say("AT\(name)\(wrong)") == "|ERROR|") }
    }

    @Test func transparentModeIsNotPlayed() {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say("AT+QIMODE=0") == "|OK|")
        #expect(dialogue.say("AT+QIMODE=1") == "|ERROR|")
    }

    @Test(arguments: [
        "AT+MIPSTART=h,1", "AT+CIPSTART=TCP,h,1", "AT+RESET", "AT+CNTP", "AT+SSLCFG=?", "AT+FSLS", "AT+X",
    ])
    func otherFamiliesCommandsAreUnknown(command: String) {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say(command) == "|ERROR|")
    }

    @Test func itHasNoMQTTAndIsFoundByName() {
        #expect(ModuleProfile.named("Quectel-GSM") == .quectelGSM && ModuleProfile.named("bc260y") == .bc260y)
        #expect(!ModuleProfile.quectelGSM.hasMQTT && !ModuleProfile.bc260y.hasMQTT)
    }

    @Test func aHungModuleIsRestartedByCFUN() throws {
        var dialogue = Dialogue.gsm(open: true)
        try dialogue.fault("hang")
        #expect(dialogue.say("AT+RESET") == "" && dialogue.say("AT") == "")
        _ = dialogue.say("AT+CFUN=1,1")
        dialogue.wait(.seconds(5))
        _ = dialogue.say("AT")
        #expect(dialogue.say("AT").hasSuffix("|OK|"))
    }
}
