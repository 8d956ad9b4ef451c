/// Why a line typed by somebody is not sent.
public struct RawCommandProblem: Error, Equatable, Sendable {
    /// For people.
    public var text: String
}

/// Commands that somebody typed.
extension ATCommand {
    /// Bytes of a typed command.
    public static let rawLimit = 1024

    /// Commands that leave the module taking bytes instead of commands, or that hand the line over to something else:
    /// nothing of that may be left open. Looked for anywhere in the line.
    private static let dataCommands = [
        "+MPUBEX", "+FSWRITE", "+CIPSEND", "+CIPQSEND=1", "+CIPMODE=1", "+CMGS", "+CMGW", "+CMGC", "+QISEND",
        "+QIMODE=1",
        "+SSLSEND", "+HTTPDATA", "+HTTPEXPOST", "+FTPPUT=2", "+FTPEXTPUT", "+CMUX", "+CGDATA", "+QFUPL", "+QMTPUB",
        "+UPGRADE", "+++",
    ]
    /// Commands without `?` that tell and change nothing, by the YM310 AT manual (2, 4, 5, 6.5, 8, 9, 13.13), the
    /// Quectel GSM TCP/IP guide (3, 4) and, for those that they lack, 3GPP TS 27.007.
    private static let looking = [
        "AT", "ATI", "AT&V", "AT+CSQ", "AT+CESQ", "AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+CGSN", "AT+GSN", "AT+CIMI",
        "AT+ICCID", "AT+CCID", "AT+CNUM", "AT+CEER", "AT+CPAS", "AT+VER", "AT+CBC", "AT+WISN", "AT+MQTTSTATU",
        "AT+CIFSR",
        "AT+CIPSTATUS", "AT+CIPACK", "AT+CGPADDR", "AT+FSMEM", "AT+FSLS", "AT+QCCID", "AT+QISTAT", "AT+QISACK",
    ]
    /// Commands of which even `?` or `=?` does something: a search of the network takes the radio away for minutes, and
    /// commands that act may not care about the `?`.
    private static let acting = [
        "COPS=?", "RESET", "CPOWD", "CIPSHUT", "CIPCLOSE", "CIICR", "MIPCLOSE", "MDISCONNECT", "MQTTMSGGET", "QIDEACT",
        "QICLOSE", "QIACT", "QPING", "CIPPING", "CNTP=?", "UPGRADE", "CFUN=?",
    ]
    /// What may take longer than manual 1.4's default, in seconds.
    private static let slow: [(name: String, seconds: Int)] = [
        ("AT+COPS", 180), ("AT+CGATT", 108), ("AT+CGACT", 150), ("AT+CPIN", 180), ("AT+CFUN", 45), ("AT+CIICR", 90),
        ("AT+CIPSHUT", 65), ("AT+CIPSTART", 75), ("AT+CNTP", 60), ("AT+QIDEACT", 150),
    ]
    /// Commands that carry a PIN, a password, a number or a message.
    private static let secret = [
        "+CPIN", "+MCONFIG", "+CGAUTH", "+CPNETAPN", "+CSTT", "+MPUB", "+CLCK", "+CPWD", "+QICSGP", "+SAPBR", "+FTPPW",
        "+HTTPPARA", "+HTTPACTION", "+QMTCONN", "+QIREGAPP", "+CMGS", "+FSWRITE", "+CIPSEND", "+QISEND", "D",
    ]

