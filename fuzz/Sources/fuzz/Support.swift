import Glibc

/// The bytes of one input. What steers a target is taken from the end, so that a seed can begin with plain text.
struct FuzzInput {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    /// Everything that was not taken yet.
    var rest: [UInt8] { Array(bytes) }
    var isEmpty: Bool { bytes.isEmpty }
    var count: Int { bytes.count }

    /// The last byte; 0 when there is none.
    mutating func byte() -> UInt8 { bytes.popLast() ?? 0 }
    mutating func flag() -> Bool { byte() & 1 == 1 }
    /// 0 up to `bound`, without it.
    mutating func number(below bound: Int) -> Int { Int(byte()) % max(1, bound) }
    mutating func word() -> Int { Int(byte()) << 8 | Int(byte()) }
    /// A 64-bit number, often at one of the edges.
    mutating func integer() -> Int64 {
        switch byte() {
        case 0: .min
        case 1: .max
        case 2: -1
        case 3: 0
        case 4: Int64(UInt32.max)
        case 5: 1 << 48
        case 6...127: Int64(Int8(bitPattern: byte()))
        default: (0..<8).reduce(0) { sum, _ in sum << 8 | Int64(byte()) }
        }
    }
    /// The first bytes, at most `count`.
    mutating func take(_ count: Int) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }
    /// The first bytes up to a line break, which is taken too.
    mutating func line() -> [UInt8] {
        let line = Array(bytes.prefix { $0 != 0x0A })
        bytes = bytes.dropFirst(line.count + 1)
        return line
    }
}

/// A line for the person at the terminal.
func report(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// Ends the run as a finding when `condition` does not hold; libFuzzer keeps the input.
func require(_ condition: Bool, _ what: @autoclosure () -> String, line: Int = #line, file: String = #fileID) {
    if condition { return }
    report("FOUND \(file):\(line): \(what())")
    abort()
}

/// Bytes as text for a report.
func shown(_ bytes: some Collection<UInt8>) -> String {
    String(
        decoding: bytes.prefix(400).flatMap { byte -> [UInt8] in
            byte >= 0x20 && byte < 0x7F ? [byte] : Array("\\x\(String(byte, radix: 16))".utf8)
        }, as: UTF8.self)
}
