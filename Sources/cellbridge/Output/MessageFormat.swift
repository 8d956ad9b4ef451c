import Control

/// `-F FORMAT` as mosquitto_sub 2.0 has it, without what the module does not tell: QoS, retain flag, message id. What only
/// MQTT 5 has is empty, as it is there without MQTT 5.
struct MessageFormat: Equatable {
    /// A piece of a line.
    enum Part: Equatable {
        /// Itself.
        case bytes([UInt8])
        /// `%` and what follows.
        case field(Field, Layout)
        /// `@` and a letter of strftime(3).
        case time(Character)
        /// `@N`.
        case nanoseconds
    }

    /// A letter after `%`.
    enum Field: Character {
        case topic = "t"
        case payload = "p"
        case length = "l"
        case lowerHex = "x"
        case upperHex = "X"
        case isoTime = "I"
        case unixTime = "U"
        case json = "j"
        case parsedJSON = "J"
        case topicAlias = "A"
        case contentType = "C"
        case correlation = "D"
        case expiry = "E"
        case payloadFormat = "F"
        case userProperties = "P"
        case responseTopic = "R"
        case subscriptionID = "S"
    }

    /// What stands between `%` and the letter.
    struct Layout: Equatable {
        var isLeft = false
        var isZeroPadded = false
        /// At least so wide; payloads: exactly.
        var width = 0
        /// At most so many bytes of a text.
        var precision: Int?
    }

    /// The widest field, so that a slip of the finger does not fill the disk.
    static let widest = 10_000

    private(set) var parts: [Part] = []

    /// Reads the format.
    init(_ text: String) throws(UsageProblem) {
        var rest = Substring(text)
        while let sign = rest.popFirst() {
            switch sign {
            case "%": try readField(&rest)
            case "@":
                guard let letter = rest.popFirst() else { throw UsageProblem("--format: nothing follows the last @") }
                switch letter {
                case "@": add("@")
                case "N": parts.append(.nanoseconds)
                default: parts.append(.time(letter))
                }
            case "\\":
                guard let letter = rest.popFirst() else { throw UsageProblem("--format: nothing follows the last \\") }
                guard let byte = Self.escapes[letter] else {
                    throw UsageProblem("--format: \\\(letter) is not known; \\\\ \\0 \\a \\e \\n \\r \\t \\v are")
                }
                add([byte])
            default: add(String(sign))
            }
        }
    }

    private static let escapes: [Character: UInt8] = [
        "\\": 0x5C, "0": 0, "a": 7, "e": 0x1B, "n": 0x0A, "r": 0x0D, "t": 9, "v": 0x0B,
    ]

    private mutating func add(_ text: String) { add(Array(text.utf8)) }

    private mutating func add(_ bytes: [UInt8]) {
        if case .bytes(let before) = parts.last {
            parts[parts.count - 1] = .bytes(before + bytes)
        } else {
            parts.append(.bytes(bytes))
        }
    }

    private mutating func readField(_ rest: inout Substring) throws(UsageProblem) {
        var layout = Layout()
        func number() -> Int {
            var value = 0
            while let digit = rest.first, digit.isASCII, let next = digit.wholeNumberValue {
                value = min(value * 10 + next, Self.widest + 1)
                rest.removeFirst()
            }
            return value
        }
        if rest.first == "-" {
            layout.isLeft = true
            rest.removeFirst()
        }
        if rest.first == "0" {
            layout.isZeroPadded = true
            rest.removeFirst()
        }
        layout.width = number()
        if rest.first == "." {
            rest.removeFirst()
            layout.precision = number()
        }
        guard layout.width <= Self.widest else { throw UsageProblem("--format: a field is over \(Self.widest) wide") }
        guard let letter = rest.popFirst() else { throw UsageProblem("--format: nothing follows the last %") }
        if letter == "%" { return add("%") }
        guard let field = Field(rawValue: letter) else {
            if let unknown = ["q": "QoS", "r": "retain flag", "m": "message id"][letter] {
                throw UsageProblem("--format: %\(letter): the module does not tell a message's \(unknown)")
            }
            throw UsageProblem("--format: %\(letter) is not known")
        }
        parts.append(.field(field, layout))
    }
}
