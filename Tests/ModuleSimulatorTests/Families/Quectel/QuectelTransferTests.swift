import Testing

@testable import ModuleSimulator

/// Sending and receiving on a Quectel GSM module (manual 003 chapters 4 to 6).
@Suite struct QuectelTransferTests {
    private static let alphabet = "1234567890abcdefghijklmnopqrstuvwxyz"

    // MARK: Sending

    @Test func withoutALengthControlZSends() {
        var dialogue = Dialogue.gsm([.ackBlanks], open: true)
        #expect(dialogue.send("AT+QISEND", ascii("TEST") + [0x1A]) == "|SEND OK|")
        #expect(dialogue.say("AT+QISACK") == "|+QISACK: 4, 4, 0||OK|")
        // 0x08 deletes, 0x1B calls it off.
        #expect(dialogue.send("AT+QISEND", ascii("TESX") + [0x08, 0x54, 0x1A]) == "|SEND OK|")
        #expect(dialogue.send("AT+QISEND", ascii("never") + [0x1B]) == "|OK|")
        #expect(dialogue.sent == ascii("TESTTEST"))
        #expect(dialogue.send("AT+QISEND", [UInt8](repeating: 0x78, count: 1460)) == "|SEND OK|")
        #expect(dialogue.sent.count == 1468)
    }

    @Test func withALengthEveryByteGoes() {
        var dialogue = Dialogue.gsm(open: true)
        #expect(dialogue.send("AT+QISEND=3", [0x08, 0x1A, 0x1B]) == "|SEND OK|")
        let all = (0...255).map { UInt8($0) }
        #expect(dialogue.send("AT+QISEND=256", all) == "|SEND OK|")
        let isSame = dialogue.sent == [0x08, 0x1A, 0x1B] + all
        #expect(isSame)
        #expect(dialogue.say("AT+QISACK") == "|+QISACK: 259,259,0||OK|")
        #expect(dialogue.say("AT+QISEND=1460") == "|> ")
    }

    @Test func thePromptMayHaveNoBlank() {
        var dialogue = Dialogue.gsm([.promptTight], open: true)
        #expect(dialogue.say("AT+QISEND=1") == "|>")
    }

