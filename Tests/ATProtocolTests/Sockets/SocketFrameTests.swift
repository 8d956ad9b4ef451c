import ATProtocol
import BridgeTestKit
import Testing

/// The receive framing of each family: any cut gives the same, and nothing inside a frame is taken for anything.
@Suite("Frames of sockets")
struct SocketFrameTests {
    /// All byte values, and what looks like everything that a module prints.
    static let payloads: [[UInt8]] =
        [Array(0...255), Array((0...255).reversed()), [], [0], [0x0D], [0x0A], [0x0D, 0x0A], [0x3E, 0x20]]
        + [
            "OK\r\n", "\r\nOK\r\n", "\r\nERROR\r\n", "+IPD,5:", "+IPD,5:hello", "+IPD,99999:", "CLOSED\r\n",
            "\r\nCLOSED\r\n", "> ", "\r\n> ", "+CIPRXGET: 2,5,0\r\nhello\r\n\r\nOK\r\n", "+CIPRXGET: 1\r\n",
            "+QIRD: 1.2.3.4:5,TCP,5\r\nhello\r\n", "\r\n+QIURC: \"recv\",0,5,hello\r\n", "\r\n+QIURC: \"closed\",0\r\n",
            "\r\nDATA ACCEPT:5\r\n", "\r\nSEND OK\r\n", "\r\nRDY\r\n", "+CME ERROR: 3\r\n", "+", "\r\n+", "AT\r\n",
            "+MSUB: \"t\",5 byte,hello\r\n", "\"", "\"\r\n", "ä,;",
        ].map(bytes)

    /// How each family prints bytes; `nil` where the form cannot carry them unmistakably.
    struct Form: Sendable, CustomTestStringConvertible {
        let name: String
        let dialect: SocketDialect
        var isPushed = true
        let print: @Sendable ([UInt8]) -> [UInt8]?
        var testDescription: String { name }
    }

    static func hex(_ payload: [UInt8], lower: Bool = false) -> [UInt8] {
        bytes(
            payload.map { byte in
                let digits = String(byte, radix: 16, uppercase: !lower)
                return byte < 16 ? "0" + digits : digits
            }.joined())
    }

    private static func readsAsHex(_ payload: [UInt8]) -> Bool {
        !payload.isEmpty && payload.count.isMultiple(of: 2)
            && payload.allSatisfy { Character(UnicodeScalar($0)).isHexDigit && $0 < 0x80 }
    }

    static let forms: [Form] = [
        Form(name: "IPD", dialect: .cip) { bytes("+IPD,\($0.count):") + $0 },
        Form(name: "IPD with blanks", dialect: .cip) { bytes("+IPD, \($0.count) :") + $0 },
        Form(name: "IPD with its protocol and CRLF", dialect: .cip) { bytes("+IPD,\($0.count),TCP:") + $0 + [13, 10] },
        Form(name: "CIPRXGET", dialect: .cip, isPushed: false) {
            bytes("\r\n+CIPRXGET: 2,\($0.count),0\r\n") + $0 + bytes("\r\n\r\nOK\r\n")
        },
        Form(name: "CIPRXGET without blanks", dialect: .cip, isPushed: false) {
            bytes("+CIPRXGET:2,\($0.count),1460\r\n") + $0 + bytes("\r\nOK\r\n")
        },
        Form(name: "CIPRXGET with a connection", dialect: .cip, isPushed: false) {
            bytes("+CIPRXGET: 2,0,\($0.count),7\r\n") + $0 + bytes("\r\nOK\r\n")
        },
        Form(name: "CIPRXGET hex", dialect: .cip, isPushed: false) {
            bytes("\r\n+CIPRXGET: 3,\($0.count),0\r\n") + hex($0) + bytes("\r\n\r\nOK\r\n")
        },
        Form(name: "QIRD", dialect: .qi, isPushed: false) {
            bytes("\r\n+QIRD: 116.228.146.250:7070,TCP,\($0.count)\r\n") + $0 + bytes("\r\n\r\nOK\r\n")
        },
        Form(name: "QIRD without blanks", dialect: .qi, isPushed: false) {
            bytes("+QIRD:[fe80::1]:7070,TCP,\($0.count)\r\n") + $0 + bytes("\r\nOK\r\n")
        },
        Form(name: "QIURC hex", dialect: .bc260y) {
            bytes("\r\n+QIURC: \"recv\",0,\($0.count),") + hex($0) + [13, 10]
        },
        Form(name: "QIURC hex in small letters", dialect: .bc260y) {
            bytes("+QIURC:\"recv\",0,\($0.count),") + hex($0, lower: true) + [13, 10]
        },
        Form(name: "QIURC hex in quotes", dialect: .bc260y) {
            bytes("+QIURC: \"recv\",0,\($0.count),\"") + hex($0) + [0x22, 13, 10]
        },
        Form(name: "QIURC hex in quotes, closed on a later line", dialect: .bc260y) {
            let digits = hex($0)
            let half = digits.count / 2
            return bytes("+QIURC: \"recv\",0,\($0.count),\"") + digits[..<half] + [13, 10] + digits[half...]
                + [13, 10, 0x22, 13, 10]
        },
        Form(name: "QIURC raw", dialect: .bc260y) {
            readsAsHex($0) ? nil : bytes("\r\n+QIURC: \"recv\",0,\($0.count),") + $0 + [13, 10]
        },
        Form(name: "QIURC raw in quotes", dialect: .bc260y) {
            readsAsHex($0) ? nil : bytes("\r\n+QIURC: \"recv\",0,\($0.count),\"") + $0 + [0x22, 13, 10]
        },
    ]

