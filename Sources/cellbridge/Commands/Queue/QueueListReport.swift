import BridgeCore
import BridgeRuntime
import Control
import Outbox

/// What `queue list` prints: whichever of the lists is there.
struct QueueListReport {
    /// Unix seconds.
    let now: Int64
    var depths: (out: Int, in: Int, aside: Int)?
    var waiting: [StoreReader.Waiting]?
    var aside: [StoreReader.Waiting]?
    var refusals: [Refusal]?
    /// Whether only some were asked for: then what is not listed is not told of.
    var isFiltered = false
    /// Only the messages, no word about them all.
    var isQuiet = false

    init(now: Int64) { self.now = now }

    // MARK: For people

    var lines: [String] {
        var lines: [String] = []
        func note(_ text: @autoclosure () -> String) {
            if !isQuiet { lines.append(text()) }
        }
        if let waiting, let depths {
            let aside = depths.aside > 0 ? ", \(depths.aside) of them set aside" : ""
            note("outbox: \(depths.out) message(s)\(aside); inbox: \(depths.in)")
            lines += waiting.map(line)
            let left = depths.out - depths.aside + depths.in - waiting.count
            if isFiltered {
                if waiting.isEmpty { note("none of them is meant") }
            } else if left > 0 {
                note("… and \(left) more (-n N shows more)")
            }
        }
        if let aside, let depths {
            note(depths.aside == 0 ? "nothing is set aside" : "\(depths.aside) message(s) set aside")
            for message in aside {
                lines.append(line(message))
                lines.append("    \(readable(Array((message.aside?.reason ?? "").utf8), limit: 200))")
                lines.append("    \(due(message.aside?.until ?? 0))")
            }
            if depths.aside > aside.count, !isFiltered {
                note("… and \(depths.aside - aside.count) more (-n N shows more)")
            }
            if !aside.isEmpty {
                note("to try one now: cellbridge queue retry ID (or --all)")
            }
        }
        if let refusals {
            if refusals.isEmpty { note("nothing was refused") }
            lines += refusals.map { refusal in
                let way = refusal.direction == .out ? "out" : "in"
                return """
                    \(LocalTime.text(refusal.at))  \(way)  \(readable(refusal.topic)), \(refusal.size) bytes: \
                    \(readable(Array(refusal.reason.utf8), limit: 200))
                    """
            }
        }
        return lines
    }

    private func line(_ message: StoreReader.Waiting) -> String {
        let way = message.direction == .out ? "out" : "in"
        var line = "\(way) \(message.id)  \(readable(message.topic)), \(message.size) bytes"
        if message.direction == .out, message.priority != 1 { line += message.priority == 0 ? ", high" : ", low" }
        line += ", accepted \(LocalTime.text(message.acceptedAt)) (\(Self.span(from: message.acceptedAt, to: now)) ago)"
        if let end = message.expiresAt {
            line += end <= now ? ", expired" : ", expires in \(Self.span(from: now, to: end))"
        }
        return line
    }

    private func due(_ until: Int64) -> String {
        until <= now
            ? "due: it is tried again when the service runs"
            : "until \(LocalTime.text(until)) (in \(Self.span(from: now, to: until)))"
    }

    /// Times come from a file that anything may have been written to.
    static func span(from start: Int64, to end: Int64) -> String {
        let (span, overflow) = end.subtractingReportingOverflow(start)
        return overflow ? "?" : LocalTime.span(span)
    }

    // MARK: For scripts

    var json: JSONValue {
        var members: [JSONValue.Member] = []
        if let depths {
            members += [
                .init(name: "outbox", value: .number(depths.out)), .init(name: "inbox", value: .number(depths.in)),
                .init(name: "aside_count", value: .number(depths.aside)),
            ]
        }
        if let waiting { members.append(.init(name: "waiting", value: .list(waiting.map(Self.json)))) }
        if let aside { members.append(.init(name: "aside", value: .list(aside.map(Self.json)))) }
        if let refusals {
            let list = refusals.map { refusal in
                JSONValue.members([
                    "direction": .text(refusal.direction == .out ? "out" : "in"),
                    "topic": .text(String(decoding: refusal.topic, as: UTF8.self)), "size": .number(refusal.size),
                    "code": .text(refusal.code), "reason": .text(refusal.reason), "at": .number(refusal.at),
                ])
            }
            members.append(.init(name: "refused", value: .list(list)))
        }
        return .object(members)
    }

    static func json(_ message: StoreReader.Waiting) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "direction", value: .text(message.direction == .out ? "out" : "in")),
            .init(name: "id", value: .number(message.id)),
            .init(name: "topic", value: .text(String(decoding: message.topic, as: UTF8.self))),
            .init(name: "size", value: .number(message.size)),
            .init(name: "priority", value: .number(message.priority)),
            .init(name: "route", value: .number(message.route.map { $0 &+ 1 })),
            .init(name: "accepted", value: .number(message.acceptedAt)),
            .init(name: "expires", value: .time(message.expiresAt)),
        ]
        if let aside = message.aside {
            members.append(.init(name: "until", value: .number(aside.until)))
            members.append(.init(name: "reason", value: .text(aside.reason)))
        }
        return .object(members)
    }
}
