import ATProtocol
import Control

/// Signal, operator, registration.
enum RadioChecks {
    /// The `rssi` of `+CSQ` (YM310 AT manual 5.1); nil: not known (99), or no answer that makes sense.
    static func strength(_ answer: Answer) -> Int? {
        guard let value = answer.fields("+CSQ")?.looseNumber(0), (0...31).contains(value) else { return nil }
        return value
    }

    /// Words for a strength of 0 to 31.
    static func word(_ strength: Int) -> String {
        switch strength {
        case ..<4: "very weak"
        case ..<10: "weak"
        case ..<15: "fair"
        case ..<26: "good"
        default: "very good"
        }
    }

    /// The answer to `AT+CSQ`. Without a signal nothing can register: `isRegistered` excuses a module that does not tell.
    static func signal(_ answer: Answer, isRegistered: Bool) -> Finding {
        guard let strength = strength(answer) else {
            let text = answer.isSuccess ? "not known" : "AT+CSQ was answered \(answer.final)"
            return isRegistered || !answer.isSuccess
                ? Finding(.signal, .warning, text)
                : .failed(.signal, "no signal", [.antenna, .coverage, .unpaid], facts: [.number("rssi", 99)])
        }
        let dBm = -113 + 2 * strength
        let facts: [JSONValue.Member] = [.number("rssi", strength), .number("dbm", dBm), .text("word", word(strength))]
        let text = "\(dBm) dBm, \(word(strength)) (\(strength) of 31)"
        return strength < 10
            ? Finding(.signal, .warning, text, facts: facts, causes: [.antenna, .coverage])
            : .ok(.signal, text, facts)
    }

    /// Access technologies of `+COPS` and `+CEREG` (YM310 AT manual 5.4, 5.6; 3GPP TS 27.007).
    private static let technologies: [Int: String] = [
        0: "GSM", 1: "GSM", 2: "3G", 3: "EDGE", 4: "3G", 5: "3G", 6: "3G", 7: "LTE", 8: "EC-GSM-IoT", 9: "NB-IoT",
    ]

    /// Name and technology of the operator in an answer to `AT+COPS?`; nil when it names none.
    static func `operator`(_ answer: Answer) -> (name: String, technology: String?)? {
        guard answer.isSuccess, let fields = answer.fields("+COPS"), let name = fields.text(2) else { return nil }
        return (name, fields.looseNumber(3).flatMap { technologies[$0] })
    }

    /// The answer to `AT+COPS?` (YM310 AT manual 5.6). It never fails: why there is none is registration's to say.
    /// `isGSM`: a module that knows no LTE.
    static func network(_ answer: Answer, isGSM: Bool = false) -> Finding {
        guard answer.isSuccess, let fields = answer.fields("+COPS") else {
            return Finding(.network, .warning, "AT+COPS? was answered \(answer.final)")
        }
        if fields.looseNumber(0) == 2 {
            return Finding(.network, .warning, "none", facts: [.text("name", nil)], causes: [.deregistered])
        }
        guard let (name, technology) = self.operator(answer) else {
            return Finding(.network, .warning, "none yet", facts: [.text("name", nil)])
        }
        let facts: [JSONValue.Member] = [.text("name", name), .text("technology", technology)]
        let text = [name, technology].compactMap(\.self).joined(separator: ", ")
        return !isGSM && (technology == "GSM" || technology == "EDGE")
            ? Finding(.network, .warning, "\(text), not LTE", facts: facts, causes: [.unpaid, .antenna])
            : .ok(.network, text, facts)
    }

    /// What a registration query tells.
    struct Registration: Equatable {
        /// 0 not searching, 1 at home, 2 searching, 3 denied, 4 unknown, 5 roaming and so on.
        var status: Int
        /// Why the network refuses, when it tells.
        var cause: Int?
        /// Whether `cause` is one of 3GPP TS 24.008 or 24.301; else the manufacturer's.
        var isStandard = true

        /// Registered for data.
        var isRegistered: Bool { [1, 5, 9, 10].contains(status) }
    }

    /// The answer to `AT+CEREG?` or `AT+CGREG?` (YM310 AT manual 5.4, 6.1); a URC that came between is told apart by its
    /// fields.
    static func registration(_ answer: Answer) -> Registration? {
        var found: Registration?
        for line in answer.lines {
            for prefix in ["+CEREG", "+CGREG", "+CREG"] {
                guard let fields = ResponseFields(line: line, prefix: prefix) else { continue }
                // `n,stat[,…]`, or `stat[,"tac",…]` of a URC.
                let isQuery = fields.number(1) != nil && (fields.bytes(1)?.count ?? 0) <= 2
                let shift = isQuery ? 1 : 0
                guard let status = fields.number(shift) else { continue }
                var reading = Registration(status: status)
                if let cause = fields.looseNumber(shift + 5) {
                    reading.cause = cause
                    reading.isStandard = fields.looseNumber(shift + 4) != 1
                }
                if found == nil || reading.isRegistered || found?.isRegistered == false && reading.cause != nil {
                    found = reading
                }
            }
        }
        return found
    }

    /// The best of what the queries told; `strength` is that of the signal stage.
    static func registration(_ readings: [Registration], strength: Int?) -> Finding {
        guard
            let best = readings.first(where: \.isRegistered) ?? readings.first(where: { $0.status == 3 })
                ?? readings.first(where: { $0.cause != nil }) ?? readings.first
        else {
            return .failed(.registration, "the module does not tell", [.wrongPort, .supply])
        }
        var facts: [JSONValue.Member] = [.number("status", best.status), .number("cause", best.cause)]
        if best.isRegistered {
            return .ok(.registration, best.status == 5 || best.status == 10 ? "roaming" : "home network", facts)
        }
        if let cause = best.cause, best.status != 2 || cause != 0 {
            let reject = best.isStandard ? RejectCause.known[cause] : nil
            let words = reject?.words ?? (best.isStandard ? "not known" : "the manufacturer's own")
            facts.append(.text("meaning", words))
            return .failed(
                .registration, "\(state(best.status)): cause \(cause), \(words)",
                reject?.causes ?? [.unpaid, .boundCard, .antenna], facts: facts)
        }
        var causes: [Cause] =
            switch best.status {
            case 3: [.unpaid, .boundCard, .boundPlace]
            case 0: [.unpaid, .deregistered, .antenna]
            case 6, 7, 8, 11: [.noData, .unpaid]
            default: [.antenna, .unpaid, .coverage, .boundCard]
            }
        if let strength, strength < 10, causes.first != .antenna {
            causes.removeAll { $0 == .antenna }
            causes.insert(.antenna, at: 0)
        }
        return .failed(.registration, state(best.status), causes, facts: facts)
    }

    private static func state(_ status: Int) -> String {
        switch status {
        case 0: "not registered, and not searching"
        case 1, 5, 9, 10: "registered"
        case 2: "searching, and not registered yet"
        case 3: "refused by the network"
        case 6, 7: "registered for SMS only"
        case 8, 11: "registered for emergency calls only"
        default: "not known (\(status))"
        }
    }
}
