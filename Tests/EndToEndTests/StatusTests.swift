import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// `cellbridge status` beside a bridge that runs, hangs, and is gone.
    @Suite("Status")
    struct Status {
        /// A run of it, its output in a file or on a terminal.
        private final class Run {
            let child: ChildProcess
            private let file: String

            init(_ rig: BridgeRig, _ words: [String], terminal: PseudoTerminal? = nil) throws {
                file = terminal?.slavePath ?? rig.directory.file("status-\(rig.loop.now.components.attoseconds)")
                var options = ChildProcess.Options(
                    rig.program, ["status"] + words + ["-c", rig.directory.file("cellbridge.toml")])
                (options.standardOutput, options.standardError) = (.file(file), .file(file))
                options.environment = ["TERM": "xterm", "TZ": "UTC"]
                child = try ChildProcess(options, loop: rig.loop)
            }

            deinit { child.signal(SIGKILL) }

            var text: String { String(decoding: (try? Files.read(file, limit: 1 << 20)) ?? [], as: UTF8.self) }

            func finish(_ rig: BridgeRig) throws -> Run {
                try rig.wait("the end of status") { child.exitStatus != nil }
                return self
            }
        }

        @Test("running, hanging and stopped: words and exit status")
        func states() throws {
            let rig = try BridgeRig()
            var run = try Run(rig, []).finish(rig)
            #expect(run.child.exitStatus == .exited(3) && run.text.contains("the service does not run"), "\(run.text)")
            #expect(run.text.contains("there is none yet"))
            try rig.start()
            let out = try rig.outbound(20)
            try rig.awaitArrival([out])
            run = try Run(rig, []).finish(rig)
            #expect(
                run.child.exitStatus == .exited(0) && run.text.contains("  link          online for"), "\(run.text)")
            #expect(run.text.contains(" of 31)") && run.text.contains("profile ec716s"), "\(run.text)")
            #expect(run.text.contains("20 accepted, 20 acknowledged"), "\(run.text)")
            #expect(!run.text.contains("\u{1B}"))
            run = try Run(rig, ["--json"]).finish(rig)
            #expect(run.text.hasPrefix(#"{"service":true,"version":""#) && run.text.contains(#""link":"online""#))
            run = try Run(rig, ["--quiet"]).finish(rig)
            #expect(run.child.exitStatus == .exited(0) && run.text.isEmpty)
            try rig.simulator.fault("hang")
            let more = try rig.outbound(5)
            try rig.wait("offline", limit: .seconds(60)) { rig.hasLogged("offline: ") && more.publisher.isDone }
            run = try Run(rig, []).finish(rig)
            #expect(run.child.exitStatus == .exited(1), "\(run.text)")
            for part in ["  link          offline for", "  reason  ", "  step  ", "outbox        5 message(s)"] {
                #expect(run.text.contains(part), "\(part) in \(run.text)")
            }
            #expect(try rig.stop() == .exited(0))
            run = try Run(rig, []).finish(rig)
            #expect(run.child.exitStatus == .exited(3), "\(run.text)")
            #expect(
                run.text.contains("outbox        5 message(s), the oldest") && run.text.contains("as of"), "\(run.text)"
            )
        }

        @Test("signal and operator are of the moment it is asked, through the service")
        func radio() throws {
            let rig = try BridgeRig()
            try rig.start()
            let questions = { rig.simulator.commands().count { $0 == "AT+COPS?" } }
            #expect(questions() == 0)
            let out = try rig.outbound(10)
            try rig.awaitArrival([out])
            CommandSnapshot.check(try Run(rig, []).finish(rig).text, "status.txt", rig)
            CommandSnapshot.check(try Run(rig, ["--json"]).finish(rig).text, "status.json", rig)
            #expect(questions() == 1)
            try rig.simulator.fault("signal 3")
            let more = try rig.outbound(10)
            var text = ""
            // What was asked for a moment ago is new enough for 10 s.
            let end = rig.loop.now + .seconds(20)
            while !text.contains("-107 dBm, very weak (3 of 31)") {
                try #require(rig.loop.now < end, "\(text)")
                text = try Run(rig, []).finish(rig).text
            }
            #expect(text.contains("  operator      46001, LTE, "), "\(text)")
            #expect(questions() == 2)
            try rig.awaitArrival([more])
            expectClean(more, rig)
        }

        @Test("--watch on a terminal: drawn anew each second, in colours, until Ctrl-C")
        func terminal() throws {
            let rig = try BridgeRig()
            try rig.start()
            let terminal = try PseudoTerminal()
            var screen: [UInt8] = []
            terminal.onBytes = { screen += $0 }
            try terminal.attach(to: rig.loop)
            let run = try Run(rig, ["--watch"], terminal: terminal)
            var text: String { String(decoding: screen, as: UTF8.self) }
            func pictures() -> Int { text.split(separator: "\u{1B}[H", omittingEmptySubsequences: false).count - 1 }
            try rig.wait("three pictures") { pictures() >= 3 }
            #expect(text.hasPrefix("\u{1B}[2J\u{1B}[H") && text.contains("\u{1B}[32monline\u{1B}[0m"), "\(text)")
            #expect(run.child.exitStatus == nil)
            try rig.kill()
            try rig.wait("the news") { text.contains("the service does not run") }
            try rig.start()
            let before = pictures()
            try rig.wait("it is back") {
                pictures() > before && text.split(separator: "\u{1B}[H").last?.contains("online\u{1B}[0m for") == true
            }
            run.child.signal(SIGINT)
            _ = try run.finish(rig)
            #expect(run.child.exitStatus == .exited(0))
        }

        @Test("--watch on a pipe: a line at each change")
        func pipe() throws {
            let rig = try BridgeRig()
            try rig.start()
            let run = try Run(rig, ["--watch"])
            try rig.wait("the first line") { run.text.contains("\n") }
            rig.settle(.milliseconds(2500))
            #expect(run.text.split(separator: "\n").count == 1, "\(run.text)")
            #expect(run.text.hasSuffix("  online; outbox 0, inbox 0\n"), "\(run.text)")
            try rig.kill()
            try rig.wait("the second line") { run.text.split(separator: "\n").count == 2 }
            #expect(run.text.hasSuffix("  the service does not run; outbox 0, inbox 0\n"), "\(run.text)")
            run.child.signal(SIGTERM)
            _ = try run.finish(rig)
            #expect(run.child.exitStatus == .exited(0))
        }
    }
}
