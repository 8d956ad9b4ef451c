import BridgeRuntime

/// Finds the subcommand and runs it.
enum CommandLineTool {
    private static var commands: [any Command.Type] {
        [RunCommand.self, DemoCommand.self, CheckCommand.self, SimulateCommand.self]
    }

    private static var groups: [CommandGroup] { [.certs, .queue] }

    /// Commands the product will have; the words are taken.
    private static let later = [
        "pub", "sub", "rr", "at", "console", "doctor", "probe", "status", "explain", "replay",
    ]

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
            guard let topic = rest.first, !topic.hasPrefix("-") else {
                Console.line(help)
                return .ok
            }
            return dispatch([topic, "--help"])
        default: break
        }
        if let command = commands.first(where: { $0.name == word }) { return command.main(rest) }
        if let group = groups.first(where: { $0.name == word }) { return group.main(rest) }
        if later.contains(word) {
            Console.error("cellbridge \(word): not in this release")
            return .unavailable
        }
        let known = word.hasPrefix("-") ? ["--help", "--version"] : commands.map { $0.name } + groups.map(\.name)
        let what = word.hasPrefix("-") ? "unknown option" : "unknown command"
        Console.error("cellbridge: \(word.prefix(64)): \(what)\(OptionParser.suggestion(word, known))")
        Console.error("try: cellbridge --help")
        return .usage
    }

    private static var help: String {
        var text = """
            usage: cellbridge COMMAND [options]

            Carries MQTT messages between the broker on this host and a remote one through the MQTT client of a
            cellular module, driven by AT commands over a serial line.

            commands:

            """
        text += HelpText.table(commands.map { ($0.name, $0.summary) } + groups.map { ($0.name, $0.summary) })
        text += """

              cellbridge COMMAND --help   options and examples of a command
              cellbridge --version        the version

            Start with `cellbridge demo`: it needs no hardware.
            """
        return text
    }
}
