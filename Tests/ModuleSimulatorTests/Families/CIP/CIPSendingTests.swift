import Testing

@testable import ModuleSimulator

/// CIPSEND: YM310 AT manual 9.11, 9.14-9.16.
@Suite struct CIPSendingTests {
    @Test func everyByteGoesThrough() {
        var dialogue = Dialogue.connected()
        let data = (0...255).map { UInt8($0) }
        #expect(dialogue.say("AT+CIPSEND=256", data: data) == "|> |DATA ACCEPT:256|")
        let arrived = dialogue.peer.received == data
        #expect(arrived)
    }

    @Test func aLineFeedAfterABareCarriageReturnIsLost() {
        // YM310 AT manual 9.14: AT+CIPSEND=7<CR>, then <LF>123456: one byte is missing for ever.
        var dialogue = Dialogue.connected()
        dialogue.write(ascii("AT+CIPSEND=7\r"))
        dialogue.wait(.milliseconds(10))
        dialogue.write(ascii("\n123456"))
        dialogue.wait(.seconds(60))
        #expect(dialogue.text().hasSuffix("|> "))
        dialogue.write(ascii("7"))
        #expect(dialogue.text() == "|DATA ACCEPT:7|")
        #expect(dialogue.peer.received == ascii("1234567"))
        // With CR LF the data are whole.
        #expect(dialogue.say("AT+CIPSEND=7", data: ascii("\n123456")) == "|> |DATA ACCEPT:7|")
        #expect(dialogue.peer.received == ascii("1234567\n123456"))
    }

    @Test func anEscapeGivesASendWithoutLengthUp() {
        // YM310 AT manual 9.14; with a length both 0x1A and 0x1B are data.
        var dialogue = Dialogue.connected()
        #expect(dialogue.say("AT+CIPSEND", data: [1, 2, 0x1B]) == "|> |OK|")
        #expect(dialogue.peer.received == [])
        #expect(dialogue.say("AT+CIPSEND=3", data: [0x1A, 0x1B, 0x1A]) == "|> |DATA ACCEPT:3|")
        #expect(dialogue.peer.received == [0x1A, 0x1B, 0x1A])
    }

    @Test func aSendWithoutLengthEndsAtTheLimit() {
        var dialogue = Dialogue.connected()
        let answer = dialogue.say("AT+CIPSEND", data: [UInt8](repeating: 1, count: 1460))
        #expect(answer == "|> |DATA ACCEPT:1460|")
        #expect(dialogue.say("AT+CIPSEND?") == "|+CIPSEND: 1460||OK|")
    }

    @Test func theEchoOfDataComesBeforeTheirResult() {
        var dialogue = Dialogue.connected()
        _ = dialogue.say("ATE1")
        #expect(dialogue.say("AT+CIPSEND=5", data: ascii("SEND\n")) == "AT+CIPSEND=5\\0D|> SEND\\0A|DATA ACCEPT:5|")
    }

    @Test(arguments: [
        (0, [], "|> |SEND OK|"), (1, [], "|> |DATA ACCEPT:1|"), (2, [], "|> "),
        (0, [Dialect.Trait.sendOKAcknowledged], "|> "),
    ])
    func theResultSaysTheModuleOrTheFarSideHasIt(mode: Int, traits: [Dialect.Trait], first: String) {
        // YM310 AT manual 9.11: 0 and 1 are the module's word, 2 waits for the far side.
        var dialogue = Dialogue.ready(.ec716s, Set(traits))
        _ = dialogue.say("AT+CIPQSEND=\(mode)")
        _ = dialogue.say("AT+CIPSTART=TCP,h,1")
        dialogue.peer.acknowledges = false
        #expect(dialogue.say("AT+CIPSEND=1", data: [9]) == first)
        #expect(dialogue.peer.received == [9])
        if first == "|> " {
            // Nobody can say anything meanwhile.
            #expect(dialogue.say("AT") == "")
            dialogue.peer(.acknowledged(1))
            #expect(dialogue.text() == "|SEND OK|")
        } else {
            #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 1,0,1||OK|")
            dialogue.peer(.acknowledged(1))
            #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 1,1,0||OK|")
        }
    }

