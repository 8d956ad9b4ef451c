/// Reads a header from its start. When the bytes ran out, whatever was found missing may still come.
struct HeaderCursor {
    private let bytes: [UInt8]
    private(set) var index: Int
    /// Whether the last answer was "no" only because there were no more bytes.
    private(set) var ranOut = false

    init(_ bytes: [UInt8], at start: Int) {
        self.bytes = bytes
        index = start
    }

    mutating func peek() -> UInt8? {
        guard index < bytes.count else {
            ranOut = true
            return nil
        }
        return bytes[index]
    }

    /// Takes exactly this text.
    mutating func take(_ text: String) -> Bool {
        for expected in text.utf8 {
            guard take(expected) else { return false }
        }
        return true
    }

    /// One byte on; only where `peek` gave one.
    mutating func skip() { index += 1 }

    /// Takes this byte.
    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        index += 1
        return true
    }

    /// Takes blanks, eight at most: more are no header.
    mutating func blanks() {
        var count = 0
        while count < 8, let byte = peek(), byte == 0x20 || byte == 0x09 {
            index += 1
            count += 1
        }
    }

    /// Takes one to nine digits up to something else.
    mutating func number() -> Int? {
        var (value, count) = (0, 0)
        while let byte = peek(), byte >= 0x30, byte <= 0x39 {
            guard count < 9 else { return nil }
            value = value * 10 + Int(byte - 0x30)
            count += 1
            index += 1
        }
        return ranOut || count == 0 ? nil : value
    }

    /// Takes CR LF, or LF alone.
    mutating func lineEnd() -> Bool {
        if peek() == 0x0D { index += 1 }
        return take(0x0A)
    }
}
