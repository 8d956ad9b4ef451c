import ATProtocol
import Testing

/// Commands of the three families against what the manuals print.
@Suite("Dialogue of sockets")
struct SocketDialogueTests {
    private static func run(
        _ dialect: SocketDialect?, _ command: ATCommand, _ answer: String, pass: Duration = .seconds(5)
    ) -> [String] {
        let dialogue = Dialogue()
        dialogue.session.socketDialect = dialect
        dialogue.submit(command)
        dialogue.receive(answer)
        dialogue.pass(pass)
        return dialogue.take().dropFirst().map(\.plainSummary)
    }

    static let plain: [(SocketDialect, ATCommand, String, [String])] = [
        // YM310 AT manual 9.42, 9.17, 9.18, 9.28, 9.29, 9.5, 9.4.
        (.cip, .cipstatus, "\r\nOK\r\n\r\nSTATE: IP STATUS\r\n", ["STATE: IP STATUS | STATE: IP STATUS"]),
        (.cip, .cipstatus, "\r\nSTATE:IP INITIAL\r\n\r\nOK\r\n", ["STATE:IP INITIAL | STATE:IP INITIAL"]),
        (.cip, .cipstatus, "\r\nOK\r\n", ["OK"]),
        (.cip, .cipstatus, "\r\nERROR\r\n", ["ERROR"]),
        (.cip, .cipack, "\r\n+CIPACK: 10,10,0\r\n\r\nOK\r\n", ["OK | +CIPACK: 10,10,0"]),
        (.cip, .cipclose, "\r\nCLOSE OK\r\n", ["CLOSE OK"]),
        (.cip, .cipclose, "\r\nCLOSE OK\r\n\r\nOK\r\n", ["CLOSE OK"]),
        (.cip, .cipclose, "\r\n0, CLOSE OK\r\n", ["0, CLOSE OK"]),
        (.cip, .cipclose, "\r\nERROR\r\n", ["ERROR"]),
        (.cip, .cipshut, "\r\nSHUT OK\r\n", ["SHUT OK"]),
        (.cip, .cipshut, "\r\nOK\r\n", ["OK"]),
        (.cip, .cifsr, "\r\n010.083.172.111\r\n", ["OK | 010.083.172.111"]),
        (.cip, .cifsr, "\r\nERROR\r\n", ["ERROR"]),
        (.cip, .ciicr, "\r\n+PDP: DEACT\r\n\r\n+CME ERROR: 65535\r\n", ["urc pdpDeactivated", "CME 65535 65535"]),
        (.cip, .ciprxgetLeft, "\r\n+CIPRXGET: 4,0\r\nOK\r\n", ["OK | +CIPRXGET: 4,0"]),
        (
            .cip, .ciprxgetLeft, "+CIPRXGET:1\r\n+CIPRXGET:4,7\r\nOK\r\n",
            ["urc socket dataWaiting", "OK | +CIPRXGET:4,7"]
        ),
        // Quectel GSM TCP/IP guide 3, 4.1, 7.
        (.qi, .qistat, "\r\nOK\r\n\r\nSTATE: TCP CONNECTING\r\n", ["STATE: TCP CONNECTING | STATE: TCP CONNECTING"]),
        (.qi, .qisack, "\r\n+QISACK: 1484,1448,36\r\n\r\nOK\r\n", ["OK | +QISACK: 1484,1448,36"]),
        (.qi, .qiclose, "\r\nCLOSE OK\r\n", ["CLOSE OK"]),
        (.qi, .qideact, "\r\nDEACT OK\r\n", ["DEACT OK"]),
        (.qi, .qideact, "\r\nERROR\r\n", ["ERROR"]),
        (.qi, .qilocip, "\r\n10.1.83.188\r\n", ["OK | 10.1.83.188"]),
        (.qi, .qiact, "\r\nOK\r\n", ["OK"]),
        // BC260Y-CN TCP/IP guide 2.3.3 to 2.3.5, 4.1.
        (.bc260y, .qicloseContext, "\r\nOK\r\n\r\nCLOSE OK\r\n", ["CLOSE OK"]),
        (.bc260y, .qicloseContext, "\r\nOK\r\n", ["OK"]),
        (.bc260y, .qicloseContext, "\r\nERROR\r\n", ["ERROR"]),
        (.bc260y, .qisendState, "\r\n+QISEND: 94,94,0\r\n\r\nOK\r\n", ["OK | +QISEND: 94,94,0"]),
        (.bc260y, .qisendState, "\r\n+QISEND: 3,0,3\r\n\r\nSEND OK\r\n", ["SEND OK | +QISEND: 3,0,3"]),
        (
            .bc260y, .qisendState, "\r\nSEND OK\r\n\r\n+QISEND: 3,0,3\r\n\r\nOK\r\n",
            ["urc socket sent", "OK | +QISEND: 3,0,3"]
        ),
        (
            .bc260y, .qistateContext, "\r\n+QISTATE: 0,\"TCP\",\"hf.quectel.com\",8008,0,2,0,1\r\n\r\nOK\r\n",
            ["OK | +QISTATE: 0,\"TCP\",\"hf.quectel.com\",8008,0,2,0,1"]
        ),
        (.bc260y, .qistateContext, "\r\nOK\r\n", ["OK"]),
    ]

