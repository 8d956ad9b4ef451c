/// Completion for bash 4 and later; needs nothing of the package bash-completion.
enum BashCompletion {
    /// The script.
    static func script(_ program: ProgramSheet) -> String {
        var text = head
        let words = program.words.map(\.name)
        let groups = program.groups.map(\.name)
        text = text.replacing("@GROUPS@", with: (["''"] + groups).joined(separator: " | "))
        text +=
            "    '')\n        _cellbridge_words '\((words + ["help", "--help", "--version"]).joined(separator: " "))'\n"
        text += "        ;;\n"
        text += "    help)\n        _cellbridge_words '\(words.joined(separator: " "))'\n        ;;\n"
        for group in program.groups {
            let own = group.commands.map(group.own) + ["--help"]
            text += "    \(group.name))\n        _cellbridge_words '\(own.joined(separator: " "))'\n        ;;\n"
        }
        for command in program.allCommands { text += clause(command) }
        return text + "    esac\n}\ncomplete -F _cellbridge cellbridge\n"
    }

    private static let head = """
        # Completion of cellbridge for bash, made by `cellbridge completion bash`.

        _cellbridge_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
        _cellbridge_files() {
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
        }

        _cellbridge() {
            local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} name='' word i
            COMPREPLY=()
            # `--name=value` comes as three words.
            if [[ $current == = ]]; then
                current=
            elif [[ $previous == = && $COMP_CWORD -ge 2 ]]; then
                previous=${COMP_WORDS[COMP_CWORD - 2]}
            fi
            for ((i = 1; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                [[ $word == -* ]] && break
                case $name in
                @GROUPS@) name=${name:+$name }$word ;;
                *) break ;;
                esac
            done
            case $name in

        """

    private static func clause(_ command: CommandSheet) -> String {
        var text = "    '\(command.name)')\n"
        let taking = command.options.filter { $0.argument != nil }
        if !taking.isEmpty {
            text += "        case $previous in\n"
            for option in taking {
                let names = ["--\(option.name)"] + (option.letter.map { ["-\($0)"] } ?? [])
                text += "        \(names.joined(separator: " | ")))\n"
                text += offer(option.completion).map { "            \($0)\n" } ?? ""
                text += "            return\n            ;;\n"
            }
            text += "        esac\n"
        }
        let options = "_cellbridge_words '\(command.options.map { "--" + $0.name }.joined(separator: " "))'"
        if let operand = command.operands.first {
            text += "        if [[ $current == -* ]]; then\n            \(options)\n"
            text += offer(operand.completion).map { "        else\n            \($0)\n" } ?? ""
            text += "        fi\n"
        } else {
            text += "        \(options)\n"
        }
        return text + "        ;;\n"
    }

    private static func offer(_ completion: Completion) -> String? {
        switch completion {
        case .nothing: nil
        case .files: "_cellbridge_files"
        case .words(let words): "_cellbridge_words '\(words.joined(separator: " "))'"
        }
    }
}
