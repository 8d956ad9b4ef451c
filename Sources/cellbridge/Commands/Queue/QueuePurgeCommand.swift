import BridgeCore
import BridgeRuntime
import Configuration
import Control
import Outbox

/// `cellbridge queue purge`.
struct QueuePurgeCommand: Command {
    static let name = "queue purge"
    static let summary = "takes messages out of the queue: they are refused, and never sent"
    static let details = """
        All conditions that are given must hold. Outbound messages, set aside or not, unless --in is given. The books
        count them as refused, with the code purged; queue list --refused shows them. A message that is just under way
        stays. Without --yes nothing is changed: it says what would go. queue export keeps a copy.
        Exit status: 0, 65 the store is damaged or of a newer version, 66 there is no such file or no store yet, 73 the
        state directory cannot be written, 75 the service has the queue and gives no answer, 77 not permitted, 78 the
        configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge queue purge -t site/debug/# --yes", "what waits on these topics"),
        ("cellbridge queue purge --older-than 2d --route 3", "how much that would be"),
        ("cellbridge queue purge 1184 1185 --yes", "two messages"),
    ]
    static var operands: [CommandOperand<QueuePurgeCommand>] {
        [.messages(0...OperandText.many, \.filter.ids, seenIn: "queue list")]
    }
    static var options: [CommandOption<QueuePurgeCommand>] {
        .common(\.common) + .queueFilter(\.filter) + [
            .flag("all", nil, "everything that waits") { $0.isAll = true },
            .flag("yes", nil, "do it") { $0.isSure = true },
        ]
    }

    var common = CommonOptions()
    var filter = QueueFilter()
    var isAll = false
    var isSure = false

    mutating func validate() throws(UsageProblem) {
        try filter.validate()
        if isAll, !filter.isEverything { throw UsageProblem("--all and conditions exclude each other") }
        if !isAll, filter.isEverything {
            throw UsageProblem("nothing to purge: say which messages (numbers, -t, --route, --older-than), or --all")
        }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let now = CertsWork.now
            let direction = filter.direction ?? .out
            guard isSure else { return try preview(direction, now) }
            let (done, _) = try QueueChange.run(
                common.path,
                service: { (work) throws(CommandFailure) in
                    let way = JSONValue.Member(name: "direction", value: .text(direction == .out ? "out" : "in"))
                    let answer = try work.call("queue-purge", [way] + filter.arguments(now: now))
                    return (answer["purged"]?.integer ?? 0, answer["under_way"]?.integer ?? 0)
                },
                alone: { (store) throws(StoreError) in
                    let purge = QueuePurge(direction, filter.selection(now: now), at: now)
                    return (Int64(try store.purge(purge)), Int64(0))
                })
            let rest = done.1 > 0 ? "; \(done.1) under way left" : ""
            common.show(
                json: .members(["purged": .number(done.0), "under_way": .number(done.1)]),
                lines: ["\(done.0) message(s) purged\(rest)"])
            return .ok
        }
    }

    private func preview(_ direction: Refusal.Direction, _ now: Int64) throws(CommandFailure) -> ExitCode {
        try QueueWork.reading(common.path, flushes: true) { (reader, _) throws(StoreError) in
            var (count, bytes) = (0, 0)
            var place: Int64? = .min
            while let after = place {
                let (messages, next) = try reader.messages(direction, filter.selection(now: now), after: after)
                count += messages.count
                bytes += messages.reduce(0) { $0 + $1.payload.count }
                place = next
            }
            common.show(
                json: .members(["purged": 0, "would_purge": .number(count), "bytes": .number(bytes)]),
                lines: ["\(count) message(s), \(bytes) bytes, would be purged; with --yes they are"])
            return .ok
        }
    }
}
