import BridgeCore
import BridgeRuntime
import Configuration
import Control
import Outbox

/// `cellbridge queue export`.
struct QueueExportCommand: Command {
    static let name = "queue export"
    static let summary = "the messages that wait as JSON lines, payloads in base64"
    static let details = """
        Reads the store as of its last commit; a running service is asked to commit first. Nothing is changed. One JSON
        object a line, outbound messages first, each way in the order in which they go, those set aside among them.
        Exit status: 0, 65 the store is damaged or of a newer version, 66 there is no such file or no store yet, or it
        cannot be read, 77 not permitted, 78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge queue export > queue.jsonl", "all of them"),
        ("cellbridge queue export --out -t site/alarm/# | jq -r .payload_base64", "some of them"),
    ]
    static var options: [CommandOption<QueueExportCommand>] {
        [.configurationFile(\.path), .dataOnly(\.isQuiet)] + .queueFilter(\.filter)
    }

    var path = Configuration.defaultPath
    /// It prints nothing else anyway.
    var isQuiet = false
    var filter = QueueFilter()

    mutating func validate() throws(UsageProblem) { try filter.validate() }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let now = CertsWork.now
            return try QueueWork.reading(path, flushes: true) { (reader, _) throws(StoreError) in
                for direction in filter.directions {
                    var place: Int64? = .min
                    while let after = place {
                        let (messages, next) = try reader.messages(direction, filter.selection(now: now), after: after)
                        for message in messages {
                            guard Console.line(QueueMessageReport(message, now: now).json.description) else {
                                return .ok
                            }
                        }
                        place = next
                    }
                }
                return .ok
            }
        }
    }
}
