import Testing

@testable import ModuleSimulator

/// The BC260Y-CN up to and around a connection (manual 004 2.3.1 to 2.3.4, 4.1).
@Suite struct BC260YSocketTests {
    private static let open = "AT+QIOPEN=0,0,\"TCP\",\"hf.quectel.com\",8008"

    @Test func theAddressIsToldOnceThereIsOne() {
        var dialogue = Dialogue(.bc260y)
        dialogue.wait(.milliseconds(1100))
        #expect(dialogue.text() == "|RDY||+CFUN: 1||+CPIN: READY|")
        _ = dialogue.say("ATE0")
        var early = Dialogue(.bc260y) { $0.serviceDelay = .seconds(20) }
        early.wait(.seconds(1))
        _ = early.say("ATE0")
        #expect(early.say(Self.open) == "|ERROR|")
        #expect(early.say("AT+CEREG?") == "|+CEREG: 0,2||OK|")
        early.wait(.seconds(20))
        #expect(early.text() == "|+CPIN: READY||+IP: 10.76.1.35|")
        #expect(early.say("AT+CEREG?") == "|+CEREG: 0,1||OK|")
        #expect(early.say(Self.open) == "|OK||+QIOPEN: 0,0|")
    }

    @Test func itSaysWhoItIs() {
        var dialogue = Dialogue.nbiot()
        #expect(dialogue.say("ATI") == "|Quectel_Ltd|Quectel_BC260Y-CN|Revision: BC260YCNAAR01A01||OK|")
        #expect(dialogue.say("AT+CGSN=1") == "|+CGSN: 868777059994693||OK|")
        #expect(dialogue.say("AT+CPIN?") == "|+CPIN: READY||OK|")
        #expect(dialogue.say("AT+CGPADDR") == "|+CGPADDR: 1,\"10.76.1.35\"||OK|")
        #expect(dialogue.say("AT+QCCID") == "|+QCCID: 89861122050211045494||OK|")
        for unknown in ["AT+CREG?", "AT+RESET", "AT+QIRD=0,1,0,5", "AT+MQTTSTATU", "AT+CIPSTATUS"] {
            #expect(dialogue.say(unknown) == "|ERROR|")
        }
    }

    @Test func theDataFormatIsKeptThroughARestart() throws {
        var dialogue = Dialogue.nbiot()
        #expect(dialogue.say("AT+QICFG=\"dataformat\"") == "|+QICFG: \"dataformat\",0,0||OK|")
        #expect(dialogue.say("AT+QICFG=\"dataformat\",1,0") == "|OK|")
        try dialogue.fault("power-cycle")
        dialogue.wait(.seconds(5))
        _ = dialogue.say("ATE0")
        #expect(dialogue.say("AT+QICFG=\"dataformat\"") == "|+QICFG: \"dataformat\",1,0||OK|")
        for wrong in ["\"dataformat\",2,0", "\"dataformat\",1", "\"x\",1,1", "\"dataformat\",1,1,1"] {
            #expect(dialogue.say("AT+QICFG=\(wrong)") == "|ERROR|")
        }
    }

    @Test func openingAskingAndClosingGoAsPrinted() {
        var dialogue = Dialogue.nbiot()
        #expect(dialogue.say("AT+QISTATE?") == "|OK|")
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,0|")
        #expect(dialogue.opened == ["hf.quectel.com:8008"])
        let state = "|+QISTATE: 0,\"TCP\",\"hf.quectel.com\",8008,0,2,0,1||OK|"
        #expect(dialogue.say("AT+QISTATE=1,0") == state)
        #expect(dialogue.say("AT+QISTATE=0,0") == state && dialogue.say("AT+QISTATE?") == state)
        #expect(dialogue.say("AT+QISTATE=1,1") == "|OK|" && dialogue.say("AT+QISTATE=2,0") == "|ERROR|")
        dialogue.closed = 0
        #expect(dialogue.say("AT+QICLOSE=1") == "|ERROR|")
        #expect(dialogue.say("AT+QICLOSE=0") == "|OK||CLOSE OK|")
        #expect(dialogue.closed == 1)
        #expect(dialogue.say("AT+QISTATE=1,0") == "|OK|")
        #expect(dialogue.say("AT+QICLOSE=0") == "|ERROR|")
    }

