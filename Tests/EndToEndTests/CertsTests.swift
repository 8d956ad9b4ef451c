import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// `cellbridge certs` beside a service that does not run, or does.
    @Suite("Certificates at the command line")
    struct Certs {
        @Test("list and verify before and after push; a second push writes nothing")
        func push() throws {
            let scene = try Scene()
            let empty = try scene.certs(["verify"])
            #expect(empty.status == .exited(1))
            #expect(empty.output.contains("expected: cellbridge certs push"))

            let first = try scene.certs(["push"])
            #expect(first.status == .exited(0), "\(first)")
            #expect(scene.writes == 3)
            #expect(
                Self.withoutTimes(scene.masked(first.output)) == """
                    module: IMEI N, YMN.XN_AT.UN_R2.0.0.N
                    ca: written as cb-ca-a.crt, N bytes
                    certificate: written as cb-cert-a.crt, N bytes
                    key: written as cb-key-a.key, N bytes
                    3 of 3 file(s) written and verified

                    """)

            let second = try scene.certs(["push"])
            #expect(second.status == .exited(0))
            #expect(scene.writes == 3, "the second push wrote")
            #expect(second.output.hasSuffix("nothing was written: the module holds the files already\n"))

            #expect(
                scene.masked(try scene.certs(["verify"]).output) == """
                    ok       ca: FILES/1.crt: CN = Test CA, RSA, N bits, N days left
                    ok       certificate: FILES/3.crt: CN = rig, RSA, N bits, N days left
                    ok       key: FILES/3.key: RSA, N bits, belongs to the certificate
                    ok       module N: cb-ca-a.crt: N bytes, the configured file
                    ok       module N: cb-cert-a.crt: N bytes, the configured file
                    ok       module N: cb-key-a.key: N bytes, the configured file

                    """)
            #expect(try scene.certs(["verify"]).status == .exited(0))
            #expect(
                scene.masked(try scene.certs(["list"]).output) == """
                    ca  FILES/1.crt
                      subject      CN = Test CA
                      issuer       CN = Test CA
                      key          RSA, N bits
                      valid until  N-N-N N:N:N UTC, N days left
                    certificate  FILES/3.crt
                      subject      CN = rig
                      issuer       CN = Test CA
                      key          RSA, N bits
                      valid until  N-N-N N:N:N UTC, N days left
                    key  FILES/3.key
                      key          RSA, N bits, belongs to the certificate
                    module  IMEI N, YMN.XN_AT.UN_R2.0.0.N
                      cb-ca-a.crt    N bytes, the configured file
                      cb-cert-a.crt  N bytes, the configured file
                      cb-key-a.key   N bytes, the configured file
                      N bytes are free

                    """)
            let json = try scene.certs(["list", "--json", "--offline"])
            #expect(json.output.hasPrefix("{\"verify\":true,\"files\":[{\"kind\":\"ca\","))
            #expect(json.output.contains("\"module_asked\":false,\"module_silence\":\"--offline\""))

            // The service finds all of it.
            try scene.rig.start()
            #expect(!scene.rig.hasLogged("AT+FSWRITE"))
        }

        @Test("What the module lost is wrong for verify, and push puts it back")
        func lostInTheModule() throws {
            // Without a file behind it the flash is as empty after a power cut as a new module's.
            let scene = try Scene()
            #expect(try scene.certs(["push"]).status == .exited(0))
            let manifestOfOther = try Scene(simulator: ["--profile", "air780e"])
            // The state directory of the first with the second, empty module.
            try Files.makeDirectories(manifestOfOther.rig.directory.file("state"))
            for name in try Files.list(scene.rig.directory.file("state")) {
                let bytes = try Files.read(scene.rig.directory.file("state/\(name)"), limit: 1 << 24)
                try Files.writeAtomically(manifestOfOther.rig.directory.file("state/\(name)"), bytes)
            }
            let found = try manifestOfOther.certs(["verify"])
            #expect(found.status == .exited(1), "\(found)")
            #expect(found.output.contains("not in it") || found.output.contains("missing in the module"))
            #expect(try manifestOfOther.certs(["push"]).status == .exited(0))
            #expect(try manifestOfOther.certs(["verify"]).status == .exited(0))
        }

        @Test("The service owns the port: list and verify say so, push and rotate refuse, the service runs on")
        func busy() throws {
            let scene = try Scene()
            try scene.rig.start()
            let list = try scene.certs(["list"])
            #expect(list.status == .exited(0))
            #expect(list.output.contains("the module could not be asked: "))
            #expect(list.output.contains("stop the service first (systemctl stop cellbridge)"))
            #expect(list.output.contains("by this host's record, the configured file, carried the last session"))
            #expect(try scene.certs(["verify"]).status == .exited(75))
            #expect(try scene.certs(["verify", "--offline"]).status == .exited(0))
            for words in [["push"], ["rotate", "--ca", scene.mutual.authority.certificate]] {
                let run = try scene.certs(words)
                #expect(run.status == .exited(75), "\(run)")
                #expect(run.errors.contains("process \(scene.rig.bridge?.pid ?? 0)"))
            }
            let flow = try scene.flow(out: true, 20)
            try scene.rig.awaitArrival([flow])
            expectClean(flow, scene.rig)
        }

        @Test("rotate: new files that work are kept, and installed on request; the service goes on with them")
        func rotate() throws {
            let scene = try Scene()
            try scene.rig.start()
            try scene.rig.stop()
            // What waits at the broker for the service outlives the trial.
            let waiting = try scene.flow(out: false, 5)
            try scene.rig.wait("the messages at the broker") { waiting.publisher.acknowledged.count == 5 }
            let new = try scene.client("rig-new")
            let words = ["rotate", "--certificate", new.certificate, "--key", new.key]
            let told = try scene.certs(words)
            #expect(told.status == .exited(0), "\(told)\n\(scene.rig.diagnosis)")
            #expect(told.output.contains("the session came up: the new files are kept"))
            #expect(told.output.contains("  certificate = \"\(new.certificate)\"\n  key = \"\(new.key)\"\n"))
            #expect(scene.writes == 5)

            let former = (scene.mutual.client.certificateBytes, scene.mutual.client.keyBytes)
            let installed = try scene.certs(words + ["--install"])
            #expect(installed.status == .exited(0), "\(installed)")
            #expect(scene.writes == 5, "the second rotation wrote")
            #expect(scene.mutual.client.certificateBytes == new.certificateBytes)
            #expect(scene.mutual.client.keyBytes == new.keyBytes)
            #expect(try Files.read(scene.mutual.client.certificate + ".old", limit: 1 << 20) == former.0)
            #expect(try Files.read(scene.mutual.client.key + ".old", limit: 1 << 20) == former.1)
            #expect(Files.permissions(scene.mutual.client.key) == 0o600)
            #expect(Files.permissions(scene.mutual.client.key + ".old") == 0o600)

            try scene.rig.start()
            #expect(!scene.rig.hasLogged("AT+FSWRITE"))
            try scene.rig.awaitArrival([waiting])
            expectSound(waiting, scene.rig)
        }

        @Test("rotate: files that do not work are told, and the old ones stay in use")
        func rotateBadly() throws {
            let scene = try Scene()
            try scene.rig.start()
            try scene.rig.stop()
            let stranger = try scene.client("rig", issuer: try scene.mutual.files.authority("Elsewhere"))
            let bad = try scene.certs([
                "rotate", "--certificate", stranger.certificate, "--key", stranger.key, "--install",
            ])
            #expect(bad.status == .exited(1), "\(bad)")
            #expect(bad.errors.contains("the new files did not carry a session"))
            #expect(bad.errors.contains("the broker does not take our client certificate"))
            #expect(scene.mutual.client.certificateBytes != stranger.certificateBytes)
            #expect(scene.writes == 5)
            try scene.rig.start()
            #expect(!scene.rig.hasLogged("AT+FSWRITE"), "the old files were touched")
            #expect(scene.rig.hasLogged("\"clientcert\",88,\"cb-cert-a.crt\""))
        }

        @Test("rotate: without a network nothing is said against the files")
        func rotateUndecided() throws {
            let scene = try Scene(simulator: ["--service-delay", "60s"])
            let run = try scene.certs(["rotate", "--ca", scene.mutual.authority.certificate, "--wait", "2s"])
            #expect(run.status == .exited(69), "\(run)")
            #expect(run.errors.contains("the new files could not be tried: no session within 2 s"))
        }

        @Test("On a terminal an upload shows how far it is, in colour unless NO_COLOR says otherwise")
        func progress() throws {
            let scene = try Scene(simulator: ["--baud", "9600"])
            var options = scene.mutual.options
            options.configuration.baud = 9600
            try scene.rig.configure(options.configuration)
            let plain = try scene.onTerminal(["push"], ["NO_COLOR": "1"])
            #expect(plain.contains("\r\u{1B}[Kkey cb-key-a.key  [##########"))
            #expect(plain.contains(" % "))
            #expect(!plain.contains("\u{1B}[32m"))
            #expect(plain.hasSuffix("3 of 3 file(s) written and verified\r\n") || plain.hasSuffix("verified\n"))
            let new = try scene.client("rig-new")
            try Files.writeAtomically(scene.mutual.client.certificate, new.certificateBytes)
            try Files.writeAtomically(scene.mutual.client.key, new.keyBytes)
            let coloured = try scene.onTerminal(["push"], [:])
            #expect(coloured.contains("key cb-key-b.key  [\u{1B}[32m#"))
            #expect(coloured.contains("2 of 3 file(s) written"))
        }

        @Test("rotate: files that cannot be used reach neither the module nor the configuration")
        func rotateUnusable() throws {
            let scene = try Scene()
            let new = try scene.client("rig-new")
            let mixed = try scene.certs(
                ["rotate", "--certificate", new.certificate, "--key", scene.mutual.client.key])
            #expect(mixed.status == .exited(65), "\(mixed)")
            #expect(mixed.errors.contains("does not belong to the certificate"))
            let absent = try scene.certs(["rotate", "--ca", "/nowhere.crt"])
            #expect(absent.status == .exited(66))
            unsafe chmod(new.key, 0o644)
            let open = try scene.certs(["rotate", "--certificate", new.certificate, "--key", new.key])
            #expect(open.status == .exited(65))
            #expect(open.errors.contains("chmod o-rwx \(new.key)"))
            #expect(try scene.certs(["rotate"]).status == .exited(64))
            #expect(scene.rig.simulator.commands().isEmpty)
        }

        @Test("A full module is named; no module: 66; expired files are wrong")
        func refusals() throws {
            let scene = try Scene(simulator: ["--flash", "1500"])
            let full = try scene.certs(["push"])
            #expect(full.status == .exited(69))
            #expect(full.errors.contains("file system is full"))

            var options = scene.mutual.options
            options.configuration.port = "/dev/not-there"
            try scene.rig.configure(options.configuration)
            let missing = try scene.certs(["push"])
            #expect(missing.status == .exited(66))
            #expect(missing.errors.contains("/dev/not-there does not exist"))

            let old = try scene.mutual.files.authority("Old CA", validity: .expired)
            try scene.rig.configure(scene.mutual.options(ca: old).configuration)
            let verdict = try scene.certs(["verify", "--offline"])
            #expect(verdict.status == .exited(1))
            #expect(verdict.output.contains("wrong    ca: "))
            #expect(verdict.output.contains("has expired on"))
            #expect(try scene.certs(["push"]).status == .exited(78))
        }

        /// Without ` in 0.1 s`.
        private static func withoutTimes(_ text: String) -> String {
            text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                line.split(separator: " ", omittingEmptySubsequences: false).suffix(3).first == "in"
                    && line.hasSuffix(" s")
                    ? line.split(separator: " ", omittingEmptySubsequences: false).dropLast(3).joined(separator: " ")
                    : String(line)
            }.joined(separator: "\n")
        }
    }
}
