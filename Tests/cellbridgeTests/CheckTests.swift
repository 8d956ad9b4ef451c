import BridgeRuntime
import Configuration
import LinuxIO
import PrivateBroker
import Testing

@testable import cellbridge

struct CheckTests {
    private func check(_ text: String) throws -> (lines: [String], isValid: Bool) {
        let directory = try TemporaryDirectory()
        let path = directory.file("x.toml")
        try Files.writeAtomically(path, Array(text.utf8))
        func lines(_ problems: [Problem]) -> [String] {
            problems.map { String(ConfigurationFile.line($0).dropFirst(path.count)) }
        }
        switch ConfigurationCheck.load(path: path) {
        case .valid(_, let warnings): return (lines(warnings), true)
        case .invalid(let problems): return (lines(problems), false)
        }
    }

    @Test func aRouteThatGetsNothingIsWarnedOfAtItsLine() throws {
        let found = try check(
            """
            [remote]
            host = "x"
            [[route]]
            topic = "#"
            [[route]]
            qos = 0
            topic = "sensors/#"
            """)
        #expect(found.isValid)
        #expect(found.lines == [":7: route[2].topic: warning: takes nothing: route[1] comes first and takes all of it"])
    }

    @Test func anErrorNamesLineAndKey() throws {
        let found = try check(
            """
            [remote]
            host = "x"
            prot = 1
            [[route]]
            topic = "#"
            """)
        #expect(!found.isValid)
        #expect(found.lines == [":3: remote.prot: unknown key; did you mean remote.port?"])
    }

    @Test func aResetLineThatIsNotThereIsWarnedOf() throws {
        let found = try check(
            """
            [module]
            reset = { gpio = "gpiochip-none:17" }
            [remote]
            host = "x"
            [[route]]
            topic = "#"
            """)
        #expect(found.isValid)
        #expect(
            found.lines == [
                ":2: module.reset.gpio: warning: the module cannot be reset by it: /dev/gpiochip-none does not exist: "
                    + "`gpiodetect` lists the chips, `gpioinfo` their lines"
            ])
    }

    @Test func theSummaryTellsRoutesAndLimits() throws {
        let loaded = Configuration.parse(
            text: """
                [remote]
                host = "broker"
                client_id = "box"
                [module]
                profile = "ec716s"
                [[route]]
                direction = "both"
                topic = "a/#"
                local_prefix = "l/"
                remote_prefix = "r/"
                """, file: "x", directory: "/")
        guard case .valid(let configuration, _) = loaded else {
            Issue.record("\(loaded)")
            return
        }
        let summary = ConfigurationCheck.summary(configuration)
        #expect(summary.contains("route  local l/a/# <-> remote r/a/#, QoS 1"))
        #expect(summary.contains { $0.contains("payloads up to 2384 bytes out, 1360 in") })
        #expect(summary.contains("remote broker broker:1883, as box"))
    }

    @Test func quietSaysWhatIsWrongAndNothingElse() {
        let good = Configuration.parse(text: ConfigurationPage.example, file: "x", directory: "/", hostName: "box")
        #expect(CheckCommand.report(good, path: "x", isQuiet: true) == ([], .ok))
        #expect(CheckCommand.report(good, path: "x", isQuiet: false).lines.first == "x: ok")
        let warned = Configuration.parse(
            text: ConfigurationPage.example.replacing("[remote]", with: "[remote]\nkeepalive = 30"), file: "x",
            directory: "/", hostName: "box")
        let (lines, code) = CheckCommand.report(warned, path: "x", isQuiet: true)
        #expect(lines.count == 1 && lines.first?.contains("warning: is 30 s") == true, "\(lines)")
        #expect(code == .ok)
        let bad = Configuration.parse(text: "x = 1", file: "x", directory: "/", hostName: "box")
        #expect(CheckCommand.report(bad, path: "x", isQuiet: true).code == .configuration)
        #expect(!CheckCommand.report(bad, path: "x", isQuiet: true).lines.isEmpty)
    }
}
