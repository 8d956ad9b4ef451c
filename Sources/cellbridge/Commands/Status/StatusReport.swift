import BridgeRuntime
import Control
import Outbox

/// What `status` prints. Texts of the service may quote the module: only what is printable reaches a terminal.
struct StatusReport {
    let json: JSONValue
    private let hasColours: Bool

    /// The answer of the running service.
    init(service: JSONValue, hasColours: Bool = false) {
        json = service
        self.hasColours = hasColours
    }

    /// Of a service that does not run; what its store tells.
    init(
        stopped name: String, _ found: Result<StoreReader.Summary?, CommandFailure>, now: Int64,
        hasColours: Bool = false
    ) {
        self.hasColours = hasColours
        var members: [JSONValue.Member] = [
            .init(name: "service", value: false), .init(name: "version", value: .text(cellbridgeVersion)),
            .init(name: "name", value: .text(name)), .init(name: "now", value: .number(now)),
        ]
        switch found {
        case .success(let summary?):
            members.append(
                .init(
                    name: "queue",
                    value: .members([
                        "out": .number(summary.out), "in": .number(summary.in), "aside": .number(summary.aside),
                        "oldest_out": .time(summary.oldestOut), "oldest_in": .time(summary.oldestIn),
                        "written": .time(summary.writtenAt),
                    ])))
        case .success(nil): members.append(.init(name: "queue", value: .null))
        case .failure(let failure):
            members += [.init(name: "queue", value: .null), .init(name: "problem", value: .text(failure.text))]
        }
        json = .object(members)
    }

    private var runs: Bool { json["service"]?.boolean == true }
    private var isOnline: Bool { json["link"]?.string == "online" }
    private var now: Int64 { json["now"]?.integer ?? 0 }

    /// `StatusCommand.details` has the meanings.
    var exitCode: ExitCode { runs ? (isOnline ? .ok : .failed) : .notRunning }

    // MARK: For people

    var lines: [String] { runs ? running : stopped }

    /// One line of the state, with the time.
    var line: String { "\(LocalTime.text(now))  \(mark(isJSON: false))" }

    /// What a change is told of: not of what changes by itself with time.
    func mark(isJSON: Bool) -> String {
        if isJSON {
            // The question itself is traffic on the line.
            let passing = [
                "signal": ["age"], "operator": ["age"], "bytes": ["line_sent", "line_received"],
                "window": ["in_flight", "unsent"],
            ]
            let members = (json.members ?? []).filter { !["now", "uptime"].contains($0.name) }.map { member in
                guard let names = passing[member.name], let parts = member.value.members else { return member }
                return .init(name: member.name, value: .object(parts.filter { !names.contains($0.name) }))
            }
            return JSONValue.object(members).description
        }
        guard runs else { return "the service does not run; \(depths)" }
        let state = isOnline ? "online" : "offline, \(text(json["at"])): \(text(json["reason"]))"
        return "\(state); \(depths)"
    }

    private var depths: String {
        guard let queue = json["queue"], queue != .null else { return "no queue" }
        let aside = count(queue["aside"]) > 0 ? ", \(count(queue["aside"])) aside" : ""
        return "outbox \(count(queue["out"]))\(aside), inbox \(count(queue["in"]))"
    }

    private var stopped: [String] {
        var lines = ["cellbridge \(text(json["name"])): \(paint("the service does not run", "31"))"]
        if let problem = json["problem"]?.string { return lines + [row("queue", printable(problem))] }
        guard let queue = json["queue"], queue != .null else {
            return lines + [row("queue", "there is none yet")]
        }
        lines += queueRows(queue)
        if let written = queue["written"]?.integer {
            lines.append(row("as of", "\(LocalTime.text(written)), \(span(since: written)) ago"))
        }
        return lines
    }

    private var running: [String] {
        var lines = [
            "cellbridge \(text(json["version"])) \(text(json["name"])), up \(LocalTime.span(json["uptime"]?.integer ?? 0))"
        ]
        lines += linkRows
        lines += radioRows
        lines.append(row("module", module))
        lines.append(row("local", text(json["local"])))
        lines += queueRows(json["queue"] ?? .null)
        if let bytes = json["bytes"] {
            lines.append(
                row("payload", "\(size(bytes["payload_out"])) out, \(size(bytes["payload_in"])) in"))
            lines.append(
                row("line", "\(size(bytes["line_sent"])) sent, \(size(bytes["line_received"])) received"))
        }
        if let end = json["certificates"]?["end"]?.integer {
            let days = json["certificates"]?["days"]?.integer ?? 0
            let words =
                end <= now ? paint("ended", "31") : days < 14 ? paint("\(days) days left", "33") : "\(days) days left"
            lines.append(row("certificates", "\(words), until \(LocalTime.text(end))"))
        }
        if let counters = json["counters"] { lines += counterRows(counters) }
        if let record = json["flight_record"]?.string { lines.append(row("record", printable(record))) }
        return lines
    }

