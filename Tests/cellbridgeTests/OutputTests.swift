import Control
import Testing

@testable import cellbridge

struct OutputTests {
    @Test(arguments: [
        (0, 1704, 0, "x  [....................]    0 %  0 of 1704 bytes  0.0 s"),
        (852, 1704, 1250, "x  [##########..........]   50 %  852 of 1704 bytes  1.2 s"),
        (1704, 1704, 61_000, "x  [####################]  100 %  1704 of 1704 bytes  61.0 s"),
        (9999, 1704, -5, "x  [####################]  100 %  1704 of 1704 bytes  0.0 s"),
        (-3, 10, 0, "x  [....................]    0 %  0 of 10 bytes  0.0 s"),
        (0, 0, 0, "x  [####################]  100 %  0 of 0 bytes  0.0 s"),
    ])
    func theBarShowsHowFarItIs(sent: Int, total: Int, milliseconds: Int, line: String) {
        let made = ProgressBar.line(
            "x", sent: sent, total: total, elapsed: .milliseconds(milliseconds), hasColours: false)
        #expect(made == line)
    }

    @Test func theBarHasColoursOnRequestOnly() {
        let line = ProgressBar.line("x", sent: 1, total: 2, elapsed: .zero, hasColours: true)
        #expect(line.contains("\u{1B}[32m##########\u{1B}[0m.........."))
    }

    @Test func jsonIsOneLineOfASCII() {
        let value: JSONValue = .members([
            "a": .text("q\"b\\n\n\u{1B}ü😀"), "n": .number(-5), "none": .null, "l": .list([.bool(true), .bool(false)]),
            "o": .members([:]),
        ])
        #expect(
            value.description
                == #"{"a":"q\"b\\n\u000a\u001b\u00fc\ud83d\ude00","n":-5,"none":null,"l":[true,false],"o":{}}"#)
        #expect(JSONValue.text(String?.none) == .null)
        #expect(JSONValue.number(Int?(3)) == .number(3))
    }
}
