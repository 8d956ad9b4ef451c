import BridgeRuntime

/// Finds the subcommand and runs it.
enum CommandLineTool {
    private static var commands: [any Command.Type] {
        [
            RunCommand.self, DemoCommand.self, CheckCommand.self, PubCommand.self,
            SubCommand.self, RRCommand.self,
            DoctorCommand.self, ProbeCommand.self,
            AtCommand.self, ConsoleCommand.self, ReplayCommand.self,
            ExplainCommand.self, SimulateCommand.self,
            StatusCommand.self,
            CompletionCommand.self, ManCommand.self,
        ]
    }

    private static var groups: [CommandGroup] { [.certs, .queue] }

    /// The process's exit status.
    static func main(_ arguments: [String]) -> Int32 { dispatch(Array(arguments.dropFirst())).rawValue }

    private static func dispatch(_ words: [String]) -> ExitCode {
        guard let word = words.first else {
            Console.error(help)
            return .usage
        }
        let rest = Array(words.dropFirst())
        switch word {
        case "--version", "-V", "version":
            Console.line("cellbridge \(cellbridgeVersion)")
            return .ok
        case "--help", "-h", "help":
            guard !rest.isEmpty, rest.allSatisfy({ !$0.hasPrefix("-") && $0 != "help" }) else {
                Console.line(help)
                return .ok
            }
            return dispatch(rest + ["--help"])
        default: break
        }
        if let command = commands.first(where: { $0.name == word }) { return command.main(rest) }
        if let group = groups.first(where: { $0.name == word }) { return group.main(rest) }
        let known = word.hasPrefix("-") ? ["--help", "--version"] : commands.map { $0.name } + groups.map(\.name)
        let what = word.hasPrefix("-") ? "unknown option" : "unknown command"
        Console.error("cellbridge: \(word.prefix(64)): \(what)\(suggestion(word, known))")
        Console.error("try: cellbridge --help")
        return .usage
    }

    /// `; did you mean X?`
    static func suggestion(_ word: String, _ known: [String]) -> String {
        otherNames[word].map { "; did you mean \($0)?" } ?? OptionParser.suggestion(word, known)
    }

    /// What other programs call these commands.
    static let otherNames = [
        "publish": "pub", "send": "pub", "subscribe": "sub", "listen": "sub", "request": "rr", "start": "run",
        "serve": "run", "service": "run", "daemon": "run", "config": "check", "validate": "check",
        "diagnose": "doctor", "detect": "probe", "scan": "probe", "terminal": "console",
        "certificates": "certs", "cert": "certs", "outbox": "queue", "state": "status",
        "info": "status", "simulator": "simulate",
    ]

    /// What all tables say.
    static var sheet: ProgramSheet { ProgramSheet(commands: commands.map { $0.sheet }, groups: groups.map(\.sheet)) }

    private static var help: String { HelpText.of(sheet) }
}
