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
    /// The options; `--help` is added. None unless given.
    static var options: [CommandOption<Self>] { get }
    /// The words that are no options, in their order; none unless given.
    static var operands: [CommandOperand<Self>] { get }
    /// The values when no option is given.
    init()
    /// Looks at the options together.
    mutating func validate() throws(UsageProblem)
    /// Does the work; returns when it is done.
    func run() -> ExitCode
}

extension Command {
    static var details: String { "" }
    static var options: [CommandOption<Self>] { [] }
    static var operands: [CommandOperand<Self>] { [] }

    mutating func validate() throws(UsageProblem) {}

    /// Reads the words after the command's name and runs it.
    static func main(_ arguments: [String]) -> ExitCode {
        do throws(UsageProblem) {
            switch try OptionParser.parse(arguments, for: Self.self) {
            case .help:
                Console.line(HelpText.of(sheet))
                return .ok
            case .run(let command): return command.run()
            }
        } catch {
            Console.error("cellbridge \(name): \(error.text)")
            Console.error("try: cellbridge \(name) --help")
            return .usage
        }
    }

    /// Does `work`; a failure is told under the command's name and is the exit status.
    static func reporting(_ work: () throws(CommandFailure) -> ExitCode) -> ExitCode {
        CommandFailure.told(by: name, work)
    }
}
