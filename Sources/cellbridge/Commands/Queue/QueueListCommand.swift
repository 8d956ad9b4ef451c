import BridgeCore
import BridgeRuntime
import Configuration
import Control
import Outbox

/// `cellbridge queue list`.
struct QueueListCommand: Command {
    static let name = "queue list"
    static let summary = "what waits; with --aside what is set aside, with --refused what was refused, and why"
    static let details = """
        Reads the store as of its last commit, whether or not the service runs; one that runs is asked to commit first.
        Messages wait in the order in which they
        go: by priority, then by number. A message is set aside when it broke the link each time it was sent while others
        passed; it is tried again when its time comes, or with queue retry.
        Exit status: 0, 65 the store is damaged or of a newer version, 66 there is no such file or no store yet, or it
        cannot be read, 77 not permitted, 78 the configuration is wrong.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge queue list", "the next 20 messages each way, with \(Configuration.defaultPath)"),
        ("cellbridge queue list --aside", "what is set aside, why and until when"),
        ("cellbridge queue list --refused -n 100 --json", "the last 100 refusals, for scripts"),
    ]
    static var options: [CommandOption<QueueListCommand>] {
        [
            .configurationFile(\.path),
            .flag("aside", nil, "what is set aside, the first due first") { $0.lists.insert(.aside) },
            .flag("refused", nil, "what was refused, newest first (1000 are kept)") { $0.lists.insert(.refused) },
            .value("limit", "n", "N", "so many lines at most (20)", \.limit, expected: "a number from 1 to 1000000") {
                Int($0).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
            },
            .json(\.isJSON), .dataOnly(\.isQuiet),
        ] + .queueFilter(\.filter)
    }

    /// What to list instead of what waits.
    enum List { case aside, refused }

    var path = Configuration.defaultPath
    var lists: Set<List> = []
    var limit = 20
    var isJSON = false
    var isQuiet = false
    var filter = QueueFilter()

    mutating func validate() throws(UsageProblem) {
        try filter.validate()
        if lists.contains(.refused), !filter.isEverything || filter.direction != nil {
            throw UsageProblem("--refused lists all: it takes no conditions")
        }
        if lists.contains(.aside), filter.direction == .in {
            throw UsageProblem("only outbound messages are set aside")
        }
        if lists.count > 1 { throw UsageProblem("--aside and --refused exclude each other") }
    }

    func run() -> ExitCode {
        let now = CertsWork.now
        return QueueWork.read(Self.name, path) { (reader, _) throws(StoreError) in
            var report = QueueListReport(now: now)
            report.isQuiet = isQuiet
            let selection = filter.selection(now: now)
            report.isFiltered = !filter.isEverything || filter.direction != nil
            switch lists.first {
            case nil:
                report.depths = try reader.depths()
                report.waiting = try reader.waiting(selection, directions: filter.directions, limit: limit)
            case .aside?:
                report.depths = try reader.depths()
                report.aside = try reader.aside(selection, limit: limit)
            case .refused?: report.refusals = try reader.refusals(limit: limit)
            }
            if isJSON {
                Console.line(report.json.description)
            } else {
                for line in report.lines { Console.line(line) }
            }
            return .ok
        }
    }
}