    private static func outcome(_ form: Form, _ reads: [[UInt8]], reading: Bool) throws -> [CommandSession.Action] {
        let dialogue = Dialogue()
        dialogue.session.socketDialect = form.dialect
        if reading {
            dialogue.submit(
                form.dialect == .qi
                    ? try .qird(1460) : form.name.contains("hex") ? try .ciprxgetReadHex(730) : try .ciprxgetRead(1460))
        } else {
            dialogue.submit(.csq)
        }
        _ = dialogue.take()
        for read in reads { dialogue.receive(read) }
        return dialogue.take().map { action in
            guard case .completed(var result) = action else { return action }
            result.lines = result.lines.map { $0.starts(with: bytes("+CSQ")) ? $0 : [] }
            return .completed(result)
        }
    }

    @Test(arguments: forms)
    func `any cut gives the bytes and nothing else`(_ form: Form) throws {
        for payload in Self.payloads {
            guard let frame = form.print(payload) else { continue }
            let data: [CommandSession.Action] = payload.isEmpty ? [] : [.data(payload)]
            let stream: [UInt8]
            let expected: [CommandSession.Action]
            if form.isPushed {
                // Before, in the middle of and behind an answer, twice in a row and behind a line without an end.
                stream =
                    frame + bytes("\r\n+CSQ: 9,0\r\n") + frame + frame + bytes("\r\nOK") + frame + bytes("\r\nRDY\r\n")
                let answer = CommandResult(lines: [bytes("+CSQ: 9,0")], final: .ok)
                // The form in front of which a line end stands ends the line by itself.
                expected = data + data + data + [.completed(answer)] + data + [.urc(.banner(kind: .ready))]
            } else {
                stream = frame
                expected = data + [.completed(CommandResult(lines: [[]], final: .ok))]
            }
            let whole = try Self.outcome(form, [stream], reading: !form.isPushed)
            let isRight = whole == expected
            #expect(isRight, "\(form.name), \(shown(payload)): \(whole.map(\.summary))")
            for (bytes, stride) in [(frame + bytes("\r\nRDY\r\n"), 1), (stream, max(1, stream.count / 40))] {
                let mismatch = SplitFeeder.mismatch(bytes, stride: stride) { reads in
                    (try? Self.outcome(form, reads, reading: !form.isPushed)) ?? []
                }
                #expect(mismatch == nil, "\(form.name), \(shown(payload)): \(String(describing: mismatch))")
            }
        }
    }

    @Test(arguments: forms.filter(\.isPushed))
    func `comes while a prompt is awaited and before the result`(_ form: Form) throws {
        for payload in Self.payloads where !payload.isEmpty {
            // A quote in front may be that of digits that go on: more must come to tell.
            guard payload.first != 0x22 || form.name != "QIURC raw", let frame = form.print(payload) else { continue }
            let dialogue = Dialogue()
            dialogue.session.socketDialect = form.dialect
            dialogue.submit(ATCommand(line: bytes("AT+X"), data: bytes("hello")))
            dialogue.receive(frame)
            dialogue.receive(bytes("\r\n>") + frame)
            dialogue.receive(frame + bytes("\r\nOK") + frame)
            let expected: [CommandSession.Action] = [
                .write(bytes("AT+X\r\n")), .data(payload), .write(bytes("hello")), .data(payload), .data(payload),
                .completed(CommandResult(final: .ok)), .data(payload),
            ]
            // Behind the last one nothing comes.
            dialogue.pass(.milliseconds(50))
            let isRight = dialogue.take() == expected
            #expect(isRight, "\(form.name), \(shown(payload))")
        }
    }

    @Test func `an empty read is a bare OK`() throws {
        let dialogue = Dialogue()
        dialogue.session.socketDialect = .qi
        dialogue.submit(try .qird(1024))
        dialogue.receive("\r\n+QIRDI: 0,1,0\r\n\r\nOK\r\n")
        #expect(dialogue.take().dropFirst().map(\.plainSummary) == ["urc socket dataWaiting", "OK"])
    }

    @Test func `the manuals' own examples`() throws {
        let dialogue = Dialogue()
        dialogue.session.socketDialect = .cip
        dialogue.submit(try .ciprxgetRead(150))
        dialogue.receive("\r\n+CIPRXGET: 2,10,0\r\n1234567890\r\nOK\r\n")
        dialogue.submit(try .ciprxgetReadHex(150))
        dialogue.receive("\r\n+CIPRXGET: 3,5,0\r\n48454C4C4F\r\nOK\r\n")
        #expect(
            dialogue.take().map(\.plainSummary) == [
                "write AT+CIPRXGET=2,150\\r\\n", "data 1234567890", "OK | +CIPRXGET: 2,10,0",
                "write AT+CIPRXGET=3,150\\r\\n", "data HELLO", "OK | +CIPRXGET: 3,5,0",
            ])
        dialogue.session.socketDialect = .qi
        dialogue.submit(try .qird(1024))
        dialogue.receive("+QIRD:116.228.146.250:7070,TCP,36\r\n1234567890abcdefghijklmnopqrstuvwxyz\r\nOK\r\n")
        #expect(
            dialogue.take().dropFirst().map(\.plainSummary) == [
                "data 1234567890abcdefghijklmnopqrstuvwxyz", "OK | +QIRD:116.228.146.250:7070,TCP,36",
            ])
        dialogue.session.socketDialect = .bc260y
        dialogue.receive("\r\n+QIURC: \"recv\",0,10,hi,quectel\r\n")
        dialogue.receive("\r\n+QIURC: \"recv\",0,10,31323334353637383930\r\n")
        #expect(dialogue.take().map(\.summary) == ["data hi,quectel", "data 1234567890"])
    }
}
