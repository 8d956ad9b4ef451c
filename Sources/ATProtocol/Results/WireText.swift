/// Results in the words of the wire, for logs: what was read, not how it is kept.
extension CommandResult.Final {
    /// What was read, as it stands on the wire or nearly so. May hold bytes from outside: escape it for a log.
    public var wireText: String {
        switch self {
        case .ok: "OK"
        case .text(let line): String(decoding: line, as: UTF8.self)
        case .error: "ERROR"
        case .cmeError(_, let text): "+CME ERROR: \(String(decoding: text, as: UTF8.self))"
        case .cmsError(_, let text): "+CMS ERROR: \(String(decoding: text, as: UTF8.self))"
        case .timedOut: "no answer in time"
        case .portLost: "port lost"
        case .noPrompt: "no prompt in time"
        }
    }
}

extension Outcome {
    /// What was read, as it stands on the wire or nearly so. May hold bytes from outside: escape it for a log.
    public var wireText: String {
        switch self {
        case .connectOK: "CONNECT OK"
        case .alreadyConnect: "ALREADY CONNECT"
        case .connectFail(let state):
            state.map { "CONNECT FAIL (STATE: \(String(decoding: $0, as: UTF8.self)))" } ?? "CONNECT FAIL"
        case .connackOK: "CONNACK OK"
        case .suback: "SUBACK"
        case .unsuback: "UNSUBACK"
        case .puback: "PUBACK"
        case .pubrec: "PUBREC"
        case .pubcomp: "PUBCOMP"
        case .error(let final): final.wireText
        }
    }
}

extension URC {
    /// What was read, as it stands on the wire or nearly so. May hold bytes from outside: escape it for a log.
    public var wireText: String {
        switch self {
        case .outcome(let outcome): outcome.wireText
        case .closed: "CLOSED"
        case .pdpDeactivated: "+PDP DEACT"
        case .cgev(.pdnDeactivated(let cid)): "+CGEV: PDN DEACT\(cid.map { " \($0)" } ?? "")"
        case .cgev(.detached): "+CGEV: DETACH"
        case .cgev(.pdnActivated(let cid)): "+CGEV: PDN ACT\(cid.map { " \($0)" } ?? "")"
        case .cgev(.other(let text)): "+CGEV: \(String(decoding: text, as: UTF8.self))"
        case .simRemoved: "+CPIN: SIM REMOVED"
        case .simReady: "+CPIN: READY"
        case .simOther(let text): "+CPIN: \(String(decoding: text, as: UTF8.self))"
        case .banner(.ready): "RDY"
        case .banner(.bootROM): "boot.rom"
        case .banner(.poweredDown): "POWERED DOWN"
        case .registration(let domain, let status): "+\("\(domain)".uppercased()): \(status)"
        case .socket(.dataWaiting): "data waits"
        case .socket(.sent): "SEND OK"
        case .socket(.sendFailed): "SEND FAIL"
        case .socket(.networkReady): "+IP"
        case .socket(.tcpError(let code)): "TCP ERROR:\(code)"
        case .cacheNotice(let slot): "+MSUB: \(slot)"
        case .nitz(let time):
            "+NITZ: \(time.year)/\(time.month)/\(time.day),\(time.hour):\(time.minute):\(time.second)"
        case .serviceState(.none): "no service"
        case .serviceState(.available(let name)): "service: \(String(decoding: name, as: UTF8.self))"
        case .other(let line): String(decoding: line, as: UTF8.self)
        }
    }
}
