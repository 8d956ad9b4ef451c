/// Something in the configuration that is wrong, or that deserves a second look.
public struct Problem: Sendable, Equatable, CustomStringConvertible {
    /// Whether the service can run with it.
    public enum Severity: Sendable, Equatable {
        /// The configuration is refused.
        case error
        /// The service runs; the reader should know.
        case warning
    }

    /// The file as it was named by the caller.
    public var file: String
    /// From 1; 0 when the file as a whole is meant.
    public var line: Int
    /// From 1, in characters; 0 when not known.
    public var column: Int
    /// The key with its table, as `remote.tls.ca` or `route[2].topic`; empty for errors of syntax and of the file.
    public var key: String
    /// What is wrong, and what was expected. Never holds a secret.
    public var message: String
    /// Error or warning.
    public var severity: Severity

    /// A problem at a place.
    public init(file: String, line: Int, column: Int, key: String, message: String, severity: Severity) {
        self.file = file
        self.line = line
        self.column = column
        self.key = key
        self.message = message
        self.severity = severity
    }

    /// `FILE:LINE: key: message`, without the parts that are not known. One line, no control characters.
    public var description: String {
        var text = file
        if line > 0 { text += ":\(line)" }
        if !key.isEmpty { text += ": \(key)" }
        return printable(text + ": " + message)
    }
}

/// `text` on one line and without anything a terminal would obey.
func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x20...0x7E, 0xA0...0x2027, 0x2030...0x2065, 0x2070...0x10FFFF: result.unicodeScalars.append(scalar)
        default: result += "\\x" + hexadecimal(scalar.value)
        }
    }
    return result
}

/// At most 60 characters of `text`, quoted, for messages.
func quoted(_ text: String) -> String {
    let start = String(text.prefix(60))
    return "\"" + start + (start.utf8.count < text.utf8.count ? "…" : "") + "\""
}

/// Two digits at least.
func hexadecimal(_ value: some BinaryInteger) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return digits.utf8.count < 2 ? "0" + digits : digits
}
