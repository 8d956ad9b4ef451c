import BridgeRuntime
import Configuration
import Control

/// What `explain` prints.
struct ExplainReport {
    /// The direction that was asked for.
    var main: TopicExplanation
    /// The other one.
    var other: TopicExplanation
    /// The filters of a route by its index.
    var routes: (Int) -> String
    var rate: MessageRate?
    /// Whether the rate was asked for, or is a sample.
    var isRateGiven: Bool
    /// Whether the payload is a sample.
    var isSample: Bool

    // MARK: Lines

    /// For people.
    var lines: [String] {
        let question = main.question
        var lines = ["\(readable(question.topic)), from the \(Self.origin(question.way)) broker"]
        switch main.outcome {
        case .taken(let crossing): lines += rows(taken(crossing))
        case .refused(let route, _, let reason):
            lines += rows([("route", routeLine(route)), ("refused", reason)])
        case .own(let reason): lines += rows([("no route", reason)])
        case .invalid(let reason): lines += rows([("no topic", reason)])
        case .notRouted(let near):
            lines += rows([("no route", near.isEmpty ? "none goes this way" : "none takes it")])
            for route in near { lines.append("  not \(routeLine(route.route)): \(route.reason)") }
        }
        if let text = otherText { lines.append(text) }
        return lines
    }

    private static func origin(_ way: TopicQuestion.Way) -> String { way == .out ? "local" : "remote" }

    private func routeLine(_ index: Int) -> String { "route[\(index + 1)], \(routes(index))" }

    private func rows(_ rows: [(String, String)]) -> [String] {
        rows.map { name, text in "  \(DemoScreen.column(name, 12))\(text)" }
    }

    private func taken(_ crossing: Crossing) -> [(String, String)] {
        let question = main.question
        let count = question.payload.count
        var rows = [
            ("route", routeLine(crossing.route)),
            ("becomes", "\(readable(crossing.topic)) at the \(Self.origin(question.way.opposite)) broker"),
            ("QoS", "\(crossing.qos)"), ("retain", crossing.retain ? "set" : "not set"),
        ]
        if let priority = crossing.priority { rows.append(("priority", priority)) }
        rows.append(("expires", crossing.expirySeconds.map { "after \(Duration.seconds($0).text)" } ?? "never"))
        rows.append(("payload", "\(count) byte\(count == 1 ? "" : "s")\(isSample ? " of text, a sample" : "")"))
        let line = crossing.line
        if crossing.usesSocket {
            rows.append(("link", "MQTT over the module's TCP socket, commands of \(line.profile)"))
        }
        if let encoding = line.encoding { rows.append(("encoding", "\(encoding.words), limits of \(line.profile)")) }
        rows.append(
            (
                "serial line",
                "\(line.sent) bytes to the module, \(line.received) back: \(Self.milliseconds(line.time)) at \(line.baud) baud"
            ))
        if line.modeSwitch > 0 {
            rows.append(("", "\(line.modeSwitch) more when the message before it was encoded otherwise"))
        }
        rows += cost(crossing)
        for index in main.overtaken { rows.append(("also fits", "\(routeLine(index)); the first one takes it")) }
        if crossing.isEchoed { rows.append(("echo", "the remote broker sends it back; it is dropped here")) }
        rows += crossing.notes.map { ("note", $0) }
        return rows
    }

    private func cost(_ crossing: Crossing) -> [(String, String)] {
        let air = crossing.air
        var rows = [
            (
                "in the air",
                "some \(air.total) bytes: MQTT \(air.publish + air.acknowledgements), "
                    + (air.tls > 0 ? "TLS \(air.tls), " : "") + "TCP/IP \(air.headers) (an estimate)"
            )
        ]
        guard let rate else { return rows }
        rows.append(
            (
                "cost",
                "some \(Self.size(air.monthly(rate))) a month at \(rate.text)\(isRateGiven ? "" : ", a sample") (an estimate)"
            ))
        let share = rate.share(of: crossing.line.time)
        if share > 1000 {
            rows.append(("note", "at \(rate.text) the serial line would be busy \(share / 10) % of the time: too slow"))
        } else if share >= 10 {
            rows.append(("", "the serial line is busy \(share / 10) % of the time"))
        }
        return rows
    }

