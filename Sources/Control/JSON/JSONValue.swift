/// A JSON text as a value; members stay in their order.
public indirect enum JSONValue: Equatable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number.
    case number(Int64)
    /// A number with a fraction.
    case fraction(Double)
    /// A string.
    case text(String)
    /// An array.
    case list([JSONValue])
    /// An object.
    case object([Member])

    /// A named value of an object.
    public struct Member: Equatable, Sendable {
        /// The name.
        public var name: String
        /// The value.
        public var value: JSONValue

        /// A named value.
        public init(name: String, value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// An object from names and values.
    public static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// A text, or null.
    public static func text(_ text: String?) -> JSONValue { text.map { .text($0) } ?? .null }

    /// A number, or null.
    public static func number(_ number: Int?) -> JSONValue { number.map { .number(Int64($0)) } ?? .null }

    // MARK: Reading

    /// The member of that name; nil where there is none, or where this is no object.
    public subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The string, if it is one.
    public var string: String? { if case .text(let text) = self { text } else { nil } }
    /// The whole number, if it is one.
    public var integer: Int64? { if case .number(let number) = self { number } else { nil } }
    /// The truth value, if it is one.
    public var boolean: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The elements, if it is an array.
    public var elements: [JSONValue]? { if case .list(let values) = self { values } else { nil } }
    /// The members, if it is an object.
    public var members: [Member]? { if case .object(let members) = self { members } else { nil } }

    // MARK: Writing

    /// One line of ASCII.
    public var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): "\(value)"
        case .fraction(let value): value.isFinite ? "\(value)" : "null"
        case .text(let text): Self.quoted(text)
        case .list(let values): "[" + values.map(\.description).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.description }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var quoted: [UInt8] = [0x22]
        for unit in text.utf16 {
            switch unit {
            case 0x22, 0x5C: quoted += [0x5C, UInt8(unit)]
            case 0x20..<0x7F: quoted.append(UInt8(unit))
            default:
                quoted += [0x5C, 0x75]
                for shift in [12, 8, 4, 0] as [UInt16] { quoted.append(digits[Int(unit >> shift) & 15]) }
            }
        }
        return String(decoding: quoted + [0x22], as: UTF8.self)
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A string.
    public init(stringLiteral text: String) { self = .text(text) }
    /// A whole number.
    public init(integerLiteral number: Int64) { self = .number(number) }
    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
}
