/// Checks UTF-8 byte by byte (RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF).
struct UTF8Validator {
    private var pending = 0
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether no character is half read.
    var isAtBoundary: Bool { pending == 0 }

    /// Takes the next byte; false when it cannot follow.
    mutating func accepts(_ byte: UInt8) -> Bool {
        if pending > 0 {
            guard allowed.contains(byte) else { return false }
            pending -= 1
            allowed = 0x80...0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: break
        case 0xC2...0xDF: pending = 1
        case 0xE0: (pending, allowed) = (2, 0xA0...0xBF)
        case 0xED: (pending, allowed) = (2, 0x80...0x9F)
        case 0xE1...0xEF: pending = 2
        case 0xF0: (pending, allowed) = (3, 0x90...0xBF)
        case 0xF4: (pending, allowed) = (3, 0x80...0x8F)
        case 0xF1...0xF3: pending = 3
        default: return false
        }
        return true
    }
}
