/// The comma-separated fields after a prefix: `+CGPADDR: 1,"10.0.0.1"`. Commas in quotes do not separate.
public struct ResponseFields: Equatable, Sendable {
    /// One field.
    public struct Field: Equatable, Sendable {
        /// Without quotes and outer blanks.
        public var bytes: [UInt8]
        /// Whether it stood in quotes.
        public var isQuoted: Bool
        /// The number, when it is one to nine bare digits.
        public var number: Int? { isQuoted ? nil : bytes.decimal }
    }

    /// The fields; at least one, possibly empty.
    public let fields: [Field]

    /// The fields of a line that begins with `prefix`, then `:` or ` :`; `nil` for any other line.
    public init?(line: [UInt8], prefix: String) {
        guard let rest = Self.afterPrefix(line, prefix) else { return nil }
        self.init(rest)
    }

    /// The fields of text without a prefix.
    public init(_ text: some Collection<UInt8>) {
        var fields: [Field] = []
        var current: [UInt8] = []
        var (inQuotes, wasQuoted) = (false, false)
        func finish() -> Field {
            Field(bytes: wasQuoted ? current : Array(current.trimmed), isQuoted: wasQuoted)
        }
        for byte in text {
            switch byte {
            case 0x22:
                // Blanks before an opening quote are no part of the field.
                if !inQuotes, !wasQuoted, current.trimmed.isEmpty { current.removeAll() }
                inQuotes.toggle()
                wasQuoted = true
            case 0x2C where !inQuotes:
                fields.append(finish())
                current.removeAll()
                wasQuoted = false
            case 0x20 where wasQuoted && !inQuotes:
                break
            default:
                current.append(byte)
            }
        }
        fields.append(finish())
        self.fields = fields
    }

    /// The number in a field, counted from zero; `nil` when there is no such field or no number in it.
    public func number(_ index: Int) -> Int? {
        fields.indices.contains(index) ? fields[index].number : nil
    }

    /// The bytes of a field, counted from zero; `nil` when there is no such field.
    public func bytes(_ index: Int) -> [UInt8]? {
        fields.indices.contains(index) ? fields[index].bytes : nil
    }

    /// What follows the prefix and its colon.
    static func afterPrefix(_ line: [UInt8], _ prefix: String) -> ArraySlice<UInt8>? {
        guard let rest = line.dropping(prefix)?.withoutLeadingBlanks, rest.first == 0x3A else { return nil }
        return rest.dropFirst().withoutLeadingBlanks
    }
}
