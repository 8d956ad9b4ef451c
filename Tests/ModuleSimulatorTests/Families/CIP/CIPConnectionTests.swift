import Testing

@testable import ModuleSimulator

/// The scene, the connection and the states of YM310 AT manual 9.40.
@Suite struct CIPConnectionTests {
    @Test func theFirstExampleOfTheManual() {
        // YM310 AT manual 9.42, "TCP 1".
        var dialogue = Dialogue.ready()
        for line in ["AT+CIPMUX=0", "AT+CIPQSEND=1", "AT+CSTT", "AT+CIICR"] { #expect(dialogue.say(line) == "|OK|") }
        #expect(dialogue.say("AT+CIFSR") == "|10.76.1.35|")
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: IP STATUS|")
        #expect(dialogue.say("AT+CIPSTART=\"TCP\",\"60.166.18.9\",\"7500\"") == "|OK||CONNECT OK|")
        #expect(dialogue.opened == ["60.166.18.9:7500"])
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: CONNECT OK|")
        #expect(dialogue.say("AT+CIPSEND", data: ascii("1234567890") + [0x1A]) == "|> |DATA ACCEPT:10|")
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 10,10,0||OK|")
        #expect(dialogue.say("AT+CIPSEND=10", data: ascii("1234567890")) == "|> |DATA ACCEPT:10|")
        #expect(dialogue.say("AT+CIPATS=1,10") == "|OK|")
        #expect(dialogue.say("AT+CIPSEND", data: ascii("1234567890")) == "|> ")
        dialogue.wait(.seconds(10))
        #expect(dialogue.text() == "|DATA ACCEPT:10|")
        #expect(dialogue.say("AT+CIPSEND=100", data: ascii("123")) == "|> ")
        dialogue.wait(.seconds(10))
        #expect(dialogue.text() == "|DATA ACCEPT:3|")
        #expect(dialogue.peer.received == ascii("123456789012345678901234567890123"))
        #expect(dialogue.say("AT+CIPCLOSE") == "|CLOSE OK|")
        #expect(dialogue.closed > 0)
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: TCP CLOSED|")
        #expect(dialogue.say("AT+CIPSHUT") == "|SHUT OK|")
        #expect(dialogue.say("AT+CIFSR") == "|ERROR|")
    }

    @Test func aConnectionCanBeOpenedFromTheInitialState() {
        // YM310 AT manual 9.42, "TCP 2"; all quotes may be left out (9.9).
        var dialogue = Dialogue.ready()
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: IP INITIAL|")
        #expect(dialogue.say("AT+CIPSTART=TCP,tcplab.example,57513") == "|OK||CONNECT OK|")
        #expect(dialogue.opened == ["tcplab.example:57513"])
    }

    @Test func theVendorsLogOfMistakes() {
        // The Air780E log: CSTT twice, a command there is not, the syntax of several links, CIFSR without OK.
        var dialogue = Dialogue.ready(.air780e)
        #expect(dialogue.say("AT+CIPMODE=0") == "|OK|")
        #expect(dialogue.say("AT+CIPQSEND=1") == "|OK|")
        #expect(dialogue.say("AT+CSTT") == "|OK|")
        #expect(dialogue.say("AT+CSTT") == "|+CME ERROR: 3|")
        #expect(dialogue.say("AT+CIICRR") == "|ERROR|")
        #expect(dialogue.say("AT+CIICR") == "|OK|")
        #expect(dialogue.say("AT+CIFSR") == "|10.76.1.35|")
        #expect(dialogue.say("AT+CIPSTART=1,\"TCP\",\"112.125.89.8\",37076") == "|+CME ERROR: 3|")
        dialogue.peer.accepts = false
        #expect(
            dialogue.say("AT+CIPSTART=\"TCP\",\"112.125.89.8\",37076") == "|OK||STATE: TCP CLOSED||CONNECT FAIL|")
        dialogue.peer.accepts = true
        #expect(dialogue.say("AT+CIPSTART=\"TCP\",\"112.125.89.8\",37076") == "|OK||CONNECT OK|")
        // Echo applies to data, too, and CR LF inside them count: DATA ACCEPT:8 for 666888.
        _ = dialogue.say("ATE1")
        let answer = dialogue.say("AT+CIPSEND", data: ascii("666888\r\n") + [0x1A])
        #expect(answer == "AT+CIPSEND\\0D|> 666888|\\1A|DATA ACCEPT:8|")
        #expect(dialogue.say("AT+CIPSHUT") == "AT+CIPSHUT\\0D|SHUT OK|")
    }

