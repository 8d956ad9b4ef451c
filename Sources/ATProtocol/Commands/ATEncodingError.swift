/// Why a value cannot be put into an AT command.
public enum ATEncodingError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value holds a byte that the module cannot be given in this place: a quote, a backslash, a control byte.
    case forbiddenByte(field: String, byte: UInt8)
    /// The value has more bytes than the module takes.
    case tooLong(field: String, count: Int, limit: Int)
    /// The value must not be empty.
    case empty(field: String)
    /// A number outside its range.
    case outOfRange(field: String, value: Int, allowed: ClosedRange<Int>)
    /// Digits were expected, as in a PIN.
    case notDigits(field: String)

    /// One line that names the field and what was wrong with it.
    public var description: String {
        switch self {
        case .forbiddenByte(let field, let byte):
            let name =
                switch byte {
                case 0x22: "a double quote"
                case 0x5C: "a backslash"
                case 0x20: "a blank"
                default:
                    (byte < 0x20 || byte == 0x7F ? "the control byte 0x" : "the byte 0x")
                        + String(decoding: [Hex.digit(byte >> 4), Hex.digit(byte)], as: UTF8.self)
                }
            return "\(field) holds \(name), which the module cannot be given"
        case .tooLong(let field, let count, let limit):
            return "\(field) has \(count) bytes, the module takes \(limit)"
        case .empty(let field):
            return "\(field) is empty"
        case .outOfRange(let field, let value, let allowed):
            return "\(field) is \(value), allowed is \(allowed.lowerBound) to \(allowed.upperBound)"
        case .notDigits(let field):
            return "\(field) must be digits"
        }
    }
}
