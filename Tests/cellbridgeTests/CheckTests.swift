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

    @Test(arguments: [
        (
            "",
            ["link: the module's own MQTT client, keep-alive 120 s, heartbeat to cellbridge/box/heartbeat after 180 s"]
        ),
        ("link = \"socket\"", ["link: MQTT over the module's TCP socket, window 20, keep-alive 300 s, heartbeat off"]),
        (
            "link = \"auto\"\nwindow = 5\nheartbeat = false\n[module]\nprofile = \"auto\"",
            [
                "link: by the module found: its own MQTT client, keep-alive 120 s, heartbeat off",
                "link: or, where it has none, MQTT over its TCP socket, window 5, keep-alive 300 s, heartbeat off",
            ]
        ),
    ])
    func theLinkIsTold(_ lines: String, _ expected: [String]) {
        let module = lines.contains("[module]") ? "" : "[module]\nprofile = \"air780e\""
        let loaded = Configuration.parse(
            text: "[remote]\nhost = \"broker\"\nclient_id = \"box\"\n\(lines)\n\(module)\n[[route]]\ntopic = \"#\"",
            file: "x", directory: "/")
        guard case .valid(let configuration, _) = loaded else {
            Issue.record("\(loaded)")
            return
        }
        let told = ConfigurationCheck.summary(configuration).filter { $0.hasPrefix("link: ") }
        #expect(told.count == expected.count && zip(told, expected).allSatisfy { $0.hasPrefix($1) }, "\(told)")
    }

    @Test(arguments: [
        ("mqtt", "in", "qos = 2", "<-- remote a/#, QoS 2"),
        ("mqtt", "out", "qos = 2", "--> remote a/#, QoS 1 (of 2: local subscriptions give no more)"),
        ("mqtt", "both", "qos = 2", "<-> remote a/#, QoS 1 out, 2 in (of 2: local subscriptions give no more)"),
        ("mqtt", "both", "publish_qos = 2", "<-> remote a/#, QoS 2 out, 1 in"),
        ("mqtt", "in", "publish_qos = 2", "<-- remote a/#, QoS 1"),
        ("socket", "in", "qos = 2", "<-- remote a/#, QoS 1 (of 2: the socket link does no more)"),
        ("socket", "out", "publish_qos = 2", "--> remote a/#, QoS 1 (of 2: the socket link does no more)"),
        ("socket", "out", "qos = 0", "--> remote a/#, QoS 0"),
        ("auto", "out", "qos = 1", "--> remote a/#, QoS 1"),
        (
            "auto", "in", "qos = 2",
            "<-- remote a/#, QoS 2; over the socket link QoS 1 (of 2: the socket link does no more)"
        ),
    ])
    func theQualityIsWhatIsDone(_ link: String, _ direction: String, _ line: String, _ expected: String) {
        let loaded = Configuration.parse(
            text: """
                [remote]
                host = "broker"
                link = "\(link)"
                [[route]]
                direction = "\(direction)"
                topic = "a/#"
                \(line)
                """, file: "x", directory: "/")
        guard case .valid(let configuration, _) = loaded else {
            Issue.record("\(loaded)")
            return
        }
        let route = ConfigurationCheck.summary(configuration).first { $0.hasPrefix("route ") }
        #expect(route == "route  local a/# \(expected)")
    }

    @Test(arguments: [
        (
            "quectel-gsm", "direct",
            "\"direct\" means nothing here: the socket of a quectel-gsm is always read on request (\"cached\")"
        ),
        (
            "bc260y", "cached",
            "\"cached\" means nothing here: a bc260y always pushes what its socket receives (\"direct\")"
        ),
        ("quectel-gsm", "cached", nil), ("bc260y", "direct", nil), ("ec716s", "direct", nil), ("ec716s", "cached", nil),
        ("quectel-gsm", nil, nil), ("bc260y", nil, nil), ("auto", "direct", nil),
    ])
    func receiveThatAFamilyDoesNotKnowIsWarnedOf(_ profile: String, _ receive: String?, _ expected: String?) throws {
        let found = try check(
            """
            [module]
            profile = "\(profile)"
            [remote]
            host = "x"
            link = "socket"
            \(receive.map { "receive = \"\($0)\"" } ?? "")
            [[route]]
            topic = "#"
            """)
        #expect(found.isValid)
        #expect(found.lines == (expected.map { [":6: remote.receive: warning: \($0)"] } ?? []))
    }

    @Test func theSocketLinkSaysWhatItGrantsAndWhatOpenSSLRefuses() throws {
        let folder = try TemporaryDirectory("check-link")
        let file = folder.file("c.toml")
        func check(_ tls: String) throws -> Configuration.Loaded {
            let text = """
                [remote]
                host = "broker"
                link = "socket"
                \(tls)
                [[route]]
                direction = "in"
                topic = "a/#"
                qos = 2
                """
            try Files.writeAtomically(file, Array(text.utf8))
            return ConfigurationCheck.load(path: file)
        }
        func grants(_ route: String) throws -> [String] {
            let text = "[remote]\nhost = \"broker\"\nlink = \"socket\"\n[[route]]\n" + route
            try Files.writeAtomically(file, Array(text.utf8))
            guard case .valid(_, let warnings) = ConfigurationCheck.load(path: file) else { return ["not valid"] }
            return warnings.map { String($0.description.dropFirst(file.count)) }
        }
        guard case .valid(_, let warnings) = try check("") else {
            Issue.record("it is not valid")
            return
        }
        #expect(
            warnings.map(\.description) == [
                "\(file):8: route[1].qos: is 2, and the socket link subscribes at QoS 1 at most: each message comes at least once"
            ])
        #expect(
            try grants("direction = \"both\"\ntopic = \"a\"\npublish_qos = 2") == [
                ":7: route[1].publish_qos: is 2, and the socket link publishes at QoS 1 at most: each message arrives at least once"
            ])
        guard case .invalid(let problems) = try check("tls = { ciphers = \"NOTHING\" }") else {
            Issue.record("it is valid")
            return
        }
        #expect(
            problems.first?.description
                == "\(file):4: remote.tls: no suite of \"NOTHING\" can be had; expected names of `openssl ciphers`")
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
