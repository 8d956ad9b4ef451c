/// Why a command line is not understood; the text is for people.
struct UsageProblem: Error, Equatable {
    var text: String

    init(_ text: String) { self.text = text }
}

/// One option of a command, and what it does to the command's values.
struct CommandOption<Target> {
    /// The long name, without dashes.
    var name: String
    /// The letter, when there is one.
    var letter: Character?
    /// What the argument is called in help; nil: the option takes none.
    var argument: String?
    /// One line of help.
    var help: String
    /// What shells offer for the argument.
    var completion: Completion
    /// Takes the argument (empty when there is none) over.
    var apply: (inout Target, String) throws(UsageProblem) -> Void

    /// An option; `argument` also tells what shells offer.
    init(
        name: String, letter: Character?, argument: String?, help: String,
        apply: @escaping (inout Target, String) throws(UsageProblem) -> Void
    ) {
        self.name = name
        self.letter = letter
        self.argument = argument
        self.help = help
        completion = argument.map { Completion($0) } ?? .nothing
        self.apply = apply
    }

    /// An option without an argument.
    static func flag(
        _ name: String, _ letter: Character? = nil, _ help: String, _ apply: @escaping (inout Target) -> Void
    ) -> CommandOption {
        CommandOption(name: name, letter: letter, argument: nil, help: help) { target, _ in apply(&target) }
    }

    /// An option whose argument is taken as it is.
    static func text(
        _ name: String, _ letter: Character? = nil, _ argument: String, _ help: String,
        _ place: WritableKeyPath<Target, String?>
    ) -> CommandOption {
        CommandOption(name: name, letter: letter, argument: argument, help: help) { target, text in
            target[keyPath: place] = text
        }
    }

    /// An option whose argument is read by `parse`; where that gives nil, `expected` says what was wanted.
    static func value<Value>(
        _ name: String, _ letter: Character? = nil, _ argument: String, _ help: String,
        _ place: WritableKeyPath<Target, Value>, expected: String, _ parse: @escaping (String) -> Value?
    ) -> CommandOption {
        CommandOption(name: name, letter: letter, argument: argument, help: help) {
            (target, text) throws(UsageProblem) in
            guard let value = parse(text) else { throw UsageProblem("--\(name) \(text): expected \(expected)") }
            target[keyPath: place] = value
        }
    }
}
