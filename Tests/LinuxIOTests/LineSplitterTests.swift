import Testing

@testable import LinuxIO

@Suite struct LineSplitterTests {
    @Test(
        arguments: [
            ("a\nb\n", ["a", "b"], nil), ("a\r\n\r\n", ["a", ""], nil), ("a\nrest", ["a"], "rest"), ("", [], nil),
            ("12345678\n", ["12345678"], nil), ("123456789\n", ["12345678", "9"], nil),
        ] as [(String, [String], String?)])
    func linesAreTheSameForEverySplit(_ text: String, _ lines: [String], _ rest: String?) {
        for size in 1...10 {
            var splitter = LineSplitter(limit: 8)
            var found: [[UInt8]] = []
            var left = Array(text.utf8)[...]
            while !left.isEmpty {
                found += splitter.feed(Array(left.prefix(size)))
                left = left.dropFirst(size)
            }
            #expect(found == lines.map { Array($0.utf8) })
            #expect(splitter.finish() == rest.map { Array($0.utf8) })
        }
    }
}
