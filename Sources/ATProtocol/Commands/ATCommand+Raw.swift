/// Why a line typed by somebody is not sent.
public struct RawCommandProblem: Error, Equatable, Sendable {
    /// For people.
    public var text: String
}

/// Commands that somebody typed.
extension ATCommand {
    /// Bytes of a typed command.
    public static let rawLimit = 1024

    /// Commands that leave the module taking bytes instead of commands: nothing of that may be left open.
    private static let dataCommands = [
        "AT+MPUBEX", "AT+FSWRITE", "AT+CIPSEND", "AT+CMGS", "AT+CMGW", "AT+QISEND", "AT+SSLSEND", "AT+HTTPDATA",
        "AT+CIPMODE=1",
        "ATD", "ATO",
    ]
    /// Commands without `?` that tell and change nothing.
    private static let looking = [
        "AT", "ATI", "AT+CSQ", "AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+CGSN", "AT+GSN", "AT+CIMI", "AT+ICCID", "AT+CCID",
        "AT+CNUM", "AT+MQTTSTATU", "AT+CIFSR", "AT+CIPSTATUS", "AT+CGPADDR", "AT+CGPADDR=1", "AT+CEER", "AT+VER",
        "AT+FSMEM", "AT+FSLS",
        "AT+CPAS", "AT+CESQ", "AT+WISN?", "AT&V",
    ]
    /// What may take longer than manual 1.4's default, in seconds.
    private static let slow: [(name: String, seconds: Int)] = [
        ("AT+COPS", 180), ("AT+CGATT", 108), ("AT+CGACT", 150), ("AT+CPIN", 180), ("AT+CFUN", 45), ("AT+CIICR", 90),
        ("AT+CIPSHUT", 65), ("AT+CIPSTART", 75), ("AT+CNTP", 60), ("AT+QIDEACT", 150),
    ]

    /// A typed line: printable ASCII or UTF-8 beginning with AT, one command, none that opens a data mode.
    public static func raw(_ line: [UInt8], timeout: Duration? = nil) throws(RawCommandProblem) -> ATCommand {
        let text = String(decoding: line, as: UTF8.self)
        guard line.count <= rawLimit else { throw RawCommandProblem(text: "the command is over \(rawLimit) bytes") }
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), line.elementsEqual(text.utf8) else {
            throw RawCommandProblem(text: "a command is one line of text, without control bytes")
        }
        let name = text.uppercased()
        guard name.hasPrefix("AT") else { throw RawCommandProblem(text: "a command begins with AT, as AT+CSQ") }
        // Several in a line (`;`) could hide one of these.
        if let data = dataCommands.first(where: { name.hasPrefix($0) || name.contains(";" + $0.dropFirst(2)) }) {
            throw RawCommandProblem(
                text:
                    "\(data) makes the module take bytes instead of commands; use pub, or certs push, which see it to its end"
            )
        }
        let limit = timeout ?? slow.first { name.hasPrefix($0.name) }.map { .seconds($0.seconds) } ?? defaultTimeout
        return ATCommand(
            line: line, timeout: limit, prefixes: prefix(of: name).map { [$0] } ?? [], takesFreeText: true,
            successLines: ["SHUT OK", "CLOSE OK"], endsWithoutFinal: name == "AT+CIFSR", redacted: redacted(text))
    }

    /// Whether the command only asks: a query, a test, or one known to change nothing.
    public var onlyLooks: Bool {
        let name = String(decoding: line, as: UTF8.self).uppercased()
        guard !name.contains(";") else { return false }
        return Self.looking.contains(name) || name.hasSuffix("=?") || (name.hasSuffix("?") && !name.contains("="))
    }

    /// `+CSQ` of `AT+CSQ=…`.
    private static func prefix(of name: String) -> String? {
        guard name.hasPrefix("AT+") else { return nil }
        let word = name.dropFirst(2).prefix { $0 != "=" && $0 != "?" && $0 != ";" }
        return word.count > 1 ? String(word) : nil
    }

    /// What a log may show: of commands that carry a PIN, password or message, the name only.
    private static func redacted(_ text: String) -> String {
        let name = text.uppercased()
        let secret = [
            "AT+CPIN=", "AT+MCONFIG=", "AT+CGAUTH=", "AT+CPNETAPN=", "AT+CSTT=", "AT+MPUB", "AT+CLCK=", "AT+CPWD=",
            "AT+QICSGP=",
        ]
        guard let match = secret.first(where: { name.hasPrefix($0) || name.contains(";" + $0.dropFirst(2)) }) else {
            return text
        }
        return "\(match)***"
    }
}
