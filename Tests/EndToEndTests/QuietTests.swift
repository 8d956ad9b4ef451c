import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// `--quiet`: nothing is printed that was not asked for, on either stream.
    @Suite("--quiet")
    struct Quiet {
        private func expectSilent(_ run: CommandRun, _ status: Int32 = 0, place: SourceLocation = #_sourceLocation) {
            #expect(
                run.status == status && run.text.isEmpty && run.errors.isEmpty, "\(run.report)", sourceLocation: place)
        }

        @Test("run: a service that has nothing to complain of says nothing, and one that has does")
        func service() throws {
            let rig = try BridgeRig()
            let run = try rig.begin(["run", "--quiet"])
            var isUp = false
            let end = rig.loop.now + .seconds(20)
            while !isUp, rig.loop.now < end {
                isUp = try rig.command(["status", "--quiet"]).status == 0
            }
            #expect(isUp, "\(run.report)")
            let out = try rig.outbound(10)
            try rig.awaitArrival([out])
            #expect(run.errors.isEmpty, "\(run.errors)")
            try rig.simulator.fault("drop-tcp")
            try rig.wait("the warning") { run.errors.contains("<4>") }
            #expect(!run.errors.contains("<6>") && !run.errors.contains("<7>"), "\(run.errors)")
            run.child.signal(SIGTERM)
            try run.finish(rig)
            #expect(run.status == 0 && run.text.isEmpty, "\(run.report)")
            #expect(try rig.command(["run", "--quiet", "-v"]).status == 64)
        }

        @Test("demo: only its exit status")
        func demo() throws {
            let rig = try BridgeRig()
            let run = try CommandRun(rig, rig.program, ["demo", "--quiet"]).finish(rig, limit: .seconds(40))
            expectSilent(run)
            let none = try CommandRun(rig, "/usr/bin/env", ["TMPDIR=/not/there", rig.program, "demo", "--quiet"])
                .finish(
                    rig)
            #expect(
                none.status == 71 && none.text.isEmpty && none.errors.contains("cellbridge demo: "), "\(none.report)")
        }

        @Test("simulate: neither ready nor ok, but errors")
        func simulate() throws {
            let rig = try BridgeRig()
            let link = rig.directory.file("quiet-module")
            let run = try CommandRun(
                rig, rig.program, ["simulate", "--quiet", "--link", link], input: nil)
            try rig.wait("the port") { Files.exists(link) }
            let identity = try CommandRun(rig, rig.program, ["at", "-p", link, "ATI"]).finish(rig)
            #expect(identity.status == 0, "\(identity.report)")
            run.child.signal(SIGTERM)
            try run.finish(rig)
            expectSilent(run)
            let asking = "printf 'signal 3\\nnonsense\\nquit\\n' | \"$0\" simulate --quiet"
            let told = try CommandRun(rig, "/bin/sh", ["-c", asking, rig.program]).finish(rig)
            #expect(told.text == "error: unknown command nonsense\n" && told.errors.isEmpty, "\(told.report)")
        }

        @Test("console: the answers to what was typed", arguments: [false, true])
        func console(isRunning: Bool) throws {
            let rig = try BridgeRig()
            if isRunning { try rig.start() }
            let run = try rig.command(["console", "--quiet"], input: Array("AT+CSQ\n\nAT+CPIN?\n".utf8))
            #expect(run.status == 0 && run.errors.isEmpty, "\(run.report)")
            #expect(run.text == "+CSQ: 24,0\nOK\n+CPIN: READY\nOK\n", "\(run.report)")
        }

        @Test("queue list and export: the messages and no word about them; retry, purge, verify and show")
        func queue() throws {
            let rig = try BridgeRig()
            try rig.start()
            try rig.simulator.fault("hang")
            for number in 1...3 {
                let run = try rig.command(["pub", "--quiet", "--queue", "-q", "1", "-t", "a/\(number)", "-m", "hello"])
                expectSilent(run)
            }
            let list = try rig.command(["queue", "list", "--quiet", "-n", "2"])
            let lines = list.text.split(separator: "\n")
            #expect(list.status == 0 && list.errors.isEmpty && lines.count == 2, "\(list.report)")
            #expect(lines.first?.hasPrefix("out 1  a/1, 5 bytes, accepted ") == true, "\(list.report)")
            for flags in [["--aside"], ["--refused"], ["--in"], ["-t", "b"]] {
                expectSilent(try rig.command(["queue", "list", "--quiet"] + flags))
            }
            let export = try rig.command(["queue", "export", "--quiet"])
            #expect(export.status == 0 && export.errors.isEmpty, "\(export.report)")
            #expect(export.text == (try rig.command(["queue", "export"]).text) && !export.text.isEmpty)
            expectSilent(try rig.command(["queue", "retry", "--all", "--quiet"]))
            expectSilent(try rig.command(["queue", "purge", "3", "--yes", "--quiet"]))
            expectSilent(try rig.command(["queue", "verify", "--quiet"]))
        }

        @Test("certs list shows the files; push, rotate and verify say nothing when all is well")
        func certificates() throws {
            let scene = try Certs.Scene()
            let before = try scene.certs(["verify", "--quiet"])
            #expect(before.status == .exited(1) && before.output.isEmpty && before.errors.isEmpty, "\(before)")
            let offline = try scene.certs(["list", "--quiet", "--offline"])
            #expect(offline.status == .exited(0) && offline.errors.isEmpty, "\(offline)")
            #expect(
                offline.output.hasPrefix("ca  ") && offline.output.hasSuffix("belongs to the certificate\n"),
                "\(offline)")
            #expect(!offline.output.contains("asked") && !offline.output.contains("no module"), "\(offline)")
            let push = try scene.certs(["push", "--quiet"])
            #expect(push.status == .exited(0) && push.output.isEmpty && push.errors.isEmpty, "\(push)")
            let list = try scene.certs(["list", "--quiet"])
            #expect(list.status == .exited(0) && list.output.contains("cb-key-a.key") && list.errors.isEmpty, "\(list)")
            let new = scene.mutual.client
            let rotate = try scene.certs([
                "rotate", "--quiet", "--certificate", new.certificate, "--key", new.key, "--wait", "30s",
            ])
            #expect(rotate.status == .exited(0) && rotate.output.isEmpty && rotate.errors.isEmpty, "\(rotate)")
            let verify = try scene.certs(["verify", "--quiet"])
            #expect(verify.status == .exited(0) && verify.output.isEmpty && verify.errors.isEmpty, "\(verify)")
            let wrong = try scene.certs(["rotate", "--quiet", "--ca", "/not/there"])
            #expect(wrong.status == .exited(66) && wrong.output.isEmpty && !wrong.errors.isEmpty, "\(wrong)")
        }

        @Test("the rest: what was asked for, or nothing", arguments: [false, true])
        func others(isRunning: Bool) throws {
            let rig = try BridgeRig.forCommands()
            if isRunning { try rig.start() }
            for words in [
                ["check"], ["explain", "plant/a"], ["at", "AT+CSQ"], ["pub", "-t", "a", "-m", "b", "-q", "1"],
                ["doctor", "--topic", "doctor/test"],
            ] {
                expectSilent(try rig.command(words + ["--quiet"]))
            }
            expectSilent(try rig.command(["status", "--quiet"]), isRunning ? 0 : 3)
            for words in [["man"], ["completion", "bash"]] {
                let loud = try CommandRun(rig, rig.program, words).finish(rig)
                let quiet = try CommandRun(rig, rig.program, words + ["--quiet"]).finish(rig)
                #expect(quiet.status == 0 && quiet.text == loud.text && quiet.errors.isEmpty && !loud.text.isEmpty)
            }
        }
    }
}
