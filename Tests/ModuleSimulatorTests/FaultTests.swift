import Testing

@testable import ModuleSimulator

/// What goes wrong on request, and how a host gets out of it.
@Suite struct FaultTests {
    @Test func aDroppedConnectionIsClosed() throws {
        // Capture 06 and YM310 AT manual 13.14.
        var dialogue = Dialogue.ready(online: true)
        try dialogue.fault("drop-tcp")
        #expect(dialogue.text() == "|CLOSED|")
        #expect(dialogue.closed > 0)
        #expect(dialogue.say("AT+MQTTSTATU") == "|+MQTTSTATU :0||OK|")
        #expect(dialogue.say("AT+MIPCLOSE") == "|+CME ERROR: 767|")
        #expect(dialogue.say("AT+MIPSTART=h,1") == "|OK||CONNECT OK|")
        #expect(dialogue.say("AT+MCONNECT=1,60") == "|OK||CONNACK OK|")
    }

    @Test func aLostBearerOfTheAir780EPComesBackByItself() throws {
        var dialogue = Dialogue.ready(.air780ep, online: true)
        try dialogue.fault("pdp-deact")
        #expect(dialogue.text() == "|+CGEV: NW PDN DEACT 1|")
        #expect(dialogue.say("AT+MIPCLOSE") == "|OK||+CGEV: ME PDN ACT 1,0|")
        #expect(dialogue.say("AT+MIPSTART=h,1") == "|OK||CONNECT OK|")
    }

    @Test(arguments: [
        ("pdp-deact", "+PDP DEACT"), ("pdp-deact tight", "+PDP:DEACT"), ("pdp-deact blank cgact", "+PDP: DEACT"),
    ])
    func aLostBearerOfTheYM310WantsShutAndActivation(fault: String, text: String) throws {
        var dialogue = Dialogue.ready(online: true)
        try dialogue.fault(fault)
        #expect(dialogue.text() == "|\(text)|")
        #expect(dialogue.say("AT+MIPSTART=h,1") == "|OK||STATE: PDP DEACT||CONNECT FAIL|")
        #expect(dialogue.say("AT+CIPSHUT") == "|SHUT OK|")
        #expect(dialogue.say("AT+MIPSTART=h,1") == "|OK||STATE: TCP CLOSED||CONNECT FAIL|")
        #expect(dialogue.say("AT+CIPSHUT") == "|SHUT OK|")
        #expect(dialogue.say("AT+CGACT=1,1") == "|OK|")
        #expect(dialogue.say("AT+MIPSTART=h,1") == "|OK||CONNECT OK|")
    }

    @Test func eachRungOfTheLadderCanBeTheOneThatHelps() throws {
        var context = Dialogue.ready(online: true)
        try context.fault("pdp-deact context5")
        _ = context.say("AT+CIPSHUT")
        #expect(context.say("AT+CGACT=1,1") == "|+CME ERROR: 148|")
        _ = context.say("AT+CGDCONT=5,\"IP\",\"cmiot\"")
        #expect(context.say("AT+CGACT=1,5") == "|OK|")
        #expect(context.say("AT+MIPSTART=h,1") == "|OK||CONNECT OK|")

        for (cure, helps) in [("cfun", ["AT+CFUN=0", "AT+CFUN=1"]), ("reset", ["AT+RESET"])] {
            var dialogue = Dialogue.ready(online: true)
            try dialogue.fault("pdp-deact \(cure)")
            _ = dialogue.say("AT+CIPSHUT")
            #expect(dialogue.say("AT+CGACT=1,1") == "|+CME ERROR: 148|")
            if cure == "reset" {
                for line in ["AT+CFUN=0", "AT+CFUN=1"] { _ = dialogue.say(line) }
                dialogue.wait(.seconds(5))
                #expect(dialogue.say("AT+CGPADDR=1") == "|OK|")
            }
            for line in helps { _ = dialogue.say(line) }
            dialogue.wait(.seconds(5))
            _ = dialogue.say("ATE0")
            #expect(dialogue.say("AT+MIPSTART=h,1") == "|OK||CONNECT OK|")
        }

        var power = Dialogue.ready(online: true)
        try power.fault("pdp-deact power")
        try power.fault("reboot")
        power.wait(.seconds(5))
        _ = power.say("ATE0")
        #expect(power.say("AT+CGPADDR=1") == "|OK|")
        try power.fault("power-cycle")
        power.wait(.seconds(5))
        _ = power.say("ATE0")
        #expect(power.say("AT+CGPADDR=1") == "|+CGPADDR: 1,\"10.76.1.35\"||OK|")
    }