    /// One line about the other direction; nil when it is the topic itself that is wrong.
    private var otherText: String? {
        let from = "from the \(Self.origin(other.question.way)) broker: "
        switch other.outcome {
        case .taken(let crossing):
            let hint = main.isTaken ? "" : other.question.way == .in ? " (see --in)" : " (leave out --in)"
            return from + "\(routeLine(crossing.route)) makes it \(readable(crossing.topic))\(hint)"
        case .refused(let route, _, let reason): return from + "\(routeLine(route)) refuses it: \(reason)"
        case .own(let reason): return from + reason
        case .notRouted: return from + "no route takes it"
        case .invalid: return nil
        }
    }

    /// `13.4 ms`.
    static func milliseconds(_ time: Duration) -> String {
        let tenths = Int64(time / .microseconds(100))
        return tenths < 10_000 ? "\(tenths / 10).\(tenths % 10) ms" : "\(tenths / 10_000).\(tenths % 10_000 / 1000) s"
    }

    /// `12.3 MB`, `850 kB`.
    static func size(_ bytes: Int64) -> String {
        if bytes >= 1_000_000_000 { return "\(bytes / 1_000_000_000).\(bytes % 1_000_000_000 / 100_000_000) GB" }
        if bytes >= 1_000_000 { return "\(bytes / 1_000_000).\(bytes % 1_000_000 / 100_000) MB" }
        return bytes >= 1000 ? "\(bytes / 1000) kB" : "\(bytes) bytes"
    }

    // MARK: JSON

    /// For scripts.
    var json: JSONValue {
        var members = Self.outcome(main, rate)
        members.append(JSONValue.Member(name: "other_direction", value: .object(Self.outcome(other, nil))))
        return .object(members)
    }

    private static func outcome(_ explanation: TopicExplanation, _ rate: MessageRate?) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue) { members.append(JSONValue.Member(name: name, value: value)) }
        add("topic", .text(String(decoding: explanation.question.topic, as: UTF8.self)))
        add("direction", .text(explanation.question.way.rawValue))
        add("taken", .bool(explanation.isTaken))
        switch explanation.outcome {
        case .taken(let crossing): members += Self.crossing(crossing, explanation, rate)
        case .refused(let route, let code, let reason):
            add("route", .number(route + 1))
            add("code", .text(code))
            add("reason", .text(reason))
        case .own(let reason):
            add("code", .text("own"))
            add("reason", .text(reason))
        case .invalid(let reason):
            add("code", .text("invalid"))
            add("reason", .text(reason))
        case .notRouted(let near):
            add("code", .text("not-routed"))
            add("reason", .text(near.first.map { "route[\($0.route + 1)]: \($0.reason)" } ?? "no route goes this way"))
            add(
                "nearest",
                .list(near.map { .members(["route": .number($0.route + 1), "reason": .text($0.reason)]) }))
        }
        return members
    }

    private static func crossing(
        _ crossing: Crossing, _ explanation: TopicExplanation, _ rate: MessageRate?
    ) -> [JSONValue.Member] {
        let line = crossing.line
        let air = crossing.air
        let encoding: String? = line.encoding.map { "\($0)" }
        var members: [JSONValue.Member] = []
        func add(_ name: String, _ value: JSONValue) { members.append(JSONValue.Member(name: name, value: value)) }
        add("route", .number(crossing.route + 1))
        add("other_topic", .text(String(decoding: crossing.topic, as: UTF8.self)))
        add("qos", .number(crossing.qos))
        add("retain", .bool(crossing.retain))
        add("priority", .text(crossing.priority))
        add("expire_s", .number(crossing.expirySeconds.map { Int($0) }))
        add("payload_bytes", .number(explanation.question.payload.count))
        add("encoding", .text(encoding))
        add("link", .text(crossing.usesSocket ? "socket" : "mqtt"))
        add("profile", .text(line.profile))
        add("line_bytes_sent", .number(line.sent))
        add("line_bytes_received", .number(line.received))
        add("line_us", .number(Int64(line.time / .microseconds(1))))
        add("baud", .number(line.baud))
        add("air_bytes_estimate", .number(air.total))
        add("rate", .text(rate?.text))
        add("month_bytes_estimate", rate.map { .number(air.monthly($0)) } ?? .null)
        add("overtaken_routes", .list(explanation.overtaken.map { .number($0 + 1) }))
        add("echoed", .bool(crossing.isEchoed))
        add("notes", .list(crossing.notes.map { .text($0) }))
        return members
    }
}
