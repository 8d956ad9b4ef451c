@testable import ATProtocol
@testable import ModemCore

/// One line of a module through everything that reads lines.
@Sendable func fuzzFields(_ input: FuzzInput) {
    let line = input.rest
    let fields = ResponseFields(line)
    require(fields.fields.count == 1 + commasOutsideQuotes(line), "\(fields.fields.count) fields of \(shown(line))")
    require(fields.fields.reduce(0) { $0 + $1.bytes.count } <= line.count, "fields longer than the line")
    for (index, field) in fields.fields.enumerated() {
        require(fields.bytes(index) == field.bytes && fields.number(index) == field.number, "field \(index)")
        if let number = field.number { require((0...999_999_999).contains(number), "the number \(number)") }
        if !field.isQuoted { require(!field.bytes.contains(0x2C), "a comma in a bare field") }
        require(!field.bytes.contains(0x22), "a quote in a field")
    }
    require(fields.bytes(fields.fields.count) == nil && fields.number(-1) == nil, "a field that is not there")

    for prefix in ["+CGPADDR", "+MQTTSTATU", "+CPIN", "+CCLK", ""] {
        guard let cut = ResponseFields(line: line, prefix: prefix) else { continue }
        require(line.starts(with: prefix.utf8), "another prefix than \(prefix)")
        require(cut.fields.count <= fields.fields.count + 1, "more fields than there are")
    }
    if let final = FinalParser.parse(line) {
        let text = final.description.utf8
        require(text.count <= 100 && text.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "unfit for a log: \(shown(line))")
        _ = final.wireText
        require(URCParser.parse(line) == nil, "both a final result and a URC: \(shown(line))")
    }
    for urc in [URCParser.parse(line), URCParser.parseSoft(line)] {
        if case .nitz(let time)? = urc {
            require((2000...2999).contains(time.year) && (1...12).contains(time.month), "\(time)")
        }
        _ = urc?.wireText
    }
    answers(line)
}

/// What the link's machine and the TLS set-up read out of an answer.
private func answers(_ text: [UInt8]) {
    let result = CommandResult(lines: text.split(separator: 0x0A).map(Array.init), final: .ok)
    require(result.firstValue.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "unfit for a log: \(result.firstValue)")
    if let number = result.firstNumber { require(number >= 0, "\(number)") }
    _ = signalText(result)
    if let time = UnixTime.ofClockAnswer(result) {
        let again = UnixTime.parts(time)
        require(UnixTime.seconds(utc: again) == time, "\(time) becomes \(again)")
        _ = UnixTime.text(time)
    }
    guard let line = result.lines.first else { return }
    require(fieldsAfterColon(line).count <= 32, "more than 32 fields")
    if let status = registrationStatus(line) { require((0...99_999).contains(status), "status \(status)") }
}

private func commasOutsideQuotes(_ text: [UInt8]) -> Int {
    var inQuotes = false
    var count = 0
    for byte in text {
        if byte == 0x22 { inQuotes.toggle() }
        if byte == 0x2C, !inQuotes { count += 1 }
    }
    return count
}