    @Test(arguments: plain)
    func `a command ends as its manual says`(
        _ dialect: SocketDialect, _ command: ATCommand, _ answer: String, _ expected: [String]
    ) {
        let got = Self.run(dialect, command, answer)
        #expect(got == expected)
    }

    @Test func `a state is an answer without a socket link too`() {
        #expect(
            Self.run(nil, .cipstatus, "OK\r\n\r\nSTATE: IP INITIAL\r\n").first?.hasPrefix("STATE: IP INITIAL") == true)
    }

    @Test func `opening ends in an outcome`() throws {
        let cip = try ATCommand.cipstart(host: "h", port: 1)
        #expect(Self.run(.cip, cip, "\r\nOK\r\n\r\nCONNECT OK\r\n") == ["OK", "urc connectOK"])
        #expect(Self.run(.cip, cip, "\r\nALREADY CONNECT\r\n") == ["urc alreadyConnect", "ALREADY CONNECT"])
        #expect(
            Self.run(.cip, cip, "\r\nOK\r\n\r\nSTATE: TCP CLOSED\r\n\r\nCONNECT FAIL\r\n")
                == ["OK", "urc other STATE: TCP CLOSED", "urc connectFail TCP CLOSED"])
        #expect(Self.run(.cip, cip, "\r\n+CME ERROR: 3\r\n") == ["CME 3 3"])
        #expect(Self.run(.cip, cip, "OK\r\nTCP ERROR:11\r\n") == ["OK", "urc socket tcpError(code: 11)"])
        #expect(Self.run(.cip, cip, "OK\r\nTCP ERROR: 14\r\n") == ["OK", "urc socket tcpError(code: 14)"])
        let qi = try ATCommand.qiopen(host: "h", port: 1)
        #expect(Self.run(.qi, qi, "\r\nOK\r\n\r\nCONNECT FAIL\r\n") == ["OK", "urc connectFail -"])
        let context = try ATCommand.qiopenContext(host: "h", port: 1)
        #expect(Self.run(.bc260y, context, "\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n") == ["OK", "urc connectOK"])
        #expect(Self.run(.bc260y, context, "+QIOPEN: 0,0\r\n\r\nOK\r\n") == ["urc connectOK", "OK"])
        #expect(
            Self.run(.bc260y, context, "OK\r\n+QIOPEN: 0,566\r\n")
                == ["OK", "urc connectFail 566 Socket connection failed"])
        #expect(Self.run(.bc260y, context, "OK\r\n+QIOPEN: 0,999\r\n") == ["OK", "urc connectFail 999"])
        #expect(Self.run(.bc260y, context, "OK\r\n+QIOPEN: 1,0\r\n") == ["OK", "urc other +QIOPEN: 1,0"])
    }

    static let unasked: [(SocketDialect, String, String)] = [
        (.cip, "CLOSED", "closed"), (.cip, "0,CLOSED", "closed"), (.cip, "0, CLOSED", "closed"),
        (.cip, "+CIPRXGET: 1", "socket dataWaiting"), (.cip, "+CIPRXGET:1", "socket dataWaiting"),
        (.cip, "+CIPRXGET: 1,0", "socket dataWaiting"), (.cip, "+CIPRXGET: 4,7", "other +CIPRXGET: 4,7"),
        (.cip, "+PDP DEACT", "pdpDeactivated"), (.cip, "+PDP: DEACT", "pdpDeactivated"),
        (.cip, "SEND OK", "socket sent"), (.cip, "1, SEND OK", "socket sent"), (.cip, "SEND FAIL", "socket sendFailed"),
        (.cip, "TCP ERROR:12", "socket tcpError(code: 12)"), (.cip, "TCP ERROR: x", "other TCP ERROR: x"),
        (.cip, "+IP: 1.2.3.4", "other +IP: 1.2.3.4"),
        (.qi, "+QIRDI: 0,1,0", "socket dataWaiting"), (.qi, "+QIRDI:0,1,0", "socket dataWaiting"),
        (.qi, "+QIRDI: 0,1,0,1,1332,1332", "socket dataWaiting"), (.qi, "CLOSED", "closed"),
        (.bc260y, "+IP: 10.18.237.42", "socket networkReady"), (.bc260y, "+QIURC: \"closed\",0", "closed"),
        (.bc260y, "+QIURC: \"closed\", 0", "closed"), (.bc260y, "+QIURC:\"closed\",0", "closed"),
        (.bc260y, "+QIURC: \"closed\",1", "other +QIURC: \"closed\",1"), (.bc260y, "SEND FAIL", "socket sendFailed"),
    ]

    @Test(arguments: unasked)
    func `a line that nobody asked for has its meaning`(_ dialect: SocketDialect, _ line: String, _ expected: String) {
        let dialogue = Dialogue()
        dialogue.session.socketDialect = dialect
        dialogue.receive("\r\n\(line)\r\n")
        #expect(dialogue.take().map(\.plainSummary) == ["urc " + expected])
        // And in the middle of an answer.
        dialogue.submit(.csq)
        dialogue.receive("\r\n+CSQ: 20,0\r\n\(line)\r\nOK\r\n")
        let got = dialogue.take().dropFirst().map(\.plainSummary)
        #expect(got == ["urc " + expected, "OK | +CSQ: 20,0"])
    }

    @Test func `without a socket link the lines mean what they meant`() {
        for (_, line, _) in Self.unasked where !line.hasSuffix("CLOSED") && !line.hasPrefix("+PDP") {
            let dialogue = Dialogue()
            dialogue.receive("\r\n\(line)\r\n")
            #expect(dialogue.take().map(\.plainSummary) == ["urc other " + line])
        }
        let dialogue = Dialogue()
        dialogue.receive("+IPD,5:hello\r\n+CIPRXGET: 2,2,0\r\nOK\r\n+QIURC: \"recv\",0,1,41\r\n+QIRD: 1:1,TCP,1\r\n")
        #expect(
            dialogue.take().map(\.plainSummary) == [
                "urc other +IPD,5:hello", "urc other +CIPRXGET: 2,2,0", "discarded strayFinal OK",
                "urc other +QIURC: \"recv\",0,1,41", "urc other +QIRD: 1:1,TCP,1",
            ])
    }

    @Test func `the module of NB-IoT tells of a send after its OK`() throws {
        let dialogue = Dialogue()
        dialogue.session.socketDialect = .bc260y
        dialogue.submit(try .qisendHex(bytes("123")))
        dialogue.receive("\r\nOK\r\n\r\nSEND OK\r\n")
        #expect(dialogue.take().map(\.plainSummary) == ["write AT+QISEND=0,3,313233\\r\\n", "OK", "urc socket sent"])
        dialogue.submit(try .qisendHex(bytes("123")))
        dialogue.receive("\r\nSEND FAIL\r\n\r\nOK\r\n")
        #expect(dialogue.take().dropFirst().map(\.plainSummary) == ["urc socket sendFailed", "OK"])
        dialogue.submit(try .qisendHex(bytes("123")))
        dialogue.receive("\r\n+CME ERROR: 572\r\n")
        #expect(dialogue.take().dropFirst().map(\.plainSummary) == ["CME 572 572"])
    }
}
