import BridgeTestKit
import Testing

@testable import ATProtocol

/// `+MSUB` in every shape, and everything that tries to look like one.
@Suite("Messages")
struct MessageTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var input: [UInt8]
        var topic = "t"
        var payload: [UInt8]
        var hex = false

        init(_ name: String, _ input: String, topic: String = "t", _ payload: String, hex: Bool = false) {
            (self.name, self.input, self.topic, self.payload) = (name, bytes(input), topic, bytes(payload))
            self.hex = hex
        }

        init(_ name: String, payload: [UInt8]) {
            self.name = name
            self.payload = payload
            input = bytes("+MSUB: \"t\",\(payload.count) byte,") + payload + bytes("\r\n")
        }

        var testDescription: String { name }
    }

    static let shapes: [Row] = [
        Row("quoted", "+MSUB: \"t\",3 byte,abc\r\n", "abc"),
        Row("unquoted", "+MSUB: t,3 byte,abc\r\n", "abc"),
        Row("unquoted, no blank", "+MSUB:t,3 byte,abc\r\n", "abc"),
        Row("blank before the colon", "+MSUB : \"t\",3 byte,abc\r\n", "abc"),
        Row("bytes", "+MSUB: \"t\",3 bytes,abc\r\n", "abc"),
        Row("no unit", "+MSUB: t,3,abc\r\n", "abc"),
        Row("no unit, quoted", "+MSUB: \"t\",3,abc\r\n", "abc"),
        Row("quoted payload", "+MSUB: \"t\",3 bytes,\"abc\"\r\n", "abc"),
        Row("payload of quotes", "+MSUB: \"t\",5 byte,\"abc\"\r\n", "\"abc\""),
        Row("empty", "+MSUB: \"t\",0 byte,\r\n", ""),
        Row("hex", "+MSUB: \"t\",3 byte,41fF0A\r\n", "", hex: true),
        Row("raw while hex is possible", "+MSUB: \"t\",6 byte,41FF0A\r\n", "41FF0A", hex: true),
        Row("empty while hex is possible", "+MSUB: \"t\",0 byte,\r\n", "", hex: true),
        Row("topic with quotes", "+MSUB: \"a\"b\",3 byte,abc\r\n", topic: "a\"b", "abc"),
        Row("topic with commas", "+MSUB: \"a,3,b\",3 byte,abc\r\n", topic: "a,3,b", "abc"),
        Row(
            "topic that looks like a header", "+MSUB: \"a\",3 byte,xyz\",5 byte,hello\r\n", topic: "a\",3 byte,xyz",
            "hello"),
        Row(
            "topic in UTF-8", "+MSUB: \"t/\u{e9}\u{20ac}\u{1F600}\",3 byte,abc\r\n", topic: "t/\u{e9}\u{20ac}\u{1F600}",
            "abc"),
        Row("LF", payload: bytes("{\n  \"msg\": \"hello\"\n}")),
        Row("CRLF", payload: bytes("a\r\nb\r\n")),
        Row("commas and quotes", payload: bytes("\",\",3 byte,\"\",,")),
        Row("numbers", payload: bytes("1,200,300,4")),
        Row("a result code", payload: bytes("\r\nOK\r\n")),
        Row("CLOSED", payload: bytes("\r\nCLOSED\r\n+PDP: DEACT\r\n")),
        Row("another message", payload: bytes("\r\n+MSUB: \"x\",3 byte,abc\r\n")),
        Row("a prompt", payload: bytes("\r\n>")),
        Row("NUL", payload: [0, 0, 0]),
        Row("all bytes", payload: (0...255).map { UInt8($0) }),
        Row("4100 bytes", payload: (0..<4100).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }),
        Row("only CR", payload: bytes("\r\r\r")),
        Row("ends in CR", payload: bytes("abc\r")),
        Row("looks like digits", payload: bytes("313233")),
    ]

    @Test(arguments: shapes)
    func `is read in every shape and however it is cut`(_ row: Row) {
        let payload = row.name == "hex" ? [0x41, 0xFF, 0x0A] : row.payload
        let input = bytes("\r\n") + row.input + bytes("\r\nOK\r\n")
        let context = Lexer.Context(hexPossible: row.hex)
        let run = { (reads: [[UInt8]]) in lex(reads, context) { $0 == bytes(row.topic) } }
        #expect(run([input]) == [.message(topic: bytes(row.topic), payload: payload), .line(bytes("OK"))])
        let mismatch = SplitFeeder.mismatch(input, stride: input.count > 1000 ? 61 : 1, run: run)
        #expect(mismatch == nil, "\(mismatch.debugDescription)")
    }

    @Test(arguments: shapes)
    func `a message for nobody is discarded whole`(_ row: Row) {
        let input = row.input + bytes("\r\nOK\r\n")
        let context = Lexer.Context(hexPossible: row.hex)
        let tokens = lex([input], context, decideAtEnd: true) { _ in false }
        #expect(tokens.first?.discardKind == .unmatchedMessage)
        // What a payload announces itself, or a byte lost, can only make it longer: nothing of it leaks.
        #expect(tokens.count <= 2)
        #expect(tokens.dropFirst().allSatisfy { $0 == .line(bytes("OK")) })
    }

    @Test func `a topic cannot forge a message`() {
        // Printed for the topic `a",3 byte,xyz`; under the filter `a` it could not have come at all.
        let input = bytes("+MSUB: \"a\",3 byte,xyz\",5 byte,hello\r\nOK\r\n")
        let tokens = lex([input]) { $0 == bytes("a") }
        #expect(tokens.count == 2)
        #expect(tokens.first?.discardKind == .unmatchedMessage)
    }

    @Test func `two readings that fit are delivered as neither`() {
        // Payload and topic are made so that 16 bytes after the first header end in CRLF as well.
        let input = bytes("+MSUB: \"a\",16 byte,xyz\",8 byte,1234\r\n56\r\nOK\r\n")
        for split in SplitFeeder.splits(of: input) {
            let tokens = lex(split) { _ in true }
            #expect(tokens.count == 2)
            #expect(tokens.first?.discardKind == .ambiguousMessage)
            #expect(tokens.last == .line(bytes("OK")))
        }
    }

    @Test func `of two readings the subscribed one counts`() {
        let input = bytes("+MSUB: \"a\",16 byte,xyz\",8 byte,1234\r\n56\r\nOK\r\n")
        let long = lex([input]) { $0 == bytes("a\",16 byte,xyz") }
        #expect(long == [.message(topic: bytes("a\",16 byte,xyz"), payload: bytes("1234\r\n56")), .line(bytes("OK"))])
    }

    @Test func `an unquoted topic cannot forge one either`() {
        let input = bytes("+MSUB: \"a\",15 byte,xyz,8 byte,1234\r\n56\r\nOK\r\n")
        #expect(lex([input]).first?.discardKind == .ambiguousMessage)
    }

    @Test func `a message that ends elsewhere is discarded up to its line end`() {
        let input = bytes("+MSUB: \"t\",3 byte,abcd\r\nOK\r\n")
        let tokens = lex([input])
        #expect(
            tokens == [
                .discarded(Discard(kind: .unframedMessage, excerpt: bytes("+MSUB: \"t\",3 byte,abcd"))),
                .line(bytes("OK")),
            ])
        #expect(SplitFeeder.mismatch(input) { lex($0) } == nil)
    }

    @Test func `a message cut short is decided when the line falls silent`() {
        let input = bytes("+MSUB: \"t\",30 byte,abcd\r\nOK\r\n")
        #expect(lex([input]).isEmpty)
        let tokens = lex([input], decideAtEnd: true)
        #expect(tokens.count == 2)
        #expect(tokens.last == .line(bytes("OK")))
    }

    static let notTopics: [[UInt8]] = [
        bytes("a+b"), bytes("a#"), [0x61, 0x01], [0x61, 0x7F], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [],
        [UInt8](repeating: 0x61, count: 1025),
    ]

    @Test(arguments: notTopics)
    func `what cannot be a topic is none`(_ topic: [UInt8]) {
        for (quote, unit) in [("\"", " byte"), ("", " byte"), ("", "")] {
            let input = bytes("+MSUB: " + quote) + topic + bytes(quote + ",3\(unit),abc\r\nOK\r\n")
            let tokens = lex([input])
            #expect(tokens.count == 2)
            #expect(tokens.first?.discardKind == .unframedMessage)
            #expect(tokens.last == .line(bytes("OK")))
        }
    }

    @Test func `the longest topic passes`() {
        let topic = [UInt8](repeating: 0x61, count: 1024)
        for quote in ["", "\""] {
            let input = bytes("+MSUB: " + quote) + topic + bytes(quote + ",3 byte,abc\r\n")
            #expect(lex([input]) == [.message(topic: topic, payload: bytes("abc"))])
        }
    }

    @Test(arguments: ["70000", "99999999999", "8193", "000003", String(repeating: "9", count: 40)])
    func `a length over the bound is no reading`(_ length: String) {
        let tokens = lex([bytes("+MSUB: \"t\",\(length) byte,abc\r\nOK\r\n")])
        #expect(tokens.count == 2)
        #expect(tokens.last == .line(bytes("OK")))
    }

    @Test func `messages of a cache read follow each other`() {
        let one = "+MSUB: \"t\",20 byte,{\n  \"msg\": \"hello\"\n}\r\n"
        let message = Token.message(topic: bytes("t"), payload: bytes("{\n  \"msg\": \"hello\"\n}"))
        #expect(lex([bytes("\r\n" + one + one + "\r\nOK\r\n")]) == [message, message, .line(bytes("OK"))])
    }

    @Test func `numbers in a payload do not hold back the second message`() {
        // Under the filter `#` the topic `"t",9 byte,1` with 200 bytes is a reading too; once the module is known to
        // print quotes and a unit, it is not waited for.
        var lexer = Lexer(limits: Limits())
        let any = { (_: [UInt8]) in true }
        lexer.append(bytes("+MSUB: \"t\",3 byte,abc\r\n"))
        #expect(lexer.next(Lexer.Context(), topicMatches: any) != nil)
        lexer.append(bytes("+MSUB: \"t\",9 byte,1,200,300\r\n"))
        #expect(
            lexer.next(Lexer.Context(), topicMatches: any) == .message(topic: bytes("t"), payload: bytes("1,200,300")))
    }

    @Test func `nor do those of a message for nobody`() {
        var lexer = Lexer(limits: Limits())
        let mine = { (topic: [UInt8]) in topic == bytes("t") }
        lexer.append(bytes("+MSUB: t,3 byte,abc\r\n"))
        #expect(lexer.next(Lexer.Context(), topicMatches: mine) != nil)
        lexer.append(bytes("+MSUB: x,9 byte,1,200,300\r\nOK\r\n"))
        #expect(lexer.next(Lexer.Context(), topicMatches: mine)?.discardKind == .unmatchedMessage)
        #expect(lexer.next(Lexer.Context(), topicMatches: mine) == .line(bytes("OK")))
    }

    @Test func `a module that prints in another way than before is read all the same`() {
        for other in ["+MSUB: t,3,abc", "+MSUB: t,3 byte,abc", "+MSUB: \"t\",3,abc"] {
            let tokens = lex([bytes("+MSUB: \"t\",3 byte,abc\r\n\(other)\r\n")])
            #expect(tokens == [.message(topic: bytes("t"), payload: bytes("abc"))] + tokens.prefix(1))
        }
    }

    @Test func `hex payloads are all digits`() {
        let context = Lexer.Context(hexPossible: true)
        let tokens = lex([bytes("+MSUB: \"t\",3 byte,4142z3\r\nOK\r\n")], context)
        #expect(tokens.map(\.discardKind) == [.unframedMessage, nil])
    }

    @Test func `many readings of one line stay cheap`() {
        let header = String(repeating: ",1 byte", count: 140)
        let input = bytes("+MSUB: a" + header + "\r\nOK\r\n")
        #expect(lex(input.map { [$0] }, decideAtEnd: true).last == .line(bytes("OK")))
    }
}
