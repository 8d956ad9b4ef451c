/// Why a byte string is no MQTT topic name or no topic filter (MQTT 5.0, sections 1.5.4 and 4.7).
public enum TopicError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No bytes at all.
    case empty
    /// More than 65,535 bytes; how many.
    case tooLong(Int)
    /// The bytes are not UTF-8.
    case notUTF8
    /// A control character, NUL or a Unicode non-character; libmosquitto and most brokers refuse those.
    case disallowedCharacter(UInt32)
    /// A `+` or `#` in a topic name.
    case wildcardInName
    /// A `#` that is not a whole level at the end.
    case misplacedHash
    /// A `+` that is not a whole level.
    case misplacedPlus

    /// The reason for people.
    public var description: String {
        switch self {
        case .empty: "it is empty"
        case .tooLong(let count): "its \(count) bytes are over MQTT's limit of \(Topic.maximumLength)"
        case .notUTF8: "it is not UTF-8"
        case .disallowedCharacter(let value):
            "the character U+\(hexadecimal(value)) is not allowed in topics"
        case .wildcardInName: "a + or # is only allowed in a filter"
        case .misplacedHash: "# must be the last level, alone after a /"
        case .misplacedPlus: "+ must be a whole level, alone between two /"
        }
    }
}

/// The rules of MQTT topic names. Topics are bytes here: `String` equality is Unicode-canonical, topics are not.
public enum Topic {
    /// The length in bytes that an MQTT string can have.
    public static let maximumLength = 65535

    /// What is wrong with a topic name to publish to; `nil` when nothing is.
    public static func problem(_ bytes: [UInt8]) -> TopicError? {
        if let problem = textProblem(bytes) { return problem }
        if bytes.contains(where: { $0 == plus || $0 == hash }) { return .wildcardInName }
        return nil
    }

    /// The rules that names and filters share.
    static func textProblem(_ bytes: [UInt8]) -> TopicError? {
        if bytes.isEmpty { return .empty }
        if bytes.count > maximumLength { return .tooLong(bytes.count) }
        guard let text = try? UTF8Span(validating: bytes.span) else { return .notUTF8 }
        var scalars = text.makeUnicodeScalarIterator()
        while let scalar = scalars.next() {
            let value = scalar.value
            let isControl = value < 0x20 || (0x7F...0x9F).contains(value)
            let isNonCharacter = (0xFDD0...0xFDEF).contains(value) || value & 0xFFFE == 0xFFFE
            if isControl || isNonCharacter { return .disallowedCharacter(value) }
        }
        return nil
    }

    static let plus = UInt8(ascii: "+")
    static let hash = UInt8(ascii: "#")
    static let slash = UInt8(ascii: "/")
    static let dollar = UInt8(ascii: "$")
}

/// At least four upper-case digits.
private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}
