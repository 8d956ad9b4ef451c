import BridgeRuntime

/// `cellbridge console`: AT commands by hand.
struct ConsoleCommand: Command {
    static let name = "console"
    static let summary = "type AT commands, with history, and see what the module says"
    static let details = """
        Through the running service when there is one, between its own commands; else this process opens the port. What the
        module says unasked is shown as it comes, above the line being typed. `help`, `quit`; Ctrl-D ends, Ctrl-C drops the
        line or stops waiting for an answer. Commands with a PIN or a password go neither into the history
        (~/.local/state/cellbridge/history) nor, with their values, into a record. When standard input is no terminal, its
        lines are run in turn.
        Exit status: 0, 1 when a command of standard input failed; others as with at.
        """
    static let examples: [(line: String, meaning: String)] = [
        ("cellbridge console", "talks to the module of the configuration"),
        ("cellbridge console -p /dev/ttyUSB2 --record talk.log", "any port, and keeps the dialogue for replay"),
        ("printf 'ATI\\nAT+CSQ\\n' | cellbridge console", "for scripts"),
    ]
    static var options: [CommandOption<ConsoleCommand>] {
        [
            .text("record", nil, "FILE", "keep the dialogue in a file, as replay reads it", \.record),
            .flag("force", nil, "also what could change the session of the running service") { $0.force = true },
            .port(\.port), .baud(\.baud),
            .flag("verbose", "v", "show the whole dialogue, also what the service does") { $0.isVerbose = true },
            .configurationFile(\.path), .dataOnly(\.isQuiet),
        ]
    }

    var record: String?
    var force = false
    var port: String?
    var baud: Int?
    var isVerbose = false
    var isQuiet = false
    var path = CommonOptions().path

    mutating func validate() throws(UsageProblem) {
        if isVerbose, isQuiet { throw UsageProblem("--verbose and --quiet exclude each other") }
    }

    func run() -> ExitCode {
        Self.reporting { () throws(CommandFailure) in
            let work = try RawWork(path, port: port, baud: baud)
            defer { work.close() }
            let talk = try ConsoleTalk(
                work, record: record, force: force, detail: isVerbose ? .everything : isQuiet ? .answers : .usual)
            defer { talk.close() }
            return try talk.run()
        }
    }
}
