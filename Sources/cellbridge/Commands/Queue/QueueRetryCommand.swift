import BridgeRuntime
import Configuration
import Control
import Outbox

/// `cellbridge queue retry`.
struct QueueRetryCommand: Command {
    static let name = "queue retry"
    static let summary = "lets messages that are set aside go back into the queue"
    static let details = """
        The numbers are those of queue list --aside. The messages go in their old place: at once where the service runs,
        else after its next start.
        Exit status: 0, 65 the store is damaged or of a newer version, 66 there is no such file, no store yet, or none
        of the messages is set aside, 73 the state directory cannot be written, 75 the service has the queue and gives
        no answer, 77 not permitted, 78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge queue retry 1184", "one message"),
        ("cellbridge queue retry --all -c field-box.toml", "all that are set aside"),
    ]
    static var operands: [CommandOperand<QueueRetryCommand>] {
        [.messages(0...OperandText.many, \.ids, seenIn: "queue list --aside")]
    }
    static var options: [CommandOption<QueueRetryCommand>] {
        .common(\.common) + [.flag("all", nil, "all that are set aside") { $0.isAll = true }]
    }

    var common = CommonOptions()
    var isAll = false
    var ids: [Int64] = []

    mutating func validate() throws(UsageProblem) {
        if isAll, !ids.isEmpty { throw UsageProblem("--all and numbers exclude each other") }
        if !isAll, ids.isEmpty { throw UsageProblem("nothing to retry: name a message by its number, or --all") }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let (done, isService) = try QueueChange.run(
                common.path,
                service: { (work) throws(CommandFailure) in
                    let what: JSONValue.Member =
                        isAll
                        ? .init(name: "all", value: true)
                        : .init(name: "ids", value: .list(ids.map { .number($0) }))
                    return try work.call("queue-retry", [what])["retried"]?.elements?.compactMap(\.integer) ?? []
                }, alone: { (store) throws(StoreError) in try store.retryAside(isAll ? nil : ids) })
            for id in ids where !done.contains(id) { Console.error("cellbridge \(Self.name): \(id) is not set aside") }
            if done.isEmpty, !isAll {
                throw CommandFailure(
                    .noInput, "nothing was changed: cellbridge queue list --aside shows what is set aside")
            }
            let when = isService ? "" : ": they go after the service's start"
            common.show(
                json: .members(["retried": .list(done.map { .number($0) })]),
                lines: [
                    done.isEmpty ? "nothing is set aside" : "\(done.count) message(s) back in the queue\(when)"
                ])
            return .ok
        }
    }
}