    @Test func aSlowSendFailsWithItsConnectionOrInTheEnd() {
        for lost in [true, false] {
            var dialogue = Dialogue.ready()
            for line in ["AT+CIPQSEND=2", "AT+CIPSTART=TCP,h,1"] { _ = dialogue.say(line) }
            dialogue.peer.acknowledges = false
            _ = dialogue.say("AT+CIPSEND=1", data: [9])
            if lost { dialogue.peer(.closed) } else { dialogue.wait(.seconds(60)) }
            #expect(dialogue.text() == (lost ? "|CLOSED||SEND FAIL|" : "|SEND FAIL|"))
            #expect(dialogue.say("AT") == "|OK|")
        }
    }

    @Test(arguments: [(0, "|DATA ACCEPT:1|"), (1, "|> |DATA ACCEPT:1|"), (2, "")])
    func promptAndResultCanBeSwitchedOff(mode: Int, answer: String) {
        // YM310 AT manual 9.16.
        var dialogue = Dialogue.connected(settings: ["AT+CIPSPRT=\(mode)"])
        #expect(dialogue.say("AT+CIPSEND=1", data: [9]) == answer)
        #expect(dialogue.peer.received == [9])
        #expect(dialogue.say("AT") == "|OK|")
    }

    @Test func aFullSendBufferHoldsTheNextSendUntilTheFarSideHasSome() {
        var dialogue = Dialogue.connected { $0.profile.sendBuffer = 2000 }
        dialogue.peer.acknowledges = false
        let piece = [UInt8](repeating: 0x55, count: 1000)
        #expect(dialogue.say("AT+CIPSEND=1000", data: piece) == "|> |DATA ACCEPT:1000|")
        #expect(dialogue.say("AT+CIPSEND=1000", data: piece) == "|> |DATA ACCEPT:1000|")
        #expect(dialogue.say("AT+CIPSEND=1000", data: piece) == "|> ")
        dialogue.peer(.acknowledged(999))
        #expect(dialogue.text() == "")
        dialogue.peer(.acknowledged(1000))
        #expect(dialogue.text() == "|DATA ACCEPT:1000|")
        #expect(dialogue.peer.received.count == 3000)
        // And gives up at last: nothing of this one left.
        #expect(dialogue.say("AT+CIPSEND=1000", data: piece) == "|> ")
        dialogue.wait(.seconds(5))
        #expect(dialogue.text() == "|SEND FAIL|")
        #expect(dialogue.say("AT+CIPACK") == "|+CIPACK: 3000,1000,2000||OK|")
    }

    @Test func aFullSendBufferMayFailAtOnce() {
        var dialogue = Dialogue.connected(.ec716s, [.failsWhenFull]) { $0.profile.sendBuffer = 5 }
        dialogue.peer.acknowledges = false
        #expect(dialogue.say("AT+CIPSEND=5", data: [1, 2, 3, 4, 5]) == "|> |DATA ACCEPT:5|")
        #expect(dialogue.say("AT+CIPSEND=1", data: [6]) == "|> |SEND FAIL|")
    }

    @Test func aConnectionThatEndsWhileDataAreTypedFailsTheSend() {
        var dialogue = Dialogue.connected()
        #expect(dialogue.say("AT+CIPSEND=2", data: [1]) == "|> ")
        dialogue.peer(.closed)
        #expect(dialogue.text() == "|CLOSED|")
        dialogue.write([2])
        #expect(dialogue.text() == "|SEND FAIL|")
        #expect(dialogue.say("AT") == "|OK|")
    }

    @Test func aHostThatDiesLeavesTheModuleCounting() {
        // What the next one types is payload until the length is full.
        var dialogue = Dialogue.connected()
        #expect(dialogue.say("AT+CIPSEND=5", data: [1, 2]) == "|> ")
        #expect(dialogue.say("AT") == "|DATA ACCEPT:5|")
        #expect(dialogue.peer.received == [1, 2] + ascii("AT\r"))
        #expect(dialogue.say("AT") == "|OK|")
    }

    @Test func aBearerLostUnderASlowSendFailsIt() throws {
        var dialogue = Dialogue.ready()
        for line in ["AT+CIPQSEND=2", "AT+CIPSTART=TCP,h,1"] { _ = dialogue.say(line) }
        dialogue.peer.acknowledges = false
        _ = dialogue.say("AT+CIPSEND=1", data: [9])
        try dialogue.fault("pdp-deact")
        #expect(dialogue.text() == "|SEND FAIL||+PDP DEACT|")
        #expect(dialogue.say("AT+CIPSHUT") == "|SHUT OK|")
    }
}
