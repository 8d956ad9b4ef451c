/// Feeds the same bytes in every way they can be cut in two, and one by one: a parser of a stream must not care.
public enum SplitFeeder {
    /// Two ways of feeding that gave different results.
    public struct Mismatch<Output>: CustomStringConvertible {
        /// The reads that gave `got`.
        public let reads: [[UInt8]]
        /// What feeding the bytes whole gave.
        public let expected: Output
        /// What these reads gave.
        public let got: Output

        /// Sizes of the reads and both results.
        public var description: String {
            "reads of \(reads.prefix(8).map(\.count)) of \(reads.reduce(0) { $0 + $1.count }) bytes gave \(got), "
                + "the whole gave \(expected)"
        }
    }

    /// The bytes whole, byte by byte, and cut in two at every place, or at every `stride`-th for long input.
    public static func splits(of bytes: [UInt8], stride step: Int = 1) -> [[[UInt8]]] {
        var all = [[bytes], bytes.map { [$0] }]
        for place in stride(from: 1, to: bytes.count, by: max(1, step)) {
            all.append([Array(bytes[..<place]), Array(bytes[place...])])
        }
        return all
    }

    /// The first way of feeding that gives another result than the whole; `nil` when all agree. `run` starts afresh each
    /// time.
    public static func mismatch<Output: Equatable>(
        _ bytes: [UInt8], stride step: Int = 1, run: (_ reads: [[UInt8]]) -> Output
    ) -> Mismatch<Output>? {
        let expected = run([bytes])
        for reads in splits(of: bytes, stride: step).dropFirst() {
            let got = run(reads)
            if got != expected { return Mismatch(reads: reads, expected: expected, got: got) }
        }
        return nil
    }
}
