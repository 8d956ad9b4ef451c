import Testing

@testable import ModuleSimulator

/// Sending and receiving on the BC260Y-CN (manual 004 2.3.5, 2.4 and 4.1).
@Suite struct BC260YTransferTests {
    private static func text() -> Dialogue {
        var dialogue = Dialogue.nbiot()
        _ = dialogue.say("AT+QIOPEN=0,0,\"TCP\",\"hf.quectel.com\",8008")
        return dialogue
    }

    private static func digits(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.flatMap { hex($0) }, as: UTF8.self)
    }

    // MARK: Sending

    @Test func textGoesAsPrinted() {
        var dialogue = Self.text()
        #expect(dialogue.say("AT+QISEND=0,10,\"1234567890\"") == "|OK||SEND OK|")
        #expect(dialogue.say("AT+QISEND=0,17,\"{\"a\":\"b\",\"b\":\"b\"}\"") == "|OK||SEND OK|")
        #expect(dialogue.say("AT+QISEND=0,5,a,b;c") == "|OK||SEND OK|")
        // A release indication behind the data (2.3.5).
        #expect(dialogue.say("AT+QISEND=0,3,\"ACK\",1") == "|OK||SEND OK|")
        #expect(dialogue.say("at+qisend=0,2,hi,2") == "|OK||SEND OK|")
        #expect(dialogue.sent == ascii("1234567890{\"a\":\"b\",\"b\":\"b\"}a,b;cACKhi"))
        #expect(dialogue.say("AT+QISEND=0,0") == "|+QISEND: 37,37,0||OK|")
        let longest = String(repeating: "x", count: 1024)
        #expect(dialogue.say("AT+QISEND=0,1024,\(longest)") == "|OK||SEND OK|")
        #expect(dialogue.say("AT+QISEND=0,1025,\(longest)x") == "|ERROR|")
    }

    @Test func hexadecimalGoesAsPrinted() {
        var dialogue = Dialogue.nbiot(open: true)
        #expect(dialogue.say("AT+QISEND=0,3,313233") == "|OK||SEND OK|")
        #expect(dialogue.say("AT+QISEND=0,2,\"abCD\"") == "|OK||SEND OK|")
        #expect(dialogue.sent == ascii("123") + [0xAB, 0xCD])
        let all = (0..<512).map { UInt8(truncatingIfNeeded: $0) }
        #expect(dialogue.say("AT+QISEND=0,512,\(Self.digits(all))") == "|OK||SEND OK|")
        let isSame = dialogue.sent.suffix(512) == all[...]
        #expect(isSame)
        #expect(dialogue.say("AT+QISEND=0,513,\(Self.digits(all))00") == "|ERROR|")
    }

    @Test(arguments: [
        "0,3,3132", "0,3,31323334", "0,3,31323G", "0,3,\"313233", "0,3,313233,3", "0,3,313233,", "0,3", "1,3,313233",
        "0,-1,31", "x", "0", "0,,31", "",
    ])
    func whatDoesNotFitIsAnError(arguments: String) {
        var dialogue = Dialogue.nbiot(open: true)
        #expect(dialogue.say("AT+QISEND=\(arguments)") == "|ERROR|")
        #expect(dialogue.sent.isEmpty)
        #expect(dialogue.say("AT+QISEND=0,1,31") == "|OK||SEND OK|")
    }

    @Test func withoutAConnectionItIsAnError() {
        var dialogue = Dialogue.nbiot()
        #expect(dialogue.say("AT+QISEND=0,1,1") == "|ERROR|" && dialogue.say("AT+QISEND=0,0") == "|ERROR|")
    }

    @Test func whatTheFarSideHasIsCounted() {
        var dialogue = Dialogue.nbiot(open: true)
        dialogue.peer.acknowledges = false
        #expect(dialogue.say("AT+QISEND=0,3,41434B") == "|OK||SEND OK|")
        #expect(dialogue.say("AT+QISEND=0,0") == "|+QISEND: 3,0,3||OK|")
        dialogue.peer(.acknowledged(3))
        #expect(dialogue.say("AT+QISEND=0,0") == "|+QISEND: 3,3,0||OK|")
        var other = Dialogue.nbiot([.sendOKState], open: true)
        #expect(other.say("AT+QISEND=0,0") == "|+QISEND: 0,0,0||SEND OK|")
    }

    @Test func sendOKMayComeLaterAndUntilThenNothingElseIsSent() {
        var dialogue = Dialogue.nbiot([.lateSendOK], open: true)
        dialogue.write(ascii("AT+QISEND=0,1,31\r\n"))
        #expect(dialogue.text() == "|OK|")
        dialogue.write(ascii("AT+QISEND=0,1,32\r\n"))
        #expect(dialogue.text() == "|ERROR|")
        dialogue.peerSends("x")
        #expect(dialogue.text() == "|+QIURC: \"recv\",0,1,78|")
        dialogue.wait(.milliseconds(40))
        #expect(dialogue.text() == "|SEND OK|")
        #expect(dialogue.sent == ascii("1"))
        dialogue.write(ascii("AT+QISEND=0,1,33\r\n"))
        dialogue.peer(.closed)
        #expect(dialogue.text() == "|OK||SEND OK||+QIURC: \"closed\",0|")
        dialogue.wait(.seconds(1))
        #expect(dialogue.text() == "")
    }

    @Test func aFullWindowHoldsSendOKBack() {
        var dialogue = Dialogue.nbiot(open: true) { $0.profile.sendBuffer = 512 }
        dialogue.peer.acknowledges = false
        let data = Self.digits([UInt8](repeating: 9, count: 512))
        #expect(dialogue.say("AT+QISEND=0,512,\(data)") == "|OK||SEND OK|")
        #expect(dialogue.say("AT+QISEND=0,1,31") == "|OK|")
        #expect(dialogue.say("AT+QISEND=0,0") == "|+QISEND: 512,0,512||OK|")
        dialogue.peer(.acknowledged(1))
        #expect(dialogue.text() == "|SEND OK|")
        #expect(dialogue.sent.count == 513)
        #expect(dialogue.say("AT+QISEND=0,1,32") == "|OK|")
        dialogue.wait(.milliseconds(58_900))
        #expect(dialogue.text() == "")
        dialogue.wait(.milliseconds(200))
        #expect(dialogue.text() == "|SEND FAIL|")
        #expect(dialogue.say("AT+QISEND=0,1,33") == "|OK|")
        dialogue.peer(.closed)
        #expect(dialogue.text() == "|SEND FAIL||+QIURC: \"closed\",0|")

        var strict = Dialogue.nbiot([.failsWhenFull], open: true) { $0.profile.sendBuffer = 511 }
        #expect(strict.say("AT+QISEND=0,512,\(data)") == "|OK||SEND FAIL|")
    }

    @Test func sendsFailOnRequest() throws {
        for traits in [[], [Dialect.Trait.lateSendOK]] as [Set<Dialect.Trait>] {
            var dialogue = Dialogue.nbiot(traits, open: true)
            try dialogue.fault("send-fail")
            #expect(dialogue.say("AT+QISEND=0,1,31") == "|OK||SEND FAIL|")
            try dialogue.fault("lose-send-result")
            #expect(dialogue.say("AT+QISEND=0,1,32") == "|OK|")
            try dialogue.fault("send-error +CME ERROR: 3")
            #expect(dialogue.say("AT+QISEND=0,1,33") == "|+CME ERROR: 3|")
            #expect(dialogue.say("AT+QISEND=0,1,34") == "|OK||SEND OK|")
            #expect(dialogue.sent == ascii("24"))
            try dialogue.fault("hang-at-send")
            #expect(dialogue.say("AT+QISEND=0,1,35") == "" && dialogue.say("AT") == "")
        }
    }

    @Test func someAskForTheDataWithAPrompt() {
        var dialogue = Dialogue.nbiot([.promptedSend], open: true)
        #expect(dialogue.send("AT+QISEND=0,3", ascii("313233") + [0x1A]) == "|OK||SEND OK|")
        #expect(dialogue.sent == ascii("123"))
        #expect(dialogue.send("AT+QISEND=0,3", ascii("31323") + [0x1A]) == "|ERROR|")
        #expect(dialogue.say("AT+QISEND=0,1,34") == "|OK||SEND OK|")
    }

    // MARK: Receiving

    @Test func whatArrivesIsPushedAsPrinted() {
        var text = Self.text()
        text.peerSends("hi,quectel")
        #expect(text.text() == "|+QIURC: \"recv\",0,10,hi,quectel|")
        text.peer(.bytes([0x0D, 0x0A, 0x22, 0x2C, 0x00]))
        #expect(text.text() == "|+QIURC: \"recv\",0,5,|\",\\00|")
        var hexadecimal = Dialogue.nbiot(open: true)
        hexadecimal.peerSends("1234567890")
        #expect(hexadecimal.text() == "|+QIURC: \"recv\",0,10,31323334353637383930|")
    }

    @Test func theSpellingsSeenInTheField() {
        var quoted = Dialogue.nbiot([.quotedData], open: true)
        quoted.peerSends("AB")
        #expect(quoted.text() == "|+QIURC: \"recv\",0,2,\"4142\"|")
        var late = Dialogue.nbiot([.lateQuote], open: true)
        late.peerSends("AB")
        #expect(late.text() == "|+QIURC: \"recv\",0,2,\"4142|\"|")
    }

    @Test func longOnesComeInPieces() {
        var dialogue = Self.text()
        let data = [UInt8](repeating: 0x61, count: 2500)
        dialogue.peer(.bytes(data))
        var expected: [UInt8] = []
        for count in [1024, 1024, 452] {
            expected += ascii("\r\n+QIURC: \"recv\",0,\(count),") + data.prefix(count) + ascii("\r\n")
        }
        let isSame = dialogue.printed == expected
        #expect(isSame)
    }

    @Test func itFallsBetweenACommandAndItsAnswer() {
        var dialogue = Dialogue.nbiot(open: true) { $0.latency = .milliseconds(100) }
        _ = dialogue.text()
        dialogue.write(ascii("AT+QISEND=0,1,31\r\n"))
        dialogue.wait(.milliseconds(50))
        dialogue.peerSends("x")
        dialogue.wait(.milliseconds(50))
        #expect(dialogue.text() == "|+QIURC: \"recv\",0,1,78||OK||SEND OK|")
    }

    @Test func framesAreDamagedOnRequest() throws {
        var dialogue = Dialogue.nbiot(open: true)
        try dialogue.fault("lose-byte")
        dialogue.peerSends("AB")
        let short = dialogue.text()
        #expect(["142", "442", "412", "414"].map { "|+QIURC: \"recv\",0,2,\($0)|" }.contains(short))
        try dialogue.fault("inside-data +CEREG: 1")
        dialogue.peerSends("AB")
        #expect(dialogue.text() == "|+QIURC: \"recv\",0,2,41|+CEREG: 1|42|")
        try dialogue.fault("lose-notice")
        dialogue.peerSends("AB")
        #expect(dialogue.text() == "")
        dialogue.peerSends("AB")
        #expect(dialogue.text() == "|+QIURC: \"recv\",0,2,4142|")
    }
}
