import ATProtocol

/// Reading the fields of answers. Everything here takes hostile bytes and answers `nil` or an empty text for nonsense.
extension CommandResult {
    /// What follows the colon of the first line, without quotes and blanks; the whole line when there is no colon.
    var firstValue: String {
        guard let line = lines.first else { return "" }
        let start = line.first == 0x2B ? line.firstIndex(of: 0x3A).map { $0 + 1 } ?? 0 : 0
        return printable(trimmed(line[start...]))
    }
}

/// The comma-separated fields after the colon, without quotes.
func fieldsAfterColon(_ line: [UInt8]) -> [String] {
    guard let colon = line.firstIndex(of: 0x3A) else { return [] }
    return line[(colon + 1)...].split(separator: 0x2C, omittingEmptySubsequences: false).prefix(32).map {
        printable(trimmed($0))
    }
}

/// The status of a `+CEREG`/`+CGREG`/`+CREG` answer: `n,stat[,…]`, or `stat[,"lac",…]` when a URC was taken for one.
func registrationStatus(_ line: [UInt8]) -> Int? {
    guard let colon = line.firstIndex(of: 0x3A) else { return nil }
    let fields = line[(colon + 1)...].split(separator: 0x2C, omittingEmptySubsequences: false).prefix(3).map(
        withoutBlanks)
    guard let first = fields.first.flatMap(number) else { return nil }
    if fields.count > 1, fields[1].first != 0x22, let second = number(fields[1]) { return second }
    return first
}

/// Signal strength in words for people: `-67 dBm (23 of 31)`.
func signalText(_ result: CommandResult) -> String {
    guard let value = result.lines.first.map(fieldsAfterColon)?.first.flatMap({ Int($0) }), (0...31).contains(value)
    else {
        return "not known"
    }
    return "\(-113 + 2 * value) dBm (\(value) of 31)"
}

func milliseconds(_ duration: Duration) -> Int {
    Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
}

/// Bytes as text for logs: printable ASCII as it is, the rest as `\xNN`, at most 120 bytes.
func printable(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789ABCDEF".unicodeScalars)
    var text = String.UnicodeScalarView()
    for byte in bytes.prefix(120) {
        if byte >= 0x20, byte < 0x7F {
            text.append(Unicode.Scalar(byte))
        } else {
            text.append(contentsOf: ["\\", "x", digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        }
    }
    return String(text)
}

private func number(_ field: ArraySlice<UInt8>) -> Int? {
    guard !field.isEmpty, field.count < 6, field.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return field.reduce(0) { $0 * 10 + Int($1 - 0x30) }
}

private func withoutBlanks(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = field
    while rest.first == 0x20 { rest = rest.dropFirst() }
    while rest.last == 0x20 { rest = rest.dropLast() }
    return rest
}

private func trimmed(_ field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var rest = field
    while let first = rest.first, first == 0x20 || first == 0x22 { rest = rest.dropFirst() }
    while let last = rest.last, last == 0x20 || last == 0x22 { rest = rest.dropLast() }
    return rest
}
