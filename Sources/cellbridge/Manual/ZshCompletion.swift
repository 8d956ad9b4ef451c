/// Completion for zsh.
enum ZshCompletion {
    /// The script: a function that is loaded by name from a folder of `fpath`, or sourced.
    static func script(_ program: ProgramSheet) -> String {
        var text = "#compdef cellbridge\n# Completion of cellbridge for zsh, made by `cellbridge completion zsh`.\n\n"
        for command in program.allCommands { text += function(command) }
        for group in program.groups {
            text += chooser(
                "_cellbridge_\(function(group.name))", group.commands.map { (group.own($0), $0.summary) },
                group.commands.map { (group.own($0), function($0.name)) }, isProgram: false)
        }
        text += chooser(
            "_cellbridge", program.words + [("help", "help of a command")],
            program.words.map { ($0.name, function($0.name)) }, isProgram: true)
        return text + """
            if [ "$funcstack[1]" = _cellbridge ]; then
                _cellbridge "$@"
            else
                compdef _cellbridge cellbridge
            fi

            """
    }

    private static func function(_ name: String) -> String { name.replacing(" ", with: "_") }

    private static func function(_ command: CommandSheet) -> String {
        var specs: [String] = command.options.map { option in
            let long = "--\(option.name)"
            let help = "[\(escaped(option.help, in: "[]\\:"))]"
            let argument = option.argument.map { ":\(escaped($0, in: ":\\")):\(action(option.completion))" } ?? ""
            guard let letter = option.letter else {
                return "'\(long)\(option.argument == nil ? "" : "=")\(help)\(argument)'"
            }
            let names = option.argument == nil ? "-\(letter),\(long)" : "-\(letter)+,\(long)="
            let excluded = option.name == "help" ? "- *" : "-\(letter) \(long)"
            return "'(\(excluded))'{\(names)}'\(help)\(argument)'"
        }
        for (index, operand) in command.operands.enumerated() {
            let place = operand.count.upperBound > 1 ? "*" : "\(index + 1)"
            let gap = operand.count.lowerBound == 0 && operand.count.upperBound == 1 ? "::" : ":"
            specs.append("'\(place)\(gap)\(escaped(operand.name, in: ":\\")):\(action(operand.completion))'")
        }
        let list = specs.joined(separator: " \\\n        ")
        return "_cellbridge_\(function(command.name))() {\n    _arguments -s -S \\\n        \(list)\n}\n\n"
    }

    /// A function that offers words, then goes on with what the chosen one takes.
    private static func chooser(
        _ name: String, _ words: [(name: String, summary: String)], _ functions: [(word: String, function: String)],
        isProgram: Bool
    ) -> String {
        let version = isProgram ? " \\\n        '(- *)'{-V,--version}'[the version]'" : ""
        var text = """
            \(name)_commands() {
                local -a commands=(

            """
        for (word, summary) in words { text += "        '\(word):\(escaped(summary, in: ":\\"))'\n" }
        text += """
                )
                _describe command commands
            }

            \(name)() {
                local curcontext="$curcontext" context state state_descr line
                typeset -A opt_args
                _arguments -C '(- *)'{-h,--help}'[this text]'\(version) \\
                    '1:command:\(name)_commands' '*:: :->rest' && return
                [[ $state == rest ]] || return
                case $words[1] in

            """
        for (word, function) in functions { text += "    \(word)) _cellbridge_\(function) ;;\n" }
        if isProgram { text += "    help) _cellbridge_commands ;;\n" }
        return text + "    esac\n}\n\n"
    }

    private static func action(_ completion: Completion) -> String {
        switch completion {
        case .nothing: " "
        case .files: "_files"
        case .words(let words): "(\(words.joined(separator: " ")))"
        }
    }

    private static func escaped(_ text: String, in special: String) -> String {
        text.map { $0 == "'" ? "'\\''" : special.contains($0) ? "\\\($0)" : "\($0)" }.joined()
    }
}
