import BridgeRuntime

/// Commands that share a first word: `certs list`, `certs push`.
struct CommandGroup {
    /// The shared word.
    var name: String
    /// One line.
    var summary: String
    /// The commands; the name of each begins with the shared word.
    var commands: [any Command.Type]

    /// Finds the command that `words`, those after the shared one, name, and runs it.
    func main(_ words: [String]) -> ExitCode {
        guard let word = words.first else {
            Console.error(help)
            return .usage
        }
        switch word {
        case "--help", "-h", "help":
            Console.line(help)
            return .ok
        default: break
        }
        if let command = commands.first(where: { own($0) == word }) { return command.main(Array(words.dropFirst())) }
        let what = word.hasPrefix("-") ? "unknown option" : "unknown command"
        let known = word.hasPrefix("-") ? ["--help"] : commands.map(own)
        Console.error("cellbridge \(name): \(word.prefix(64)): \(what)\(OptionParser.suggestion(word, known))")
        Console.error("try: cellbridge \(name) --help")
        return .usage
    }

    private func own(_ command: any Command.Type) -> String { String(command.name.dropFirst(name.count + 1)) }

    /// What the tables say.
    var sheet: GroupSheet { GroupSheet(name: name, summary: summary, commands: commands.map { $0.sheet }) }

    private var help: String { HelpText.of(sheet) }
}
