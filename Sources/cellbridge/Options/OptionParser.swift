import CLinuxShims
import Configuration
import Glibc

/// The typed side of getopt_long(3): GNU habits (clusters of letters, `--name=value`, unique beginnings of long names)
/// come from there.
enum OptionParser {
    /// What a command line asks for.
    enum Outcome<Target> {
        /// Run it with these values.
        case run(Target)
        /// `--help` was among the options.
        case help
    }

    private static let helpValue: Int32 = 256
    private static let firstValue: Int32 = 257

    /// Applies `arguments`, the command's name not among them, to a fresh `target`.
    static func parse<Target: Command>(_ arguments: [String], for target: Target.Type) throws(UsageProblem)
        -> Outcome<Target>
    {
        let options = Target.options
        var result = Target()
        var operands: [String] = []
        for step in try steps(["cellbridge " + Target.name] + arguments, options) {
            switch step {
            case .help: return .help
            case .option(let index, let argument): try options[index].apply(&result, argument)
            case .operand(let word): operands.append(word)
            }
        }
        try deal(operands, &result)
        try result.validate()
        return .run(result)
    }

    private enum Step {
        case help
        case option(Int, String)
        case operand(String)
    }

    private static func steps<Target>(_ words: [String], _ options: [CommandOption<Target>]) throws(UsageProblem)
        -> [Step]
    {
        // SAFETY: `strdup` keeps every text in place for getopt_long, which moves pointers about in `argv` only.
        var argv = unsafe words.map { unsafe strdup($0) } + [nil]
        let names = unsafe (["help"] + options.map(\.name)).map { unsafe strdup($0) }
        defer {
            for index in unsafe argv.indices { unsafe free(argv[index]) }
            for index in unsafe names.indices { unsafe free(names[index]) }
        }
        var table = unsafe [option(name: names[0], has_arg: 0, flag: nil, val: helpValue)]
        var letters = ":h"
        for (index, entry) in options.enumerated() {
            unsafe table.append(
                option(
                    name: names[index + 1], has_arg: entry.argument == nil ? 0 : 1, flag: nil,
                    val: firstValue + Int32(index)))
            if let letter = entry.letter { letters += String(letter) + (entry.argument == nil ? "" : ":") }
        }
        unsafe table.append(option(name: nil, has_arg: 0, flag: nil, val: 0))

        var steps: [Step] = []
        var restart: Int32 = 1
        while true {
            let step = unsafe cellbridge_getopt(Int32(words.count), &argv, letters, table, restart)
            restart = 0
            let next = unsafe Int(step.next)
            let value = unsafe step.value
            let argument = unsafe step.argument.map { unsafe String(cString: $0) } ?? ""
            if value == -1 {
                for index in next..<words.count {
                    if let word = unsafe argv[index] { steps.append(.operand(unsafe String(cString: word))) }
                }
                return steps
            }
            let about = unsafe step.about
            if value == 0x3F || value == 0x3A {
                let word = unsafe argv[max(1, next - 1)].map { unsafe String(cString: $0) } ?? ""
                throw complaint(value, about, word, options)
            }
            if value == helpValue || value == 0x68 {
                steps.append(.help)
            } else if let index = place(value, options) {
                steps.append(.option(index, argument))
            }
        }
    }

    private static func place<Target>(_ value: Int32, _ options: [CommandOption<Target>]) -> Int? {
        if value >= firstValue { return Int(value - firstValue) }
        return options.firstIndex { $0.letter?.asciiValue.map(Int32.init) == value }
    }

    private static func complaint<Target>(
        _ value: Int32, _ about: Int32, _ word: String, _ options: [CommandOption<Target>]
    ) -> UsageProblem {
        if value == 0x3A {
            guard let index = place(about, options) else { return UsageProblem("\(word): an argument is missing") }
            return UsageProblem("--\(options[index].name) needs an argument: \(options[index].argument ?? "")")
        }
        if about >= helpValue { return UsageProblem("\(word): this option takes no argument") }
        if about > 0 {
            return UsageProblem("-\(Character(Unicode.Scalar(UInt8(truncatingIfNeeded: about)))): unknown option")
        }
        let name = String(word.drop { $0 == "-" }.prefix { $0 != "=" })
        let names = ["help"] + options.map(\.name)
        let candidates = names.filter { $0.hasPrefix(name) }
        if candidates.count > 1 {
            return UsageProblem("--\(name) could be \(candidates.map { "--" + $0 }.joined(separator: " or "))")
        }
        return UsageProblem("--\(name): unknown option\(suggestion(name, names.map { $0 }, prefix: "--"))")
    }

    /// `; did you mean X?` for the nearest of `known`; nothing when half of that would have to be another word.
    static func suggestion(_ word: String, _ known: [String], prefix: String = "") -> String {
        let start = String(word.prefix(64))
        let nearest = known.min { editDistance(start, $0) < editDistance(start, $1) }
        guard let nearest, editDistance(start, nearest) * 2 <= nearest.count else { return "" }
        return "; did you mean \(prefix)\(nearest)?"
    }
}
