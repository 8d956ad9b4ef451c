import ATProtocol
import Control
import ModemCore

/// Attachment, address, names.
enum PacketChecks {
    /// The answer to `AT+CGATT?` (YM310 AT manual 6.2), and to `AT+CGATT=1` where that was tried.
    static func attach(_ answer: Answer, tried: Answer?) -> Finding {
        if answer.isSuccess, answer.fields("+CGATT")?.looseNumber(0) == 1 { return .ok(.attach, "attached") }
        if let tried, !tried.isSuccess {
            return .failed(
                .attach, "not attached; AT+CGATT=1 was answered \(tried.final)", causes(of: tried.code),
                facts: [.number("code", tried.code)])
        }
        return .failed(
            .attach, answer.isSuccess ? "not attached" : "AT+CGATT? was answered \(answer.final)",
            [.noData, .unpaid, .privateAPN, .weather])
    }

    /// What the packet domain's error numbers make likely (YM310 AT manual 3.13).
    private static func causes(of code: Int?) -> [Cause] {
        switch code {
        case 103, 106: [.boundCard, .unpaid]
        case 107, 132, 133: [.noData, .unpaid]
        case 111, 112, 113: [.boundPlace]
        case 149: [.privateAPN]
        case 148: [.privateAPN, .noData, .stuckContext]
        default: [.noData, .unpaid, .privateAPN, .weather]
        }
    }

    /// The address of context `cid` in the answer to `AT+CGPADDR` (YM310 AT manual 6.5).
    /// Without `cid` that of any: the NB-IoT module says itself which is its own (BC260Y-CN TCP/IP guide 4.1.1).
    static func address(_ answer: Answer, cid: Int?) -> String? {
        for line in answer.lines {
            guard let fields = ResponseFields(line: line, prefix: "+CGPADDR"),
                cid == nil || fields.looseNumber(0) == cid,
                let text = fields.text(1), text.contains(where: { $0 == "." || $0 == ":" }),
                text.contains(where: { $0 != "0" && $0 != "." && $0 != ":" })
            else { continue }
            return text
        }
        return nil
    }

    /// The APN of context `cid` in the answer to `AT+CGDCONT?` (YM310 AT manual 6.3).
    static func apn(_ answer: Answer, cid: Int) -> String? {
        answer.lines.lazy.compactMap { ResponseFields(line: $0, prefix: "+CGDCONT") }
            .first { $0.looseNumber(0) == cid }?.text(2)
    }

    /// Whether the network's name of an APN is the configured one; it may append its own domain.
    static func isSame(_ apn: String?, _ wanted: String) -> Bool {
        guard let apn = apn?.lowercased() else { return false }
        return apn == wanted.lowercased() || apn.hasPrefix(wanted.lowercased() + ".")
    }

    /// The address stage: what was found, and the last refusal on the way.
    /// `command`: what was refused.
    static func address(
        _ address: String?, apn: String?, cid: Int, refusal: Answer?, command: String? = nil, typed: [Cause]
    ) -> Finding {
        let facts: [JSONValue.Member] = [.text("address", address), .text("apn", apn), .number("cid", cid)]
        if let address { return .ok(.address, apn.map { "\(address), APN \($0)" } ?? address, facts) }
        let name = apn.map { "with APN \($0)" } ?? "with the network's own APN"
        let end = refusal.map { "; \(command ?? "AT+CGACT=1,\(cid)") was answered \($0.final)" } ?? ""
        var likely = causes(of: refusal?.code)
        if !likely.contains(.privateAPN) { likely.append(.privateAPN) }
        return .failed(.address, "no address \(name)\(end)", typed + likely, facts: facts)
    }

    /// Whether a host is an address and no name.
    static func isAddress(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return host.contains(":") || parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// The error codes of `+CDNSGIP: 0,code` (YM310 AT manual 9.21).
    private static let nameErrors: [Int: (words: String, causes: [Cause])] = [
        10: ("a general error", [.wrongName, .networkDNS]), 11: ("no answer", [.networkDNS, .wrongName]),
        12: ("no name server", [.networkDNS]), 13: ("no memory", [.stuckContext]),
        14: ("no such name", [.wrongName]), 15: ("an answer that makes no sense", [.networkDNS]),
    ]

    /// Whether the lines of `+QIDNSGIP` say all there is to say: an error, or the address.
    static func isWhole(_ lines: [[UInt8]]) -> Bool {
        for line in lines {
            guard let fields = ResponseFields(line: line, prefix: "+QIDNSGIP") else { continue }
            if let code = fields.number(0), code != 0 { return true }
            if let address = fields.text(0), isAddress(address) { return true }
        }
        return false
    }

    /// The lines of `+QIDNSGIP` (BC260Y-CN TCP/IP guide 2.3.6, 3).
    static func dns(_ lines: [[UInt8]], host: String, typed: [Cause]) -> Finding {
        let fields = lines.compactMap { ResponseFields(line: $0, prefix: "+QIDNSGIP") }
        if let address = fields.compactMap({ $0.text(0) }).first(where: isAddress) {
            return .ok(.dns, "\(host) is \(address)", [.text("address", address)])
        }
        guard let code = fields.compactMap({ $0.number(0) }).first(where: { $0 != 0 }) else {
            return .failed(.dns, "\(host): no answer", typed + [.networkDNS, .wrongName])
        }
        let causes: [Cause] =
            code == 565 ? [.wrongName, .networkDNS] : ContextErrors.causes(code) ?? [.networkDNS, .wrongName]
        return .failed(
            .dns, "\(host): \(SocketErrors.bc260y(code)) (\(code))", typed + causes, facts: [.number("code", code)])
    }

    /// The line `+CDNSGIP: …`, which comes after the `OK`; nil when none came in time.
    static func dns(_ line: [UInt8]?, host: String, typed: [Cause]) -> Finding {
        guard let fields = line.flatMap({ ResponseFields(line: $0, prefix: "+CDNSGIP") }) else {
            return .failed(.dns, "\(host): no answer", typed + [.networkDNS, .wrongName])
        }
        if fields.looseNumber(0) == 1, let address = fields.text(2) {
            return .ok(.dns, "\(host) is \(address)", [.text("address", address)])
        }
        let code = fields.looseNumber(1)
        let known = code.flatMap { nameErrors[$0] }
        return .failed(
            .dns, "\(host): \(known?.words ?? "the module does not find it") (\(code.map(String.init) ?? "no code"))",
            typed + (known?.causes ?? [.wrongName, .networkDNS]), facts: [.number("code", code)])
    }
}
