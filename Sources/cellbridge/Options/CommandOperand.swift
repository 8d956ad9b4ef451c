/// Words of a command line that are no options: `TOPIC`, `FILE`, `[COMMAND …]`. They are dealt out in the order of the
/// table: each operand takes what it needs, the first that may take more gets what is left over.
struct CommandOperand<Target> {
    /// What it is called in help, in capitals.
    var name: String
    /// How many words it takes.
    var count: ClosedRange<Int>
    /// One line of help.
    var help: String
    /// What shells offer for it.
    var completion: Completion
    /// Takes one word over.
    var apply: (inout Target, String) throws(UsageProblem) -> Void

    /// One word that must be there, taken as it is.
    static func one(
        _ name: String, _ help: String, _ place: WritableKeyPath<Target, String>, completes: Completion? = nil
    ) -> CommandOperand {
        CommandOperand(name: name, count: 1...1, help: help, completion: completes ?? Completion(name)) {
            target, word in target[keyPath: place] = word
        }
    }

    /// One word that may be left out.
    static func optional(
        _ name: String, _ help: String, _ place: WritableKeyPath<Target, String?>, completes: Completion? = nil
    ) -> CommandOperand {
        CommandOperand(name: name, count: 0...1, help: help, completion: completes ?? Completion(name)) {
            target, word in target[keyPath: place] = word
        }
    }

    /// Several words, taken as they are.
    static func list(
        _ name: String, _ count: ClosedRange<Int>, _ help: String, _ place: WritableKeyPath<Target, [String]>,
        completes: Completion? = nil
    ) -> CommandOperand {
        CommandOperand(name: name, count: count, help: help, completion: completes ?? Completion(name)) {
            target, word in target[keyPath: place].append(word)
        }
    }

    /// One word that must be there and is read by `parse`; where that gives nil, `expected` says what was wanted.
    static func value<Value>(
        _ name: String, _ help: String, _ place: WritableKeyPath<Target, Value>, expected: String,
        completes: Completion? = nil, _ parse: @escaping (String) -> Value?
    ) -> CommandOperand {
        CommandOperand(name: name, count: 1...1, help: help, completion: completes ?? Completion(name)) {
            (target, word) throws(UsageProblem) in
            guard let value = parse(word) else { throw UsageProblem("\(word): expected \(expected)") }
            target[keyPath: place] = value
        }
    }

    /// Several words, each read by `parse`.
    static func values<Value>(
        _ name: String, _ count: ClosedRange<Int>, _ help: String, _ place: WritableKeyPath<Target, [Value]>,
        expected: String, completes: Completion? = nil, _ parse: @escaping (String) -> Value?
    ) -> CommandOperand {
        CommandOperand(name: name, count: count, help: help, completion: completes ?? Completion(name)) {
            (target, word) throws(UsageProblem) in
            guard let value = parse(word) else { throw UsageProblem("\(word): expected \(expected)") }
            target[keyPath: place].append(value)
        }
    }

    /// As a usage line has it: `TOPIC`, `[FILE]`, `COMMAND …`.
    var usage: String { OperandText.usage(name, count) }
}

/// How operands are written in usage lines.
enum OperandText {
    /// No more words than a shell would hand over: an upper bound that help need not tell.
    static let many = 1000

    static func usage(_ name: String, _ count: ClosedRange<Int>) -> String {
        let text = name + (count.upperBound > 1 ? " ..." : "")
        return count.lowerBound == 0 ? "[\(text)]" : text
    }
}

extension OptionParser {
    /// Deals the words out to the operands of `target`'s command.
    static func deal<Target: Command>(_ words: [String], _ target: inout Target) throws(UsageProblem) {
        let operands = Target.operands
        guard !operands.isEmpty else {
            if let word = words.first { throw UsageProblem("\(word): \(Target.name) takes options only") }
            return
        }
        var spare = words.count - operands.reduce(0) { $0 + $1.count.lowerBound }
        var rest = words[...]
        for operand in operands {
            guard rest.count >= operand.count.lowerBound else {
                throw UsageProblem("\(operand.name) is missing: \(operand.help)")
            }
            let extra = max(0, min(spare, operand.count.upperBound - operand.count.lowerBound))
            spare -= extra
            for word in rest.prefix(operand.count.lowerBound + extra) { try operand.apply(&target, word) }
            rest = rest.dropFirst(operand.count.lowerBound + extra)
        }
        if let word = rest.first {
            throw UsageProblem(
                "\(word): one too many; \(Target.name) takes \(operands.map(\.usage).joined(separator: " "))")
        }
    }
}