    @Test func whatCannotBeSentIsAnError() {
        var dialogue = Dialogue.gsm()
        #expect(dialogue.say("AT+QISEND=3") == "|ERROR|" && dialogue.say("AT+QISEND") == "|ERROR|")
        #expect(dialogue.say("AT+QISACK") == "|ERROR|")
        dialogue = .gsm(open: true)
        for wrong in ["0", "1461", "x", "1,2", "-1"] { #expect(dialogue.say("AT+QISEND=\(wrong)") == "|ERROR|") }
    }

    @Test func sendOKIsLocalAndQISACKTheTruth() {
        // Chapter 6: 1484,1448,36 first.
        var dialogue = Dialogue.gsm(open: true)
        #expect(dialogue.send("AT+QISEND=1448", [UInt8](repeating: 1, count: 1448)) == "|SEND OK|")
        dialogue.peer.acknowledges = false
        #expect(dialogue.send("AT+QISEND=36", ascii(Self.alphabet)) == "|SEND OK|")
        #expect(dialogue.say("AT+QISACK") == "|+QISACK: 1484,1448,36||OK|")
        dialogue.peer(.acknowledged(1484))
        #expect(dialogue.say("AT+QISACK") == "|+QISACK: 1484,1484,0||OK|")
    }

    @Test func theWindowEndsAt7300() {
        var dialogue = Dialogue.gsm([.failsWhenFull], open: true)
        dialogue.peer.acknowledges = false
        let data = [UInt8](repeating: 7, count: 1460)
        for _ in 0..<5 { #expect(dialogue.send("AT+QISEND=1460", data) == "|SEND OK|") }
        #expect(dialogue.send("AT+QISEND=1", [7]) == "|SEND FAIL|")
        #expect(dialogue.say("AT+QISACK") == "|+QISACK: 7300,0,7300||OK|")
        dialogue.peer(.acknowledged(1))
        #expect(dialogue.send("AT+QISEND=1", [7]) == "|SEND OK|")
    }

    @Test func aSendBeyondTheWindowMayWait() {
        var dialogue = Dialogue.gsm(open: true)
        dialogue.peer.acknowledges = false
        let data = [UInt8](repeating: 7, count: 1460)
        for _ in 0..<5 { #expect(dialogue.send("AT+QISEND=1460", data) == "|SEND OK|") }
        #expect(dialogue.send("AT+QISEND=2", [7, 7]) == "")
        #expect(dialogue.say("AT") == "")
        dialogue.peer(.acknowledged(1))
        #expect(dialogue.text() == "")
        dialogue.peer(.acknowledged(2))
        #expect(dialogue.text() == "|SEND OK|")
        #expect(dialogue.sent.count == 7302)

        #expect(dialogue.send("AT+QISEND=1460", data) == "")
        dialogue.peer(.closed)
        #expect(dialogue.text() == "|SEND FAIL||CLOSED|")
        #expect(dialogue.say("AT") == "|OK|")
    }

    @Test func aSendFailsOnRequestOnce() throws {
        var dialogue = Dialogue.gsm(open: true)
        try dialogue.fault("send-fail")
        #expect(dialogue.send("AT+QISEND=2", [1, 2]) == "|SEND FAIL|")
        #expect(dialogue.send("AT+QISEND=2", [3, 4]) == "|SEND OK|")
        #expect(dialogue.sent == [3, 4])
    }

    @Test func theConnectionMayGoWhileDataAreTyped() {
        var dialogue = Dialogue.gsm(open: true)
        #expect(dialogue.say("AT+QISEND=4") == "|> ")
        dialogue.write([1, 2])
        dialogue.peer(.closed)
        #expect(dialogue.text() == "|CLOSED|")
        dialogue.write([3, 4])
        #expect(dialogue.text() == "|SEND FAIL|")
        #expect(dialogue.sent.isEmpty)
    }

    @Test func echoAppliesToDataToo() {
        var dialogue = Dialogue.gsm(open: true)
        _ = dialogue.say("ATE1")
        #expect(dialogue.send("AT+QISEND=3", ascii("abc")) == "abc|SEND OK|")
    }

    // MARK: Receiving on request

    @Test func whatArrivesIsAnnouncedOnceAndRead() {
        var dialogue = Dialogue.gsm(open: true)
        dialogue.peerSends(Self.alphabet)
        #expect(dialogue.text() == "|+QIRDI: 0,1,0|")
        dialogue.peerSends("more")
        #expect(dialogue.text() == "")
        #expect(dialogue.say("AT+QIRD=0,1,0,36") == "|+QIRD: 116.226.39.202:7007,TCP,36|\(Self.alphabet)|OK|")
        dialogue.peerSends("!")
        #expect(dialogue.text() == "")
        #expect(dialogue.say("AT+QIRD=0,1,0,1024") == "|+QIRD: 116.226.39.202:7007,TCP,5|more!|OK|")
        #expect(dialogue.say("AT+QIRD=0,1,0,1024") == "|OK|")
        dialogue.peerSends("again")
        #expect(dialogue.text() == "|+QIRDI: 0,1,0|")
    }

    @Test func theSpellingsOfTheGuideAndOfOtherModules() {
        var tight = Dialogue.gsm([.noticeTight, .getTight], open: true)
        tight.peerSends("ab")
        #expect(tight.text() == "|+QIRDI:0,1,0|")
        #expect(tight.say("AT+QIRD=0,1,0,1024") == "|+QIRD:116.226.39.202:7007,TCP,2|ab|OK|")

        var long = Dialogue.gsm([.longNotice, .noticeInRead], open: true)
        long.peerSends(Self.alphabet)
        #expect(long.text() == "|+QIRDI: 0,1,0,1,36,36|")
        #expect(
            long.say("AT+QIRD=0,1,0,6") == "|+QIRDI: 0,1,0,1,30,30||+QIRD: 116.226.39.202:7007,TCP,6|123456|OK|")
    }

    @Test func someArmTheNoticeOnlyWithAnEmptyRead() {
        var dialogue = Dialogue.gsm([.rearmsOnEmpty], open: true)
        dialogue.peerSends("ab")
        _ = dialogue.say("AT+QIRD=0,1,0,1024")
        dialogue.peerSends("cd")
        #expect(dialogue.text() == "")
        _ = dialogue.say("AT+QIRD=0,1,0,1024")
        #expect(dialogue.say("AT+QIRD=0,1,0,1024") == "|OK|")
        dialogue.peerSends("ef")
        #expect(dialogue.text() == "|+QIRDI: 0,1,0|")
    }

    @Test func everyByteIsReadByItsLength() {
        var dialogue = Dialogue.gsm(open: true)
        let data = ascii("\r\nOK\r\n+QIRD: 1,TCP,2\r\n> ") + (0...255).map { UInt8($0) }
        dialogue.peer(.bytes(data))
        _ = dialogue.text()
        dialogue.write(ascii("AT+QIRD=0,1,0,1500\r\n"))
        let isWhole =
            dialogue.printed
            == ascii("\r\n+QIRD: 116.226.39.202:7007,TCP,\(data.count)\r\n") + data + ascii("\r\nOK\r\n")
        #expect(isWhole)
    }

    @Test func whatCannotBeReadIsAnError() {
        var dialogue = Dialogue.gsm(open: true)
        for wrong in ["0,1,0,0", "0,1,0,1501", "1,1,0,5", "0,0,0,5", "0,1,1,5", "0,1,0", "x"] {
            #expect(dialogue.say("AT+QIRD=\(wrong)") == "|ERROR|")
        }
        var unopened = Dialogue.gsm()
        _ = unopened.say("AT+QINDI=1")
        #expect(unopened.say("AT+QIRD=0,1,0,5") == "|ERROR|")
        var direct = Dialogue.gsm()
        _ = direct.say("AT+QIOPEN=\"TCP\",\"1.2.3.4\",5")
        #expect(direct.say("AT+QIRD=0,1,0,5") == "|ERROR|")
    }

    @Test func whatCameBeforeTheEndIsStillRead() {
        var dialogue = Dialogue.gsm(open: true)
        dialogue.peerSends("last")
        dialogue.peer(.closed)
        #expect(dialogue.text() == "|+QIRDI: 0,1,0||CLOSED|")
        #expect(dialogue.say("AT+QIRD=0,1,0,1024") == "|+QIRD: 116.226.39.202:7007,TCP,4|last|OK|")
        #expect(dialogue.say("AT+QIRD=0,1,0,1024") == "|OK|")
    }

    @Test func aFullBufferHoldsTheFarSideBack() {
        var dialogue = Dialogue.gsm(open: true)
        #expect(dialogue.module.wantsBytes(connection: dialogue.peer.connection))
        for _ in 0..<5 { dialogue.peer(.bytes([UInt8](repeating: 1, count: 1460))) }
        #expect(!dialogue.module.wantsBytes(connection: dialogue.peer.connection))
        _ = dialogue.say("AT+QIRD=0,1,0,1")
        #expect(dialogue.module.wantsBytes(connection: dialogue.peer.connection))
    }

    @Test func noticesAndBytesAreLostOnRequest() throws {
        var dialogue = Dialogue.gsm(open: true)
        try dialogue.fault("lose-notice")
        dialogue.peerSends("abc")
        #expect(dialogue.text() == "")
        try dialogue.fault("lose-byte")
        let answer = dialogue.say("AT+QIRD=0,1,0,1024")
        let damaged = ["bc", "ac", "ab"].map { "|+QIRD: 116.226.39.202:7007,TCP,3|\($0)|OK|" }
        #expect(damaged.contains(answer))
        dialogue.peerSends("abc")
        #expect(dialogue.text() == "|+QIRDI: 0,1,0|")
        #expect(dialogue.say("AT+QIRD=0,1,0,1024") == "|+QIRD: 116.226.39.202:7007,TCP,3|abc|OK|")
    }

    // MARK: Receiving as it comes

    @Test func unannouncedBytesArePrintedAsTheyAre() {
        var dialogue = Dialogue.gsm()
        _ = dialogue.say("AT+QIOPEN=\"TCP\",\"116.228.146.250\",\"7070\"")
        dialogue.peerSends(Self.alphabet)
        #expect(dialogue.text() == Self.alphabet)
        _ = dialogue.say("AT+QIHEAD=1")
        dialogue.peerSends(Self.alphabet)
        #expect(dialogue.text() == "IPD36:\(Self.alphabet)")
        _ = dialogue.say("AT+QISHOWPT=1")
        _ = dialogue.say("AT+QISHOWRA=1")
        dialogue.peerSends(Self.alphabet)
        #expect(dialogue.text() == "RECV FROM:116.228.146.250:7070|IPD36TCP:\(Self.alphabet)")
    }

    @Test func theyFallBetweenACommandAndItsAnswer() {
        for isAnnounced in [false, true] {
            var dialogue = Dialogue.gsm { $0.latency = .milliseconds(100) }
            if isAnnounced { _ = dialogue.say("AT+QINDI=1") }
            _ = dialogue.say("AT+QIOPEN=\"TCP\",\"116.228.146.250\",\"7070\"")
            _ = dialogue.text()
            dialogue.write(ascii("AT+CREG?\r\n"))
            dialogue.wait(.milliseconds(50))
            dialogue.peerSends("raw")
            dialogue.wait(.milliseconds(50))
            let first = isAnnounced ? "|+QIRDI: 0,1,0|" : "raw"
            #expect(dialogue.text() == first + "|+CREG: 0,1||OK|")
        }
    }

    @Test func aHalfOpenConnectionLooksAlive() throws {
        var dialogue = Dialogue.gsm(open: true)
        try dialogue.fault("half-open")
        #expect(dialogue.send("AT+QISEND=2", [1, 2]) == "|SEND OK|")
        dialogue.peerSends("unheard")
        dialogue.wait(.seconds(60))
        #expect(dialogue.text() == "")
        #expect(dialogue.say("AT+QISACK") == "|+QISACK: 2,0,2||OK|")
        #expect(dialogue.sent.isEmpty)
        try dialogue.fault("heal")
        #expect(dialogue.text() == "|+QIRDI: 0,1,0|")
        #expect(dialogue.sent == [1, 2])
    }
}
