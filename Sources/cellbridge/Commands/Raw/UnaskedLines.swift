/// Which lines of the dialogue no command asked for.
struct UnaskedLines {
    private static let limit = 8192
    private static let words = [
        "CLOSED", "CONNECT OK", "CONNECT FAIL", "ALREADY CONNECT", "CONNACK OK", "SUBACK", "UNSUBACK", "PUBACK",
        "PUBREC", "PUBCOMP", "RDY", "SMS READY", "CALL READY", "NORMAL POWER DOWN",
    ]

    private var line: [UInt8] = []
    /// The command that waits for its end.
    private var open: String?

    /// A command went out.
    mutating func sent(_ text: String) {
        let name = text.uppercased()
        open = name
    }

    /// Bytes came: the lines of them that nobody asked for.
    mutating func received(_ bytes: [UInt8]) -> [[UInt8]] {
        var shown: [[UInt8]] = []
        for byte in bytes {
            guard byte == 0x0A || byte == 0x0D || line.count >= Self.limit else {
                line.append(byte)
                continue
            }
            if !line.isEmpty, isUnasked(line) { shown.append(line) }
            line = []
        }
        return shown
    }

    private mutating func isUnasked(_ line: [UInt8]) -> Bool {
        let text = String(decoding: line, as: UTF8.self).uppercased()
        guard let command = open else { return true }
        if text == "OK" || text == "ERROR" || text.hasPrefix("+CME ERROR") || text.hasPrefix("+CMS ERROR")
            || text == "SHUT OK" || text == "CLOSE OK"
        {
            open = nil
            return false
        }
        if text.hasPrefix("AT") { return false }
        if Self.words.contains(text) { return true }
        guard let first = text.first, "+^*".contains(first) else { return false }
        // `+CSQ: 23,0` answers `AT+CSQ`.
        let name = text.prefix { $0 != ":" && $0 != " " }
        return !command.contains(name)
    }
}
