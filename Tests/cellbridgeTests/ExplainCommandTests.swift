import BridgeRuntime
import Configuration
import Control
import LinuxIO
import PrivateBroker
import Testing

@testable import cellbridge

/// One at a time: getopt_long keeps its place in global variables.
@Suite(.serialized) struct ExplainCommandTests {
    private static let configuration = """
        [remote]
        host = "broker"
        client_id = "box"
        [[route]]
        topic = "#"
        local_prefix = "plant/"
        remote_prefix = "site7/"
        expire = "6 h"
        priority = "high"
        [[route]]
        topic = "+"
        local_prefix = "plant/"
        [[route]]
        direction = "in"
        topic = "commands/#"
        remote_prefix = "site7/"
        [[route]]
        direction = "both"
        topic = "settings/#"
        publish_qos = 2
        """

    private func report(
        _ topic: String, _ way: TopicQuestion.Way = .out, payload: [UInt8]? = nil, qos: Int = 1, rate: String? = nil,
        extra: String = ""
    ) throws -> ExplainReport {
        let loaded = Configuration.parse(
            text: extra + Self.configuration, file: "x", directory: "/", readSecrets: false)
        guard case .valid(let configuration, _) = loaded else {
            Issue.record("\(loaded)")
            throw UsageProblem("configuration")
        }
        let explainer = try TopicExplainer(configuration)
        var question = TopicQuestion(
            topic: Array(topic.utf8), way: way, payload: payload ?? [UInt8](repeating: 0x78, count: 100), qos: qos)
        let main = explainer.explain(question)
        question.way = way.opposite
        return ExplainReport(
            main: main, other: explainer.explain(question), routes: explainer.routeText,
            rate: MessageRate(rate ?? "60/h"), isRateGiven: rate != nil, isSample: payload == nil)
    }

    @Test func whatPeopleRead() throws {
        let reports = [
            try report("plant/press"), try report("plant/press", payload: [0, 1, 2], rate: "2/s"),
            try report("settings/night", payload: [], qos: 2), try report("site7/commands/pump", .in),
            try report("plant"), try report("planted/x"), try report("commands/pump"), try report("site7/x"),
            try report("plant/#"), try report("plant/a\"b"), try report("cellbridge/box/state"),
            try report("cellbridge/box/heartbeat", .in),
            try report("plant/x", payload: [UInt8](repeating: 0x78, count: 4000)),
            try report("plant/x", payload: [UInt8](repeating: 0x78, count: 5000), rate: "1/min"),
            try report(
                "plant/x", rate: "50/s", extra: "[module]\nbaud = 9600\nprofile = \"ec716s\"\n"),
        ]
        Snapshot.check(reports.map { $0.lines.joined(separator: "\n") }.joined(separator: "\n\n"), "explain.txt")
    }

    @Test func whatScriptsRead() throws {
        let reports = [
            try report("plant/press", rate: "500/day"), try report("site7/commands/pump", .in), try report("planted/x"),
            try report("plant/a\"b"), try report("a+b"),
        ]
        Snapshot.check(reports.map(\.json.description).joined(separator: "\n"), "explain.json")
    }

    @Test(arguments: [
        (["plant/x", "--quiet"], ExitCode.ok), (["planted/x", "--quiet"], .failed), (["#", "--quiet"], .failed),
        (["plant/a\\b", "--quiet"], .failed), (["-i", "site7/commands/x", "--quiet"], .ok),
        (["plant/x", "--quiet", "--size", "5000"], .failed), (["plant/x", "--quiet", "-f", "/nowhere/x"], .noInput),
        (["plant/x", "--quiet", "-f", "/dev/zero"], .dataError), (["plant/x", "-m", "a", "--size", "3"], .usage),
        (["plant/x", "--rate", "3"], .usage), ([], .usage), (["plant/x", "y"], .usage),
    ])
    func exitStatuses(_ words: [String], _ code: ExitCode) throws {
        let directory = try TemporaryDirectory()
        try Files.writeAtomically(directory.file("x.toml"), Array(Self.configuration.utf8))
        let line = ["cellbridge", "explain", "-c", directory.file("x.toml")] + words
        #expect(CommandLineTool.main(line) == code.rawValue)
    }

    @Test func aConfigurationThatCannotBeUsed() throws {
        let directory = try TemporaryDirectory()
        try Files.writeAtomically(directory.file("x.toml"), Array("[remote]".utf8))
        #expect(CommandLineTool.main(["cellbridge", "explain", "-c", directory.file("x.toml"), "a"]) == 78)
        #expect(CommandLineTool.main(["cellbridge", "explain", "-c", directory.file("y.toml"), "a"]) == 66)
    }

    @Test(arguments: [
        (13_400, "13.4 ms"), (999_949, "999.9 ms"), (1_000_000, "1.0 s"), (61_250_000, "61.2 s"), (0, "0.0 ms"),
    ])
    func timesAreShort(_ microseconds: Int, _ text: String) {
        #expect(ExplainReport.milliseconds(.microseconds(microseconds)) == text)
    }

    @Test(
        arguments: [
            (999, "999 bytes"), (1000, "1 kB"), (999_999, "999 kB"), (10_650_000, "10.6 MB"), (1_230_000_000, "1.2 GB"),
        ] as [(Int64, String)])
    func sizesAreShort(_ bytes: Int64, _ text: String) {
        #expect(ExplainReport.size(bytes) == text)
    }
}
