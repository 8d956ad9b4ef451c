import Testing

@testable import ModuleSimulator

/// What goes wrong with the byte-stream connection on request.
@Suite struct SocketFaultTests {
    @Test(arguments: [
        ("send-fail", "|> |SEND FAIL|", [UInt8]()), ("send-partial 2", "|> |DATA ACCEPT:2|", [1, 2]),
        ("lose-prompt", "|DATA ACCEPT:3|", [1, 2, 3]), ("lose-send-result", "|> ", [1, 2, 3]),
    ])
    func aSendGoesWrongOnce(fault: String, answer: String, arrived: [UInt8]) throws {
        var dialogue = Dialogue.connected()
        try dialogue.fault(fault)
        #expect(dialogue.say("AT+CIPSEND=3", data: [1, 2, 3]) == answer)
        #expect(dialogue.peer.received == arrived)
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: \(arrived.count),\(arrived.count),0||OK|")
        #expect(dialogue.say("AT+CIPSEND=3", data: [4, 5, 6]) == "|> |DATA ACCEPT:3|")
    }

    @Test func aSendIsRefused() throws {
        var dialogue = Dialogue.connected()
        try dialogue.fault("send-error +CME ERROR: 3")
        #expect(dialogue.say("AT+CIPSEND=3") == "|+CME ERROR: 3|")
        #expect(dialogue.say("AT") == "|OK|")
        try dialogue.fault("send-error")
        #expect(dialogue.say("AT+CIPSEND=3") == "|ERROR|")
        #expect(dialogue.say("AT+CIPSEND=1", data: [1]) == "|> |DATA ACCEPT:1|")
    }

    @Test func theModuleGoesMuteAtTheData() throws {
        var dialogue = Dialogue.connected()
        try dialogue.fault("hang-at-send")
        #expect(dialogue.say("AT+CIPSEND=3", data: [1, 2, 3]) == "|> ")
        #expect(dialogue.say("AT") == "")
        #expect(dialogue.peer.received == [])
        #expect(dialogue.say("AT+RESET").hasPrefix("|RDY|"))
    }

    @Test func aNoticeIsLost() throws {
        var dialogue = Dialogue.connected(settings: ["AT+CIPRXGET=1"])
        try dialogue.fault("lose-notice")
        dialogue.peerSends("abc")
        dialogue.peerSends("def")
        #expect(dialogue.text() == "", "as far as the module knows it has told")
        #expect(dialogue.say("AT+CIPRXGET=2,10") == "|+CIPRXGET: 2,6,0|abcdef||OK|")
        dialogue.peerSends("g")
        #expect(dialogue.text() == "|+CIPRXGET: 1|")
    }

    @Test func aLineFallsIntoTheDataOfARead() throws {
        var dialogue = Dialogue.connected(settings: ["AT+CIPRXGET=1"])
        dialogue.peerSends("abcdef")
        _ = dialogue.text()
        try dialogue.fault("inside-data +CREG: 2")
        #expect(dialogue.say("AT+CIPRXGET=2,10") == "|+CIPRXGET: 2,6,0|abc|+CREG: 2|def||OK|")
        dialogue.peerSends("xy")
        #expect(dialogue.say("AT+CIPRXGET=2,10") == "|+CIPRXGET: 2,2,0|xy||OK|")
    }

    @Test func anErrorEndsTheConnection() throws {
        // YM310 AT manual 9.39.
        var dialogue = Dialogue.connected()
        try dialogue.fault("tcp-error 14")
        #expect(dialogue.text() == "|TCP ERROR:14||CLOSED|")
        #expect(dialogue.closed > 0)
        try dialogue.fault("tcp-error 14")
        #expect(dialogue.text() == "")
    }

    @Test func aDroppedConnectionIsClosed() throws {
        var dialogue = Dialogue.connected()
        try dialogue.fault("drop-tcp")
        #expect(dialogue.text() == "|CLOSED|")
        #expect(dialogue.closed > 0)
    }

    @Test func aBlackHoleTakesEverythingUntilTheBufferIsFullAndTCPRepeatsItLater() throws {
        var dialogue = Dialogue.connected(settings: ["AT+CIPHEAD=1"]) { $0.profile.sendBuffer = 4 }
        try dialogue.fault("half-open")
        #expect(dialogue.say("AT+CIPSEND=3", data: [1, 2, 3]) == "|> |DATA ACCEPT:3|")
        #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: CONNECT OK|")
        #expect(dialogue.peer.received == [])
        #expect(!dialogue.module.wantsBytes(connection: dialogue.peer.connection))
        dialogue.peerSends("late")
        #expect(dialogue.text() == "")
        #expect(dialogue.say("AT+CIPSEND=3", data: [4, 5, 6]) == "|> ")
        dialogue.wait(.seconds(5))
        #expect(dialogue.text() == "|SEND FAIL|")
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 3,0,3||OK|")
        try dialogue.fault("heal")
        #expect(dialogue.text() == "|+IPD,4:late|")
        #expect(dialogue.peer.received == [1, 2, 3])
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 3,3,0||OK|")
    }

    @Test func aCloseInABlackHoleIsToldWhenItHeals() throws {
        var dialogue = Dialogue.connected()
        try dialogue.fault("half-open")
        dialogue.peer(.closed)
        #expect(dialogue.text() == "")
        try dialogue.fault("heal")
        #expect(dialogue.text() == "|CLOSED|")
    }

    @Test func aStalledNetworkHoldsBytesBackAndLosesNone() throws {
        var dialogue = Dialogue.connected(settings: ["AT+CIPRXGET=1"])
        try dialogue.fault("stall 5")
        #expect(dialogue.say("AT+CIPSEND=1", data: [9]) == "|> |DATA ACCEPT:1|")
        dialogue.peerSends("abc")
        #expect(dialogue.peer.received == [])
        #expect(dialogue.text() == "")
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 1,0,1||OK|")
        dialogue.wait(.seconds(5))
        #expect(dialogue.peer.received == [9])
        #expect(dialogue.text() == "|+CIPRXGET: 1|")
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 1,1,0||OK|")
    }

    @Test func aNATForgetsAnIdleConnectionUnlessProbesKeepItAwake() throws {
        // The vendor's walk-through: after some ten minutes sends are still accepted and arrive nowhere.
        for probes in [false, true] {
            var dialogue = Dialogue.connected(settings: probes ? ["AT+CIPTKA=1,180,75,6"] : [])
            try dialogue.fault("nat-idle 600")
            dialogue.wait(.seconds(590))
            #expect(dialogue.say("AT+CIPSEND=1", data: [1]) == "|> |DATA ACCEPT:1|")
            #expect(dialogue.peer.received == [1])
            dialogue.wait(.seconds(601))
            #expect(dialogue.say("AT+CIPSEND=1", data: [2]) == "|> |DATA ACCEPT:1|")
            #expect(dialogue.say("AT+CIPSTATUS") == "|OK||STATE: CONNECT OK|")
            #expect(dialogue.peer.received == (probes ? [1, 2] : [1]))
        }
    }

    @Test(arguments: ["send-partial", "send-partial 0", "tcp-error", "tcp-error 19", "nat-idle", "nat-idle x"])
    func wrongFaultLinesAreRefused(line: String) {
        #expect(throws: FaultLine.Problem.self) { try FaultLine.parse(line) }
    }
}
