import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// `cellbridge sub` alone and through the running service.
    @Suite("sub")
    struct Sub {
        /// A payload as a file, since words of a command line carry no U+0000.
        static let payloads: [[UInt8]] = [
            Array("hello".utf8), [], Array("größe — \"quoted\", with, commas".utf8), Array(0...255),
            Array("{\"a\": [1, true], \"b\":null}".utf8), [0x0D, 0x0A, 0x1A, 0x0D, 0x0A], Array("+MSUB: \"x\"".utf8),
            Array(repeating: 0x41, count: 900),
        ]
        static let flags: [[String]] = [
            [], ["-v"], ["-N"], ["-N", "-v"], ["-T", "site/1"], ["-v", "-T", "+/2", "-T", "nothing/#"], ["-q", "1"],
            ["-F", "%t|%p|%l|%x|%X|%%"], ["-F", "%20.4t|%-20t|%08l|%-6l|\\t\\e[1m\\0\\\\"],
            ["-N", "-F", "%5x;%7X;%12p;%-12p;"],
            ["-F", "@Y %A%5E%3C%D%P%R %S @@ done"], ["-v", "-F", "%l"],
        ]

        @Test("The same bytes as mosquitto_sub, whatever the flags", arguments: [false, true])
        func sideBySide(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            for flags in Self.flags {
                let isFiltered = flags.contains("-T")
                let count = isFiltered ? Self.payloads.count / 2 : Self.payloads.count
                let words = ["-t", "site/#", "-C", "\(count)"] + flags
                let plain = try rig.awaitGrant { try rig.mosquitto("sub", words) }
                let ours = try rig.awaitGrant { try rig.begin(["sub"] + words) }
                for (number, payload) in Self.payloads.enumerated() {
                    let topic = ["-t", "site/\(1 + number % 2)", "-q", "\(number % 3 % 2)"]
                    try rig.mosquitto("pub", topic + (payload.isEmpty ? ["-n"] : ["-s"]), input: payload).finish(rig)
                }
                try plain.finish(rig)
                try ours.finish(rig)
                #expect(plain.status == 0 && ours.status == 0, "\(flags)\n\(ours.report)")
                let isSame = plain.output == ours.output
                #expect(isSame, "\(flags)\n\(plain.text.debugDescription)\n\(ours.text.debugDescription)")
                #expect(ours.errors == "", "\(flags)")
            }
        }

        @Test("Several filters, also such that overlap; JSON lines", arguments: [false, true])
        func json(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let before = rig.grants
            let run = try rig.begin(["sub", "-t", "a/#", "-t", "b", "-t", "a/+", "--json", "-C", "3"])
            try rig.wait("three filters") { rig.grants == before + 3 }
            for (topic, payload) in [("b", [0xFF, 0x00]), ("a/ü", Array("é\"\n".utf8)), ("b", [])] {
                try rig.mosquitto("pub", ["-t", topic] + (payload.isEmpty ? ["-n"] : ["-s"]), input: payload).finish(
                    rig)
            }
            try run.finish(rig)
            let lines = run.text.split(separator: "\n").map { Self.withoutTime(String($0)) }
            let expected = [
                #""topic":"b","payload_base64":"/wA="}"#, #""topic":"a/\u00fc","payload":"\u00e9\"\u000a"}"#,
                #""topic":"b","payload":""}"#,
            ]
            #expect(run.status == 0 && lines == expected, "\(run.report)")
        }

        @Test("Time runs out: 27, as mosquitto_sub; Ctrl-C is its normal end", arguments: [false, true])
        func ends(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let plain = try rig.mosquitto("sub", ["-t", "x", "-W", "1"]).finish(rig)
            let late = try rig.command(["sub", "-t", "x", "-W", "1"])
            #expect(plain.status == 27 && late.status == 27, "\(late.report)")
            #expect(plain.errors == "Timed out\n" && late.errors == "cellbridge sub: timed out\n")
            let quiet = try rig.command(["sub", "-t", "x", "-W", "300ms", "--quiet"])
            #expect(quiet.status == 27 && quiet.errors == "" && quiet.output == [])
            for signal in [SIGINT, SIGTERM] {
                let run = try rig.awaitGrant { try rig.begin(["sub", "-t", "x"]) }
                run.child.signal(signal)
                try run.finish(rig)
                #expect(run.status == 0 && run.errors == "", "\(run.report)")
            }
            // Nothing of it is left in the service's session.
            if isService {
                try rig.wait("the last subscription's end") {
                    rig.simulator.commands().last { $0.contains("SUB=\"x\"") }?.hasPrefix("AT+MUNSUB") ?? false
                }
            }
        }

        @Test("A break of the link is told, and it goes on when the link is back", arguments: [false, true])
        func linkBreaks(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            var mark = rig.simulator.transcript.mark
            let run = try rig.begin(["sub", "-t", "x", "-t", "y/#", "-C", "4"])
            try awaitSubscription(to: "y/#", after: mark, rig)
            for number in 1...3 {
                mark = rig.simulator.transcript.mark
                try rig.simulator.fault("drop-tcp")
                try awaitSubscription(to: "y/#", after: mark, rig)
                try rig.mosquitto("pub", ["-t", "y/z", "-m", "after break \(number)", "-q", "1"]).finish(rig)
                try rig.wait("the message: \(run.report)") { run.text.hasSuffix("after break \(number)\n") }
            }
            #expect(run.errors.split(separator: "\n").count == 3, "\(run.report)")
            #expect(run.errors.hasPrefix("cellbridge sub: the link broke: "), "\(run.report)")
            try rig.mosquitto("pub", ["-t", "x", "-m", "last", "-q", "1"]).finish(rig)
            try run.finish(rig)
            #expect(run.status == 0 && run.text.hasSuffix("after break 3\nlast\n"), "\(run.report)")
        }

        /// Waits until the module has told of the grant of this filter.
        private func awaitSubscription(to filter: String, after mark: Int, _ rig: BridgeRig) throws {
            try rig.wait("the subscription to \(filter)", limit: .seconds(60)) {
                let lines = rig.simulator.transcript.lines.dropFirst(mark)
                let rest = lines.drop { !$0.contains("AT+MSUB=\"\(filter)\"") }
                return rest.contains { $0.contains("SUBACK") && !$0.contains("UNSUBACK") }
            }
        }

        @Test("While the link is away -W and Ctrl-C end it", arguments: [false, true])
        func endsWithoutALink(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let limited = try rig.awaitGrant(byModule: true) {
                try rig.begin(["sub", "-t", "x", "-W", "4", "--quiet"])
            }
            try rig.simulator.fault("deregister")
            try rig.simulator.fault("drop-tcp")
            try limited.finish(rig)
            #expect(limited.status == 27 && limited.text.isEmpty && limited.errors.isEmpty, "\(limited.report)")
            try rig.simulator.fault("register")
            if isService { try rig.awaitOnline(after: rig.log.first { $0.contains("offline: ") }) }
            let run = try rig.awaitGrant(byModule: true) { try rig.begin(["sub", "-t", "x"]) }
            try rig.simulator.fault("deregister")
            try rig.simulator.fault("drop-tcp")
            try rig.wait("the news") { run.errors.contains("going on when it is back") }
            run.child.signal(SIGINT)
            try run.finish(rig)
            #expect(run.status == 0, "\(run.report)")
        }

        @Test("The service is killed in the middle: 69, and the next run removes the subscription")
        func serviceKilled() throws {
            let rig = try BridgeRig.forCommands()
            try rig.start()
            let run = try rig.awaitGrant(byModule: true) { try rig.begin(["sub", "-t", "left/#"]) }
            try rig.kill()
            try run.finish(rig)
            #expect(run.status == 69, "\(run.report)")
            #expect(
                run.errors
                    == "cellbridge sub: the service has ended meanwhile: see its log (journalctl -u cellbridge)\n")
            let mark = rig.simulator.transcript.mark
            try rig.start()
            try rig.wait("the filter's removal") {
                rig.simulator.commands(after: mark).contains("AT+MUNSUB=\"left/#\"")
            }
        }

        @Test("Nobody reads any more: it ends in order", arguments: [false, true])
        func pipeBreaks(isService: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isService { try rig.start() }
            let words = [rig.program, "sub", "-t", "x", "-c", rig.directory.file("cellbridge.toml")]
            let run = try rig.awaitGrant {
                try CommandRun(
                    rig, "/bin/bash", ["-c", "\"$@\" | head -n 1; echo ${PIPESTATUS[0]}", "sh"] + words)
            }
            // The first is read, the second has no reader.
            for _ in 0..<2 {
                try rig.mosquitto("pub", ["-t", "x", "-m", "line"]).finish(rig)
                try rig.wait("the line") { run.text.hasPrefix("line\n") }
            }
            try run.finish(rig)
            #expect(run.text == "line\n0\n" && run.errors == "", "\(run.report)")
        }

        @Test("A reader that sleeps loses nothing, and the module's port is read meanwhile")
        func slowReader() throws {
            // As fast as a line carries it: what a pseudo-terminal has no room for is lost.
            let rig = try BridgeRig.forCommands { $0.simulator += ["--baud", "921600"] }
            let words = [
                rig.program, "sub", "-t", "x", "-q", "1", "-C", "400", "-c", rig.directory.file("cellbridge.toml"),
            ]
            let gate = rig.directory.file("gate")
            // The reader opens its end of the pipe only when somebody writes to the gate.
            let script = "mkfifo '\(gate)' && \"$@\" | { read -r _ < '\(gate)'; cat; }"
            let run = try rig.awaitGrant { try CommandRun(rig, "/bin/bash", ["-c", script, "sh"] + words) }
            let lines = (0..<400).map { "\($0) " + String(repeating: "x", count: 500) }
            let input = Array((lines.joined(separator: "\n") + "\n").utf8)
            try rig.mosquitto("pub", ["-t", "x", "-q", "1", "-l"], input: input).finish(rig)
            try rig.wait("all in the module", limit: .seconds(30)) { rig.simulator.printed.count == 400 }
            try CommandRun(rig, "/bin/sh", ["-c", "echo > '\(gate)'"]).finish(rig)
            try run.finish(rig)
            let isWhole = run.output == input
            #expect(isWhole, "\(run.report)")
        }

        private static func withoutTime(_ line: String) -> String {
            line.split(separator: ",", maxSplits: 1).last.map(String.init) ?? line
        }
    }
}
