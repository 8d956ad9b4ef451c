import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// Raw AT, the console, the flight recorder and its replay, alone and while the service runs.
    @Suite("Hands on the module")
    struct HandsOn {
        /// What a command printed, and how it ended.
        private final class Run {
            let child: ChildProcess
            let rig: BridgeRig
            private(set) var output: [String] = []
            private(set) var errors: [String] = []
            private(set) var screen = ""

            init(_ rig: BridgeRig, _ arguments: [String], program: String? = nil, environment: [String: String]? = nil)
                throws
            {
                self.rig = rig
                var options = ChildProcess.Options(program ?? rig.program, arguments)
                options.standardInput = .pipe
                options.standardOutput = .pipe
                options.standardError = .pipe
                if let environment { options.environment = environment }
                child = try ChildProcess(options, loop: rig.loop)
                child.onLine = { [weak self] output, line in
                    let text = String(decoding: line, as: UTF8.self)
                    if output == .standardOutput { self?.output.append(text) } else { self?.errors.append(text) }
                }
                child.onOutput = { [weak self] _, bytes in self?.screen += String(decoding: bytes, as: UTF8.self) }
            }

            func finish(_ input: String = "") throws -> ChildProcess.ExitStatus {
                if !input.isEmpty { child.write(Array(input.utf8)) }
                child.closeInput()
                try rig.wait("the end of the command", limit: .seconds(20)) { child.exitStatus != nil }
                rig.settle(.milliseconds(50))
                return child.exitStatus ?? .unknown
            }

            func type(_ text: String, until shown: String) throws {
                let known = screen.count
                child.write(Array(text.utf8))
                try rig.wait("\(shown) on the screen, which holds \(screen.debugDescription)") {
                    screen.dropFirst(known).contains(shown)
                }
            }
        }

        private func run(_ rig: BridgeRig, _ arguments: [String]) throws -> (Run, ChildProcess.ExitStatus) {
            let run = try Run(rig, arguments)
            return (run, try run.finish())
        }

        private func at(_ rig: BridgeRig) -> [String] { ["at", "-c", rig.directory.file("cellbridge.toml")] }

        @Test("at: answers and exit statuses are the same alone and through the service", arguments: [false, true])
        func at(isRunning: Bool) throws {
            let rig = try BridgeRig()
            if isRunning { try rig.start() }
            let (signal, status) = try run(rig, at(rig) + ["AT+CGMI", "AT+CPIN?"])
            #expect(status == .exited(0), "\(signal.errors)")
            #expect(signal.output.filter { $0 == "OK" }.count == 2 && signal.output.contains("+CPIN: READY"))
            let (refused, failed) = try run(rig, at(rig) + ["--force", "--json", "AT+NOSUCH", "AT+CSQ"])
            #expect(failed == .exited(1), "\(refused.errors)")
            #expect(refused.output.count == 1 && refused.output[0].contains("\"ok\":false"))
            let (data, usage) = try run(rig, at(rig) + ["--force", "AT+MPUBEX=\"a\",1,0,4"])
            #expect(usage == .exited(64) && data.errors[0].contains("bytes instead of commands"))
            let (_, changing) = try run(rig, at(rig) + ["AT+CMEE=1"])
            #expect(changing == .exited(isRunning ? 75 : 0))
            let (told, _) = try run(rig, at(rig) + ["-v", "AT+CSQ"])
            #expect(
                told.errors.contains { $0.contains("-> AT+CSQ") } && told.errors.contains { $0.contains("<- +CSQ") })
            #expect(!rig.simulator.commands().contains { $0.hasPrefix("AT+MPUBEX") })
            // Alone, no session is brought up.
            if !isRunning { #expect(!rig.simulator.commands().contains { $0.hasPrefix("AT+MIPSTART") }) }
            if isRunning {
                let out = try rig.outbound(10)
                try rig.awaitArrival([out])
                expectClean(out, rig)
            }
        }

        @Test("at -p: a port, and no configuration at all; one that is in use says by whom")
        func barePort() throws {
            let rig = try BridgeRig()
            let port = rig.directory.file("module")
            let (identity, status) = try run(rig, ["at", "-p", port, "-c", "/not/there", "ATI"])
            #expect(status == .exited(0) && identity.output.last == "OK", "\(identity.errors)")
            try rig.start()
            let (busy, taken) = try run(rig, ["at", "-p", port, "ATI"])
            #expect(taken == .exited(75) && busy.errors[0].contains("cellbridge"), "\(busy.errors)")
            let (_, missing) = try run(rig, ["at", "-p", "/dev/ttyNotThere", "ATI"])
            #expect(missing == .exited(66))
        }

        @Test(
            "console without a terminal: lines in turn, a record that replays, and no secret in it",
            arguments: [false, true])
        func script(isRunning: Bool) throws {
            let rig = try BridgeRig()
            if isRunning { try rig.start() }
            let record = rig.directory.file("talk.log")
            let console = try Run(
                rig, ["console", "-c", rig.directory.file("cellbridge.toml"), "--force", "--record", record])
            let status = try console.finish("ATI\n# nothing\nAT+CSQ\nAT+CPIN=\"8642\"\nAT+CEREG?\n")
            // The card is open: the PIN is refused.
            #expect(status == .exited(1), "\(console.errors)")
            #expect(
                console.output.contains { $0.hasPrefix("+CSQ: ") }
                    && console.output.contains { $0.hasPrefix("+CEREG: ") })
            #expect(!console.output.contains { $0.contains("\u{1B}") })
            let text = String(decoding: try Files.read(record, limit: 1 << 20), as: UTF8.self)
            #expect(text.contains("-> AT+CPIN***") && !text.contains("8642"))
            #expect(Files.permissions(record) == 0o600)
            let (replay, replayed) = try run(rig, ["replay", "-v", record])
            #expect(replayed == .exited(0), "\(replay.output) \(replay.errors)")
            #expect(replay.output.contains { $0.contains("<- answer +CSQ: ") })
        }

        @Test("console at a terminal: what comes unasked does not destroy the line; history; Ctrl-C; Ctrl-D")
        func terminal() throws {
            let rig = try BridgeRig()
            let home = rig.directory.file("home")
            try Files.makeDirectories(home + "/cellbridge")
            try Files.writeAtomically(home + "/cellbridge/history", Array("AT+CGMM\n".utf8), mode: 0o600)
            let command = "exec \(rig.program) console -p \(rig.directory.file("module"))"
            let console = try Run(
                rig, ["-qfec", command, "/dev/null"], program: "script",
                environment: ["XDG_STATE_HOME": home, "TERM": "xterm", "NO_COLOR": "1", "PATH": "/usr/bin:/bin"])
            try rig.wait("the prompt: \(console.screen)") { console.screen.contains("at> ") }
            try console.type("AT+CS", until: "AT+CS")
            try rig.simulator.fault("print +CUSTOM: 1")
            try rig.wait("the line, typed as before: \(console.screen.debugDescription)") {
                console.screen.contains("+CUSTOM: 1\r\nat> AT+CS")
            }
            try console.type("Q\r", until: "+CSQ: ")
            try console.type("AT+CPIN=\"8642\"\r", until: "ERROR")
            // Not the PIN: the command before it, and the one of the last time before that.
            try console.type("\u{1B}[A", until: "AT+CSQ")
            try console.type("\u{1B}[A", until: "GMM")
            try console.type("\u{03}", until: "at> ")
            try console.type("AT+CEREG?\r", until: "+CEREG: ")
            try console.type("help\r", until: "Ctrl-D")
            console.child.write([4])
            try rig.wait("the end: \(console.screen.debugDescription)") { console.child.exitStatus != nil }
            #expect(console.child.exitStatus == .exited(0))
            let history = String(decoding: try Files.read(home + "/cellbridge/history", limit: 65536), as: UTF8.self)
            #expect(history == "AT+CGMM\nAT+CSQ\nAT+CEREG?\nhelp\n" || history == "AT+CGMM\nAT+CSQ\nAT+CEREG?\n")
            #expect(Files.permissions(home + "/cellbridge/history") == 0o600)
            #expect(!console.screen.contains("\u{1B}[33m"))
        }

        @Test("A lost PDP context and a mute module: a flight record each, that replays without a difference")
        func flights() throws {
            var options = BridgeRig.Options()
            options.simulator += ["--pin", "73915528"]
            options.configuration.module = ["pin_file = \"pin\""]
            let rig = try BridgeRig(options)
            try Files.writeAtomically(rig.directory.file("pin"), Array("73915528\n".utf8), mode: 0o600)
            try rig.start()
            let out = try rig.outbound(30)
            let back = try rig.inbound(30)
            try rig.awaitArrival([out, back])
            var mark = rig.log.mark
            try rig.simulator.fault("pdp-deact plain")
            try rig.awaitOnline(after: mark, limit: .seconds(60))
            try rig.wait("the record") { !records(rig).isEmpty }
            mark = rig.log.mark
            try rig.simulator.fault("hang")
            try rig.wait("a second record", limit: .seconds(60)) { records(rig).count >= 2 }
            let status = try run(rig, at(rig) + ["AT+CSQ"])
            _ = status
            for name in records(rig) {
                let path = rig.directory.file("state") + "/" + name
                let text = String(decoding: try Files.read(path, limit: 4 << 20), as: UTF8.self)
                #expect(!text.contains("73915528"))
                #expect(Files.permissions(path) == 0o600)
                let (replay, replayed) = try run(rig, ["replay", path])
                #expect(
                    replayed == .exited(0), "\(name): \(replay.output.filter { $0.contains("!!") }) \(replay.errors)")
                #expect(replay.output.last?.contains("no differences") == true)
                #expect(rig.hasLogged(path))
            }
        }

        @Test("With TLS: certificates are set up, and the record replays all the same")
        func flightsOverTLS() throws {
            let tls = try TLSRig()
            let rig = try tls.rig(tls.options(.mutual))
            try rig.start()
            let out = try rig.outbound(10)
            try rig.awaitArrival([out])
            let mark = rig.log.mark
            try rig.simulator.fault("pdp-deact plain")
            try rig.awaitOnline(after: mark, limit: .seconds(60))
            try rig.wait("the record") { !records(rig).isEmpty }
            let path = rig.directory.file("state") + "/" + (records(rig).first ?? "")
            let (replay, replayed) = try run(rig, ["replay", path])
            #expect(replayed == .exited(0), "\(replay.output.filter { $0.contains("!!") }) \(replay.errors)")
            #expect(replay.output.contains { $0.contains("-> AT+SSLCFG=") })
            let text = String(decoding: try Files.read(path, limit: 4 << 20), as: UTF8.self)
            #expect(!text.contains("PRIVATE KEY") && !text.contains("BEGIN CERTIFICATE"))
        }

        private func records(_ rig: BridgeRig) -> [String] {
            ((try? Files.list(rig.directory.file("state"))) ?? []).filter {
                $0.hasPrefix("flight-") && $0.hasSuffix(".log")
            }
        }

        @Test("replay: what is no record says where; a posted log and the simulator's transcript are read too")
        func replay() throws {
            let rig = try BridgeRig()
            let file = rig.directory.file("bad")
            try Files.writeAtomically(file, Array("# cellbridge dialogue 1\n0 -> AT\nnonsense\n".utf8))
            let (bad, status) = try run(rig, ["replay", file])
            #expect(status == .exited(65) && bad.errors[0].contains("bad:3: "), "\(bad.errors)")
            #expect(try run(rig, ["replay", file + "-not"]).1 == .exited(66))
            _ = try run(rig, ["at", "-p", rig.directory.file("module"), "AT+CSQ"])
            let (good, fine) = try run(rig, ["replay", "--json", rig.directory.file("transcript")])
            #expect(fine == .exited(0) && good.output.contains { $0.contains("\"text\":\"AT+CSQ\"") })
            #expect(good.output.last?.contains("\"differences\":0") == true)
        }
    }
}
