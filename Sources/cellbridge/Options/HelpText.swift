/// What `--help` prints.
enum HelpText {
    /// For one command.
    static func of<Target: Command>(_ command: Target.Type) -> String {
        var rows: [(String, String)] = Target.options.map { option in
            let letter = option.letter.map { "-\($0), " } ?? "    "
            return ("\(letter)--\(option.name)\(option.argument.map { " " + $0 } ?? "")", option.help)
        }
        rows.append(("-h, --help", "this text"))
        let operands = Target.operands.isEmpty ? "" : " " + Target.operands
        var text = "usage: cellbridge \(Target.name) [options]\(operands)\n\n\(Target.summary)\n"
        if !Target.details.isEmpty { text += "\n\(Target.details)\n" }
        text += "\noptions:\n" + table(rows)
        text += "\nexamples:\n"
        for (line, meaning) in Target.examples { text += "  \(line)\n      \(meaning)\n" }
        return String(text.dropLast())
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
