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
}
