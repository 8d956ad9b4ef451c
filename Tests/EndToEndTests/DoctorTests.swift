import BridgeTestKit
import LinuxIO
import PrivateBroker
import Testing

extension EndToEndTests {
    /// `cellbridge doctor`: every stage that can fail here, by its exit status and its words.
    @Suite("Doctor")
    struct DoctorTests {
        /// One way to fail: what is done to the rig before, and the stage's exit status.
        struct Scene: CustomTestStringConvertible, Sendable {
            var name: String
            var status: Int32
            var options: @Sendable (inout BridgeRig.Options) -> Void = { _ in }
            var prepare: @Sendable (BridgeRig) throws -> Void = { _ in }
            /// Whether the service notices by itself within seconds.
            var isNoticed = true
            var testDescription: String { name }
        }

        static let aloneScenes: [Scene] = [
            Scene(
                name: "port-missing", status: 10, options: { $0.configuration.port = "/dev/serial/by-id/not-there" }),
            Scene(
                name: "rate-other", status: 11,
                options: { $0.simulator += ["--baud", "115200", "--check-rate"] }),
            Scene(name: "rate-silent", status: 11, prepare: { try $0.simulator.fault("hang-hard") }),
            Scene(name: "sim-missing", status: 14, prepare: { try $0.simulator.fault("sim-remove") }),
            Scene(name: "sim-pin", status: 14, options: { $0.simulator += ["--pin", "1234"] }),
            Scene(name: "signal-none", status: 15, prepare: { try $0.simulator.fault("deregister") }),
            Scene(name: "registration-denied", status: 17, prepare: { try $0.simulator.fault("deny 15") }),
            Scene(name: "attach-refused", status: 18, prepare: { try $0.simulator.fault("refuse-attach") }),
            Scene(
                name: "address-none", status: 19, options: { $0.configuration.module = ["apn = \"cmiot\""] },
                prepare: { try $0.simulator.fault("pdp-deact cfun") }),
            Scene(
                name: "dns-unknown", status: 20, prepare: { try $0.host("broker.invalid") }),
            Scene(name: "tcp-refused", status: 21, prepare: { $0.remote.stop() }),
            Scene(name: "mqtt-refused", status: 23, prepare: { try $0.simulator.fault("refuse-connack") }),
            Scene(name: "publish-lost", status: 24, prepare: { try $0.simulator.fault("lose-puback") }),
        ]

        @Test(
            "Alone, it stops at the stage that fails, with its exit status, causes and advice", arguments: aloneScenes)
        func alone(_ scene: Scene) throws {
            var options = BridgeRig.Options()
            scene.options(&options)
            let rig = try BridgeRig(options)
            // Registered, but where the scene takes care of that.
            try rig.wait("the module's boot") { rig.simulator.transcript.contains("RDY") }
            rig.settle(.milliseconds(200))
            try scene.prepare(rig)
            let run = try rig.tool(["doctor", "--wait", "2s"])
            #expect(run.status == .exited(scene.status), "\(run)\n\(rig.diagnosis)")
            DoctorSnapshot.check(run.output, "alone-\(scene.name)", rig)
        }

