/// Recognises lines that no command asked for.
enum URCParser {
    /// Lines that are never the answer to a command of ours, whatever runs.
    static func parse(_ line: [UInt8]) -> URC? {
        if let event = linkEvent(line) { return event }
        guard let first = line.first else { return nil }
        switch first {
        case 0x2B: return plusLine(line)
        case 0x5E:  // ^MODE and boot lines
            return contains(line, "boot.rom") ? .banner(kind: .bootROM) : .other(line)
        default: return bareLine(line)
        }
    }

    /// Lines that are the answer of a command with their prefix, and a URC otherwise.
    static func parseSoft(_ line: [UInt8]) -> URC? {
        if let rest = ResponseFields.afterPrefix(line, "+CPIN") {
            if isWord("READY", then: rest) { return .simReady }
            if isWord("SIM REMOVED", then: rest) { return .simRemoved }
            return .simOther(Array(rest))
        }
        for (prefix, domain) in registrationPrefixes {
            guard let fields = ResponseFields(line: line, prefix: prefix) else { continue }
            // A query's answer has the URC mode in front of the status; it comes unasked too.
            let status = isQueryAnswer(fields) ? fields.number(1) : fields.number(0)
            return status.map { .registration(domain: domain, status: $0) } ?? .other(line)
        }
        return nil
    }

    /// Whether registration fields are `n,stat[,…]` rather than `stat[,area,…]`: the second is a bare small number.
    static func isQueryAnswer(_ fields: ResponseFields) -> Bool {
        guard fields.number(0) != nil, fields.fields.count >= 2 else { return false }
        return fields.number(1) != nil && fields.fields[1].bytes.count <= 2
    }

    static let registrationPrefixes: [(String, URC.RegistrationDomain)] = [
        ("+CEREG", .cereg), ("+CGREG", .cgreg), ("+CREG", .creg),
    ]

    /// Outcomes and `CLOSED`, with `7,` or `7, ` before them when CIPMUX is 1.
    private static func linkEvent(_ line: [UInt8]) -> URC? {
        var text = line[...]
        if let first = text.first, first >= 0x30, first <= 0x39 {
            guard let comma = text.prefix(3).firstIndex(of: 0x2C), text[..<comma].decimal != nil else { return nil }
            text = text[(comma + 1)...].withoutLeadingBlanks
        }
        switch text.first {
        case 0x41: return text.equals("ALREADY CONNECT") ? .outcome(.alreadyConnect) : nil
        case 0x43:
            if text.equals("CONNECT OK") { return .outcome(.connectOK) }
            if text.equals("CONNACK OK") { return .outcome(.connackOK) }
            if text.equals("CONNECT FAIL") { return .outcome(.connectFail(state: nil)) }
            return text.equals("CLOSED") ? .closed : nil
        case 0x50:
            if text.equals("PUBACK") { return .outcome(.puback) }
            if text.equals("PUBREC") { return .outcome(.pubrec) }
            return text.equals("PUBCOMP") ? .outcome(.pubcomp) : nil
        case 0x53: return text.equals("SUBACK") ? .outcome(.suback) : nil
        case 0x55: return text.equals("UNSUBACK") ? .outcome(.unsuback) : nil
        default: return nil
        }
    }

    private static func plusLine(_ line: [UInt8]) -> URC? {
        if let rest = ResponseFields.afterPrefix(line, "+MSUB") {
            return rest.decimal.map { .cacheNotice(slot: $0) } ?? .other(line)
        }
        if let rest = line.dropping("+PDP") {
            return rest.drop(while: { $0 == 0x20 || $0 == 0x3A }).equals("DEACT") ? .pdpDeactivated : .other(line)
        }
        if let rest = ResponseFields.afterPrefix(line, "+CGEV") { return .cgev(packetEvent(rest)) }
        if let rest = ResponseFields.afterPrefix(line, "+NITZ") {
            return networkTime(rest).map { .nitz($0) } ?? .other(line)
        }
        let service = " Service"
        if line.suffix(service.utf8.count).equals(service) {
            let name = line.dropFirst().dropLast(service.utf8.count)
            return .serviceState(name.equals("NO") ? .none : .available(Array(name)))
        }
        for prefix in otherPrefixes where ResponseFields.afterPrefix(line, prefix) != nil { return .other(line) }
        return nil
    }

