import ATProtocol
import Testing

/// `AT+CIPSEND` and `AT+QISEND`: prompt, data, and what may come instead or between.
@Suite("Sending on sockets")
struct SocketSendTests {
    private static func dialogue(_ dialect: SocketDialect = .cip) -> Dialogue {
        let dialogue = Dialogue()
        dialogue.session.socketDialect = dialect
        return dialogue
    }

    private static func send(_ dialect: SocketDialect, _ text: String) throws -> ATCommand {
        dialect == .qi ? try .qisend(bytes(text)) : try .cipsend(bytes(text))
    }

    @Test(
        arguments: [
            (.cip, "DATA ACCEPT:5"), (.cip, "DATA ACCEPT: 5"), (.cip, "DATA ACCEPT:0,5"), (.cip, "DATAACCEPT:5"),
            (.cip, "SEND OK"), (.cip, "0, SEND OK"), (.qi, "SEND OK"),
        ] as [(SocketDialect, String)])
    func `ends at once with the module's words`(_ dialect: SocketDialect, _ end: String) throws {
        let dialogue = Self.dialogue(dialect)
        dialogue.submit(try Self.send(dialect, "hello"))
        dialogue.receive("\r\n> ")
        dialogue.receive("\r\n\(end)\r\n")
        // Not held up by an OK that could follow.
        #expect(dialogue.isIdle)
        #expect(dialogue.take().dropFirst().map(\.plainSummary) == ["write hello", end])
    }

    @Test(arguments: ["SEND FAIL", "0, SEND FAIL", "ERROR"])
    func `fails with the module's words`(_ end: String) throws {
        for (prompt, written) in [("> ", ["write hello"]), ("", [])] {
            let dialogue = Self.dialogue()
            dialogue.submit(try .cipsend(bytes("hello")))
            dialogue.receive(prompt)
            dialogue.receive("\r\n\(end)\r\n")
            let lines = end == "ERROR" ? "" : " | \(end)"
            #expect(dialogue.take().dropFirst().map(\.plainSummary) == written + ["ERROR\(lines)"])
            #expect(dialogue.isIdle)
        }
    }

    @Test func `a refusal takes the place of the prompt`() throws {
        let dialogue = Self.dialogue()
        dialogue.submit(try .cipsend(bytes("hello")))
        dialogue.receive("\r\nCLOSED\r\n\r\n+CME ERROR: 3\r\n")
        #expect(dialogue.take().dropFirst().map(\.plainSummary) == ["urc closed", "CME 3 3"])
        #expect(dialogue.isIdle)
    }

    @Test(arguments: ["CLOSED", "+PDP DEACT", "+PDP: DEACT"])
    func `after the end of the connection nothing is waited for at length`(_ line: String) throws {
        for prompt in ["", "> "] {
            let dialogue = Self.dialogue(.qi)
            dialogue.submit(try .qisend(bytes("hello")))
            dialogue.receive(prompt)
            dialogue.receive("\r\n\(line)\r\n")
            dialogue.pass(.milliseconds(2100))
            let end = dialogue.take().map(\.plainSummary).suffix(2)
            #expect(end == [prompt.isEmpty ? "no prompt" : "timed out", "data mode unknown 5"])
            #expect(!dialogue.isIdle)
        }
    }

