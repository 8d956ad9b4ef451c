import ATProtocol
import Testing

@Suite("CommandSession")
struct CommandSessionTests {
    private let dialogue = Dialogue()

    private func run(_ command: ATCommand, _ answer: String) -> [String] {
        dialogue.submit(command)
        dialogue.receive(answer)
        return dialogue.take().dropFirst().map(\.summary)
    }

    @Test func `a command ends with its own final`() {
        #expect(run(.csq, "\r\n+CSQ: 20,99\r\n\r\nOK\r\n") == [#"OK ["+CSQ: 20,99"]"#])
        #expect(run(.csq, "\r\nERROR\r\n") == ["ERROR []"])
        #expect(run(.csq, "\r\n+CME ERROR: 14\r\n") == ["CME 14 14 []"])
        #expect(run(.csq, "\r\n+CME: ERROR SIM busy\r\n") == ["CME 14 SIM busy []"])
        #expect(run(.csq, "\r\n+CMS ERROR: 500\r\n") == ["CMS 500 500 []"])
        #expect(dialogue.isIdle)
    }

    @Test(arguments: ["SEND OK", "CONNECT OK", "CONNACK OK", "OK OK", "SHUT OK", "CLOSE OK"])
    func `no other line ends it`(_ line: String) {
        dialogue.submit(.csq)
        dialogue.receive(line + "\r\n")
        #expect(!dialogue.isIdle)
        dialogue.receive("OK\r\n")
        #expect(dialogue.isIdle)
    }

    @Test func `a prefix may stand before its colon with a blank`() {
        #expect(run(.mqttStatus, "+MQTTSTATU :1\r\n\r\nOK\r\n") == [#"OK ["+MQTTSTATU :1"]"#])
    }

