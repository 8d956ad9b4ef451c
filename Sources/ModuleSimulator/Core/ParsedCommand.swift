/// One command of a line: `+CREG=2` is name `+CREG`, form `set`.
struct ParsedCommand: Equatable {
    /// One parameter; `isQuoted` when it stood in double quotes.
    struct Argument: Equatable {
        var bytes: [UInt8]
        var isQuoted = false

        var text: String { String(decoding: bytes, as: UTF8.self) }
        var isEmpty: Bool { bytes.isEmpty }
        /// The value when it is a plain decimal number; leading zeros allowed, signs not.
        var number: Int? {
            guard !bytes.isEmpty, bytes.count < 10, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
    }

    /// The four forms of YM310 AT manual 1.3.3; `malformed` is a set command whose quotes do not fit.
    enum Form: Equatable {
        case execute, query, test
        case set([Argument])
        case malformed
    }

    var name: String
    var form: Form

    /// The parameters of a set command, nil for the other forms.
    var arguments: [Argument]? {
        if case .set(let arguments) = form { return arguments }
        return nil
    }

    /// The single number of a set command.
    var number: Int? {
        guard let arguments, arguments.count == 1 else { return nil }
        return arguments[0].number
    }

    // MARK: Reading a line

    /// The commands of a line without its CR, or nil when it does not begin with AT or at (YM310 AT manual 1.3).
    static func parse(line: [UInt8]) -> [ParsedCommand]? {
        guard line.starts(with: ascii("AT")) || line.starts(with: ascii("at")) else { return nil }
        var commands: [ParsedCommand] = []
        var rest = line.dropFirst(2)
        while let first = rest.first {
            switch first {
            case UInt8(ascii: ";"), UInt8(ascii: " "):
                rest = rest.dropFirst()
            case UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "^"):
                let end = endOfExtended(rest)
                commands.append(extended(rest[..<end]))
                rest = rest[end...]
            default:
                commands.append(basic(&rest))
            }
        }
        return commands
    }

    /// Where an extended command ends: at a semicolon outside quotes, or with the line.
    private static func endOfExtended(_ bytes: ArraySlice<UInt8>) -> Int {
        var quoted = false
        for index in bytes.indices {
            if bytes[index] == UInt8(ascii: "\"") { quoted.toggle() }
            if bytes[index] == UInt8(ascii: ";"), !quoted { return index }
        }
        return bytes.endIndex
    }

    private static func extended(_ bytes: ArraySlice<UInt8>) -> ParsedCommand {
        let nameEnd =
            bytes.dropFirst().firstIndex { !isNameByte($0) } ?? bytes.endIndex
        let name = String(decoding: bytes[..<nameEnd], as: UTF8.self).uppercased()
        let tail = bytes[nameEnd...]
        if tail.isEmpty { return ParsedCommand(name: name, form: .execute) }
        if tail.elementsEqual(ascii("?")) { return ParsedCommand(name: name, form: .query) }
        if tail.elementsEqual(ascii("=?")) { return ParsedCommand(name: name, form: .test) }
        guard tail.first == UInt8(ascii: "="), let arguments = split(tail.dropFirst()) else {
            return ParsedCommand(name: name, form: .malformed)
        }
        return ParsedCommand(name: name, form: .set(arguments))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
        default: false
        }
    }

    /// `E0`, `&W`, `I`, `S3?`, `S4=10`: a letter (with `&` before it or not) and digits.
    private static func basic(_ rest: inout ArraySlice<UInt8>) -> ParsedCommand {
        var name: [UInt8] = []
        if rest.first == UInt8(ascii: "&") { name.append(rest.removeFirst()) }
        if let letter = rest.popFirst() { name.append(letter) }
        func digits() -> [UInt8] {
            let found = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(found.count)
            return Array(found)
        }
        let value = digits()
        let upper = String(decoding: name, as: UTF8.self).uppercased()
        if rest.first == UInt8(ascii: "?") {
            rest.removeFirst()
            return ParsedCommand(name: upper + String(decoding: value, as: UTF8.self), form: .query)
        }
        if upper == "S", rest.first == UInt8(ascii: "=") {
            rest.removeFirst()
            return ParsedCommand(
                name: upper + String(decoding: value, as: UTF8.self), form: .set([Argument(bytes: digits())]))
        }
        return ParsedCommand(name: upper, form: value.isEmpty ? .execute : .set([Argument(bytes: value)]))
    }

    /// Parameters between commas; one that begins with a quote runs to the next quote, after which only a comma or
    /// the end may follow. Nil when the quotes do not fit.
    static func split(_ bytes: ArraySlice<UInt8>) -> [Argument]? {
        var arguments: [Argument] = []
        var rest = bytes
        while true {
            if rest.first == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                guard let close = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
                arguments.append(Argument(bytes: Array(rest[..<close]), isQuoted: true))
                rest = rest[(close + 1)...]
                guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { return nil }
            } else {
                let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.endIndex
                let value = rest[..<end]
                guard !value.contains(UInt8(ascii: "\"")) else { return nil }
                arguments.append(Argument(bytes: Array(value)))
                rest = rest[end...]
            }
            guard rest.popFirst() != nil else { return arguments }
        }
    }
}

func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }
