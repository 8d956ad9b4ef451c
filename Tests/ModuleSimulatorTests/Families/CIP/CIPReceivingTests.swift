import Testing

@testable import ModuleSimulator

/// Pushed data and CIPRXGET: YM310 AT manual 9.12, 9.22-9.24, 9.27.
@Suite struct CIPReceivingTests {
    @Test func theManualsExampleOfReadingOnRequest() {
        // YM310 AT manual 9.27, a single link.
        var dialogue = Dialogue.ready()
        #expect(dialogue.say("AT+CIPRXGET=1") == "|OK|")
        #expect(dialogue.say("AT+CGREG?") == "|+CGREG: 0,1||OK|")
        #expect(dialogue.say("AT+CIPSTART=\"TCP\",\"36.9.88.120\",6001") == "|OK||CONNECT OK|")
        dialogue.peerSends("1234567890")
        #expect(dialogue.text() == "|+CIPRXGET: 1|")
        #expect(dialogue.say("AT+CIPRXGET=2,150") == "|+CIPRXGET: 2,10,0|1234567890||OK|")
        #expect(dialogue.say("AT+CIPRXGET=4") == "|+CIPRXGET: 4,0||OK|")
        dialogue.peerSends("HELLO")
        #expect(dialogue.text() == "|+CIPRXGET: 1|")
        #expect(dialogue.say("AT+CIPRXGET=3,150") == "|+CIPRXGET: 3,5,0|48454C4C4F||OK|")
        #expect(dialogue.say("AT+CIPRXGET?") == "|+CIPRXGET: 1||OK|")
    }

    @Test func noticeIsGivenOnceUntilTheNextReadOrEachTime() {
        var once = Dialogue.connected(settings: ["AT+CIPRXGET=1"])
        for _ in 0..<3 { once.peerSends("abc") }
        #expect(once.text() == "|+CIPRXGET: 1|")
        // A read that leaves something is no reason for a notice: only the next piece is.
        #expect(once.say("AT+CIPRXGET=2,4") == "|+CIPRXGET: 2,4,5|abca||OK|")
        once.wait(.seconds(60))
        #expect(once.text() == "")
        once.peerSends("d")
        #expect(once.text() == "|+CIPRXGET: 1|")
        #expect(once.say("AT+CIPRXGET=2,1460") == "|+CIPRXGET: 2,6,0|bcabcd||OK|")
        #expect(once.say("AT+CIPRXGET=2,1460") == "|+CIPRXGET: 2,0,0||OK|")

        var each = Dialogue.connected(settings: ["AT+CIPRXGET=5"])
        for _ in 0..<3 { each.peerSends("abc") }
        #expect(each.text() == "|+CIPRXGET: 1||+CIPRXGET: 1||+CIPRXGET: 1|")
    }

    @Test(arguments: [
        ("AT+CIPRXGET=2,0", "|+CME ERROR: 53|"), ("AT+CIPRXGET=2,1461", "|+CME ERROR: 53|"),
        ("AT+CIPRXGET=3,731", "|+CME ERROR: 53|"), ("AT+CIPRXGET=2", "|+CME ERROR: 53|"),
        ("AT+CIPRXGET=6", "|+CME ERROR: 53|"), ("AT+CIPRXGET=2,x", "|+CME ERROR: 53|"),
        ("AT+CIPRXGET=3,730", "|+CIPRXGET: 3,0,0||OK|"), ("AT+CIPRXGET=?", "|OK|"), ("AT+CIPRXGET", "|ERROR|"),
    ])
    func lengthsAreChecked(line: String, answer: String) {
        var dialogue = Dialogue.connected(settings: ["AT+CIPRXGET=1"])
        #expect(dialogue.say(line) == answer)
    }

    @Test func withoutTheModeThereIsNothingToRead() {
        var dialogue = Dialogue.connected()
        #expect(dialogue.say("AT+CIPRXGET=2,10") == "|+CME ERROR: 3|")
    }

    @Test func everyByteIsRead() {
        var dialogue = Dialogue.connected(settings: ["AT+CIPRXGET=1"])
        let data = (0...255).map { UInt8($0) }
        dialogue.peer(.bytes(data))
        _ = dialogue.text()
        dialogue.write(ascii("AT+CIPRXGET=2,1460\r\n"))
        let isWhole = dialogue.printed == ascii("\r\n+CIPRXGET: 2,256,0\r\n") + data + ascii("\r\n\r\nOK\r\n")
        #expect(isWhole)
    }