    /// Lines seen or documented that mean nothing to us, but are not free text of a command either.
    private static let otherPrefixes = [
        "+CMTI", "+CMT", "+CDSI", "+CIEV", "+CTZV", "+CTZE", "+CTZEU", "+CUSD", "+CRING", "+CLIP", "+RECEIVE", "+IPD",
        "+SIM", "+CSCON",
    ]

    private static func bareLine(_ line: [UInt8]) -> URC? {
        if line.equals("RDY") { return .banner(kind: .ready) }
        if line.equals("POWERED DOWN") || line.suffix(10).equals("POWER DOWN") {
            return .banner(kind: .poweredDown)
        }
        if line.equals("RING") || line.equals("Call Ready") || line.equals("SMS Ready")
            || line.starts(with: "STATE:".utf8)
        {
            return .other(line)
        }
        return nil
    }

    private static func packetEvent(_ text: ArraySlice<UInt8>) -> URC.PacketEvent {
        if text.equals("NW DETACH") || text.equals("ME DETACH") { return .detached }
        if let rest = text.dropping("NW DEACT") ?? text.dropping("ME DEACT") {
            return .pdnDeactivated(cid: deactivatedContext(rest))
        }
        guard let rest = ["NW PDN ", "ME PDN ", "EPS PDN "].lazy.compactMap({ text.dropping($0) }).first else {
            return .other(Array(text))
        }
        // The context id is followed by a reason on some firmwares: `1,0`.
        if let id = rest.dropping("DEACT") {
            return .pdnDeactivated(cid: id.withoutLeadingBlanks.prefix { $0 != 0x2C }.decimal)
        }
        if let id = rest.dropping("ACT") {
            return .pdnActivated(cid: id.withoutLeadingBlanks.prefix { $0 != 0x2C }.decimal)
        }
        return .other(Array(text))
    }

    /// `"IP","10.0.0.1",1`, where the address and the context id can be missing, or `1,2` for a bearer of a connection
    /// (YM310 AT manual 6.8).
    private static func deactivatedContext(_ text: ArraySlice<UInt8>) -> Int? {
        let fields = text.split(separator: 0x2C, omittingEmptySubsequences: false).map(\.trimmed)
        if fields.count > 1, fields[0].decimal != nil { return fields[1].decimal }
        return fields.last?.decimal
    }

    /// `22/10/26,07:37:55+32,0`, also with a four-digit year.
    private static func networkTime(_ text: ArraySlice<UInt8>) -> NetworkTime? {
        var numbers: [Int] = []
        var rest = text
        for separator in [0x2F, 0x2F, 0x2C, 0x3A, 0x3A] as [UInt8] {
            guard let end = rest.firstIndex(of: separator), let number = rest[..<end].decimal else { return nil }
            numbers.append(number)
            rest = rest[(end + 1)...]
        }
        guard let sign = rest.firstIndex(where: { $0 == 0x2B || $0 == 0x2D }), let second = rest[..<sign].decimal,
            let quarters = rest[(sign + 1)...].prefix(while: { $0 >= 0x30 && $0 <= 0x39 }).decimal, quarters <= 96
        else { return nil }
        let year = numbers[0] < 100 ? numbers[0] + 2000 : numbers[0]
        guard (2000...2999).contains(year), (1...12).contains(numbers[1]), (1...31).contains(numbers[2]),
            (0...23).contains(numbers[3]), (0...59).contains(numbers[4]), (0...60).contains(second)
        else { return nil }
        return NetworkTime(
            year: year, month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4], second: second,
            zoneQuarters: rest[sign] == 0x2D ? -quarters : quarters)
    }

    /// The words, then nothing or a blank and a slot number.
    private static func isWord(_ words: String, then text: ArraySlice<UInt8>) -> Bool {
        guard let rest = text.dropping(words)?.withoutLeadingBlanks else { return false }
        return rest.isEmpty || rest.decimal != nil
    }

    private static func contains(_ line: [UInt8], _ text: String) -> Bool {
        guard line.count >= text.utf8.count else { return false }
        return (0...(line.count - text.utf8.count)).contains { line[$0...].starts(with: text.utf8) }
    }
}
