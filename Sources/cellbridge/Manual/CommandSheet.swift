/// What a command's tables say, without its type: help, completions and manual pages are made from it.
struct CommandSheet {
    /// A row of the options.
    struct Option {
        var name: String
        var letter: Character?
        var argument: String?
        var help: String
        var completion: Completion

        /// `--help`, which every command has.
        static let help = Option(name: "help", letter: "h", argument: nil, help: "this text", completion: .nothing)
    }

    /// A row of the operands.
    struct Operand {
        var name: String
        var count: ClosedRange<Int>
        var help: String
        var completion: Completion

        /// As a usage line has it.
        var usage: String { OperandText.usage(name, count) }
    }

    /// The words after `cellbridge`.
    var name: String
    var summary: String
    var details: String
    var examples: [(line: String, meaning: String)]
    /// `--help` is the last.
    var options: [Option]
    var operands: [Operand]

    /// `cellbridge explain [options] TOPIC`.
    var usage: String { (["cellbridge \(name) [options]"] + operands.map(\.usage)).joined(separator: " ") }
}

extension Command {
    /// What the tables say.
    static var sheet: CommandSheet {
        CommandSheet(
            name: name, summary: summary, details: details, examples: examples,
            options: options.map {
                CommandSheet.Option(
                    name: $0.name, letter: $0.letter, argument: $0.argument, help: $0.help, completion: $0.completion)
            } + [.help],
            operands: operands.map {
                CommandSheet.Operand(name: $0.name, count: $0.count, help: $0.help, completion: $0.completion)
            })
    }
}

/// Commands that share a first word.
struct GroupSheet {
    var name: String
    var summary: String
    var commands: [CommandSheet]

    /// The word after the shared one.
    func own(_ command: CommandSheet) -> String { String(command.name.dropFirst(name.count + 1)) }
}

/// The whole program.
struct ProgramSheet {
    var commands: [CommandSheet]
    var groups: [GroupSheet]

    /// The words that may come after `cellbridge`, with what they do.
    var words: [(name: String, summary: String)] {
        commands.map { ($0.name, $0.summary) } + groups.map { ($0.name, $0.summary) }
    }

    /// All commands, those of the groups included.
    var allCommands: [CommandSheet] { commands + groups.flatMap(\.commands) }
}
