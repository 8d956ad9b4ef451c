import Testing

@testable import ModuleSimulator

/// Opening and closing on a Quectel GSM module (manual 003 chapters 3 and 7).
@Suite struct QuectelConnectionTests {
    private static let open = "AT+QIOPEN=\"TCP\",\"116.226.39.202\",\"7007\""

    @Test func openingAndClosingGoAsPrinted() {
        var dialogue = Dialogue.gsm()
        dialogue.closed = 0
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: IP INITIAL|")
        #expect(dialogue.say(Self.open) == "|OK||CONNECT OK|")
        #expect(dialogue.opened == ["116.226.39.202:7007"])
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: CONNECT OK|")
        #expect(dialogue.say(Self.open) == "|ALREADY CONNECT|")
        #expect(dialogue.say("AT+QICLOSE") == "|CLOSE OK|")
        #expect(dialogue.closed == 1)
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: IP CLOSE|")
        #expect(dialogue.say("AT+QICLOSE") == "|ERROR|")
        #expect(dialogue.say(Self.open) == "|OK||CONNECT OK|")
    }

    @Test func deactivationTakesSeconds() {
        var dialogue = Dialogue.gsm(open: true)
        #expect(dialogue.say("AT+QIDEACT") == "")
        // The next command is not queued.
        #expect(dialogue.say("AT+QISTAT") == "|DEACT OK|")
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: IP INITIAL|")

        var slow = Dialogue.gsm { $0.deactivation = .seconds(150) }
        #expect(slow.say("AT+QIDEACT") == "")
        slow.wait(.milliseconds(148_900))
        #expect(slow.text() == "")
        slow.wait(.milliseconds(200))
        #expect(slow.text() == "|DEACT OK|")
    }

    @Test func aRefusedConnectionIsClosedBeforeTheNext() {
        var dialogue = Dialogue.gsm()
        dialogue.peer.accepts = false
        #expect(dialogue.say(Self.open) == "|OK||CONNECT FAIL|")
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: TCP CONNECTING|")
        #expect(dialogue.say(Self.open) == "|ERROR|")
        dialogue.peer.accepts = true
        #expect(dialogue.say("AT+QICLOSE") == "|CLOSE OK|")
        #expect(dialogue.say(Self.open) == "|OK||CONNECT OK|")
    }

    @Test func aFarSideThatSaysNothingFailsInTime() {
        var dialogue = Dialogue.gsm()
        dialogue.peer.isSilent = true
        #expect(dialogue.say(Self.open) == "|OK|")
        dialogue.wait(.seconds(73))
        #expect(dialogue.text() == "")
        dialogue.wait(.seconds(2))
        #expect(dialogue.text() == "|CONNECT FAIL|")
    }

    @Test func withoutANetworkTheContextFailsAndOnlyDeactivationHelps() throws {
        var dialogue = Dialogue.gsm()
        try dialogue.fault("deregister")
        #expect(dialogue.say(Self.open) == "|OK||CONNECT FAIL|")
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: IP CONFIG|")
        try dialogue.fault("register")
        dialogue.wait(.seconds(2))
        #expect(dialogue.text() == "|Call Ready|")
        #expect(dialogue.say(Self.open) == "|ERROR|")
        #expect(dialogue.say("AT+QICLOSE") == "|ERROR|")
        _ = dialogue.say("AT+QIDEACT")
        dialogue.wait(.seconds(1))
        #expect(dialogue.say(Self.open) == "|OK||CONNECT OK|")
    }

