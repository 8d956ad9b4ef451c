import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests.Certs {
    /// The files of a broker that wants a client certificate, and a rig's options with them.
    struct Mutual {
        let tls: TLSRig
        var options: BridgeRig.Options

        init() throws {
            tls = try TLSRig()
            options = tls.options(.mutual)
            // The test's own clients use the listener without TLS.
            options.remoteClient = nil
            for key in [tls.client.key, tls.server.key] { unsafe chmod(key, 0o600) }
        }

        var files: TestCertificates { tls.certificates }
        var authority: TestCertificates.Identity { tls.authority }
        var client: TestCertificates.Identity { tls.client }

        /// The options with another CA configured.
        func options(ca: TestCertificates.Identity) -> BridgeRig.Options {
            var other = options
            other.configuration.remote = [TLSRig.table(ca, client)]
            return other
        }
    }

    /// A broker that wants a client certificate, a module, the files, and no service yet.
    struct Scene {
        let mutual: Mutual
        let rig: BridgeRig
        /// A listener of the remote broker without TLS, for the test's own clients.
        let plainPort: Int

        init(simulator: [String] = []) throws {
            var mutual = try Mutual()
            mutual.options.simulator += simulator
            plainPort = Self.freePort
            mutual.options.remote.extraLines.append("listener \(plainPort) 127.0.0.1")
            self.mutual = mutual
            rig = try mutual.tls.rig(mutual.options)
        }

        private static var freePort: Int {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            // SAFETY: the address outlives both calls, and the length is its own.
            unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = unsafe bind(descriptor, $0, length)
                    _ = unsafe getsockname(descriptor, $0, &length)
                }
            }
            return Int(UInt16(bigEndian: address.sin_port))
        }

        /// Numbered messages from the local broker to the remote one, or back.
        func flow(out: Bool, _ total: Int) throws -> NumberedFlow {
            try NumberedFlow(
                loop: rig.loop, name: out ? "out" : "in", from: out ? rig.local.port : plainPort,
                prefix: out ? "plant/" : "cmd/", to: out ? plainPort : rig.local.port,
                prefix: out ? "site7/" : "orders/", total: total)
        }

        /// What came of `cellbridge certs` with these words and the rig's configuration.
        func certs(_ words: [String], limit: Duration = .seconds(40)) throws -> Run {
            let (out, err) = (rig.directory.file("out"), rig.directory.file("err"))
            for path in [out, err] { try Files.remove(path) }
            var options = ChildProcess.Options(
                rig.program, ["certs"] + words + ["-c", rig.directory.file("cellbridge.toml")])
            (options.standardInput, options.standardOutput, options.standardError) = (.null, .file(out), .file(err))
            let child = try ChildProcess(options, loop: rig.loop)
            try rig.wait("the end of certs \(words)", limit: limit) { child.exitStatus != nil }
            func text(_ path: String) -> String {
                String(decoding: (try? Files.read(path, limit: 1 << 20)) ?? [], as: UTF8.self)
            }
            let run = Run(status: child.exitStatus ?? .unknown, output: text(out), errors: text(err))
            for secret in secrets {
                #expect(!run.output.contains(secret) && !run.errors.contains(secret), "a key is shown")
            }
            return run
        }

        /// What `cellbridge certs` shows on a terminal, with these variables besides.
        func onTerminal(_ words: [String], _ variables: [String: String]) throws -> String {
            let terminal = try PseudoTerminal()
            defer { terminal.close() }
            var shown: [UInt8] = []
            terminal.onBytes = { shown += $0 }
            try terminal.attach(to: rig.loop)
            var options = ChildProcess.Options(
                rig.program, ["certs"] + words + ["-c", rig.directory.file("cellbridge.toml")])
            (options.standardInput, options.standardOutput, options.standardError) =
                (.null, .file(terminal.slavePath), .null)
            options.environment = ["PATH": "/usr/bin:/bin", "TERM": "xterm"].merging(variables) { $1 }
            let child = try ChildProcess(options, loop: rig.loop)
            try rig.wait("the end of certs \(words)", limit: .seconds(40)) { child.exitStatus != nil }
            rig.settle(.milliseconds(50))
            return String(decoding: shown, as: UTF8.self)
        }

        /// A line of each key.
        private var secrets: [String] {
            [mutual.client, mutual.authority].compactMap {
                String(decoding: $0.keyBytes, as: UTF8.self).split(separator: "\n").dropFirst().first.map(
                    String.init)
            }
        }

        /// Another client certificate.
        func client(_ name: String, issuer: TestCertificates.Identity? = nil) throws -> TestCertificates.Identity {
            let made = try mutual.files.client(name, issuer: issuer ?? mutual.authority)
            unsafe chmod(made.key, 0o600)
            return made
        }

        /// How many files were written into the module so far.
        var writes: Int { rig.simulator.commands().count { $0.hasPrefix("AT+FSWRITE=") } }

        /// The output without what differs from run to run.
        func masked(_ text: String) -> String {
            var text = text
            for (path, name) in [(mutual.files.directory.path, "FILES"), (rig.directory.path, "RIG")] {
                text = Self.replacing(path, with: name, in: text)
            }
            return Self.withoutNumbers(text)
        }

        private static func replacing(_ part: String, with other: String, in text: String) -> String {
            var (rest, made) = (Substring(text), "")
            while let place = rest.utf8.indices.first(where: { rest[$0...].utf8.starts(with: part.utf8) }) {
                made += rest[..<place] + other
                rest = rest[place...].dropFirst(part.count)
            }
            return made + rest
        }

        /// Numbers of more than one digit are sizes, days, ports, times.
        private static func withoutNumbers(_ text: String) -> String {
            var made = ""
            var digits = ""
            for character in text + "\0" {
                if character.isNumber {
                    digits.append(character)
                    continue
                }
                made += digits.count > 1 ? "N" : digits
                digits = ""
                if character != "\0" { made.append(character) }
            }
            return made
        }
    }

    struct Run {
        var status: ChildProcess.ExitStatus
        var output: String
        var errors: String
    }
}
