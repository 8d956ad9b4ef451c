import BridgeCore
import Testing

@Suite struct TopicFilterTests {
    @Test(arguments: [
        ("a/b", "a/b", true), ("a/b", "a/b/c", false), ("a/b", "a", false), ("a/b", "a/bc", false),
        ("a/bc", "a/b", false), ("#", "a", true), ("#", "/", true), ("#", "$SYS/x", false), ("+/x", "$SYS/x", false),
        ("$SYS/#", "$SYS/x", true), ("$SYS/+", "$SYS/x", true), ("a/+", "a/$x", true), ("plant/#", "plant", true),
        ("plant/#", "plant/", true), ("plant/#", "planted/x", false), ("plant/#", "plan", false), ("+", "a", true),
        ("+", "/a", false), ("/+", "/a", true), ("+/+", "/a", true), ("a/+/c", "a/b/c", true), ("a/+/c", "a//c", true),
        ("a/+/c", "a/b/d", false), ("a/+", "a", false), ("a/+", "a/", true), ("a/+/#", "a", false),
        ("a/+/#", "a/b", true), ("#", "", false), ("A", "a", false), ("\u{e9}", "e\u{301}", false),
    ])
    func matches(filter: String, topic: String, expected: Bool) throws {
        #expect(try TopicFilter(bytes(filter)).matches(bytes(topic)) == expected)
    }

    @Test(arguments: [
        ("", TopicError.empty), ("a#", .misplacedHash), ("#/a", .misplacedHash), ("a/#/b", .misplacedHash),
        ("##", .misplacedHash), ("a+", .misplacedPlus), ("+a", .misplacedPlus), ("a/+b/c", .misplacedPlus),
        ("++", .misplacedPlus), ("+#", .misplacedPlus), ("a\u{0}b", .disallowedCharacter(0)),
        ("a\u{7f}", .disallowedCharacter(0x7F)), ("a\u{85}", .disallowedCharacter(0x85)),
        ("\u{ffff}", .disallowedCharacter(0xFFFF)), ("\u{1fffe}", .disallowedCharacter(0x1FFFE)),
    ])
    func refusesBadFilters(text: String, expected: TopicError) {
        #expect(throws: expected) { try TopicFilter(bytes(text)) }
        #expect(!expected.description.isEmpty)
    }

    @Test func lengthIsBounded() throws {
        let longest = [UInt8](repeating: 0x61, count: 65535)
        #expect(try TopicFilter(longest).matches(longest))
        #expect(throws: TopicError.tooLong(65536)) { try TopicFilter(longest + [0x61]) }
    }

    @Test func topicNames() {
        #expect(Topic.problem(bytes("a/ü/;, x")) == nil)
        #expect(Topic.problem(bytes("a/+")) == .wildcardInName)
        #expect(Topic.problem(bytes("a#")) == .wildcardInName)
        #expect(Topic.problem([]) == .empty)
        #expect(Topic.problem([0x61, 0xC3]) == .notUTF8)
        #expect(Topic.problem([0xED, 0xA0, 0x80]) == .notUTF8, "a surrogate")
        #expect(Topic.problem([0xEF, 0xB7, 0x90]) == .disallowedCharacter(0xFDD0))
        #expect(TopicError.disallowedCharacter(0xA).description.contains("U+000A"))
    }

    /// All filters and topics of up to three levels (topics four) from a small alphabet. Two of the topics' levels
    /// stand in no filter, so that a wildcard cannot be mistaken for the sum of the known levels.
    @Test func coversAndOverlapsAgreeWithEnumeration() throws {
        let filters = sequences(["a", "$b", "", "+"], upTo: 3).flatMap { levels -> [String] in
            let text = levels.joined(separator: "/")
            return [text, text + "/#"]
        }
        let valid = (filters + ["#"]).compactMap { try? TopicFilter(bytes($0)) }
        let topics = sequences(["a", "$b", "", "z"], upTo: 4).map { bytes($0.joined(separator: "/")) }
        let matched = valid.map { filter in topics.map { filter.matches($0) } }
        for (i, one) in valid.enumerated() {
            for (j, other) in valid.enumerated() {
                let covers = !zip(matched[i], matched[j]).contains { mine, its in its && !mine }
                let overlaps = zip(matched[i], matched[j]).contains { mine, its in its && mine }
                if one.bytes == bytes("/#") || other.bytes == bytes("/#") {
                    // Its parent is the empty topic, which cannot be: there we are on the safe side.
                    if one.covers(other) && !covers { Issue.record("\(one) does not cover \(other)") }
                    if !one.overlaps(other) && overlaps { Issue.record("\(one) overlaps \(other)") }
                    continue
                }
                if one.covers(other) != covers { Issue.record("\(one) covers \(other): \(covers)") }
                if one.overlaps(other) != overlaps { Issue.record("\(one) overlaps \(other): \(overlaps)") }
            }
        }
    }

    @Test func minimalLeavesOutWhatIsCovered() throws {
        let filters = try ["a/b", "a/+", "c/#", "c", "a/b", "x/+/z", "x/y/#"].map { try TopicFilter(bytes($0)) }
        #expect(TopicFilter.minimal(filters).map(\.description) == ["a/+", "c/#", "x/+/z", "x/y/#"])
    }

    @Test func hostileBytesNeverTrap() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            let alphabet: [UInt8] = [0x2F, 0x2B, 0x23, 0x61, 0x24, 0, 0xC3, 0xA9, 0xFF]
            let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
            let topic = (0..<Int.random(in: 0...8, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
            _ = (try? TopicFilter(text))?.matches(topic)
            _ = Topic.problem(topic)
        }
    }

    private func sequences(_ alphabet: [String], upTo length: Int) -> [[String]] {
        var all: [[String]] = []
        var last: [[String]] = [[]]
        for _ in 0..<length {
            last = last.flatMap { start in alphabet.map { start + [$0] } }
            all += last
        }
        return all
    }
}