    @Test func theLongWayRound() {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say("AT+QIACT") == "|ERROR|" && dialogue.say("AT+QILOCIP") == "|ERROR|")
        #expect(dialogue.say("AT+QIREGAPP=\"CMNET\",\"\",\"\"") == "|OK|")
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: IP START|")
        #expect(dialogue.say("AT+QIREGAPP") == "|ERROR|")
        #expect(dialogue.say(Self.open) == "|ERROR|")
        #expect(dialogue.say("AT+QIACT") == "|OK|")
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: IP GPRSACT|")
        #expect(dialogue.say(Self.open) == "|ERROR|")
        // A bare address.
        #expect(dialogue.say("AT+QILOCIP") == "|10.76.1.35|")
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: IP STATUS|")
        #expect(dialogue.say("AT+QIMUX=1") == "|ERROR|" && dialogue.say("AT+QICSGP=1,\"X\"") == "|ERROR|")
        #expect(dialogue.say(Self.open) == "|OK||CONNECT OK|")
    }

    @Test func namesNeedQIDNSIP() {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say("AT+QIOPEN=\"TCP\",\"broker.example\",\"1883\"") == "|ERROR|")
        #expect(dialogue.say("AT+QIDNSIP=1") == "|OK|")
        #expect(dialogue.say("AT+QIOPEN=\"TCP\",\"broker.example\",1883") == "|OK||CONNECT OK|")
        #expect(dialogue.opened == ["broker.example:1883"])
    }

    @Test(arguments: [
        "AT+QIOPEN", "AT+QIOPEN?", "AT+QIOPEN=\"TCP\",\"1.2.3.4\"", "AT+QIOPEN=\"TCP\",\"1.2.3.4\",0",
        "AT+QIOPEN=\"TCP\",\"1.2.3.4\",65536", "AT+QIOPEN=\"TCP\",\"\",1", "AT+QIOPEN=\"X\",\"1.2.3.4\",1",
        "AT+QIOPEN=\"TCP\",\"1.2.3\",1", "AT+QIOPEN=\"TCP\",\"1.2.3.256\",1", "AT+QIOPEN=\"TCP\",\"1.2.3.4\",1,1",
        "AT+QIOPEN=\"TCP,\"1.2.3.4\",1",
    ])
    func wrongSyntaxIsAnError(command: String) {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say(command) == "|ERROR|")
        #expect(dialogue.opened.isEmpty)
    }

    @Test func withSeveralConnectionsTheShortFormIsWrong() {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say("AT+QIMUX=1") == "|OK|")
        #expect(dialogue.say(Self.open) == "|ERROR|")
        #expect(dialogue.say("AT+QIMUX=0") == "|OK|")
        #expect(dialogue.say(Self.open) == "|OK||CONNECT OK|")
    }

    @Test func theFarSideMayClose() {
        var dialogue = Dialogue.gsm(open: true)
        dialogue.peer(.closed)
        #expect(dialogue.text() == "|CLOSED|")
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: IP CLOSE|")
        #expect(dialogue.say("AT+QISACK") == "|ERROR|")
        #expect(dialogue.say(Self.open) == "|OK||CONNECT OK|")
    }

    @Test func aLostContextIsToldAndDeactivated() throws {
        var dialogue = Dialogue.gsm(open: true)
        try dialogue.fault("pdp-deact")
        #expect(dialogue.text() == "|+PDP DEACT|")
        #expect(dialogue.say("AT+QISTAT") == "|OK||STATE: PDP DEACT|")
        #expect(dialogue.say(Self.open) == "|ERROR|")
        #expect(dialogue.say("AT+QISEND=1") == "|ERROR|")
        _ = dialogue.say("AT+QIDEACT")
        dialogue.wait(.seconds(1))
        #expect(dialogue.say(Self.open) == "|OK||CONNECT OK|")

        // A context without a connection, and none at all.
        _ = dialogue.say("AT+QICLOSE")
        try dialogue.fault("pdp-deact tight")
        #expect(dialogue.text() == "|+PDP:DEACT|")
        _ = dialogue.say("AT+QIDEACT")
        dialogue.wait(.seconds(1))
        _ = dialogue.text()
        try dialogue.fault("pdp-deact")
        #expect(dialogue.text() == "")
    }

    @Test func aBearerThatOnlyAPowerCycleBringsBack() throws {
        var dialogue = Dialogue.gsm(open: true)
        try dialogue.fault("pdp-deact power")
        for line in ["AT+QIDEACT", "AT+CFUN=1,1"] {
            _ = dialogue.say(line)
            dialogue.wait(.seconds(5))
        }
        _ = dialogue.say("ATE0")
        _ = dialogue.say("ATE0")
        #expect(dialogue.say(Self.open) == "|OK||CONNECT FAIL|")
        try dialogue.fault("power-cycle")
        dialogue.wait(.seconds(5))
        _ = dialogue.say("ATE0")
        _ = dialogue.say("ATE0")
        #expect(dialogue.say(Self.open) == "|OK||CONNECT OK|")
    }

    @Test func aCardTakenOutEndsTheContext() throws {
        var dialogue = Dialogue.gsm(open: true)
        try dialogue.fault("sim-remove")
        #expect(dialogue.text() == "|+PDP DEACT|")
        dialogue.wait(.seconds(1))
        #expect(dialogue.text() == "|+CPIN: NOT INSERTED|")
        #expect(dialogue.say("AT+CPIN?") == "|+CME ERROR: 10|")
        try dialogue.fault("sim-insert")
        dialogue.wait(.seconds(2))
        #expect(dialogue.text() == "|+CPIN: READY||Call Ready|")
    }

    @Test func aNetworkThatRefusesTakesTheContextAway() throws {
        var dialogue = Dialogue.gsm(open: true)
        try dialogue.fault("deny")
        #expect(dialogue.text() == "|+PDP DEACT|")
        #expect(dialogue.say("AT+CREG?") == "|+CREG: 0,3||OK|")
    }
}
