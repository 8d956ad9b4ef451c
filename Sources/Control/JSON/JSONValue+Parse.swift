import CJansson

/// Why a text is not the JSON that was expected.
public struct JSONProblem: Error, Equatable, Sendable {
    /// For people: what and where.
    public var text: String
}

extension JSONValue {
    /// How deep arrays and objects may nest: a stranger's brackets must not become our stack.
    public static let maximumDepth = 32

    /// Reads one JSON text (RFC 8259), by jansson. Refused: a member named twice, U+0000 in a string, more than
    /// `maximumDepth` levels, anything after the value.
    public init(parsing text: [UInt8]) throws(JSONProblem) {
        guard Self.depth(of: text) <= Self.maximumDepth else {
            throw JSONProblem(text: "nested more than \(Self.maximumDepth) levels deep")
        }
        guard !text.isEmpty else { throw JSONProblem(text: "empty") }
        var error = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)
        // SAFETY: jansson copies what it keeps; the bytes are only read during the call.
        let parsed = unsafe text.withUnsafeBytes { bytes in
            unsafe json_loadb(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, flags, &error)
        }
        guard let parsed = unsafe parsed else {
            let words = unsafe withUnsafeBytes(of: &error.text) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw JSONProblem(text: "\(words) at byte \(error.position)")
        }
        defer { unsafe cellbridge_json_release(parsed) }
        self = unsafe Self.value(parsed)
    }

    /// An upper bound of the nesting, before anything recursive looks at the text.
    private static func depth(of text: [UInt8]) -> Int {
        var (depth, deepest, isQuoted, isEscaped) = (0, 0, false, false)
        for byte in text {
            if isQuoted {
                if isEscaped {
                    isEscaped = false
                } else if byte == 0x5C {
                    isEscaped = true
                } else if byte == 0x22 {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case 0x22: isQuoted = true
            case 0x5B, 0x7B:
                depth += 1
                deepest = max(deepest, depth)
            case 0x5D, 0x7D: depth -= 1
            default: break
            }
        }
        return deepest
    }

    // SAFETY: `json` is a live value of jansson's; its parts live as long as it does, and everything is copied.
    private static func value(_ json: UnsafeMutablePointer<json_t>) -> JSONValue {
        switch unsafe json_type(UInt32(cellbridge_json_kind(json))) {
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        case JSON_INTEGER: return unsafe .number(Int64(json_integer_value(json)))
        case JSON_REAL: return unsafe .fraction(json_real_value(json))
        case JSON_STRING: return unsafe .text(text(json_string_value(json), json_string_length(json)))
        case JSON_ARRAY:
            return unsafe .list(
                (0..<json_array_size(json)).compactMap { unsafe json_array_get(json, $0).map { unsafe value($0) } })
        case JSON_OBJECT:
            var members: [Member] = []
            var place = unsafe json_object_iter(json)
            while let current = unsafe place {
                if let name = unsafe json_object_iter_key(current), let member = unsafe json_object_iter_value(current)
                {
                    members.append(unsafe Member(name: String(cString: name), value: value(member)))
                }
                unsafe place = unsafe json_object_iter_next(json, current)
            }
            return .object(members)
        default: return .null
        }
    }

    private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
        guard let start = unsafe start else { return "" }
        return unsafe String(
            decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }
}
