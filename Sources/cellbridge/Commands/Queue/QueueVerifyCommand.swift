import BridgeCore
import BridgeRuntime
import Configuration
import Control
import Outbox

/// `cellbridge queue verify`.
struct QueueVerifyCommand: Command {
    static let name = "queue verify"
    static let summary = "whether each accepted message is acknowledged, refused or waiting, and only one of these"
    static let details = """
        Reads the store as of its last commit, whether or not the service runs; one that runs is asked to
        commit first. Messages are numbered without gaps in
        the order in which they are accepted; every number the ledger has not forgotten of is looked for. The ledger
        goes back 7 days at most, less when it has reached 2 MiB (some 180,000 messages).
        Exit status: 0 the books are balanced, 1 they are not, 65 the store is damaged or of a newer version, 66 there
        is no such file or no store yet, or it cannot be read, 77 not permitted, 78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge queue verify", "all that the ledger knows, with \(Configuration.defaultPath)"),
        ("cellbridge queue verify --since 1h", "what was accepted in the last hour"),
        ("cellbridge queue verify --json -c field-box.toml", "for scripts"),
    ]
    static var options: [CommandOption<QueueVerifyCommand>] {
        [
            .configurationFile(\.path),
            .value(
                "since", nil, "D", "only what was accepted in this time, such as 90s, 1h or 2d", \.since,
                expected: "a duration such as 1h or \"2 d\"", Quantities.duration),
            .json(\.isJSON), .quiet(\.isQuiet),
        ]
    }

    var path = Configuration.defaultPath
    var since: Duration?
    var isJSON = false
    var isQuiet = false

    func run() -> ExitCode {
        let now = CertsWork.now
        let start = since.map { now - $0.components.seconds }
        return QueueWork.read(Self.name, path) { (reader, directory) throws(StoreError) in
            let found = try reader.verify(since: start)
            let report = QueueVerifyReport(found, directory: directory, since: start)
            if isJSON {
                Console.line(report.json.description)
            } else if !isQuiet {
                for line in report.lines { Console.line(line) }
            }
            return found.isBalanced ? .ok : .failed
        }
    }
}
