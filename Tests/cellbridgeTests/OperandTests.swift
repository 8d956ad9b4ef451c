import Testing

@testable import BridgeRuntime
@testable import cellbridge

/// One word, then one or two, then the rest.
private struct Sample: Command {
    static let name = "sample"
    static let summary = "a sample"
    static let examples: [(line: String, meaning: String)] = [("cellbridge sample a b", "a sample")]
    static var options: [CommandOption<Sample>] {
        [
            .texts("topic", "t", "TOPIC", "a topic", \.topics),
            .number("count", "C", "N", "how many", \.count, 1...9) { $0 },
        ]
    }
    static var operands: [CommandOperand<Sample>] {
        [
            .value("NUMBER", "a number", \.number, expected: "a whole number") { Int($0) },
            .list("FILE", 1...2, "some files", \.files), .optional("REST", "the rest", \.rest),
        ]
    }

    var topics: [String] = []
    var count = 0
    var number = 0
    var files: [String] = []
    var rest: String?

    func run() -> ExitCode { .ok }
}

/// Takes as many as come.
private struct Many: Command {
    static let name = "many"
    static let summary = "many"
    static let examples: [(line: String, meaning: String)] = []
    static var operands: [CommandOperand<Many>] { [.list("COMMAND", 0...OperandText.many, "commands", \.words)] }

    var words: [String] = []

    func run() -> ExitCode { .ok }
}

/// One at a time: getopt_long keeps its place in global variables.
@Suite(.serialized) struct OperandTests {
    private func parsed<Target: Command>(_ words: [String], _ type: Target.Type) throws -> Target? {
        guard case .run(let command) = try OptionParser.parse(words, for: type) else { return nil }
        return command
    }

    private func complaint(_ words: [String]) -> String? {
        do throws(UsageProblem) {
            _ = try OptionParser.parse(words, for: Sample.self)
            return nil
        } catch {
            return error.text
        }
    }

    @Test(
        arguments: [
            (["1", "a"], ["a"], nil), (["1", "a", "b"], ["a", "b"], nil), (["1", "a", "b", "c"], ["a", "b"], "c"),
            (["-t", "x", "1", "--topic=y", "a", "-C", "3"], ["a"], nil), (["--", "1", "-t"], ["-t"], nil),
        ] as [([String], [String], String?)])
    func wordsAreDealtOutInOrder(_ words: [String], _ files: [String], _ rest: String?) throws {
        let sample = try #require(try parsed(words, Sample.self))
        #expect(sample.number == 1)
        #expect(sample.files == files)
        #expect(sample.rest == rest)
    }

    @Test func anOptionMayComeSeveralTimes() throws {
        let sample = try #require(try parsed(["-t", "x", "--topic", "y", "1", "a", "-C9"], Sample.self))
        #expect(sample.topics == ["x", "y"])
        #expect(sample.count == 9)
    }

    @Test(arguments: [
        ([], "NUMBER is missing: a number"), (["1"], "FILE is missing: some files"),
        (["x", "a"], "x: expected a whole number"),
        (["1", "a", "b", "c", "d"], "d: one too many; sample takes NUMBER FILE ... [REST]"),
        (["1", "a", "-C", "10"], "--count 10: expected 1 to 9"),
        (["--cuont", "1"], "--cuont: unknown option; did you mean --count?"),
    ])
    func whatDoesNotFitIsSaid(_ words: [String], _ text: String) {
        #expect(complaint(words) == text)
    }

    @Test func asManyAsThereAre() throws {
        #expect(try #require(try parsed([], Many.self)).words == [])
        #expect(try #require(try parsed(["AT", "AT+CSQ", "ATI"], Many.self)).words == ["AT", "AT+CSQ", "ATI"])
    }

    @Test func theUsageShowsThem() {
        #expect(Sample.sheet.usage == "cellbridge sample [options] NUMBER FILE ... [REST]")
        #expect(Many.sheet.usage == "cellbridge many [options] [COMMAND ...]")
        #expect(HelpText.of(Sample.sheet).contains("\narguments:\n  NUMBER    a number\n  FILE ...  some files\n"))
    }

    @Test(
        arguments: [
            ("FILE", .files), ("PATH", .files), ("on|off", .words(["on", "off"])), ("N", .nothing), ("N/h", .nothing),
            ("HOST|NAME", .nothing), ("|", .nothing),
        ] as [(String, Completion)])
    func theNameTellsWhatShellsOffer(_ name: String, _ completion: Completion) {
        #expect(Completion(name) == completion)
    }
}
