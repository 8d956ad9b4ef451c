import Testing

@testable import cellbridge

/// How the command lines of `pub`, `sub` and `rr` are read.
struct MessageCommandTests {
    private func parsed<Target: Command>(_ words: [String], _ target: Target.Type) throws -> Target? {
        guard case .run(let command) = try OptionParser.parse(words, for: target) else { return nil }
        return command
    }

    @Test func subTakesTheFlagsOfMosquittoSub() throws {
        let words = ["-t", "a/#", "-t", "b", "-q", "2", "-v", "-N", "-C", "3", "-W", "5", "-T", "a/x", "-F", "%t"]
        let sub = try #require(try parsed(words, SubCommand.self))
        #expect(sub.filters == ["a/#", "b"] && sub.qos == 2 && sub.unwanted == ["a/x"] && sub.count == 3)
        #expect(sub.timeout == .seconds(5) && sub.printer.showsTopic && sub.printer.omitsLineEnd)
        #expect(sub.printer.format == (try MessageFormat("%t")))
        #expect(try parsed(["-t", "a", "-W", "250ms"], SubCommand.self)?.timeout == .milliseconds(250))
    }

    @Test(arguments: [
        ([], "-t FILTER is missing"), (["-t", "a/#b"], "a/#b: # must be the last level"),
        (["-t", "a", "-C", "0"], "expected 1"),
        (["-t", "a", "-T", "+x"], "+ must be a whole level"), (["-t", "a", "-F", "%q"], "QoS"),
        (["-t", "a", "--json", "-F", "%t"], "does not go with"), (["-t", "a", "-R"], "-R: unknown option"),
        (["-t", "a", "-W", "soon"], "expected seconds"),
        (Array(repeating: ["-t", "a"], count: 17).flatMap { $0 }, "at most 16"),
    ])
    func subRefuses(words: [String], reason: String) {
        let problem = #expect(throws: UsageProblem.self) { try parsed(words, SubCommand.self) }
        #expect(problem?.text.contains(reason) == true, "\(problem?.text ?? "")")
    }

    @Test(arguments: [
        (["-e", "r", "-n"], "-t TOPIC is missing"), (["-t", "a", "-n"], "-e TOPIC is missing"),
        (["-t", "a", "-e", "r"], "one of -m, -f, -n, -s"), (["-t", "a", "-e", "r", "-n", "-m", "x"], "not 2"),
        (["-t", "a", "-e", "r/#/x", "-n"], "# must be the last level"),
    ])
    func rrRefuses(words: [String], reason: String) {
        let problem = #expect(throws: UsageProblem.self) { try parsed(words, RRCommand.self) }
        #expect(problem?.text.contains(reason) == true, "\(problem?.text ?? "")")
    }

    @Test func pubTakesTheFlagsOfMosquittoPub() throws {
        let words = ["-t", "a", "-m", "x", "-q", "1", "-r", "--repeat", "3", "--repeat-delay", "0.5"]
        let pub = try #require(try parsed(words, PubCommand.self))
        #expect(pub.publication.topic == "a" && pub.publication.qos == 1 && pub.publication.retain)
        #expect(pub.source.text == "x" && pub.count == 3 && pub.pause == .milliseconds(500) && !pub.publication.follows)
        #expect(try parsed(["-t", "a", "-n", "--queue", "--wait", "1s"], PubCommand.self)?.publication.follows == true)
        #expect(throws: UsageProblem.self) { try parsed(["-t", "a", "-l", "--repeat", "2"], PubCommand.self) }
        #expect(throws: UsageProblem.self) { try parsed(["-t", "a"], PubCommand.self) }
    }
}