    @Test func afterAFailureTheIdIsTakenUntilQICLOSE() {
        var dialogue = Dialogue.nbiot()
        dialogue.peer.accepts = false
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,566|")
        #expect(dialogue.say("AT+QISTATE=1,0") == "|+QISTATE: 0,\"TCP\",\"hf.quectel.com\",8008,0,3,0,1||OK|")
        dialogue.peer.accepts = true
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,563|")
        #expect(dialogue.say("AT+QICLOSE=0") == "|OK||CLOSE OK|")
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,0|")
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,563|")
        #expect(dialogue.say("AT+QIOPEN=0,1,\"TCP\",\"h\",1") == "|OK||+QIOPEN: 1,554|")
        #expect(dialogue.say("AT+QISTATE=1,0").contains(",2,0,1|"))
    }

    @Test func theOutcomeComesWithinAMinute() {
        var dialogue = Dialogue.nbiot()
        dialogue.peer.isSilent = true
        #expect(dialogue.say(Self.open) == "|OK|")
        #expect(dialogue.say("AT+QISTATE=1,0").contains(",1,0,1|"))
        dialogue.wait(.milliseconds(57_900))
        #expect(dialogue.text() == "")
        dialogue.wait(.milliseconds(200))
        #expect(dialogue.text() == "|+QIOPEN: 0,566|")
    }

    @Test(arguments: [
        "AT+QIOPEN=1,0,\"TCP\",\"h\",1", "AT+QIOPEN=0,5,\"TCP\",\"h\",1", "AT+QIOPEN=0,0,\"TCP\",\"h\",0",
        "AT+QIOPEN=0,0,\"TCP\",\"h\",65536", "AT+QIOPEN=0,0,\"TCP\",\"\",1", "AT+QIOPEN=0,0,\"TCP\",\"h\"",
        "AT+QIOPEN=0,0,\"TCP\",\"h\",1,65536", "AT+QIOPEN=0,0,\"TCP\",\"h\",1,0,0", "AT+QIOPEN?", "AT+QIOPEN",
        "AT+QIOPEN=0,0,\"TCP\",\"h\",1,0,1,1",
    ])
    func wrongSyntaxIsAnError(command: String) {
        var dialogue = Dialogue.nbiot()
        #expect(dialogue.say(command) == "|ERROR|")
        #expect(dialogue.say("AT+QISTATE?") == "|OK|" && dialogue.opened.isEmpty)
    }

    @Test func theOtherErrorsOfAnOpening() throws {
        var dialogue = Dialogue.nbiot()
        #expect(dialogue.say("AT+QIOPEN=0,0,\"UDP\",\"h\",1") == "|OK||+QIOPEN: 0,555|")
        #expect(dialogue.say("AT+QIOPEN=0,0,\"TCP\",\"x.invalid\",1") == "|OK||+QIOPEN: 0,565|")
        _ = dialogue.say("AT+QICLOSE=0")
        try dialogue.fault("pdp-deact cfun")
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,561|")
    }

    @Test func aChosenLocalPortIsTakenForTwoMinutes() {
        var dialogue = Dialogue.nbiot()
        let chosen = Self.open + ",50001,1"
        #expect(dialogue.say(chosen) == "|OK||+QIOPEN: 0,0|")
        #expect(dialogue.say("AT+QISTATE?") == "|+QISTATE: 0,\"TCP\",\"hf.quectel.com\",8008,50001,2,0,1||OK|")
        _ = dialogue.say("AT+QICLOSE=0")
        dialogue.wait(.seconds(117))
        #expect(dialogue.say(chosen) == "|OK||+QIOPEN: 0,574|")
        // That failed opening held no port.
        _ = dialogue.say("AT+QICLOSE=0")
        dialogue.wait(.seconds(1))
        #expect(dialogue.say(chosen) == "|OK||+QIOPEN: 0,0|")
        _ = dialogue.say("AT+QICLOSE=0")
        #expect(dialogue.say(Self.open + ",50002") == "|OK||+QIOPEN: 0,0|")
        _ = dialogue.say("AT+QICLOSE=0")
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,0|")
    }

