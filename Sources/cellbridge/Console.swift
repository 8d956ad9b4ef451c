import Glibc

/// Whole lines to standard output and standard error.
enum Console {
    /// Writes a line to standard output; false when nobody reads it any more.
    @discardableResult
    static func line(_ text: String) -> Bool { write(1, text + "\n") }

    /// Writes to standard output, no line end added.
    static func write(_ text: String) { write(1, text) }

    /// Writes a line to standard error.
    static func error(_ text: String) { write(2, text + "\n") }

    /// Writes to standard error, no line end added.
    static func writeError(_ text: String) { write(2, text) }

    /// Whether standard error is a terminal on which a line can be taken away again.
    static var canRedrawErrors: Bool {
        guard isatty(2) == 1, let kind = unsafe getenv("TERM").map({ unsafe String(cString: $0) }) else { return false }
        return !kind.isEmpty && kind != "dumb"
    }

    /// Text of bytes from outside: what is no printable UTF-8 is shown as `\xNN`, so that nothing reaches a terminal.
    static func printable(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("0123456789ABCDEF")
        let text = String(decoding: bytes, as: UTF8.self)
        let isText = text.utf8.elementsEqual(bytes)
        var shown = ""
        if isText {
            for scalar in text.unicodeScalars {
                switch scalar.value {
                case 0..<0x20, 0x7F..<0xA0:
                    shown += "\\x" + [digits[Int(scalar.value >> 4)], digits[Int(scalar.value & 15)]]
                default: shown.unicodeScalars.append(scalar)
                }
            }
        } else {
            for byte in bytes {
                if (0x20..<0x7F).contains(byte) {
                    shown.unicodeScalars.append(Unicode.Scalar(byte))
                } else {
                    shown += "\\x" + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
        }
        return shown
    }

    /// Whether colours are welcome on standard output (https://no-color.org).
    static var hasColours: Bool {
        guard isatty(1) == 1 else { return false }
        func variable(_ name: String) -> String { unsafe getenv(name).map { unsafe String(cString: $0) } ?? "" }
        return variable("NO_COLOR").isEmpty && variable("TERM") != "dumb"
    }

    @discardableResult
    private static func write(_ descriptor: Int32, _ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
