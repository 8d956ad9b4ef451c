import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests {
    /// Credentials that stay where they belong.
    @Suite("Secrets")
    struct Secrets {
        private static let passwords = [
            "local": "lamp-Oil-58c1", "remote": "reed-Moss-93f7", "apn": "apex-Nook-27d4", "pin": "73915528",
        ]

        @Test("A whole run with everything secret, debug log on: no artefact of the bridge holds any of it")
        func nothingLeaks() throws {
            let tls = try TLSRig()
            let rig = try tls.rig(options(tls))
            for (name, secret) in Self.passwords {
                try Files.writeAtomically(rig.directory.file(name), Array("\(secret)\n".utf8))
            }
            try rig.start()
            let out = try rig.outbound(60)
            let back = try rig.inbound(30)
            try rig.awaitArrival([out, back])
            expectClean(out, rig)
            expectClean(back, rig)
            let pid = rig.bridge?.pid ?? 0
            try noted(rig, "cmdline", Files.read("/proc/\(pid)/cmdline", limit: 1 << 20))
            try noted(rig, "environ", Files.read("/proc/\(pid)/environ", limit: 1 << 20))
            // What goes wrong is told at length; all of it must be clean as well.
            let mark = rig.log.mark
            try rig.simulator.fault("reboot")
            try rig.awaitOnline(after: mark, limit: .seconds(30))
            try rig.kill()
            rig.remote.stop()
            try rig.start(online: false)
            try rig.wait("a refused connection", limit: .seconds(30)) {
                rig.hasLogged("the module does not say why") || rig.hasLogged("The module does not say why")
            }
            try rig.remote.start()
            try rig.awaitOnline(limit: .seconds(60))
            try rig.stop()
            let check = try rig.check()
            #expect(check.status == .exited(0), "\(check.text)")
            #expect(rig.commands("AT+CPIN=").contains { $0.contains("73915528") }, "the PIN was not used")
            #expect(rig.commands("AT+CGAUTH=").contains { $0.contains("apex-Nook") }, "the APN's was not used")
            #expect(rig.commands("AT+MCONFIG=").contains { $0.contains("reed-Moss") }, "the password was not used")
            #expect(rig.local.log.contains("u'lamp'"), "the local password was not used")
            try grep(rig, tls)
        }

        @Test("Secret files that others can read: refused with the chmod; group-readable ones are taken")
        func permissions() throws {
            let tls = try TLSRig()
            let rig = try tls.rig(options(tls))
            for (name, secret) in Self.passwords {
                try Files.writeAtomically(rig.directory.file(name), Array("\(secret)\n".utf8), mode: 0o640)
            }
            try expectMode(0o640, tls.client.key)
            let good = try rig.check()
            #expect(good.status == .exited(0), "\(good.text)")
            for path in Self.passwords.keys.map({ rig.directory.file($0) }) + [tls.client.key] {
                try expectMode(0o644, path)
                let bad = try rig.check()
                #expect(bad.status == .exited(78), "\(path)")
                #expect(bad.text.contains("others can read \(path); run: chmod o-rwx \(path)"), "\(bad.text)")
                try rig.start(online: false)
                #expect(try rig.exitStatus() == .exited(78))
                #expect(rig.hasLogged("run: chmod o-rwx \(path)"), "\(rig.diagnosis)")
                try expectMode(0o640, path)
            }
            #expect(rig.simulator.commands().isEmpty)
            try rig.start()
        }

        private func options(_ tls: TLSRig) -> BridgeRig.Options {
            var options = tls.options(.mutual)
            options.simulator += ["--pin", "73915528"]
            options.local.users = ["lamp": Self.passwords["local"] ?? ""]
            options.remote.users = ["reed": Self.passwords["remote"] ?? ""]
            options.configuration.local = ["username = \"lamp\"", "password_file = \"local\""]
            options.configuration.remote += ["username = \"reed\"", "password_file = \"remote\""]
            options.configuration.module = [
                "pin_file = \"pin\"",
                "apn = { name = \"private.net\", username = \"apex\", password_file = \"apn\" }",
            ]
            return options
        }

        private func expectMode(_ mode: UInt32, _ path: String) throws {
            try #require(unsafe chmod(path, mode) == 0)
        }

        /// Keeps what is to be looked through later.
        private func noted(_ rig: BridgeRig, _ name: String, _ bytes: [UInt8]) throws {
            #expect(!bytes.isEmpty)
            try Files.writeAtomically(rig.directory.file(name), bytes)
        }

        /// Looks for every secret in every file of the rig's directory and in both brokers' logs.
        ///
        /// Exempt are the secrets' own files, and the simulator's transcript where the wire itself carries a secret:
        /// AT+CPIN=, AT+CGAUTH= and AT+MCONFIG=. (The key goes over the wire as the data of FSWRITE, which the
        /// transcript only counts.)
        private func grep(_ rig: BridgeRig, _ tls: TLSRig) throws {
            var secrets = Self.passwords.map { (name: $0.key, bytes: Array($0.value.utf8)) }
            // Any whole line of the key tells.
            for line in tls.client.keyBytes.split(separator: 0x0A) where !line.starts(with: "-----".utf8) {
                secrets.append((name: "TLS key", bytes: Array(line)))
            }
            #expect(secrets.count > 20)
            let carriers = ["-> AT+CPIN=", "-> AT+CGAUTH=", "-> AT+MCONFIG="]
            var artefacts: [(name: String, bytes: [UInt8])] = [
                ("local broker", Array(rig.local.log.utf8)), ("remote broker", Array(rig.remote.log.utf8)),
            ]
            for path in try files(in: rig.directory.path) {
                let name = String(path.dropFirst(rig.directory.path.utf8.count + 1))
                guard Self.passwords[name] == nil else { continue }
                var bytes = try Files.read(path, limit: 1 << 28)
                if name == "transcript" {
                    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
                    bytes = Array(
                        lines.filter { line in !carriers.contains { line.contains($0) } }
                            .joined(separator: "\n").utf8)
                }
                artefacts.append((name, bytes))
            }
            let names = Set(artefacts.map(\.name))
            let expected = ["bridge.log", "transcript", "cellbridge.toml", "check", "cmdline", "environ"]
            #expect(names.isSuperset(of: expected), "\(names.sorted())")
            #expect(names.contains { $0.hasPrefix("state/") }, "\(names.sorted())")
            for artefact in artefacts {
                for secret in secrets {
                    let isFound = contains(artefact.bytes, secret.bytes)
                    #expect(!isFound, "\(secret.name) is in \(artefact.name)")
                }
            }
        }

        private func files(in directory: String) throws -> [String] {
            try Files.list(directory).flatMap { name -> [String] in
                let path = directory + "/" + name
                if Files.isDirectory(path) { return try files(in: path) }
                var status = stat()
                guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return [] }
                return [path]
            }
        }

        private func contains(_ text: [UInt8], _ part: [UInt8]) -> Bool {
            guard let first = part.first, text.count >= part.count else { return false }
            var rest = text[...]
            while let place = rest.firstIndex(of: first) {
                if rest[place...].starts(with: part) { return true }
                rest = rest[(place + 1)...]
            }
            return false
        }
    }
}