    @Test func `URCs are told while a command runs`() {
        #expect(
            run(
                .csq,
                "+CGEV: NW PDN DEACT 1\r\n+CSQ: 1,1\r\n+PDP: DEACT\r\nCLOSED\r\n+FOO: 1\r\n+CPIN: SIM REMOVED 0\r\nOK\r\n"
            )
                == [
                    "urc pdnDeactivated(cid: Optional(1))", "urc pdpDeactivated", "urc closed", "urc other +FOO: 1",
                    "urc simRemoved", #"OK ["+CSQ: 1,1"]"#,
                ])
    }

    @Test func `outcomes may come before and after the OK`() {
        #expect(
            run(.mqttMessageGet, "SUBACK\r\nOK\r\nPUBACK \r\n7, CONNECT OK\r\n") == [
                "urc suback", "OK []", "urc puback", "urc connectOK",
            ])
    }

    @Test func `CONNECT FAIL keeps the state told before it`() {
        dialogue.submit(.at)
        dialogue.receive("OK\r\nSTATE: IP GPRSACT\r\n+CGEV: ME DETACH\r\nCONNECT FAIL\r\nCONNECT FAIL\r\n")
        #expect(
            dialogue.take().suffix(4).map(\.summary) == [
                "urc other STATE: IP GPRSACT", "urc detached", "urc connectFail IP GPRSACT", "urc connectFail -",
            ])
    }

    @Test func `a state does not outlive the next command`() {
        dialogue.receive("STATE: IP GPRSACT\r\n")
        _ = dialogue.take()
        #expect(run(.at, "CONNECT FAIL\r\nOK\r\n") == ["urc connectFail -", "OK []"])
    }

    @Test func `an error with no command running is an outcome, an OK is nothing`() {
        dialogue.receive("ERROR\r\n+CME ERROR: 767\r\nOK\r\n")
        #expect(
            dialogue.take().map(\.summary) == ["urc error ERROR", "urc error CME 767 767", "discarded strayFinal OK"])
    }

    @Test func `a registration query takes one line of its own form`() {
        let answer =
            "+CGREG: 2,1,\"27\",\"02\",7\r\n+CEREG: 5\r\n+CEREG: 1,\"2797\",\"02B82E17\",7\r\n"
            + "+CEREG: 2,1,\"2797\",\"02B82E17\",7\r\n+CEREG: 0,3\r\nOK\r\n"
        #expect(
            run(.ceregQuery, answer) == [
                "urc cgreg 1", "urc cereg 5", "urc cereg 1", "urc cereg 3",
                ##"OK ["+CEREG: 2,1,\"2797\",\"02B82E17\",7"]"##,
            ])
        #expect(run(.ceregEnable(), "+CEREG: 1\r\nOK\r\n") == ["urc cereg 1", "OK []"])
    }

    @Test func `free text is any line that is no URC`() {
        #expect(
            run(.ati, "AirM2M_780E_V1169_LTE_AT\r\n+CGEV: ME DETACH\r\nRDY\r\nrest\r\nOK\r\n") == [
                "urc detached", "urc banner ready", #"OK ["AirM2M_780E_V1169_LTE_AT", "rest"]"#,
            ])
        #expect(run(.cgmr, "+CGMR: \"X\"\r\nOK\r\n") == [##"OK ["+CGMR: \"X\""]"##])
        #expect(run(.csq, "free\r\nOK\r\n") == ["urc other free", "OK []"])
    }

    @Test func `an OK after SHUT OK does not end the next command`() {
        #expect(run(.cipshut, "\r\nSHUT OK\r\n").isEmpty)
        #expect(!dialogue.isIdle)
        dialogue.receive("\r\nOK\r\n")
        #expect(dialogue.take().map(\.summary) == ["SHUT OK []"])
        #expect(dialogue.isIdle)
    }

    @Test func `SHUT OK alone ends it after the grace`() {
        _ = run(.cipshut, "SHUT OK\r\n+CGEV: ME DETACH\r\n")
        dialogue.pass(.milliseconds(199))
        #expect(dialogue.take().isEmpty)
        dialogue.pass(.milliseconds(1))
        #expect(dialogue.take().map(\.summary) == ["SHUT OK []"])
    }

    @Test(arguments: [
        "\r\nOK\r\n+MSUB: \"t\",3 byte,abc\r\nSUBACK\r\n", "+MSUB: \"t\",3 byte,abc\r\n\r\nOK\r\nSUBACK\r\n",
    ])
    func `a message may come before SUBACK`(_ answer: String) throws {
        let told = run(try .msub(filter: Array("t".utf8), qos: 1), answer)
        #expect(Set(told) == ["OK []", "message t abc", "urc suback"])
        #expect(told.last == "urc suback")
    }

    @Test func `ALREADY CONNECT ends MIPSTART, with an OK after it or without`() throws {
        let open = try ATCommand.mipstart(host: "h", port: 1883, tls: false)
        #expect(run(open, "\r\nALREADY CONNECT\r\n") == ["urc alreadyConnect"])
        dialogue.receive("\r\nOK\r\n")
        #expect(dialogue.take().map(\.summary) == ["ALREADY CONNECT []"])
        #expect(run(open, "\r\nALREADY CONNECT\r\n") == ["urc alreadyConnect"])
        dialogue.pass(.milliseconds(200))
        #expect(dialogue.take().map(\.summary) == ["ALREADY CONNECT []"])
        #expect(run(open, "\r\nOK\r\n\r\nALREADY CONNECT\r\n") == ["OK []", "urc alreadyConnect"])
    }

    @Test(arguments: ["", "\r\nOK\r\n"])
    func `CIFSR ends with the address, OK or not`(_ end: String) {
        dialogue.submit(.cifsr)
        dialogue.receive("\r\n10.76.1.35\r\n" + end)
        dialogue.pass(.milliseconds(200))
        dialogue.submit(.csq)
        #expect(!dialogue.isIdle)
        #expect(dialogue.take().map(\.summary)[1] == #"OK ["10.76.1.35"]"#)
    }

    @Test func `nothing answers a command before it is written`() {
        dialogue.takesWrites = false
        dialogue.submit(.csq)
        dialogue.receive("OK\r\nERROR\r\n+CSQ: 9,9\r\n+CGEV: ME DETACH\r\n+CPIN: READY\r\n")
        #expect(!dialogue.isIdle)
        dialogue.written()
        dialogue.receive("+CSQ: 1,1\r\nOK\r\n")
        #expect(
            dialogue.take().map(\.summary) == [
                #"write AT+CSQ\r\n"#, "discarded strayFinal OK", "discarded strayFinal ERROR",
                "discarded strayLine +CSQ: 9,9",
                "urc detached", "urc simReady", #"OK ["+CSQ: 1,1"]"#,
            ])
    }

    @Test func `the echo is dropped, and told once when it should be off`() {
        #expect(run(.ate0, "ATE0\r\r\nOK\r\n") == ["OK []"])
        #expect(run(.csq, "OK\r\n") == ["OK []"])
        #expect(run(.csq, "AT+CSQ\r\r\n+CSQ: 1,1\r\nOK\r\n") == ["echo returned", #"OK ["+CSQ: 1,1"]"#])
        #expect(run(.csq, "AT+CSQ\r\r\nOK\r\n") == ["OK []"])
        #expect(run(.ati, "AT\r\r\nATI\r\r\nname\r\nOK\r\n") == [#"OK ["name"]"#])
        dialogue.receive("ATI\r\n")
        #expect(dialogue.take().isEmpty)
    }

    @Test func `the echo of a long publish is dropped`() throws {
        let command = try ATCommand.mpubText(
            topic: bytes("t"), qos: 0, retain: false, payload: [UInt8](repeating: 0x61, count: 2384))
        dialogue.submit(command)
        dialogue.receive(command.line + bytes("\r\r\nOK\r\n"))
        #expect(dialogue.take().dropFirst().map(\.summary) == ["OK []"])
    }

    @Test func `messages are cached ones while the cache is read`() {
        #expect(
            run(.mqttMessageGet, "+MSUB: t,3 byte,abc\r\nOK\r\n+MSUB: \"t\",3 byte,abc\r\n") == [
                "message cached t abc", "OK []", "message t abc",
            ])
    }

    @Test func `a message may hold anything and be anywhere`() {
        let payload = "\r\nOK\r\n+CSQ: 0,0\r\nCLOSED\r\n"
        let message = "+MSUB: \"t\",\(payload.utf8.count) byte,\(payload)\r\n"
        #expect(run(.csq, message + "+CSQ: 1,1\r\n" + message + "OK\r\n" + message).count == 4)
    }

    @Test func `a message needs a filter`() {
        dialogue.session.topicMatches = { $0 == bytes("mine") }
        dialogue.receive("+MSUB: \"t\",3 byte,abc\r\n+MSUB: \"mine\",3 byte,abc\r\n")
        #expect(
            dialogue.take().map(\.summary) == [
                #"discarded unmatchedMessage +MSUB: "t",3 byte,abc\r\n"#, "message mine abc",
            ])
    }

    @Test func `hex payloads follow MQTTMODE, both forms while it changes`() {
        let hex = "+MSUB: \"t\",3 byte,414243\r\n"
        let raw = "+MSUB: \"t\",3 byte,ABC\r\n"
        #expect(
            run(.mqttMode(1), hex + raw + "OK\r\n" + hex + raw) == [
                "message t ABC", "message t ABC", "OK []", "message t ABC", "message t ABC",
            ])
        #expect(dialogue.hexMode)
        #expect(run(.mqttMode(0), hex + "ERROR\r\n").last == "ERROR []")
        #expect(dialogue.hexMode)
        #expect(run(.mqttMode(0), hex + "OK\r\n").last == "OK []")
        #expect(!dialogue.hexMode)
        dialogue.receive(hex)
        #expect(dialogue.take().map(\.summary) == [#"discarded unframedMessage +MSUB: "t",3 byte,414243"#])
    }

    @Test func `hex payloads are read while the mode is not known`() {
        let hex = "+MSUB: \"t\",3 byte,414243\r\n"
        dialogue.receive(hex)
        #expect(dialogue.take().map(\.summary) == ["message t ABC"])
        _ = run(.mqttMode(0), "OK\r\n")
        dialogue.submit(.mqttMode(1))
        dialogue.pass(.seconds(10))
        dialogue.receive(hex)
        #expect(dialogue.take().last?.summary == "message t ABC")
    }

    /// Found by the fuzzer: the second one had a deadline that was over when the first one's came.
    @Test func `two unfinished messages are given up together`() throws {
        let dialogue = Dialogue()
        dialogue.session.socketDialect = .bc260y
        dialogue.receive("+MSUB:0\" t\",EN,3,60,3OPEN\r\n+MSUB:0\" t\",EN,3,60,3OPEN\r")
        dialogue.receive([0, 0, 0, 0])
        dialogue.now = try #require(dialogue.deadline)
        let actions = dialogue.poke()
        #expect(!actions.isEmpty)
        #expect(dialogue.deadline == nil)
    }

    @Test func `an unfinished message is given up after two seconds of silence`() {
        dialogue.submit(.csq)
        dialogue.receive("+MSUB: \"t\",30 byte,abc\r\n")
        dialogue.pass(.milliseconds(400))
        dialogue.receive("OK\r\n")
        dialogue.pass(.milliseconds(1999))
        #expect(dialogue.take().count == 1)
        dialogue.pass(.milliseconds(1))
        // The OK may be of the message's payload: the command waits on.
        #expect(
            dialogue.take().map(\.summary) == [
                #"discarded unframedMessage +MSUB: "t",30 byte,abc"#, "discarded doubtfulResult OK",
            ])
        #expect(dialogue.deadline != nil)
    }

    @Test func `an answer has a bound`() {
        dialogue.submit(.csq)
        for _ in 0..<300 { dialogue.receive("+CSQ: 1,1\r\n") }
        dialogue.receive("OK\r\n")
        let actions = dialogue.take()
        #expect(actions.count == 1 + 44 + 1)
        guard case .completed(let result)? = actions.last else { return }
        #expect(result.lines.count == 256)
    }

    @Test func `lines of nobody are told, broken ones discarded`() {
        dialogue.receive(bytes("hello\r\n") + [0x01, 0x02] + bytes("\r\n") + [0xC3] + bytes("\r\n"))
        #expect(
            dialogue.take().map(\.summary) == [
                "urc other hello", #"discarded garbage \x1\x2"#, #"discarded garbage \xc3"#,
            ])
    }

    @Test func `a lost port ends the command`() {
        dialogue.submit(.csq)
        dialogue.receive("+CSQ: 1,1\r\n+MSUB: \"t\",9")
        dialogue.close()
        #expect(dialogue.take().last?.summary == #"port lost ["+CSQ: 1,1"]"#)
        #expect(!dialogue.isIdle)
        #expect(dialogue.deadline == nil)
        dialogue.receive("OK\r\n")
        #expect(dialogue.take().isEmpty)
        dialogue.open()
        #expect(run(.csq, "OK\r\n") == ["OK []"])
    }

    @Test func `the time runs from the last byte on the wire`() {
        let slow = Dialogue(baud: 9600)
        let line = [UInt8](repeating: 0x61, count: 958)
        slow.submit(ATCommand(line: line))
        // 960 bytes take a second at 9600 baud, whatever the kernel took at once.
        #expect(slow.deadline == slow.now + .seconds(10))
        slow.takesWrites = false
        slow.receive("OK\r\n")
        slow.submit(ATCommand(line: line))
        #expect(slow.deadline == slow.now + .seconds(10))
        slow.now += .seconds(3)
        slow.written()
        #expect(slow.deadline == slow.now + .seconds(9))
    }

    @Test func `calling early does no harm`() {
        dialogue.submit(.csq)
        dialogue.receive("+MSUB: \"t\",3")
        _ = dialogue.take()
        #expect(dialogue.poke().isEmpty)
    }
}
