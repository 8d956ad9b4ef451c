/// What `--help` prints.
enum HelpText {
    /// For one command.
    static func of(_ command: CommandSheet) -> String {
        var text = "usage: \(command.usage)\n\n\(command.summary)\n"
        if !command.details.isEmpty { text += "\n\(command.details)\n" }
        if !command.operands.isEmpty {
            text += "\narguments:\n" + table(command.operands.map { ($0.usage, $0.help) })
        }
        text += "\noptions:\n"
        text += table(
            command.options.map { option in
                let letter = option.letter.map { "-\($0), " } ?? "    "
                return ("\(letter)--\(option.name)\(option.argument.map { " " + $0 } ?? "")", option.help)
            })
        text += "\nexamples:\n"
        for (line, meaning) in command.examples { text += "  \(line)\n      \(meaning)\n" }
        return String(text.dropLast())
    }

    /// For commands that share a first word.
    static func of(_ group: GroupSheet) -> String {
        """
        usage: cellbridge \(group.name) COMMAND [options]

        \(group.summary)

        commands:
        \(table(group.commands.map { (group.own($0), $0.summary) }))
          cellbridge \(group.name) COMMAND --help   options and examples of a command
        """
    }

    /// For the whole program.
    static func of(_ program: ProgramSheet) -> String {
        """
        usage: cellbridge COMMAND [options]

        Carries MQTT messages between the broker on this host and a remote one through the MQTT client of a
        cellular module, driven by AT commands over a serial line.

        commands:
        \(table(program.words.map { ($0.name, $0.summary) }))
          cellbridge COMMAND --help   options and examples of a command
          cellbridge --version        the version

        Start with `cellbridge demo`: it needs no hardware.
        """
    }

    /// Two columns; where the first is wide the second goes to a line of its own.
    static func table(_ rows: [(String, String)]) -> String {
        let width = rows.map(\.0.count).filter { $0 <= 26 }.max() ?? 0
        return rows.map { left, right in
            let pad = String(repeating: " ", count: max(0, width - left.count))
            return left.count > width
                ? "  \(left)\n  \(String(repeating: " ", count: width))  \(right)\n" : "  \(left)\(pad)  \(right)\n"
        }
        .joined()
    }
}
