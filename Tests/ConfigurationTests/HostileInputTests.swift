import Testing

@testable import Configuration

/// Nothing that stands in the file may end the process or fill its memory.
@Suite struct HostileInputTests {
    func parse(_ bytes: [UInt8]) -> Configuration.Loaded {
        Configuration.parse(text: bytes, file: "c.toml", directory: "/etc/x", readSecrets: false, support: .all)
    }

    func problems(_ bytes: [UInt8]) -> [Problem] {
        guard case .invalid(let problems) = parse(bytes) else { return [] }
        return problems
    }

    @Test func `a control byte after an opening bracket is an error`() {
        for byte in UInt8.min...UInt8.max {
            #expect(!problems([UInt8(ascii: "["), byte]).isEmpty)
        }
    }

    @Test func `a document at the limit of its size is parsed and one byte more is refused`() {
        let junk = [UInt8](repeating: UInt8(ascii: "#"), count: Configuration.maximumFileSize)
        #expect(problems(junk).map(\.key) == ["route", "remote.host"])
        #expect(problems(junk + [UInt8(ascii: "#")]).map(\.message) == ["the document is over 1 MiB"])
    }

    @Test func `a megabyte of random bytes is refused`() {
        var random = SplitMix(seed: 7)
        let junk = (0..<(1 << 20)).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(problems(junk).count == 1)
    }

    @Test func `a megabyte of unknown keys gives a hundred problems and a count`() {
        var text = ""
        var index = 0
        while text.utf8.count < 1_000_000 {
            text += "k\(index)=1\n"
            index += 1
        }
        let found = problems(Array(text.utf8))
        #expect(found.count == 101)
        // Beside the unknown keys the host and the routes are missing.
        #expect(found.last?.message == "and \(index + 2 - 100) more problems")
    }

    @Test func `an enormous key is cut in messages`() {
        let found = problems(Array((String(repeating: "k", count: 500_000) + "=1").utf8))
        #expect(found.allSatisfy { $0.description.utf8.count < 400 })
    }

    @Test(arguments: [
        (String(repeating: "a.", count: 500_000) + "a=1", "a key of too many parts"),
        ("[" + String(repeating: "a.", count: 40) + "a]", "a key of too many parts"),
        ("x = [\"\"\"a\"\"\"\", {" + String(repeating: "a.", count: 40) + "a=1}]", "a key of too many parts"),
        ("x = 'quote\"'\n[" + String(repeating: "a . ", count: 40) + "a]", "a key of too many parts"),
        ("x = \"\"\"\n\\\"\"\"\"\"\n# \"\n" + String(repeating: "a.", count: 40) + "a=1", "a key of too many parts"),
        (
            "[" + String(repeating: "a.", count: 31) + "a]\n" + String(repeating: "b.", count: 31) + "b={"
                + String(repeating: "c.", count: 31) + "c=1}", "nested too deeply"
        ),
    ])
    func `nesting by dots is bounded`(text: String, message: String) {
        #expect(problems(Array(text.utf8)).map(\.message) == [message])
    }

    @Test func `nesting by brackets is bounded`() {
        for open in ["[", "{a="] {
            let found = problems(Array(("x = " + String(repeating: open, count: 100_000)).utf8))
            #expect(found.count == 1 && found[0].message.contains("exceeded maximum nested value depth of 16"))
        }
    }

    @Test func `dots in strings and comments do not count`() {
        let dots = String(repeating: ".", count: 1000)
        for text in ["# \(dots)", "bridge.name = \"\(dots.prefix(100))\"", "bridge.name = '\(dots.prefix(100))'"] {
            guard case .valid = parse(Array(with(text).utf8)) else {
                Issue.record("refused \(text)")
                continue
            }
        }
    }

    @Test func `what is not UTF-8 is an error`() {
        #expect(problems(Array("bridge.name = \"".utf8) + [0xFF, 0xFE] + Array("\"".utf8)).count == 1)
        #expect(problems([0xC3]).count == 1)
    }

    @Test func `control characters of the file do not reach the terminal`() {
        let text = "\"\\u001b]0;x\\u0007\\u009b\\u202e\" = 1\nbridge.name = \"\\u001b[2J/\"\nremote.receive = \"\\n\""
        for problem in problems(Array(text.utf8)) {
            #expect(problem.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F })
        }
    }

    @Test func `more routes than the limit are refused`() {
        let one = "[[route]]\ntopic = \"a\"\n"
        let text = "remote.host = \"h\"\n" + String(repeating: one, count: 257)
        #expect(problems(Array(text.utf8)).map(\.message) == ["there are 257; expected at most 256"])
    }

    @Test(arguments: 1...8)
    func `a damaged example never traps`(seed: UInt64) {
        let example = Array(Example.text(secrets: "/s").utf8)
        let pieces = [
            "[", "]", "{", "}", "\"", "'", "\"\"\"", ".", "=", "\n", "#", ",", "\\", "\u{0}", "1e400", "-", "[[",
        ]
        var random = SplitMix(seed: seed)
        for _ in 0..<300 {
            var text = example
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0...4, using: &random) {
                case 0: text[place] = UInt8.random(in: 0...255, using: &random)
                case 1:
                    text.insert(contentsOf: pieces[Int.random(in: 0..<pieces.count, using: &random)].utf8, at: place)
                case 2: text.removeSubrange(place..<min(text.count, place + Int.random(in: 1...40, using: &random)))
                case 3: text.removeSubrange(place...)
                default:
                    let from = Int.random(in: 0..<text.count, using: &random)
                    text.insert(contentsOf: text[from..<min(text.count, from + 30)], at: place)
                }
                if text.isEmpty { text = [UInt8(ascii: "\n")] }
            }
            switch parse(text) {
            case .valid(let configuration, _): #expect(!configuration.routes.isEmpty, "seed \(seed)")
            case .invalid(let problems):
                #expect(problems.contains { $0.severity == .error }, "seed \(seed)")
                #expect(problems.allSatisfy { !$0.description.utf8.contains(0x0A) }, "seed \(seed)")
            }
        }
    }
}

/// A small generator with a seed, so that a failure can be had again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
