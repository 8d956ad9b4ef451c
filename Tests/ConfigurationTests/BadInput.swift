import Testing

/// A text and everything that is said about it.
struct BadInput: Sendable, CustomTestStringConvertible {
    let text: String
    let said: [String]

    init(_ text: String, _ said: [String]) {
        self.text = text
        self.said = said
    }

    var testDescription: String { said.first ?? text }
}

/// The least that is a configuration with one more line or table, which begins at line 2.
func with(_ lines: String) -> String { "remote.host = \"h\"\n\(lines)\n[[route]]\ntopic = \"#\"\n" }

/// The least that is a configuration with this as the route, which begins at line 4.
func route(_ lines: String) -> String { "remote.host = \"h\"\n\n[[route]]\n\(lines)\n" }
