import BridgeCore
import Control

/// What `queue verify` prints.
struct QueueVerifyReport {
    private let found: StoreVerification
    private let directory: String
    private let since: Int64?

    init(_ found: StoreVerification, directory: String, since: Int64?) {
        self.found = found
        self.directory = directory
        self.since = since
    }

    private var ways: [(name: String, way: StoreVerification.Way)] { [("out", found.out), ("in", found.in)] }

    // MARK: For people

    var lines: [String] {
        var lines = ["the books of \(directory)\(since.map { ", accepted since \(LocalTime.text($0))" } ?? "")"]
        lines.append(found.newest.map { "newest: \(LocalTime.text($0))" } ?? "nothing was accepted yet")
        if let oldest = found.reachesBackTo {
            lines.append("the ledger reaches back to \(LocalTime.text(oldest))")
        }
        lines.append("")
        lines += table
        for (name, way) in ways where way.waitingEarlier > 0 {
            lines.append("\(name): \(way.waitingEarlier) more wait(s), accepted before the time the ledger tells of")
        }
        lines.append("")
        if found.isBalanced { return lines + ["balanced: accepted = acknowledged + refused + waiting"] }
        lines.append("OUT OF BALANCE:")
        for (name, way) in ways { lines += complaints(name, way) }
        lines += found.damaged.map { "  ledger segment \($0.segment) cannot be read: \(Self.words($0.damage))" }
        lines += Self.rest(found.damagedCount - found.damaged.count)
        return lines + [
            "this must not happen: stop the service, keep a copy of \(directory), and report it with this text"
        ]
    }

    private var table: [String] {
        let head = ["", "accepted", "acknowledged", "refused", "waiting", "of these aside"]
        let rows = ways.map { name, way in
            [name] + [way.accepted, way.acknowledged, way.refused, way.waiting, way.aside].map { "\($0)" }
        }
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        return ([head] + rows).map { row in
            zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }.joined(separator: "  ")
        }
    }

    private func complaints(_ name: String, _ way: StoreVerification.Way) -> [String] {
        var lines = way.missing.map { range in
            let ids = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            return "  \(name) \(ids): missing: accepted, but neither finished nor waiting"
        }
        lines += Self.rest(way.missingCount - way.missing.reduce(0) { $0 + $1.count })
        for doubled in way.doubled {
            lines.append("  \(name) \(doubled.id): doubled: \(doubled.traces.map(Self.words).joined(separator: "; "))")
        }
        lines += Self.rest(way.doubledCount - way.doubled.count)
        lines += way.unaccepted.map {
            "  \(name) \($0): unknown: stored, but never accepted (the last one is \(way.last))"
        }
        return lines + Self.rest(way.unacceptedCount - way.unaccepted.count)
    }

    private static func rest(_ count: Int) -> [String] { count > 0 ? ["  … and \(count) more of these"] : [] }

    private static func words(_ trace: StoreVerification.Trace) -> String {
        switch trace {
        case .waiting: return "it waits"
        case .aside: return "it is set aside"
        case .finished(let entry):
            let what =
                switch entry.outcome {
                case .acknowledged: "acknowledged"
                case .refused(let code): "refused (\(code))"
                }
            let finished = LocalTime.text(entry.acceptedAt + entry.finishedAfter / 1000)
            return "\(what) \(finished), accepted \(LocalTime.text(entry.acceptedAt)), \(entry.size) bytes"
        }
    }

    private static func words(_ damage: LedgerDamage) -> String {
        switch damage {
        case .tooShort: "it is too short"
        case .version(let version): "it is of version \(version)"
        case .checksum: "its checksum is wrong"
        case .cutOff(let index): "it is cut off in entry \(index + 1)"
        case .value(let index): "entry \(index + 1) makes no sense"
        case .count(let told, let found): "it should have \(told) entries and has \(found)"
        }
    }

    // MARK: For scripts

    var json: JSONValue {
        .members([
            "balanced": .bool(found.isBalanced), "path": .text(directory), "since": .time(since),
            "newest": .time(found.newest), "reaches_back_to": .time(found.reachesBackTo), "out": Self.json(found.out),
            "in": Self.json(found.in), "damaged_segments": .number(found.damagedCount),
            "damaged": .list(
                found.damaged.map {
                    .members(["segment": .number($0.segment), "damage": .text(Self.words($0.damage))])
                }),
        ])
    }

    private static func json(_ way: StoreVerification.Way) -> JSONValue {
        .members([
            "first": .number(way.first), "last": .number(way.last), "accepted": .number(way.accepted),
            "acknowledged": .number(way.acknowledged), "refused": .number(way.refused),
            "waiting": .number(way.waiting), "aside": .number(way.aside),
            "waiting_earlier": .number(way.waitingEarlier), "missing_count": .number(way.missingCount),
            "missing": .list(
                way.missing.map { .members(["from": .number($0.lowerBound), "to": .number($0.upperBound)]) }),
            "doubled_count": .number(way.doubledCount),
            "doubled": .list(
                way.doubled.map { doubled in
                    .members(["id": .number(doubled.id), "traces": .list(doubled.traces.map(Self.json))])
                }),
            "unaccepted_count": .number(way.unacceptedCount),
            "unaccepted": .list(way.unaccepted.map { .number($0) }),
        ])
    }

    private static func json(_ trace: StoreVerification.Trace) -> JSONValue {
        switch trace {
        case .waiting: return .members(["state": .text("waiting")])
        case .aside: return .members(["state": .text("aside")])
        case .finished(let entry):
            let (state, code): (String, String?) =
                switch entry.outcome {
                case .acknowledged: ("acknowledged", nil)
                case .refused(let code): ("refused", code)
                }
            return .members([
                "state": .text(state), "code": .text(code), "accepted": .number(entry.acceptedAt),
                "stored_after_ms": .time(entry.storedAfter), "given_after_ms": .time(entry.givenAfter),
                "finished_after_ms": .number(entry.finishedAfter), "size": .number(entry.size),
                "topic_hash": .number(Int64(entry.topicHash)),
            ])
        }
    }
}

extension JSONValue {
    /// A time, or null.
    static func time(_ time: Int64?) -> JSONValue { time.map { .number($0) } ?? .null }
}