    @Test func aHungModuleKnowsOnlyReset() throws {
        var dialogue = Dialogue.ready(online: true)
        try dialogue.fault("hang")
        dialogue.arrives("t", [1])
        #expect(dialogue.say("AT") == "")
        #expect(dialogue.say("AT+CFUN=1,1") == "")
        #expect(dialogue.say("AT+RESET").hasPrefix("|RDY|"))
        dialogue.wait(.seconds(5))
        _ = dialogue.say("ATE0")
        #expect(dialogue.say("AT") == "|OK|")
        #expect(dialogue.tags.isEmpty)
    }

    @Test func aHardHangEndsOnlyWithThePower() throws {
        var dialogue = Dialogue.ready(online: true)
        try dialogue.fault("hang-hard")
        #expect(dialogue.say("AT+RESET") == "")
        dialogue.wait(.seconds(60))
        #expect(dialogue.text() == "")
        try dialogue.fault("power-cycle")
        dialogue.wait(.seconds(5))
        #expect(dialogue.text().hasPrefix("|RDY|"))
    }

    @Test func aStalledNetworkHoldsEverythingBack() throws {
        var dialogue = Dialogue.ready(online: true)
        try dialogue.fault("stall 5")
        #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"x\"") == "|OK|")
        #expect(!dialogue.module.takesTraffic(now: dialogue.now))
        dialogue.wait(.seconds(3))
        #expect(dialogue.text() == "")
        dialogue.wait(.seconds(2))
        #expect(dialogue.text() == "|PUBACK|")
        #expect(dialogue.module.takesTraffic(now: dialogue.now))
    }

    @Test func aHalfOpenConnectionSaysOKToEverything() throws {
        var dialogue = Dialogue.ready(online: true)
        dialogue.packets = []
        try dialogue.fault("half-open")
        #expect(dialogue.say("AT+MPUB=\"t\",0,0,\"x\"") == "|OK|")
        #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"x\"") == "|OK|")
        #expect(dialogue.say("AT+MQTTSTATU") == "|+MQTTSTATU :1||OK|")
        dialogue.arrives("t", [1])
        dialogue.network(.closed)
        #expect(dialogue.text() == "" && dialogue.packets.isEmpty)
        try dialogue.fault("heal")
        #expect(dialogue.text() == "|CLOSED|")
    }

    @Test func acknowledgementsCanBeLateOrLost() throws {
        var dialogue = Dialogue.ready(online: true)
        try dialogue.fault("delay-puback 30")
        #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"x\"") == "|OK|")
        #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"y\"") == "|OK||PUBACK|")
        dialogue.wait(.seconds(30))
        #expect(dialogue.text() == "|PUBACK|")
        try dialogue.fault("lose-puback")
        #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"z\"") == "|OK|")
        dialogue.packets = []
        try dialogue.fault("lose-publish")
        #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"w\"") == "|OK|")
        #expect(dialogue.packets.isEmpty)
        try dialogue.fault("error-next-mpub +CME ERROR: 3")
        #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"v\"") == "|+CME ERROR: 3|")
        #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"v\"") == "|OK||PUBACK|")
    }

    @Test func theNextSessionCanBeRefused() throws {
        var dialogue = Dialogue.ready()
        try dialogue.fault("refuse-connack")
        _ = dialogue.say("AT+MIPSTART=h,1")
        #expect(dialogue.say("AT+MCONNECT=1,60") == "|OK||ERROR||CLOSED|")
        _ = dialogue.say("AT+MIPSTART=h,1")
        #expect(dialogue.say("AT+MCONNECT=1,60") == "|OK||CONNACK OK|")
    }

    @Test func deregistrationIsReportedAndEnds() throws {
        var dialogue = Dialogue.ready(online: true)
        _ = dialogue.say("AT+CEREG=1")
        try dialogue.fault("deregister 10")
        #expect(dialogue.text() == "|^MODE: 0,0||+NO Service||+CEREG: 2|")
        #expect(dialogue.say("AT+MIPCLOSE") == "|OK|")
        #expect(dialogue.say("AT+CSQ") == "|+CSQ: 99,99||OK|")
        #expect(dialogue.say("AT+RESET").hasPrefix("|OK|"))
        dialogue.wait(.seconds(15))
        #expect(dialogue.text().contains("|+E_UTRAN Service|"))
    }

