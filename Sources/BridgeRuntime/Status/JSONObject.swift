/// A JSON object as text, written member by member: for small reports, in the order they are given.
struct JSONObject {
    private var members: [String] = []

    /// The object as it goes out.
    var text: String { "{\(members.joined(separator: ","))}" }

    mutating func add(_ key: String, _ value: String?) {
        members.append("\(Self.quoted(key)):\(value.map(Self.quoted) ?? "null")")
    }

    mutating func add(_ key: String, _ value: some BinaryInteger) { members.append("\(Self.quoted(key)):\(value)") }

    mutating func add(_ key: String, _ value: JSONObject) { members.append("\(Self.quoted(key)):\(value.text)") }

    /// A JSON string (RFC 8259, section 7). A `String` holds no lone surrogates, so what is left stands for itself.
    static func quoted(_ text: String) -> String {
        let digits = Array("0123456789abcdef".unicodeScalars)
        var out = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                out.append("\\")
                out.append(scalar)
            case "\u{0}"..<"\u{20}", "\u{7F}":
                out.append(contentsOf: "\\u00".unicodeScalars)
                out.append(digits[Int(scalar.value >> 4)])
                out.append(digits[Int(scalar.value & 15)])
            default: out.append(scalar)
            }
        }
        out.append("\"")
        return String(out)
    }
}
