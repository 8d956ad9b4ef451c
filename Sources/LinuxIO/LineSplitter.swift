/// Cuts a stream of bytes into lines, without their LF (or CR LF); a line over `limit` bytes comes in pieces.
struct LineSplitter {
    let limit: Int
    private var rest: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// The lines that `bytes` completes.
    mutating func feed(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        for byte in bytes {
            if byte == 0x0A {
                lines.append(take())
            } else {
                if rest.count == limit { lines.append(take()) }
                rest.append(byte)
            }
        }
        return lines
    }

    /// The last line when it has no LF.
    mutating func finish() -> [UInt8]? {
        rest.isEmpty ? nil : take()
    }

    private mutating func take() -> [UInt8] {
        defer { rest = [] }
        if rest.last == 0x0D { rest.removeLast() }
        return rest
    }
}
