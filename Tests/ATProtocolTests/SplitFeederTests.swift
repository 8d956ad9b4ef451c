import BridgeTestKit
import Testing

@Suite("SplitFeeder")
struct SplitFeederTests {
    @Test func `finds a parser that takes a read for a line`() {
        let mismatch = SplitFeeder.mismatch(bytes("a\nb")) { $0.count }
        #expect(mismatch?.expected == 1)
    }

    @Test func `finds a parser that loses the byte after a cut`() {
        let mismatch = SplitFeeder.mismatch(bytes("abcdef")) { reads in
            reads.enumerated().flatMap { index, read in index == 1 && read.count == 2 ? Array(read.dropFirst()) : read }
        }
        #expect(mismatch?.reads == [bytes("abcd"), bytes("ef")])
    }

    @Test func `is content with a sound parser`() {
        #expect(SplitFeeder.mismatch(bytes("abcdef")) { $0.flatMap { $0 } } == nil)
    }

    @Test func `tries the whole, every byte and every cut`() {
        #expect(
            SplitFeeder.splits(of: bytes("abc")) == [
                [bytes("abc")], [bytes("a"), bytes("b"), bytes("c")], [bytes("a"), bytes("bc")],
                [bytes("ab"), bytes("c")],
            ])
    }
}
