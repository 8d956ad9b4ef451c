import Testing

@testable import ATProtocol

@Suite("FinalParser")
struct FinalParserTests {
    static let rows: [(String, CommandResult.Final?)] = [
        ("OK", .ok),
        ("ERROR", .error),
        ("+CME ERROR: 767", .cmeError(code: 767, text: bytes("767"))),
        ("+CME ERROR:10", .cmeError(code: 10, text: bytes("10"))),
        ("+CME ERROR: SIM busy", .cmeError(code: 14, text: bytes("SIM busy"))),
        ("+CME ERROR: INVALID INPUT VALUE", .cmeError(code: 765, text: bytes("INVALID INPUT VALUE"))),
        ("+CME ERROR: SIM busybody", .cmeError(code: nil, text: bytes("SIM busybody"))),
        ("+CME ERROR: 65535", .cmeError(code: 65535, text: bytes("65535"))),
        ("+CME: ERROR 3", .cmeError(code: 3, text: bytes("3"))),
        ("+CME ERROR", .cmeError(code: nil, text: [])),
        ("+CME ERROR: 99999999999999999999", .cmeError(code: nil, text: bytes("99999999999999999999"))),
        ("+CMS ERROR: 500", .cmsError(code: 500, text: bytes("500"))),
        ("SEND OK", nil), ("CONNECT OK", nil), ("CONNACK OK", nil), ("SHUT OK", nil), ("OK.", nil), ("OKAY", nil),
        ("ok", nil), ("ERRORS", nil), ("+CME ERRORS: 3", nil), ("+CMEE: 1", nil), ("+CMEE :1", nil), ("", nil),
    ]

    @Test(arguments: rows)
    func `matches whole lines only`(_ line: String, _ expected: CommandResult.Final?) {
        #expect(FinalParser.parse(bytes(line)) == expected)
    }

    @Test func `a final reads well in a log`() {
        #expect("\(CommandResult.Final.cmeError(code: 14, text: bytes("SIM busy")))" == "+CME ERROR: SIM busy")
        #expect("\(CommandResult.Final.text([0x41, 0x1B, 0xFF]))" == "A??")
        #expect("\(CommandResult.Final.error)" == "ERROR")
    }
}
