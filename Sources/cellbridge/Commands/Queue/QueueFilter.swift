import BridgeCore
import BridgeRuntime
import Configuration
import Control

/// Which messages of the queue are meant, as options say it.
struct QueueFilter {
    /// `--out`, `--in`.
    var direction: Refusal.Direction?
    /// `--topic`.
    var topic: TopicFilter?
    /// `--route`, counted from 1; 0: by none.
    var route: Int?
    /// `--older-than`.
    var age: Duration?
    /// Numbers that were named.
    var ids: [Int64] = []

    /// Both ways unless one was asked for; a route takes outbound messages only.
    var directions: [Refusal.Direction] { direction.map { [$0] } ?? (route == nil ? [.out, .in] : [.out]) }

    /// Whether nothing was asked for but a direction.
    var isEverything: Bool { topic == nil && route == nil && age == nil && ids.isEmpty }

    /// The conditions at the time `now`, Unix seconds.
    func selection(now: Int64) -> QueueSelection {
        var selection = QueueSelection()
        selection.filter = topic
        selection.route = route.map { $0 - 1 }
        selection.acceptedBefore = age.map { now - $0.components.seconds }
        if !ids.isEmpty { selection.ids = Set(ids) }
        return selection
    }

    /// The same for the control socket.
    func arguments(now: Int64) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if !ids.isEmpty { members.append(.init(name: "ids", value: .list(ids.map { .number($0) }))) }
        if let topic {
            members.append(.init(name: "topic", value: .text(String(decoding: topic.bytes, as: UTF8.self))))
        }
        if let route { members.append(.init(name: "route", value: .number(route))) }
        if let age { members.append(.init(name: "accepted_before", value: .number(now - age.components.seconds))) }
        if members.isEmpty { members.append(.init(name: "all", value: true)) }
        return members
    }

    /// What does not go together.
    func validate() throws(UsageProblem) {
        if direction == .in, route != nil { throw UsageProblem("--route is for outbound messages: not with --in") }
        if ids.count > QueueSelection.idLimit {
            throw UsageProblem("at most \(QueueSelection.idLimit) numbers at a time")
        }
    }
}

extension Array {
    /// `--out`, `--in`, `--topic`, `--route`, `--older-than`.
    static func queueFilter<Target>(_ place: WritableKeyPath<Target, QueueFilter>) -> [Element]
    where Element == CommandOption<Target> {
        [
            .flag("out", nil, "outbound messages only") { $0[keyPath: place].direction = .out },
            .flag("in", nil, "inbound messages only") { $0[keyPath: place].direction = .in },
            .value(
                "topic", "t", "FILTER", "whose topic, on the side they go to, matches this filter",
                place.appending(path: \.topic), expected: "a topic filter such as site/+/alarm or site/#"
            ) { try? TopicFilter([UInt8]($0.utf8)) },
            .number(
                "route", nil, "N", "that this route has taken: the first is 1; 0: pub --queue",
                place.appending(path: \.route), 0...100_000
            ) { $0 },
            .value(
                "older-than", nil, "D", "accepted longer ago than this, such as 90s, 1h or 2d",
                place.appending(path: \.age), expected: "a duration such as 1h or \"2 d\"", Quantities.duration),
        ]
    }
}

extension CommandOperand {
    /// Numbers of messages.
    static func messages(
        _ count: ClosedRange<Int>, _ place: WritableKeyPath<Target, [Int64]>, seenIn list: String
    ) -> CommandOperand {
        .values(
            "ID", count, "the number of a message", place, expected: "the number of a message, as \(list) shows it"
        ) { Int64($0).flatMap { $0 > 0 ? $0 : nil } }
    }
}
