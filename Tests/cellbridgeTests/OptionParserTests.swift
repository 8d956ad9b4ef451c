import BridgeRuntime
import ModuleSimulator
import Testing

@testable import cellbridge

/// One at a time: getopt_long keeps its place in global variables.
@Suite(.serialized) struct OptionParserTests {
    private func simulate(_ words: [String]) throws(UsageProblem) -> SimulateCommand? {
        switch try OptionParser.parse(words, for: SimulateCommand.self) {
        case .run(let command): command
        case .help: nil
        }
    }

    private func complaint(_ words: [String]) -> String? {
        do throws(UsageProblem) {
            _ = try simulate(words)
            return nil
        } catch {
            return error.text
        }
    }

    @Test func everyOptionOfTheSimulatorReachesItsField() throws {
        let words = [
            "--profile", "Air780E", "--dialect", "no-unit,bare-topic", "--seed=7", "-b", "115200", "--latency", "15ms",
            "--network-latency=2 s", "--boot-delay", "1 min", "--service-delay", "0 s", "-l/tmp/m", "--pin", "1234",
            "-t", "x.log", "--redirect", "localhost:1884", "--apn", "cmnet",
            "--flash", "5000", "--flash-file", "f", "--clock", "2026-06-04T09:04:18Z", "--nitz", "off", "--ntp", "off",
            "--any-suite",
        ]
        let options = try #require(try simulate(words)).simulator
        #expect(options.profile == .air780e)
        #expect(options.dialect.traits == [.noUnit, .bareTopic])
        #expect(options.seed == 7)
        #expect(options.baud == 115_200)
        #expect(options.latency == .milliseconds(15))
        #expect(options.networkLatency == .seconds(2))
        #expect(options.bootDelay == .seconds(60))
        #expect(options.serviceDelay == .zero)
        #expect(options.link == "/tmp/m")
        #expect(options.pin == "1234")
        #expect(options.transcript == "x.log")
        #expect(options.redirect == SimulatorOptions.Endpoint(host: "localhost", port: 1884))
        #expect(options.apn == "cmnet")
        #expect(options.flash == 5000)
        #expect(options.flashFile == "f")
        #expect(options.clock == .time(1_780_563_858))
        #expect(options.networkTime == false)
        #expect(!options.hasTimeServer)
        #expect(options.offersAnySuite)
    }

    @Test func theSeedOfADialectMayComeAfterIt() throws {
        let before = try #require(try simulate(["--seed", "9", "--dialect", "all"])).simulator.dialect
        let after = try #require(try simulate(["--dialect", "all", "--seed", "9"])).simulator.dialect
        #expect(before == after)
        #expect(before == Dialect(names: "all", seed: 9))
    }

    @Test(arguments: [
        (["--latncy", "3"], "--latncy: unknown option; did you mean --latency?"),
        (["--frob"], "--frob: unknown option"),
        (["--latency", "3"], "--latency 3: expected a duration such as 15ms or \"2 s\""),
        (
            ["--clock", "noon"],
            "--clock noon: expected host, wrong, Unix seconds or a time such as 2026-06-04T09:04:18Z"
        ),
        (["--nitz", "1"], "--nitz 1: expected on or off"),
        (["--latency"], "--latency needs an argument: D"),
        (["-b"], "--baud needs an argument: N"),
        (["-x"], "-x: unknown option"),
        (["--help=3"], "--help=3: this option takes no argument"),
        (["--p", "1"], "--p could be --profile or --pin"),
        (["here"], "here: simulate takes options only"),
        (["--", "--baud"], "--baud: simulate takes options only"),
        (["--baud", "-1"], "--baud -1: expected 0 to 4000000"),
        (["--profile", "a"], "--profile a: expected one of ec716s, air780e, air780ep, air724ug, quectel-gsm, bc260y"),
        (["--redirect", "x"], "--redirect x: expected HOST:PORT"),
    ])
    func whatIsNotUnderstoodIsSaid(_ words: [String], _ text: String) {
        #expect(complaint(words) == text)
    }

    @Test func uniqueBeginningsAndClustersWork() throws {
        #expect(try #require(try simulate(["--prof", "air780ep"])).simulator.profile == .air780ep)
        guard case .run(let run) = try OptionParser.parse(["-vc", "x.toml"], for: RunCommand.self) else {
            Issue.record("help")
            return
        }
        #expect(run.isVerbose)
        #expect(run.path == "x.toml")
    }

    @Test(arguments: [["--help"], ["-h"], ["-b", "1", "--hel"]])
    func helpIsNoRun(_ words: [String]) throws {
        #expect(try simulate(words) == nil)
    }

    @Test(arguments: [
        ([], ExitCode.usage), (["chek"], .usage), (["--halp"], .usage), (["run", "--confg"], .usage),
        (["help", "certs", "list"], .ok), (["help", "certs", "lst"], .usage),
        (["help", "help"], .ok), (["help", "--help"], .ok), (["check", "-c", "/nowhere/x.toml"], .noInput),
        (["run", "-c", "/nowhere/x.toml"], .noInput),
    ])
    func exitStatuses(_ words: [String], _ code: ExitCode) {
        #expect(CommandLineTool.main(["cellbridge"] + words) == code.rawValue)
    }

    @Test(
        arguments: [
            ("publish", "pub"), ("subscribe", "sub"), ("start", "run"), ("serve", "run"), ("stauts", "status"),
            ("chekc", "check"), ("quue", "queue"),
        ])
    func anotherProgramsCommandLeadsToOurs(_ word: String, _ ours: String) {
        #expect(CommandLineTool.suggestion(word, CommandLineTool.sheet.words.map(\.name)) == "; did you mean \(ours)?")
    }

    @Test func otherNamesAreOfCommandsThatThereAre() {
        let words = CommandLineTool.sheet.words.map(\.name)
        #expect(CommandLineTool.otherNames.values.allSatisfy(words.contains))
        #expect(!CommandLineTool.otherNames.keys.contains(where: words.contains))
        #expect(CommandLineTool.suggestion("xyzzy", words) == "")
    }
}

extension SimulateCommand: Equatable {
    static func == (left: SimulateCommand, right: SimulateCommand) -> Bool { left.simulator == right.simulator }
}