    @Test func theFarSideMayClose() {
        var dialogue = Dialogue.nbiot(open: true)
        dialogue.peer(.closed)
        #expect(dialogue.text() == "|+QIURC: \"closed\",0|")
        #expect(dialogue.say("AT+QISTATE?").contains(",3,0,1|"))
        #expect(dialogue.say("AT+QISEND=0,1,31") == "|ERROR|")
        #expect(dialogue.say("AT+QISEND=0,0") == "|+QISEND: 0,0,0||OK|")
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,563|")
        #expect(dialogue.say("AT+QICLOSE=0") == "|OK||CLOSE OK|")
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,0|")
    }

    @Test func aLostBearerIsToldByTheSocketAndComesBackWithAnAddress() throws {
        var dialogue = Dialogue.nbiot(open: true)
        try dialogue.fault("pdp-deact")
        #expect(dialogue.text() == "|+QIURC: \"closed\",0|")
        dialogue.wait(.seconds(1))
        #expect(dialogue.text() == "|+IP: 10.76.1.35|")
        _ = dialogue.say("AT+QICLOSE=0")
        #expect(dialogue.say(Self.open) == "|OK||+QIOPEN: 0,0|")

        try dialogue.fault("pdp-deact cfun")
        dialogue.wait(.seconds(5))
        #expect(dialogue.text() == "|+QIURC: \"closed\",0|")
        _ = dialogue.say("AT+CFUN=0")
        _ = dialogue.say("AT+CFUN=1")
        dialogue.wait(.seconds(1))
        #expect(dialogue.text() == "|+IP: 10.76.1.35|")

        try dialogue.fault("pdp-deact cgact")
        _ = dialogue.text()
        #expect(dialogue.say("AT+CGACT=1,1") == "|+IP: 10.76.1.35||OK|")
        #expect(dialogue.say("AT+CGACT=1,1") == "|OK|")
    }

    @Test func aBearerLostWhileConnectingIsTheOutcome() throws {
        var dialogue = Dialogue.nbiot()
        dialogue.peer.isSilent = true
        _ = dialogue.say(Self.open)
        try dialogue.fault("pdp-deact")
        #expect(dialogue.text() == "|+QIOPEN: 0,570|")
    }

    @Test func namesAndTime() throws {
        var dialogue = Dialogue.nbiot()
        #expect(dialogue.say("AT+QIDNSGIP=0,\"localhost\"") == "|OK||+QIDNSGIP: 0,1,0||+QIDNSGIP: \"127.0.0.1\"|")
        #expect(dialogue.say("AT+QIDNSGIP=0,\"x.invalid\"") == "|OK||+QIDNSGIP: 565|")
        #expect(dialogue.say("AT+QIDNSCFG=0,\"1.1.1.1\",\"8.8.8.8\"") == "|OK|")
        #expect(dialogue.say("AT+QIDNSCFG=0") == "|+QIDNSCFG: 0,\"1.1.1.1\",\"8.8.8.8\",\"::\",\"::\"||OK|")
        let time = dialogue.say("AT+QNTP=0,\"ntp5.aliyun.com\"")
        #expect(time.hasPrefix("|OK||+QNTP: 0,\"26/06/04,") && time.hasSuffix("+32\"|"))
        try dialogue.fault("stall 100")
        #expect(dialogue.say("AT+QNTP=0,\"ntp5.aliyun.com\"") == "|OK||+QNTP: 569|")
        #expect(dialogue.say("AT+QNTP=1,\"x\"") == "|ERROR|" && dialogue.say("AT+QIDNSGIP=1,\"x\"") == "|ERROR|")
    }
}
