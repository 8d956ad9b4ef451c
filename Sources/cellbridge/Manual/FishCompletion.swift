/// Completion for fish 3.
enum FishCompletion {
    /// The script.
    static func script(_ program: ProgramSheet) -> String {
        var text = head
        for word in program.words { text += offer("__cellbridge_after", "-a \(word.name)", word.summary) }
        text += offer("__cellbridge_after", "-a help", "help of a command")
        text += offer("__cellbridge_after", "-s h -l help", "the commands")
        text += offer("__cellbridge_after", "-s V -l version", "the version")
        for word in program.words { text += offer("__cellbridge_after help", "-a \(word.name)", word.summary) }
        for group in program.groups {
            let after = "__cellbridge_after \(group.name)"
            for command in group.commands { text += offer(after, "-a \(group.own(command))", command.summary) }
            text += offer(after, "-s h -l help", "the commands")
        }
        for command in program.allCommands {
            let inside = "__cellbridge_in \(command.name)"
            for option in command.options {
                let letter = option.letter.map { "-s \($0) " } ?? ""
                let argument = option.argument == nil ? "" : " " + values(option.completion)
                text += offer(inside, "\(letter)-l \(option.name)\(argument)", option.help)
            }
            if let operand = command.operands.first {
                switch operand.completion {
                case .nothing: break
                case .files: text += offer(inside, "-F", operand.help)
                case .words(let words): text += offer(inside, "-a '\(words.joined(separator: " "))'", operand.help)
                }
            }
        }
        return text
    }

    private static let head = """
        # Completion of cellbridge for fish, made by `cellbridge completion fish`.

        function __cellbridge_after --description 'the words so far are exactly these'
            set -l words (commandline -opc)
            set -e words[1]
            test "$words" = "$argv"
        end

        function __cellbridge_in --description 'the words so far begin with these'
            set -l words (commandline -opc)
            set -e words[1]
            set -l count (count $argv)
            test (count $words) -ge $count; and test "$words[1..$count]" = "$argv"
        end

        complete -c cellbridge -f

        """

    private static func offer(_ condition: String, _ what: String, _ help: String) -> String {
        "complete -c cellbridge -n '\(condition)' \(what) -d '\(escaped(help))'\n"
    }

    private static func values(_ completion: Completion) -> String {
        switch completion {
        case .nothing: "-x"
        case .files: "-r -F"
        case .words(let words): "-x -a '\(words.joined(separator: " "))'"
        }
    }

    private static func escaped(_ text: String) -> String {
        text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    }
}
