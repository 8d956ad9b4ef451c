import Testing

@testable import cellbridge

/// Which lines of a dialogue the console shows as unasked.
struct UnaskedLinesTests {
    private func shown(_ steps: [(sent: Bool, text: String)]) -> [String] {
        var lines = UnaskedLines()
        var shown: [String] = []
        for step in steps {
            if step.sent {
                lines.sent(step.text)
            } else {
                shown += lines.received(Array(step.text.utf8)).map { String(decoding: $0, as: UTF8.self) }
            }
        }
        return shown
    }

    @Test func answersAreNotShown() {
        #expect(shown([(true, "AT+CSQ"), (false, "AT+CSQ\r\r\n+CSQ: 2"), (false, "0,0\r\n\r\nOK\r\n")]) == [])
        #expect(shown([(true, "ATI"), (false, "\r\nMODEL\r\n\r\nOK\r\n")]) == [])
        #expect(shown([(true, "AT+X"), (false, "\r\n+CME ERROR: 3\r\n")]) == [])
    }

    @Test func whatComesUnaskedIs() {
        #expect(shown([(false, "\r\nRDY\r\n")]) == ["RDY"])
        #expect(
            shown([(true, "AT+CSQ"), (false, "+CEREG: 2\r\n+CSQ: 20,0\r\nOK\r\nCLOSED\r\n")]) == [
                "+CEREG: 2", "CLOSED",
            ])
        #expect(shown([(true, "AT+MPUB=\"a\""), (false, "PUBACK\r\nOK\r\n+MSUB: \"a\",2 byte,hi\r\n")]).count == 2)
    }

    @Test func aLineWithoutAnEndIsBounded() {
        let long = String(repeating: "x", count: 20_000)
        #expect(shown([(false, long + "\r\n")]).reduce(0) { $0 + $1.count } <= 20_000)
    }
}
