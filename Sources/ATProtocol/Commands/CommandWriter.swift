/// Puts a command line together and checks every value that goes into it.
struct CommandWriter {
    /// Longest topic, client id, user or password (YM310 AT manual 13.1, 13.4, 13.6).
    static let textLimit = 256
    /// Longest will message (YM310 AT manual 13.1).
    static let willMessageLimit = 1360

    /// The line so far.
    private(set) var line: [UInt8]

    init(_ start: String, capacity: Int = 64) {
        line = []
        line.reserveCapacity(capacity)
        line.append(contentsOf: start.utf8)
    }

    mutating func append(_ text: String) {
        line.append(contentsOf: text.utf8)
    }

    mutating func append(_ byte: UInt8) {
        line.append(byte)
    }

    mutating func append(number: Int) {
        line.append(contentsOf: String(number).utf8)
    }

    /// A number, refused outside its range.
    mutating func append(number: Int, in allowed: ClosedRange<Int>, field: String) throws(ATEncodingError) {
        guard allowed.contains(number) else {
            throw .outOfRange(field: field, value: number, allowed: allowed)
        }
        append(number: number)
    }

    /// A value in quotes. Whether the module undoes `\xx` outside of the MPUB message is not documented, so a
    /// value that would need it is refused rather than guessed.
    mutating func append(
        quoted value: [UInt8], field: String, limit: Int = CommandWriter.textLimit, mayBeEmpty: Bool = false
    ) throws(ATEncodingError) {
        guard mayBeEmpty || !value.isEmpty else { throw .empty(field: field) }
        guard value.count <= limit else { throw .tooLong(field: field, count: value.count, limit: limit) }
        for byte in value where byte < 0x20 || byte == 0x7F || byte == 0x22 || byte == 0x5C {
            throw .forbiddenByte(field: field, byte: byte)
        }
        line.append(0x22)
        line.append(contentsOf: value)
        line.append(0x22)
    }

    /// The same for text.
    mutating func append(
        quoted value: String, field: String, limit: Int = CommandWriter.textLimit, mayBeEmpty: Bool = false
    ) throws(ATEncodingError) {
        try append(quoted: Array(value.utf8), field: field, limit: limit, mayBeEmpty: mayBeEmpty)
    }
}
