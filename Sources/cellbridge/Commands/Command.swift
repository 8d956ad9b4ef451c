import BridgeRuntime

/// A subcommand: its options as stored values, what help says of it, and what it does.
protocol Command {
    /// The word after `cellbridge`.
    static var name: String { get }
    /// One line.
    static var summary: String { get }
    /// Further lines of help; may be empty.
    static var details: String { get }
    /// What to type, and what it does.
    static var examples: [(line: String, meaning: String)] { get }
    /// The options; `--help` is added.
    static var options: [CommandOption<Self>] { get }
    /// What help calls the words that are no options; empty: there are none.
    static var operands: String { get }
    /// The values when no option is given.
    init()
    /// Takes the words that are no options over.
    mutating func take(_ operands: [String]) throws(UsageProblem)
    /// Looks at the options together.
    mutating func validate() throws(UsageProblem)
    /// Does the work; returns when it is done.
    func run() -> ExitCode
}

extension Command {
    static var details: String { "" }
    static var operands: String { "" }

    mutating func take(_ operands: [String]) throws(UsageProblem) {
        if let word = operands.first { throw UsageProblem("\(word): \(Self.name) takes options only") }
    }

    mutating func validate() throws(UsageProblem) {}

    /// Reads the words after the command's name and runs it.
    static func main(_ arguments: [String]) -> ExitCode {
        do throws(UsageProblem) {
            switch try OptionParser.parse(arguments, for: Self.self) {
            case .help:
                Console.line(HelpText.of(Self.self))
                return .ok
            case .run(let command): return command.run()
            }
        } catch {
            Console.error("cellbridge \(name): \(error.text)")
            Console.error("try: cellbridge \(name) --help")
            return .usage
        }
    }
}