    @Test func theCardCanBeTakenOutAndPutBack() throws {
        var dialogue = Dialogue.ready(.air780ep, online: true)
        try dialogue.fault("sim-remove")
        dialogue.wait(.seconds(1))
        #expect(
            dialogue.text()
                == "|^MODE: 0,0||+NO Service||+CGEV: NW PDN DEACT 1||+CGEV: ME DETACH||+CPIN: SIM REMOVED 0|")
        #expect(dialogue.say("AT+CPIN?") == "|+CME ERROR: 10|")
        try dialogue.fault("sim-insert")
        dialogue.wait(.seconds(3))
        #expect(dialogue.text().hasPrefix("|+CPIN: READY 0||^MODE: 17,17|"))
    }

    @Test func garbageIsTheSameForTheSameSeed() throws {
        var first = Dialogue.ready()
        var second = Dialogue.ready()
        _ = (first.text(), second.text())
        try first.fault("garbage 100")
        try second.fault("garbage 100")
        #expect(first.printed.count == 100 && first.printed == second.printed)
    }

    @Test(arguments: [
        "", "nonsense", "stall", "stall x", "stall -1", "garbage 0", "pdp-deact sideways", "delay-puback",
    ])
    func wrongFaultLinesAreRefused(line: String) {
        #expect(throws: FaultLine.Problem.self) { try FaultLine.parse(line) }
    }

    @Test func aDeniedRegistrationTellsItsReasonWhenAsked() throws {
        // YM310 AT manual 5.4, <n>=3.
        var dialogue = Dialogue.ready()
        try dialogue.fault("deny 15")
        _ = dialogue.text()
        #expect(dialogue.say("AT+CEREG?") == "|+CEREG: 0,3||OK|")
        #expect(dialogue.say("AT+CEREG=3") == "|OK|")
        #expect(dialogue.say("AT+CEREG?") == "|+CEREG: 3,3,,,,0,15||OK|")
        #expect(dialogue.say("AT+CSQ") == "|+CSQ: 24,0||OK|")
        _ = dialogue.say("AT+CFUN=0")
        _ = dialogue.say("AT+CFUN=1")
        dialogue.wait(.seconds(5))
        _ = dialogue.text()
        #expect(dialogue.say("AT+CEREG?").hasPrefix("|+CEREG: 3,3"))
        try dialogue.fault("register")
        dialogue.wait(.seconds(5))
        _ = dialogue.text()
        #expect(dialogue.say("AT+CEREG?").hasPrefix("|+CEREG: 3,1"))
    }

    @Test func aRefusedAttachmentStandsUntilTheNetworkThinksBetterOfIt() throws {
        var dialogue = Dialogue.ready()
        try dialogue.fault("refuse-attach")
        #expect(dialogue.say("AT+CEREG?") == "|+CEREG: 0,1||OK|")
        #expect(dialogue.say("AT+CGATT?") == "|+CGATT: 0||OK|")
        #expect(dialogue.say("AT+CGATT=1") == "|+CME ERROR: 107|")
        #expect(dialogue.say("AT+CGACT=1,1") == "|+CME ERROR: 107|")
        try dialogue.fault("register")
        dialogue.wait(.seconds(1))
        _ = dialogue.text()
        #expect(dialogue.say("AT+CGATT=1").hasSuffix("|OK|"))
    }

    @Test func aRefusedTopicIsRefusedUntilItIsNot() throws {
        var dialogue = Dialogue.ready()
        dialogue.connect()
        try dialogue.fault("refuse-topic a/bad")
        for _ in 0..<2 { #expect(dialogue.say("AT+MPUB=\"a/bad\",0,0,\"x\"") == "|ERROR|") }
        #expect(dialogue.say("AT+MPUB=\"a/good\",0,0,\"x\"") == "|OK|")
        try dialogue.fault("refuse-topic")
        #expect(dialogue.say("AT+MPUB=\"a/bad\",0,0,\"x\"") == "|OK|")
        #expect(throws: FaultLine.Problem.self) { try FaultLine.parse("refuse-topic a b") }
    }

    @Test func theSignalIsWhatItIsTold() throws {
        var dialogue = Dialogue.ready()
        try dialogue.fault("signal 3")
        #expect(dialogue.say("AT+CSQ") == "|+CSQ: 3,0||OK|")
        for wrong in ["signal", "signal 32", "signal -1", "signal x", "signal 1 2"] {
            #expect(throws: FaultLine.Problem.self) { try FaultLine.parse(wrong) }
        }
    }

    @Test func aNameIsLookedUpInTheSceneOnly() {
        // YM310 AT manual 9.21 and its example: only after CSTT, CIICR, CIFSR.
        var dialogue = Dialogue.ready()
        #expect(dialogue.say("AT+CDNSGIP=\"b.example\"") == "|+CME ERROR: 3|")
        for line in ["AT+CSTT", "AT+CIICR", "AT+CIFSR"] { _ = dialogue.say(line) }
        #expect(dialogue.say("AT+CDNSGIP=\"b.example\"") == "|OK||+CDNSGIP: 1,\"b.example\",\"198.51.100.7\"|")
        #expect(dialogue.say("AT+CDNSGIP=\"b.invalid\"") == "|OK||+CDNSGIP: 0,11|")
    }
}
