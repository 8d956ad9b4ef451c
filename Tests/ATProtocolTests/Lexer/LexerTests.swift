import BridgeTestKit
import Testing

@testable import ATProtocol

@Suite("Lexer")
struct LexerTests {
    static let lines: [(String, [String])] = [
        ("\r\nOK\r\n", ["OK"]),
        ("OK\n", ["OK"]),
        ("OK\r", ["OK"]),
        ("\r\n\r\n\n\r  \r\n", []),
        ("\r\n+CSQ: 20,99\r\n\r\nOK\r\n", ["+CSQ: 20,99", "OK"]),
        (" ERROR \r\n", ["ERROR"]),
        ("+CEREG: 0,1 \r\n", ["+CEREG: 0,1"]),
        ("> text\r\n", ["> text"]),
        ("+MSUB: 0\r\n\r\n+MSUB:1\r\n", ["+MSUB: 0", "+MSUB:1"]),
        ("+MSUBX: 1\r\n+MSUB\r\n+MSU\r\n", ["+MSUBX: 1", "+MSUB", "+MSU"]),
        ("+MSUB:SUCCESS\r\nOK\r\n", ["+MSUB:SUCCESS", "OK"]),
        ("+MSUB:\r\nOK\r\n", ["+MSUB:", "OK"]),
        ("+MQTTSTATU :1\r\n", ["+MQTTSTATU :1"]),
        ("no end", []),
    ]

    @Test(arguments: lines)
    func `cuts lines`(_ input: String, _ expected: [String]) {
        let want = expected.map { Token.line(bytes($0)) }
        #expect(lex([bytes(input)]) == want)
        let mismatch = SplitFeeder.mismatch(bytes(input)) { lex($0) }
        #expect(mismatch == nil, "\(mismatch.debugDescription)")
    }

    @Test func `a prompt is one only while it is expected, with or without a blank`() {
        let context = Lexer.Context(promptExpected: true)
        for input in [">", "> ", "\r\n> ", "\r\n>\r\n", "  >  "] {
            #expect(lex([bytes(input)], context) == [.prompt])
            #expect(lex([bytes(input)]).contains(.prompt) == false)
            #expect(SplitFeeder.mismatch(bytes(input)) { lex($0, context) } == nil)
        }
        #expect(lex([bytes("a > b\r\n")], context) == [.line(bytes("a > b"))])
    }

    @Test func `a line over the bound is discarded and the next is sound`() {
        for length in [1024, 1025, 5000] {
            let long = [UInt8](repeating: 0x61, count: length)
            let input = long + bytes("\r\nOK\r\n")
            let expected: Token =
                length == 1024
                ? .line(long) : .discarded(Discard(kind: .lineOverflow, excerpt: Array(long.prefix(64))))
            #expect(lex([input]) == [expected, .line(bytes("OK"))])
            #expect(SplitFeeder.mismatch(input, stride: 97) { lex($0) } == nil)
        }
    }

    @Test func `the echo of a long command is no overflow`() {
        let long = [UInt8](repeating: 0x61, count: 5000)
        let context = Lexer.Context(echoLength: 5000)
        #expect(lex([long + bytes("\r\r\nOK\r\n")], context) == [.line(long), .line(bytes("OK"))])
    }

    @Test func `an endless line is not held`() {
        var lexer = Lexer(limits: Limits())
        for _ in 0..<1000 {
            lexer.append([UInt8](repeating: 0x61, count: 100))
            while lexer.next(Lexer.Context(), topicMatches: { _ in true }) != nil {}
            #expect(lexer.heldBytes <= 1124)
        }
    }

    @Test func `bytes of a boot do no harm`() {
        let boot: [UInt8] = [0x00, 0xFF, 0x5E] + bytes("boot.rom.") + [0x80, 0x01] + bytes("\r\nRDY\r\n")
        let tokens = lex([boot])
        #expect(tokens.count == 2)
        #expect(tokens.last == .line(bytes("RDY")))
        #expect(SplitFeeder.mismatch(boot) { lex($0) } == nil)
    }

    @Test func `any soup of bytes gives the same tokens however it is cut`() {
        let pieces =
            [
                "\r\n", "\r", "\n", ">", " ", "OK", "+MSUB", "+MSUB: ", ":", "\"t\",3 byte,", "t,2,", ",3 byte,", "abc",
                "ab",
                "\"", ",", "313233", "CLOSED", "\u{0}", "é", "7", "+", "#", "12 bytes,", "+MSUB: 1",
            ].map { bytes($0) } + [[0xFF], [0xC3]]
        for seed in 0..<1500 as Range<UInt64> {
            var random = Seeded(seed)
            var soup: [UInt8] = []
            for _ in 0..<Int.random(in: 1...40, using: &random) { soup += pieces.randomElement(using: &random) ?? [] }
            let context = Lexer.Context(
                promptExpected: Bool.random(using: &random), hexPossible: Bool.random(using: &random))
            let filter = Bool.random(using: &random)
            let run = { (reads: [[UInt8]]) in
                lex(reads, context, decideAtEnd: true) { filter || $0 == bytes("t") }
            }
            let mismatch = SplitFeeder.mismatch(soup, run: run)
            #expect(mismatch == nil, "seed \(seed): \(mismatch.debugDescription)")
            var (cut, rest) = ([[UInt8]](), soup[...])
            while !rest.isEmpty {
                let size = Int.random(in: 1...8, using: &random)
                cut.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            #expect(run(cut) == run([soup]), "seed \(seed)")
        }
    }
}