        @Test("Alone, with a name to look up: all stages are well, and the module is left without a session")
        func well() throws {
            let rig = try BridgeRig()
            try rig.host("localhost")
            let run = try rig.tool(["doctor", "--wait", "5s"])
            #expect(run.status == .exited(0), "\(run)\n\(rig.diagnosis)")
            DoctorSnapshot.check(run.output, "alone-well", rig)
            #expect(rig.simulator.commands().contains("AT+CIPSHUT"), "the scene of the name look-up is left open")
            #expect(rig.simulator.commands().suffix(2) == ["AT+MDISCONNECT", "AT+MIPCLOSE"])
            let quiet = try rig.tool(["doctor", "--wait", "5s", "--quiet"])
            #expect(quiet.status == .exited(0) && quiet.output.isEmpty && quiet.errors.isEmpty, "\(quiet)")
            let json = try rig.tool(["doctor", "--wait", "5s", "--json"])
            #expect(
                json.output.hasPrefix(#"{"ok":true,"exit":0,"through":"port","failed":null,"stages":[{"stage":"port""#))
        }

        @Test("A wrong PIN is sent once: not again by doctor, nor by the service")
        func wrongPIN() throws {
            var options = BridgeRig.Options()
            options.simulator += ["--pin", "1234"]
            options.configuration.module = ["pin_file = \"pin\""]
            let rig = try BridgeRig(options)
            try Files.writeAtomically(rig.directory.file("pin"), Array("4321\n".utf8))
            for _ in 0..<2 {
                let run = try rig.tool(["doctor", "--wait", "2s"])
                #expect(run.status == .exited(14), "\(run)\n\(rig.diagnosis)")
                DoctorSnapshot.check(run.output, "alone-pin-refused", rig)
                #expect(!run.output.contains("4321") && !run.errors.contains("4321"))
            }
            try rig.start(online: false)
            try rig.wait("the service's word on it") {
                rig.hasLogged("it is not sent again") || rig.hasLogged("none may be sent")
            }
            #expect(rig.simulator.commands().count { $0.hasPrefix("AT+CPIN=") } == 1)
            try Files.writeAtomically(rig.directory.file("pin"), Array("1234\n".utf8))
        }

        @Test("The port of a service without its socket: who has it")
        func busy() throws {
            let rig = try BridgeRig()
            try rig.start()
            var configuration = BridgeConfiguration()
            configuration.state = "other"
            try rig.configure(configuration)
            let run = try rig.tool(["doctor"])
            #expect(run.status == .exited(10), "\(run)")
            DoctorSnapshot.check(run.output, "alone-port-busy", rig)
        }

        @Test("TLS that does not come about is told from TCP that does not")
        func tls() throws {
            let tls = try TLSRig()
            let other = try tls.certificates.authority("Another CA")
            var options = tls.options(.mutual)
            options.configuration.remote = [TLSRig.table(other, tls.client)]
            let rig = try tls.rig(options)
            let early = try rig.tool(["doctor", "--wait", "5s"])
            #expect(early.status == .exited(22), "\(early)\n\(rig.diagnosis)")
            DoctorSnapshot.check(early.output, "alone-tls-no-state", rig)
            try Files.makeDirectories(rig.directory.file("state"))
            let run = try rig.tool(["doctor", "--wait", "5s"])
            #expect(run.status == .exited(22), "\(run)\n\(rig.diagnosis)")
            DoctorSnapshot.check(run.output, "alone-tls-authority", rig)
            rig.remote.stop()
            let down = try rig.tool(["doctor", "--wait", "5s"])
            #expect(down.status == .exited(21), "\(down)\n\(rig.diagnosis)")
        }

        @Test("With the right certificates TLS is a stage that is well")
        func tlsWell() throws {
            let tls = try TLSRig()
            let rig = try tls.rig(tls.options(.mutual))
            try Files.makeDirectories(rig.directory.file("state"))
            let run = try rig.tool(["doctor", "--wait", "10s"])
            #expect(run.status == .exited(0), "\(run)\n\(rig.diagnosis)")
            #expect(run.output.contains("ok    tls           negotiated\n"))
        }

        @Test("Colours on a terminal only, and not with NO_COLOR")
        func colours() throws {
            let rig = try BridgeRig()
            for (variables, isColoured) in [(["A": "b"], true), (["NO_COLOR": "1"], false)] {
                let terminal = try PseudoTerminal()
                defer { terminal.close() }
                var shown: [UInt8] = []
                terminal.onBytes = { shown += $0 }
                try terminal.attach(to: rig.loop)
                var options = ChildProcess.Options(
                    rig.program, ["doctor", "--wait", "5s", "-c", rig.directory.file("cellbridge.toml")])
                (options.standardInput, options.standardOutput, options.standardError) =
                    (.null, .file(terminal.slavePath), .null)
                options.environment = ["PATH": "/usr/bin:/bin", "TERM": "xterm"].merging(variables) { $1 }
                let child = try ChildProcess(options, loop: rig.loop)
                try rig.wait("the end of doctor", limit: .seconds(40)) { child.exitStatus != nil }
                try rig.wait("its last line") { String(decoding: shown, as: UTF8.self).contains("all well") }
                #expect(String(decoding: shown, as: UTF8.self).contains("\u{1B}[32mok") == isColoured)
            }
        }

        static let serviceScenes: [Scene] = [
            Scene(name: "rate-silent", status: 11, prepare: { try $0.simulator.fault("hang-hard") }),
            Scene(name: "sim-missing", status: 14, prepare: { try $0.simulator.fault("sim-remove") }),
            Scene(name: "signal-none", status: 15, prepare: { try $0.simulator.fault("deregister") }, isNoticed: false),
            Scene(
                name: "registration-denied", status: 17, prepare: { try $0.simulator.fault("deny 7") }, isNoticed: false
            ),
            Scene(name: "attach-refused", status: 18, prepare: { try $0.simulator.fault("refuse-attach") }),
            Scene(name: "tcp-refused", status: 21, prepare: { $0.remote.stop() }),
        ]

        @Test("Through the service it says where that is stuck", arguments: serviceScenes)
        func service(_ scene: Scene) throws {
            let rig = try BridgeRig()
            try rig.start()
            let mark = rig.log.mark
            try scene.prepare(rig)
            if scene.isNoticed {
                try rig.wait("the end of the link", limit: .seconds(40)) { rig.hasLogged("offline", after: mark) }
            }
            if scene.name == "rate-silent" {
                try rig.wait("the module's silence", limit: .seconds(60)) {
                    rig.hasLogged("does not answer", after: mark)
                }
            }
            let run = try rig.tool(["doctor", "--wait", "2s"])
            #expect(run.status == .exited(scene.status), "\(run)\n\(rig.diagnosis)")
            DoctorSnapshot.check(run.output, "service-\(scene.name)", rig)
        }

        @Test("Through the service: a session that the broker refuses")
        func serviceRefused() throws {
            let rig = try BridgeRig()
            try rig.simulator.fault("refuse-connack")
            try rig.start(online: false)
            try rig.wait("the refusal", limit: .seconds(20)) { rig.hasLogged("refused the session") }
            let run = try rig.tool(["doctor", "--wait", "1s"])
            #expect(run.status == .exited(23), "\(run)\n\(rig.diagnosis)")
            DoctorSnapshot.check(run.output, "service-mqtt-refused", rig)
        }

        @Test("Through the service all is well, and messages cross meanwhile, none lost, none twice")
        func serviceWell() throws {
            let rig = try BridgeRig()
            try rig.start()
            let (out, back) = (try rig.outbound(200), try rig.inbound(200))
            let before = rig.simulator.commands().count
            let run = try rig.tool(["doctor"])
            #expect(run.status == .exited(0), "\(run)\n\(rig.diagnosis)")
            DoctorSnapshot.check(run.output, "service-well", rig)
            try rig.awaitArrival([out, back])
            expectClean(out, rig)
            expectClean(back, rig)
            let asked = rig.simulator.commands().dropFirst(before).filter { !$0.hasPrefix("AT+M") }
            let changes = asked.filter { $0.contains("=") && $0 != "AT+CGPADDR=1" }
            #expect(changes.isEmpty, "\(changes)")
            #expect(!rig.hasLogged("offline"))
        }
    }
}

/// What a tool printed.
struct ToolRun: CustomStringConvertible {
    var status: ChildProcess.ExitStatus
    var output: String
    var errors: String
    var description: String { "\(status)\n\(output)\(errors)" }
}

extension BridgeRig {
    /// What came of `cellbridge` with these words, and `-c` with the rig's configuration unless it takes none.
    func tool(_ words: [String], configured: Bool = true, limit: Duration = .seconds(60)) throws -> ToolRun {
        let (out, err) = (directory.file("tool.out"), directory.file("tool.err"))
        for path in [out, err] { try Files.remove(path) }
        var options = ChildProcess.Options(
            program, words + (configured ? ["-c", directory.file("cellbridge.toml")] : []))
        (options.standardInput, options.standardOutput, options.standardError) = (.null, .file(out), .file(err))
        let child = try ChildProcess(options, loop: loop)
        try wait("the end of \(words)", limit: limit) { child.exitStatus != nil }
        func text(_ path: String) -> String {
            String(decoding: (try? Files.read(path, limit: 1 << 20)) ?? [], as: UTF8.self)
        }
        return ToolRun(status: child.exitStatus ?? .unknown, output: text(out), errors: text(err))
    }

    /// Another name for the remote broker's host.
    func host(_ name: String) throws {
        let path = directory.file("cellbridge.toml")
        let lines = String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        var isRemote = false
        let changed = lines.map { line in
            if line.hasPrefix("[") { isRemote = line == "[remote]" }
            return isRemote && line.hasPrefix("host = ") ? "host = \"\(name)\"" : String(line)
        }
        try Files.writeAtomically(path, Array(changed.joined(separator: "\n").utf8))
    }
}