    @Test func withoutAttachmentTheSceneIsToldOfInTheMiddleOfItsError() throws {
        // The Air780E log: +PDP: DEACT stands between AT+CIICR and its 65535.
        var dialogue = Dialogue.ready(.air780e, [.deactBlank])
        try dialogue.fault("refuse-attach")
        _ = dialogue.say("AT+CSTT")
        #expect(dialogue.say("AT+CIICR") == "|+PDP: DEACT||+CME ERROR: 65535|")
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: PDP DEACT|")
        #expect(dialogue.say("AT+CIPSTART=TCP,h,1") == "|+CME ERROR: 3|")
        #expect(dialogue.say("AT+CIPSHUT") == "|SHUT OK|")
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: IP INITIAL|")
    }

    @Test func activationTakesItsTime() {
        // YM310 AT manual 9.40: IP CONFIG at once, IP GPRSACT with OK.
        var dialogue = Dialogue.ready()
        _ = dialogue.say("AT+CSTT")
        dialogue.write(ascii("AT+CIICR\r\n"))
        #expect(dialogue.module.cell.ip == .config)
        #expect(dialogue.text() == "")
        dialogue.wait(.seconds(1))
        #expect(dialogue.text() == "|OK|")
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: IP GPRSACT|")
    }

    @Test(arguments: [
        // What each state refuses (YM310 AT manual 9.1, 9.2, 9.4, 9.5, 9.9, 9.14, 9.28).
        ([], "AT+CIICR", "|+CME ERROR: 3|"), ([], "AT+CIFSR", "|ERROR|"), ([], "AT+CIPCLOSE", "|ERROR|"),
        ([], "AT+CIPSEND", "|+CME ERROR: 3|"), ([], "AT+CIPSEND=5", "|+CME ERROR: 3|"),
        (["AT+CSTT"], "AT+CIPSTART=TCP,h,1", "|+CME ERROR: 3|"),
        (["AT+CSTT", "AT+CIICR"], "AT+CIPSTART=TCP,h,1", "|+CME ERROR: 3|"),
        (["AT+CSTT", "AT+CIICR"], "AT+CIICR", "|+CME ERROR: 3|"),
        (["AT+CSTT"], "AT+CIPMUX=1", "|+CME ERROR: 3|"), (["AT+CSTT"], "AT+CIPQSEND=0", "|+CME ERROR: 3|"),
        (["AT+CIPMUX=1"], "AT+CIPSTART=TCP,h,1", "|+CME ERROR: 3|"),
        (["AT+CIPSTART=TCP,h,1"], "AT+CIPSTART=TCP,h,1", "|OK||ALREADY CONNECT|"),
        (["AT+CIPSTART=TCP,h,1"], "AT+CIPSEND=1461", "|+CME ERROR: 53|"),
        (["AT+CIPSTART=TCP,h,1"], "AT+CIPSEND=0", "|+CME ERROR: 53|"),
        (["AT+CIPSTART=TCP,h,1"], "AT+CIPACK=1", "|+CME ERROR: 3|"),
        (["AT+CIPSTART=TCP,h,1", "AT+CIPCLOSE=1"], "AT+CIPCLOSE", "|ERROR|"),
        (["AT+CIPSTART=TCP,h,1", "AT+CIPCLOSE=1"], "AT+CIPSEND=1", "|+CME ERROR: 3|"),
        ([], "AT+CIPSTART=UDP,h,1", "|+CME ERROR: 3|"), ([], "AT+CIPSTART=TCP,h,0", "|+CME ERROR: 53|"),
        ([], "AT+CIPSTART=TCP,h,65536", "|+CME ERROR: 53|"), ([], "AT+CIPSTART=TCP,,5", "|+CME ERROR: 53|"),
        ([], "AT+CIPSTART=ICMP,h,5", "|+CME ERROR: 53|"),
    ])
    func theStatesAreEnforced(before: [String], line: String, answer: String) {
        var dialogue = Dialogue.ready()
        for command in before { _ = dialogue.say(command) }
        #expect(dialogue.say(line) == answer)
    }