    @Test func `the end of the connection may come before the answer`() throws {
        let dialogue = Self.dialogue()
        dialogue.submit(try .cipsend(bytes("hello")))
        dialogue.receive("> ")
        dialogue.receive("\r\nCLOSED\r\n\r\nSEND FAIL\r\n")
        #expect(
            dialogue.take().dropFirst().map(\.plainSummary) == ["write hello", "urc closed", "ERROR | SEND FAIL"])
    }

    @Test func `a good end before the prompt is another send's`() throws {
        let dialogue = Self.dialogue()
        dialogue.submit(try .cipsend(bytes("hello")))
        dialogue.receive("\r\nDATA ACCEPT:9\r\nSEND OK\r\nOK\r\n> ")
        dialogue.receive("\r\nDATA ACCEPT:5\r\n")
        #expect(
            dialogue.take().dropFirst().map(\.plainSummary) == [
                "discarded strayFinal DATA ACCEPT:9", "urc socket sent", "discarded strayFinal OK", "write hello",
                "DATA ACCEPT:5",
            ])
    }

    @Test func `an OK does not end a send`() throws {
        let dialogue = Self.dialogue()
        dialogue.submit(try .cipsend(bytes("hello")))
        dialogue.receive("> ")
        dialogue.receive("\r\nOK\r\n")
        #expect(!dialogue.isIdle)
        dialogue.receive("\r\nDATA ACCEPT:5\r\n")
        #expect(dialogue.take().last?.plainSummary == "DATA ACCEPT:5")
    }

    @Test func `nothing ends a send whose data is not out`() throws {
        let dialogue = Self.dialogue()
        dialogue.takesWrites = false
        dialogue.submit(try .cipsend(bytes("hello")))
        dialogue.written()
        dialogue.receive("> \r\nDATA ACCEPT:5\r\nSEND OK\r\nOK\r\n")
        #expect(!dialogue.isIdle)
        dialogue.receive("SEND FAIL\r\n")
        #expect(!dialogue.isIdle)
        dialogue.written()
        #expect(dialogue.take().last?.plainSummary == "ERROR | SEND FAIL")
    }

    @Test func `without an answer the session falls silent`() throws {
        for prompt in ["", "> "] {
            let dialogue = Self.dialogue()
            dialogue.submit(try .cipsend(bytes("hello")))
            dialogue.receive(prompt)
            _ = dialogue.take()
            dialogue.pass(.seconds(30))
            #expect(
                dialogue.take().map(\.plainSummary)
                    == [prompt.isEmpty ? "no prompt" : "timed out", "data mode unknown 5"])
        }
    }

    @Test func `the command line ends with CR LF, so a payload may begin with LF`() throws {
        let dialogue = Self.dialogue()
        dialogue.submit(try .cipsend(bytes("\n123456")))
        dialogue.receive("> ")
        #expect(dialogue.take() == [.write(bytes("AT+CIPSEND=7\r\n")), .write(bytes("\n123456"))])
    }

    @Test func `bytes may come at any place of a send`() throws {
        let dialogue = Self.dialogue()
        dialogue.submit(try .cipsend(bytes("hello")))
        dialogue.receive("+IPD,4:\r\n> \r\n> ")
        dialogue.receive("+IPD,2:>>\r\n+IPD,9:SEND FAIL\r\nDATA ACCEPT:5+IPD,4:OK\r\n\r\n")
        #expect(
            dialogue.take().dropFirst().map(\.plainSummary) == [
                "data \\r\\n> ", "write hello", "data >>", "data SEND FAIL", "DATA ACCEPT:5", "data OK\\r\\n",
            ])
    }

    static let echoed = [
        "hello", "OK\r\n", "\r\nDATA ACCEPT:9\r\n", "  two blanks", "\n", ">", "> > ", "+IPD,5:", "+IPD,500:x",
        "\r\nCLOSED\r\n\r\nERROR\r\nRDY\r\n", "AT+CIPSEND=3\r\n", "\r\n+CME ERROR: 3\r\n",
    ]

    @Test(arguments: echoed)
    func `an echo of the data is taken for nothing`(_ payload: String) throws {
        let command = try ATCommand.cipsend(bytes(payload))
        let before = bytes(text(command.line) + "\r\r\n>")
        let after = bytes(" " + payload + "\r\nDATA ACCEPT:\(payload.utf8.count)\r\n")
        for reads in [[before, after], (before + after).map { [$0] }] {
            let dialogue = Self.dialogue()
            dialogue.submit(command)
            for read in reads { dialogue.receive(read) }
            let got = dialogue.take().dropFirst()
            let expected: [CommandSession.Action] = [
                .write(bytes(payload)),
                .completed(CommandResult(final: .text(bytes("DATA ACCEPT:\(payload.utf8.count)")))),
            ]
            #expect(Array(got) == expected)
        }
    }

    @Test func `bytes may come in the middle of an echo`() throws {
        let dialogue = Self.dialogue()
        let command = try ATCommand.cipsend(bytes("OK\r\nERROR\r\n"))
        dialogue.submit(command)
        dialogue.receive(text(command.line) + "\r\n> ")
        dialogue.receive("OK\r\n+IPD,4:OK\r\nERROR\r\n\r\nDATA ACCEPT:11\r\n")
        #expect(
            dialogue.take().dropFirst().map(\.plainSummary)
                == ["write OK\\r\\nERROR\\r\\n", "data OK\\r\\n", "DATA ACCEPT:11"])
    }

    /// As the modules print it: between line ends.
    @Test(arguments: ["hello world", "\r\nhello", "hello\r\n\r\n"])
    func `a frame between line ends may come in the middle of an echo`(_ payload: String) throws {
        for cut in 1..<payload.utf8.count {
            let dialogue = Self.dialogue()
            let command = try ATCommand.cipsend(bytes(payload))
            dialogue.submit(command)
            dialogue.receive(text(command.line) + "\r\n> ")
            let (first, rest) = (bytes(payload).prefix(cut), bytes(payload).dropFirst(cut))
            dialogue.receive(first + bytes("\r\n+IPD,4:OK\r\n\r\n") + rest + bytes("\r\nDATA ACCEPT:7\r\n"))
            #expect(dialogue.take().dropFirst(2).map(\.plainSummary) == ["data OK\\r\\n", "DATA ACCEPT:7"], "\(cut)")
        }
    }

    /// It cannot be believed, and without it the stream has a gap.
    @Test func `a frame behind an echo that is another ends the connection`() throws {
        let dialogue = Self.dialogue()
        let command = try ATCommand.cipsend(bytes("xxxxxxxxxx"))
        dialogue.submit(command)
        dialogue.receive(text(command.line) + "\r\n> ")
        dialogue.receive("xxyyx\r\n+IPD,4:abcd\r\n")
        dialogue.pass(.seconds(20))
        let actions = dialogue.take()
        #expect(actions.contains { if case .dataDamaged = $0 { true } else { false } })
        #expect(!actions.contains { if case .data = $0 { true } else { false } })
    }

    @Test func `an echo that is another is credited to nothing`() throws {
        let dialogue = Self.dialogue()
        let command = try ATCommand.cipsend(bytes("xx\r\nDATA ACCEPT:5\r\n"))
        dialogue.submit(command)
        dialogue.receive(text(command.line) + "\r\n> ")
        dialogue.receive("xy\r\nDATA ACCEPT:5\r\n")
        #expect(!dialogue.isIdle)
        dialogue.pass(.seconds(20))
        #expect(dialogue.take().last?.plainSummary == "data mode unknown 19")
    }
}
