/// Text for man(7): every mark of ours is a macro or an escape that both groff and mandoc know.
struct Roff {
    private(set) var source = ""

    /// A page: its title line and the comment that says where it comes from.
    init(title: String, section: Int, made: String, version: String) {
        source = ".\\\" Made by `\(made)`.\n"
        // No date: a page is as old as the program.
        macro(".TH", [title, "\(section)", "", "cellbridge \(version)"])
    }

    /// `.SH NAME`.
    mutating func section(_ title: String) { macro(".SH", [title]) }

    /// `.SS "certs list"`.
    mutating func subsection(_ title: String) { macro(".SS", [title]) }

    /// Lines of text, filled anew: an empty line begins a paragraph, and so do exit statuses; what stands between
    /// backticks is bold.
    mutating func text(_ text: String) {
        var isFirst = true
        for paragraph in text.replacing("\nExit status:", with: "\n\nExit status:").split(separator: "\n\n") {
            if !isFirst { source += ".PP\n" }
            isFirst = false
            var line = ""
            for word in Self.marked(String(paragraph)).split(whereSeparator: \.isWhitespace) {
                // A sentence begins a line: so the formatter knows where it may set a wider blank.
                if !line.isEmpty, line.utf8.count + word.utf8.count >= Self.width || line.hasSuffix(".") {
                    source += Self.shielded(line) + "\n"
                    line = ""
                }
                line += (line.isEmpty ? "" : " ") + word
            }
            source += Self.shielded(line) + "\n"
        }
    }

    private static let width = 80

    /// A new paragraph.
    mutating func paragraph() { source += ".PP\n" }

    /// A tagged paragraph; `tag` is bold.
    mutating func item(_ tag: String, _ text: String) {
        source += ".TP\n\\fB\(Self.escaped(tag))\\fR\n"
        self.text(text)
    }

    /// The same, `argument` in italics behind it.
    mutating func item(_ tag: String, argument: String, _ text: String) {
        source += ".TP\n\\fB\(Self.escaped(tag))\\fR \\fI\(Self.escaped(argument))\\fR\n"
        self.text(text)
    }

    /// Lines as they are.
    mutating func example(_ lines: String) {
        source += ".nf\n.RS 4\n"
        for line in lines.split(separator: "\n", omittingEmptySubsequences: false) {
            source += (line.isEmpty ? "\\&" : Self.escaped(String(line))) + "\n"
        }
        source += ".RE\n.fi\n"
    }

    private mutating func macro(_ name: String, _ arguments: [String]) {
        let quoted = arguments.map { "\"" + Self.escaped($0).replacing("\"", with: "\\(dq") + "\"" }
        source += ([name] + quoted).joined(separator: " ") + "\n"
    }

    /// Backticks make bold.
    private static func marked(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false)
            .enumerated()
            .map { index, part in index % 2 == 1 ? "\\fB\(inner(String(part)))\\fR" : inner(String(part)) }
            .joined()
    }

    /// No byte of it is a request or an escape, and all are ASCII.
    static func escaped(_ line: String) -> String { shielded(inner(line)) }

    /// A line that is text even if it begins as a request does.
    private static func shielded(_ line: String) -> String { line.hasPrefix(".") ? "\\&" + line : line }

    private static func inner(_ line: String) -> String {
        var text = ""
        for scalar in line.unicodeScalars {
            switch scalar {
            case "\n": text += " "
            case "…": text += "..."
            case "\\": text += "\\e"
            case "-": text += "\\-"
            case "'": text += "\\(aq"
            case "`": text += "\\(ga"
            case "^": text += "\\(ha"
            case "~": text += "\\(ti"
            case " "..."~": text.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                text += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
            }
        }
        return text
    }
}