    @Test(arguments: [
        // 9.12: CR LF after each piece unless CIPRXF=1; 9.22-9.24: heads.
        ([], "HELLO|"), (["AT+CIPRXF=1"], "HELLO"), (["AT+CIPRXF=1", "AT+CIPHEAD=1"], "|+IPD,5:HELLO"),
        (["AT+CIPHEAD=1"], "|+IPD,5:HELLO|"),
        (["AT+CIPRXF=1", "AT+CIPHEAD=1", "AT+CIPSHOWTP=1"], "|+IPD,5,TCP:HELLO"),
        (["AT+CIPRXF=1", "AT+CIPSRIP=1"], "|RECV FROM:60.166.18.9:7500|HELLO"),
    ])
    func pushedDataLookAsAsked(settings: [String], text: String) {
        var dialogue = Dialogue.connected(settings: settings)
        dialogue.peerSends("HELLO")
        #expect(dialogue.text() == text)
        #expect(dialogue.module.stream.received.isEmpty)
    }

    @Test func aLongPieceIsPushedInSeveral() {
        var dialogue = Dialogue.connected(settings: ["AT+CIPHEAD=1", "AT+CIPRXF=1"])
        dialogue.peer(.bytes([UInt8](repeating: 0x41, count: 1500)))
        let text = dialogue.text()
        #expect(text.hasPrefix("|+IPD,1460:AAAA") && text.hasSuffix("A|+IPD,40:" + String(repeating: "A", count: 40)))
    }

    @Test func pushedDataFallBetweenACommandAndItsAnswer() {
        var dialogue = Dialogue.connected(settings: ["AT+CIPHEAD=1", "AT+CIPRXF=1"]) { $0.latency = .milliseconds(50) }
        dialogue.write(ascii("AT+CSQ\r\n"))
        dialogue.wait(.milliseconds(20))
        dialogue.peerSends("HELLO")
        dialogue.wait(.seconds(1))
        #expect(dialogue.text() == "|+IPD,5:HELLO|+CSQ: 24,0||OK|")
        // And while a prompt's data are awaited.
        dialogue.write(ascii("AT+CIPSEND=2\r\n"))
        dialogue.wait(.seconds(1))
        dialogue.write([1])
        dialogue.peerSends("HELLO")
        dialogue.write([2])
        #expect(dialogue.text() == "|> |+IPD,5:HELLO|DATA ACCEPT:2|")
    }

    @Test func aFullReceiveBufferStopsTheNetwork() {
        var dialogue = Dialogue.connected(settings: ["AT+CIPRXGET=1"]) { $0.profile.receiveBuffer = 3000 }
        let connection = dialogue.peer.connection
        dialogue.peer(.bytes([UInt8](repeating: 1, count: 2999)))
        #expect(dialogue.module.wantsBytes(connection: connection))
        dialogue.peer(.bytes([1]))
        #expect(!dialogue.module.wantsBytes(connection: connection))
        #expect(dialogue.module.wantsBytes(connection: connection + 1), "the MQTT client's own")
        #expect(dialogue.say("AT+CIPRXGET=4") == "|+CIPRXGET: 4,3000||OK|")
        _ = dialogue.say("AT+CIPRXGET=2,1")
        #expect(dialogue.module.wantsBytes(connection: connection))
    }

    @Test func bytesOnTheirWayCountAsReceived() {
        var dialogue = Dialogue.connected(settings: ["AT+CIPRXGET=1"]) {
            $0.profile.receiveBuffer = 1000
            $0.networkLatency = .seconds(2)
        }
        dialogue.wait(.seconds(5))
        let connection = dialogue.peer.connection
        dialogue.peer(.bytes([UInt8](repeating: 1, count: 1000)))
        #expect(!dialogue.module.wantsBytes(connection: connection))
        #expect(dialogue.module.stream.received.isEmpty)
        dialogue.wait(.seconds(1))
        #expect(dialogue.module.stream.received.count == 1000)
        #expect(dialogue.module.stream.underWay == 0)
    }

    @Test func whatWasNotReadOutlivesTheFarSideOrNot() {
        for forgets in [false, true] {
            var dialogue = Dialogue.connected(.ec716s, forgets ? [.forgetsUnread] : [], settings: ["AT+CIPRXGET=1"])
            dialogue.peerSends("rest")
            dialogue.peer(.closed)
            #expect(dialogue.text() == "|+CIPRXGET: 1||CLOSED|")
            let answer = dialogue.say("AT+CIPRXGET=2,10")
            #expect(answer == (forgets ? "|+CIPRXGET: 2,0,0||OK|" : "|+CIPRXGET: 2,4,0|rest||OK|"))
        }
    }

    @Test func switchingTheRequestOffPushesWhatWaits() {
        var dialogue = Dialogue.connected(settings: ["AT+CIPRXGET=1", "AT+CIPRXF=1"])
        dialogue.peerSends("waiting")
        _ = dialogue.text()
        #expect(dialogue.say("AT+CIPRXGET=0") == "waiting|OK|")
    }
}