    private var linkRows: [String] {
        let since = json["since"]?.integer ?? now
        let time = "for \(span(since: since)), since \(LocalTime.text(since))"
        var lines: [String]
        if isOnline {
            lines = [row("link", "\(paint("online", "32")) \(time)")]
        } else {
            lines = [
                row("link", "\(paint("offline", "31")) \(time)"), row("reason", text(json["reason"])),
                row("step", text(json["at"])),
            ]
            if let rung = json["rung"]?.string { lines.append(row("rung", printable(rung))) }
        }
        if let words = linkWords { lines.append(row("over", words)) }
        guard let outage = json["last_recovery"], outage != .null, let began = outage["began"]?.integer else {
            return lines
        }
        if let ended = outage["ended"]?.integer {
            let rung = outage["rung"]?.string.map { ", highest rung \(printable($0))" } ?? ""
            lines.append(
                row(
                    "last break",
                    "\(LocalTime.text(began)) for \(Self.span(from: began, to: ended))\(rung): \(text(outage["reason"]))"
                ))
        }
        return lines
    }

    /// Which link, and what is known of it.
    private var linkWords: String? {
        switch json["link_kind"]?.string {
        case "mqtt"?: return "the module's own MQTT client"
        case "socket"?:
            var parts = ["the module's TCP socket"]
            if let security = json["tls"]?.string, !security.isEmpty { parts.append(printable(security)) }
            if isOnline, let window = json["window"], window != .null {
                parts.append("\(count(window["in_flight"])) of \(count(window["size"])) in flight")
            }
            return parts.joined(separator: ", ")
        default: return nil
        }
    }

    private var radioRows: [String] {
        func age(_ value: JSONValue) -> String { "\(LocalTime.span(value["age"]?.integer ?? 0)) ago" }
        var lines = [row("signal", "not known yet"), row("operator", "not known yet")]
        if let signal = json["signal"], signal != .null {
            let strength = "\(count(signal["dbm"])) dBm, \(text(signal["words"])) (\(count(signal["csq"])) of 31)"
            lines[0] = row("signal", "\(strength), \(age(signal))")
        }
        if let network = json["operator"], network != .null {
            let technology = network["technology"]?.string.map { ", \(printable($0))" } ?? ""
            lines[1] = row("operator", "\(text(network["name"]))\(technology), \(age(network))")
        }
        return lines
    }

    private var module: String {
        let facts = json["module"]
        let parts = [
            json["profile"]?.string.map { "profile \(printable($0))" }, facts?["model"]?.string.map(printable),
            facts?["firmware"]?.string.flatMap { firmware in
                // Some have the same answer to both.
                firmware == facts?["model"]?.string ? nil : "firmware \(printable(firmware))"
            },
            facts?["imei"]?.string.map { "IMEI \(printable($0))" },
        ]
        let known = parts.compactMap { $0 }
        return known.isEmpty ? "not known yet" : known.joined(separator: ", ")
    }

    private func queueRows(_ queue: JSONValue) -> [String] {
        func oldest(_ name: String) -> String {
            queue[name]?.integer.map { ", the oldest \(span(since: $0)) old" } ?? ""
        }
        var lines = [
            row("outbox", "\(count(queue["out"])) message(s)\(oldest("oldest_out"))"),
            row("inbox", "\(count(queue["in"])) message(s)\(oldest("oldest_in"))"),
        ]
        let aside = count(queue["aside"])
        if aside > 0 {
            let due = queue["next_release"]?.integer.map { ", the first due \(LocalTime.text($0))" } ?? ""
            lines.append(row("set aside", paint("\(aside) message(s)", "33") + due))
        }
        return lines
    }

    private func counterRows(_ counters: JSONValue) -> [String] {
        func value(_ name: String) -> Int64 { counters[name]?.integer ?? 0 }
        return [
            row(
                "out",
                "\(value("out_accepted")) accepted, \(value("out_acknowledged")) acknowledged, "
                    + "\(value("out_refused")) refused, \(value("out_retried")) sent again"),
            row(
                "in",
                "\(value("in_received")) received, \(value("in_delivered")) delivered, \(value("in_refused")) refused, "
                    + "\(value("echoes_dropped")) echo(es) dropped"),
            row(
                "sessions",
                "\(value("sessions")), \(value("breaks")) break(s), \(value("module_restarts")) module restart(s), "
                    + "\(value("port_losses")) port loss(es), \(value("command_timeouts")) command timeout(s)"),
        ]
    }

    // MARK: Words

    private func row(_ name: String, _ value: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 14 - name.count)) + value
    }

    private func paint(_ text: String, _ colour: String) -> String {
        hasColours ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
    }

    private func printable(_ text: String) -> String { readable(Array(text.utf8), limit: 300) }
    private func text(_ value: JSONValue?) -> String { printable(value?.string ?? "?") }
    private func count(_ value: JSONValue?) -> Int64 { value?.integer ?? 0 }
    private func span(since time: Int64) -> String { Self.span(from: time, to: now) }

    private static func span(from start: Int64, to end: Int64) -> String {
        let (span, overflow) = end.subtractingReportingOverflow(start)
        return overflow ? "?" : LocalTime.span(span)
    }

    /// `812 bytes`, `1.2 kB`, `3.4 MB`.
    private func size(_ value: JSONValue?) -> String {
        let bytes = max(0, count(value))
        guard bytes >= 1000 else { return "\(bytes) bytes" }
        var (unit, names) = (Int64(1000), ["kB", "MB", "GB", "TB"][...])
        while bytes / unit >= 1000, names.count > 1 {
            unit *= 1000
            names.removeFirst()
        }
        return "\(bytes / unit).\(bytes % unit / (unit / 10)) \(names.first ?? "")"
    }
}
