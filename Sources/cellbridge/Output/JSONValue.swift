/// A JSON text for scripts; members stay in their order.
indirect enum JSONValue: Equatable {
    case null
    case bool(Bool)
    case number(Int64)
    case text(String)
    case list([JSONValue])
    case object([Member])

    /// A named value of an object.
    struct Member: Equatable {
        var name: String
        var value: JSONValue
    }

    /// An object from names and values.
    static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// A text, or null.
    static func text(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .null }

    /// A number, or null.
    static func number(_ number: Int?) -> JSONValue { number.map { .number(Int64($0)) } ?? .null }

    /// One line of ASCII.
    var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): "\(value)"
        case .text(let text): Self.quoted(text)
        case .list(let values): "[" + values.map(\.description).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.description }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let digits = Array("0123456789abcdef")
        var quoted = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: quoted += "\\\""
            case 0x5C: quoted += "\\\\"
            case 0x20..<0x7F: quoted.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                quoted += "\\u"
                for shift in [12, 8, 4, 0] { quoted.append(digits[Int(unit >> UInt16(shift)) & 15]) }
            }
        }
        return quoted + "\""
    }
}
