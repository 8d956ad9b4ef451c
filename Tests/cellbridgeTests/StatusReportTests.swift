import BridgeRuntime
import Control
import Testing

@testable import Outbox
@testable import cellbridge

struct StatusReportTests {
    private let now: Int64 = 1_800_000_000

    private func answer(_ change: (inout [String: JSONValue]) -> Void = { _ in }) -> JSONValue {
        var values: [String: JSONValue] = [
            "link": "online", "since": .number(now - 7500), "at": "online", "rung": .null, "reason": .null,
            "last_recovery": .members([
                "rung": "radio", "reason": "CLOSED", "began": .number(now - 7600), "ended": .number(now - 7500),
            ]),
            "signal": .members(["csq": 23, "dbm": -67, "words": "good", "age": 4]),
            "operator": .members(["name": "CHN-UNICOM", "technology": "LTE", "age": 4]),
        ]
        change(&values)
        return .object(
            [
                .init(name: "service", value: true), .init(name: "version", value: "0.1.0"),
                .init(name: "name", value: "field-box-17"), .init(name: "now", value: .number(now)),
                .init(name: "uptime", value: 90_000),
            ] + values.sorted { $0.key < $1.key }.map { .init(name: $0.key, value: $0.value) } + [
                .init(name: "profile", value: "ec716s"),
                .init(
                    name: "module",
                    value: .members([
                        "model": "YM310", "firmware": "V1.2", "imei": "866000000000001", "iccid": .null,
                    ])), .init(name: "local", value: "connected"),
                .init(
                    name: "queue",
                    value: .members([
                        "out": 12, "in": 0, "aside": 1, "bytes": 2000, "oldest_out": .number(now - 65),
                        "oldest_in": .null, "next_release": .number(now + 86_400),
                    ])),
                .init(
                    name: "bytes",
                    value: .members([
                        "payload_out": 812, "payload_in": 1234, "line_sent": 3_456_789, "line_received": 999_999,
                    ])),
                .init(
                    name: "certificates", value: .members(["end": .number(now + 62 * 86_400), "days": 62])),
                .init(
                    name: "counters",
                    value: .members([
                        "out_accepted": 100, "out_acknowledged": 88, "out_refused": 0, "in_received": 7,
                        "in_delivered": 7, "sessions": 2, "breaks": 1,
                    ])), .init(name: "flight_record", value: "/var/lib/cellbridge/flight/1.txt"),
            ])
    }

    private var times: [Int64] { [now, now - 7500, now - 7600, now + 86_400, now + 62 * 86_400, now - 30] }

    private func shown(_ report: StatusReport) -> String { untimed(report.lines.joined(separator: "\n"), times) }

    @Test func online() {
        let report = StatusReport(service: answer())
        Snapshot.check(shown(report), "status-online.txt")
        #expect(report.exitCode == .ok && report.line.hasSuffix("  online; outbox 12, 1 aside, inbox 0"))
    }

    @Test func whichLink() {
        func over(_ link: String, _ kind: JSONValue, tls: JSONValue = .null) -> String? {
            let report = StatusReport(
                service: answer {
                    $0["link"] = .text(link)
                    $0["link_kind"] = kind
                    $0["tls"] = tls
                    $0["window"] = .members(["size": 20, "in_flight": 3, "unsent": 70])
                })
            return report.lines.first { $0.hasPrefix("  over ") }.map { String($0.dropFirst(16)) }
        }
        #expect(over("online", "mqtt") == "the module's own MQTT client")
        #expect(
            over("online", "socket", tls: "TLSv1.3, X\u{1B}")
                == "the module's TCP socket, TLSv1.3, X\\x1B, 3 of 20 in flight")
        #expect(over("offline", "socket") == "the module's TCP socket")
        #expect(over("online", .null) == nil)
    }

    @Test func offline() {
        let report = StatusReport(
            service: answer {
                $0["link"] = "offline"
                $0["at"] = "at registration"
                $0["rung"] = "radio"
                $0["reason"] = "no registration\u{1B}[2J"
                $0["signal"] = .members(["csq": 2, "dbm": -109, "words": "very weak", "age": 3720])
                $0["operator"] = .null
                $0["last_recovery"] = .members([
                    "rung": "radio", "reason": "x", "began": .number(now - 7500), "ended": .null,
                ])
            })
        Snapshot.check(shown(report), "status-offline.txt")
        #expect(report.exitCode == .failed)
        #expect(report.line.contains("offline, at registration: no registration\\x1B[2J;"))
    }

    @Test func stopped() {
        var summary = StoreReader.Summary(out: 3, in: 1, aside: 2)
        (summary.oldestOut, summary.oldestIn, summary.writtenAt) = (now - 3600, now - 5, now - 30)
        let report = StatusReport(stopped: "box", .success(summary), now: now)
        Snapshot.check(shown(report), "status-stopped.txt")
        #expect(report.exitCode == .notRunning && report.exitCode.rawValue == 3)
        #expect(
            StatusReport(stopped: "box", .success(nil), now: now).lines.last?.hasSuffix("there is none yet") == true)
        let failure = StatusReport(stopped: "box", .failure(CommandFailure(.noPermission, "no\u{7}")), now: now)
        #expect(failure.lines.last?.hasSuffix("no\\x07") == true && failure.exitCode == .notRunning)
    }

    @Test func coloursOnlyWhereTheyAreWelcome() {
        #expect(!StatusReport(service: answer()).lines.joined().contains("\u{1B}"))
        #expect(StatusReport(service: answer(), hasColours: true).lines.joined().contains("\u{1B}[32monline\u{1B}[0m"))
    }

    @Test func aChangeIsNotThePassingOfTime() {
        let first = StatusReport(service: answer())
        let later = StatusReport(
            service: .object(
                (answer {
                    $0["signal"] = .members(["csq": 23, "dbm": -67, "words": "good", "age": 5])
                    $0["operator"] = .members(["name": "CHN-UNICOM", "technology": "LTE", "age": 5])
                }.members ?? [])
                .map {
                    switch $0.name {
                    case "bytes":
                        .init(
                            name: "bytes",
                            value: .members([
                                "payload_out": 812, "payload_in": 1234, "line_sent": 3_456_800,
                                "line_received": 1_000_100,
                            ]))
                    case "now", "uptime": .init(name: $0.name, value: .number(($0.value.integer ?? 0) + 1))
                    default: $0
                    }
                }))
        #expect(first.mark(isJSON: true) == later.mark(isJSON: true) && first.json != later.json)
        #expect(first.mark(isJSON: false) == later.mark(isJSON: false))
        let other = StatusReport(service: answer { $0["link"] = "offline" })
        #expect(first.mark(isJSON: true) != other.mark(isJSON: true))
        let weaker = StatusReport(
            service: answer { $0["signal"] = .members(["csq": 5, "dbm": -103, "words": "weak", "age": 4]) })
        #expect(first.mark(isJSON: true) != weaker.mark(isJSON: true))
        #expect(first.mark(isJSON: false) != other.mark(isJSON: false))
    }

    @Test func nonsenseDoesNotTrap() {
        for json in [
            JSONValue.members(["service": true]), .null,
            .members([
                "service": true, "since": .number(.min), "now": .number(.max),
                "certificates": .members(["end": .number(.min)]),
            ]),
        ] {
            let report = StatusReport(service: json)
            #expect(!report.lines.isEmpty && !report.line.isEmpty)
        }
    }
}