    @Test func aSilentServerFailsAfterAWhileAndCanBeGivenUp() {
        var dialogue = Dialogue.ready()
        dialogue.peer.isSilent = true
        #expect(dialogue.say("AT+CIPSTART=TCP,h,1") == "|OK|")
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: TCP CONNECTING|")
        #expect(dialogue.say("AT+CIPSTART=TCP,h,1") == "|+CME ERROR: 3|")
        dialogue.wait(.seconds(75))
        #expect(dialogue.text() == "|STATE: TCP CLOSED||CONNECT FAIL|")
        _ = dialogue.say("AT+CIPSTART=TCP,h,1")
        #expect(dialogue.say("AT+CIPCLOSE") == "|CLOSE OK|")
        dialogue.wait(.seconds(80))
        #expect(dialogue.text() == "")
    }

    @Test func theFarSidesCloseIsToldAndANewConnectionCountsFromZero() {
        var dialogue = Dialogue.connected()
        _ = dialogue.say("AT+CIPSEND=4", data: [1, 2, 3, 4])
        dialogue.peer(.closed)
        #expect(dialogue.text() == "|CLOSED|")
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: TCP CLOSED|")
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 4,4,0||OK|")
        #expect(dialogue.say("AT+CIPSTART=TCP,h,1") == "|OK||CONNECT OK|")
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 0,0,0||OK|")
        _ = dialogue.say("AT+CIPSEND=4", data: [1, 2, 3, 4])
        _ = dialogue.say("AT+CIPSHUT")
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 0,0,0||OK|")
    }

    @Test(arguments: [
        // A lost bearer is told in its own words, whatever else the module says of it; only CIPSHUT helps (9.40).
        (ModuleProfile.ec716s, "pdp-deact", "|+PDP DEACT|"), (.air724ug, "pdp-deact tight", "|+PDP:DEACT|"),
        (.air780e, "pdp-deact", "|+PDP DEACT||+CGEV: NW PDN DEACT 1|"),
    ])
    func aLostBearerTakesTheConnectionWithIt(profile: ModuleProfile, fault: String, text: String) throws {
        var dialogue = Dialogue.connected(profile)
        try dialogue.fault(fault)
        #expect(dialogue.text() == text)
        #expect(dialogue.closed > 0)
        #expect(dialogue.say("AT+CIPSEND=1") == "|+CME ERROR: 3|")
        #expect(dialogue.say("AT+CIPSTATUS").hasSuffix("|STATE: PDP DEACT|"))
        #expect(dialogue.say("AT+CIPSTART=TCP,h,1") == "|+CME ERROR: 3|")
        #expect(dialogue.say("AT+CIPSHUT") == "|SHUT OK|")
    }

    @Test func detachingReleasesTheScene() {
        // YM310 AT manual 9.40.
        var dialogue = Dialogue.connected()
        #expect(dialogue.say("AT+CGATT=0") == "|OK|")
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: PDP DEACT|")
        var off = Dialogue.connected()
        #expect(off.say("AT+CFUN=0").hasSuffix("|OK|"))
        #expect(off.say("AT+CIPSTATUS") == "|OK||STATE: IP INITIAL|")
        #expect(off.closed > 0)
    }

    @Test func socketsAndTheMQTTClientEachHaveTheirConnection() {
        var dialogue = Dialogue.ready(online: true)
        dialogue.module.cell.ip = .initial
        #expect(dialogue.say("AT+CIPSTART=TCP,h,1") == "|OK||CONNECT OK|")
        #expect(dialogue.say("AT+MPUB=\"t\",1,0,\"x\"") == "|OK||PUBACK|")
        #expect(dialogue.say("AT+CIPSEND=2", data: [7, 8]) == "|> |SEND OK|")
        #expect(dialogue.peer.received == [7, 8])
        #expect(dialogue.say("AT+MQTTSTATU") == "|+MQTTSTATU :1||OK|")
    }

    @Test func aRestartForgetsEverything() throws {
        var dialogue = Dialogue.connected(settings: ["AT+CIPRXGET=1"])
        dialogue.peerSends("x")
        try dialogue.fault("reboot")
        #expect(dialogue.closedConnections.last == dialogue.peer.connection)
        dialogue.wait(.seconds(5))
        _ = (dialogue.say("ATE0"), dialogue.text())
        #expect(dialogue.say("AT+CIPRXGET?") == "|+CIPRXGET: 0||OK|")
        #expect(dialogue.say("AT+CIPQSEND?") == "|+CIPQSEND: 0||OK|")
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: IP INITIAL|")
        dialogue.peer(.bytes([1]))
        #expect(dialogue.text() == "")
    }
}