    /// A typed line: printable ASCII or UTF-8 beginning with AT, one command, none that opens a data mode.
    public static func raw(_ line: [UInt8], timeout: Duration? = nil) throws(RawCommandProblem) -> ATCommand {
        let text = String(decoding: line, as: UTF8.self)
        guard line.count <= rawLimit else { throw RawCommandProblem(text: "the command is over \(rawLimit) bytes") }
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), line.elementsEqual(text.utf8) else {
            throw RawCommandProblem(text: "a command is one line of text, without control bytes")
        }
        let name = bare(line)
        guard name.hasPrefix("AT") else { throw RawCommandProblem(text: "a command begins with AT, as AT+CSQ") }
        // Several in a line could hide one of these: with `;`, and without it behind a basic command (V.250 5.2.1).
        if let data = dataCommands.first(where: { name.contains($0) }) ?? dialling(name) {
            throw RawCommandProblem(
                text: """
                    AT\(data) makes the module take bytes instead of commands; use pub, or certs push, which see it to \
                    its end
                    """)
        }
        let limit = timeout ?? slow.first { name.hasPrefix($0.name) }.map { .seconds($0.seconds) } ?? defaultTimeout
        return ATCommand(
            line: line, timeout: limit, prefixes: prefix(of: name).map { [$0] } ?? [], takesFreeText: true,
            successLines: ["SHUT OK", "CLOSE OK"], endsWithoutFinal: name == "AT+CIFSR", redacted: redacted(line))
    }

    /// Whether the command only asks: a query, a test, or one known to change nothing. What is not known is not.
    public var onlyLooks: Bool {
        let name = Self.bare(line)
        guard !name.contains(";"), name.hasPrefix("AT"), !line.contains(0x22) else { return false }
        if Self.looking.contains(name) { return true }
        // AT+CGPADDR=1 (6.5).
        if name.hasPrefix("AT+CGPADDR="), name.dropFirst(11).allSatisfy(\.isNumber) { return true }
        guard name.hasSuffix("?"), name.hasPrefix("AT+") || name.hasPrefix("AT^") || name.hasPrefix("AT*") else {
            return false
        }
        let word = name.dropFirst(3).dropLast(name.hasSuffix("=?") ? 2 : 1)
        guard !word.isEmpty, word.allSatisfy({ $0.isLetter || $0.isNumber }) else { return false }
        return !Self.acting.contains { $0 == name.dropFirst(3) || $0 == word }
    }

    /// The line in capitals, without blanks and without what stands in quotes.
    private static func bare(_ line: [UInt8]) -> String {
        var isQuoted = false
        var kept: [UInt8] = []
        for byte in line {
            if byte == 0x22 { isQuoted.toggle() }
            if !isQuoted, byte != 0x20 { kept.append(byte) }
        }
        // A quote that does not end hides nothing.
        if isQuoted { kept = line.filter { $0 != 0x20 } }
        return String(decoding: kept, as: UTF8.self).uppercased()
    }

    /// `D` and `O` among the basic commands of a line: a call, or back into a data connection. `&D` is none.
    private static func dialling(_ name: String) -> String? {
        for (index, part) in name.split(separator: ";").enumerated() {
            var before: Character = " "
            for letter in index == 0 ? part.dropFirst(2) : part {
                if "+^*$%#@!".contains(letter) { break }
                if before != "&", letter == "D" || letter == "O" { return String(letter) }
                before = letter
            }
        }
        return nil
    }

    /// `+CSQ` of `AT+CSQ=…`.
    private static func prefix(of name: String) -> String? {
        guard name.hasPrefix("AT+") else { return nil }
        let word = name.dropFirst(2).prefix { $0 != "=" && $0 != "?" && $0 != ";" }
        return word.count > 1 ? String(word) : nil
    }

    /// What a log, a record and a history may show: of commands that carry a PIN, password or message, the name only.
    /// Also of a line that is no command that would be sent.
    public static func redacted(_ line: [UInt8]) -> String {
        let text = String(decoding: line, as: UTF8.self)
        // A question carries nothing.
        let compact = String(decoding: line.filter { $0 != 0x20 }, as: UTF8.self).uppercased()
        var end: Int?
        for name in secret {
            // `ATD` is the only one without a plus.
            guard let found = compact.firstRange(of: name == "D" ? "ATD" : name) else { continue }
            let rest = compact[found.upperBound...]
            if rest.isEmpty || rest == "?" || rest == "=?" { continue }
            let length = compact[..<found.upperBound].utf8.count
            end = min(end ?? .max, length)
        }
        guard let end else { return text }
        return String(decoding: compact.utf8.prefix(end), as: UTF8.self) + "***"
    }
}
