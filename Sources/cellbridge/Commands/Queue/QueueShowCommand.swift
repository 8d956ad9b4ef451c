import BridgeCore
import BridgeRuntime
import Configuration
import Control
import Outbox

/// `cellbridge queue show`.
struct QueueShowCommand: Command {
    static let name = "queue show"
    static let summary = "one message that waits, with its payload"
    static let details = """
        Reads the store as of its last commit; a running service is asked to commit first. An outbound message unless
        --in is given: each way has numbers of its own. A payload that is no printable text is shown in hex.
        Exit status: 0, 65 the store is damaged or of a newer version, 66 there is no such file, no store yet or no such
        message, or it cannot be read, 77 not permitted, 78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge queue show 1184", "an outbound message"),
        ("cellbridge queue show --in 7 --json", "an inbound one, for scripts"),
    ]
    static var operands: [CommandOperand<QueueShowCommand>] {
        [.messages(1...1, \.ids, seenIn: "queue list")]
    }
    static var options: [CommandOption<QueueShowCommand>] {
        .common(\.common) + [.flag("in", nil, "an inbound message") { $0.isInbound = true }]
    }

    var common = CommonOptions()
    var isInbound = false
    var ids: [Int64] = []

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            var found: StoreReader.Message?
            _ = try QueueWork.reading(common.path, flushes: true) { (reader, _) throws(StoreError) in
                var selection = QueueSelection()
                selection.ids = Set(ids)
                var place: Int64? = .min
                while let after = place, found == nil {
                    let (messages, next) = try reader.messages(isInbound ? .in : .out, selection, after: after)
                    found = messages.first
                    place = next
                }
                return .ok
            }
            guard let found else {
                throw CommandFailure(
                    .noInput,
                    "no \(isInbound ? "inbound" : "outbound") message \(ids.first ?? 0) waits: queue list shows what does"
                )
            }
            let report = QueueMessageReport(found, now: CertsWork.now)
            common.show(json: report.json, lines: report.lines)
            return .ok
        }
    }
}
