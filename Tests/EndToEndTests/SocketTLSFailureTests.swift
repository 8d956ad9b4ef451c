import BridgeTestKit
import Glibc
import LinuxIO
import Testing

extension EndToEndTests.Socket {
    /// TLS of this host over the module's socket: what it accepts and what it refuses.
    @Suite("TLS over the socket")
    struct TLS {
        private static let psk = "0123456789abcdef0123456789abcdef"

        /// One rig with one thing wrong.
        private struct Case {
            var name: String
            var rig: BridgeRig
            /// What the log says.
            var texts: [String]
        }

        @Test("Mutual TLS with keys on a curve", arguments: SocketSystem.families)
        func mutual(system: SocketSystem) throws {
            let tls = try SocketTLS()
            var options = tls.options(system)
            options.remote.extraLines = tls.lines(requiresClient: true) + ["use_identity_as_username true"]
            options.configuration.remote = [
                "link = \"socket\"", TLSRig.table(tls.authority, tls.client, more: "min_version = \"tls1.3\""),
            ]
            let rig = try tls.rig(options)
            try rig.start()
            try cross(rig)
            #expect(rig.remote.log.contains("as rig (p5, c0, k300, u'rig')"), "\(rig.remote.log.suffix(1500))")
            expectSocketsOnly(rig, system)
            // The second session resumes the first one's.
            let mark = rig.log.mark
            try rig.simulator.fault("drop-tcp")
            try rig.awaitOnline(after: rig.log.first(after: mark) { $0.contains("offline: ") } ?? mark)
            try rig.wait("a resumed session") { rig.hasLogged("resumed", after: mark) }
        }

        @Test("A pre-shared key; and a wrong one, which is named")
        func preSharedKey() throws {
            let rigs = try [Self.psk, String(Self.psk.reversed())].map { try keyed($0) }
            try rigs[0].start()
            try rigs[1].start(online: false)
            try cross(rigs[0])
            #expect(rigs[0].hasLogged("pre-shared key"), "\(rigs[0].diagnosis)")
            try rigs[1].wait("the refusal") { rigs[1].hasLogged("next try in 15 s") }
            #expect(rigs[1].hasLogged("are the pre-shared key and its identity the broker's?"), "\(rigs[1].diagnosis)")
            #expect(!rigs[1].remote.log.contains("as rig"))
        }

        private func keyed(_ key: String) throws -> BridgeRig {
            let files = try TemporaryDirectory("keys")
            try Files.writeAtomically(files.file("broker"), Array("box:\(Self.psk)\n".utf8))
            try Files.writeAtomically(files.file("own"), Array(key.utf8))
            // The test's own clients come by the listener without TLS.
            let port = try RefusingBroker(EventLoop()).port
            var options = SocketSystem(profile: "air780e").options()
            options.remote.extraLines = [
                "listener \(port) 127.0.0.1", "psk_hint hint", "psk_file \(files.file("broker"))",
            ]
            options.simulator += ["--redirect", "127.0.0.1:\(port)"]
            options.configuration.remote.append("tls = { psk_identity = \"box\", psk_file = \"\(files.file("own"))\" }")
            let rig = try BridgeRig(options)
            rig.companions.append(files)
            return rig
        }

        /// All of them side by side, for most of the time is spent in the pauses between the tries.
        @Test("Each failure is named, tried again after a growing pause, and never made less safe")
        func failures() throws {
            let loop = try EventLoop()
            let tls = try SocketTLS()
            let cases = try connections(tls, loop)
            let plain = try plainBrokers(tls, loop)
            for rig in plain { try rig.start(online: false) }
            for item in cases {
                try item.rig.start(online: false)
                let words = ["-t", "plant/secret", "-m", "for the right broker only", "-q", "1"]
                try item.rig.mosquitto("pub", words, port: item.rig.local.port).finish(item.rig)
            }
            for item in cases {
                try item.rig.wait("the second failure: \(item.name)", limit: .seconds(40)) {
                    item.rig.hasLogged("next try in 30 s")
                }
            }
            for item in cases {
                let rig = item.rig
                #expect(rig.hasLogged("next try in 15 s"), "\(item.name)\n\(rig.diagnosis)")
                for text in item.texts { #expect(rig.hasLogged(text), "\(item.name): \(text)\n\(rig.diagnosis)") }
                #expect(rig.commands("AT+CIPSTART", "AT+QIOPEN").count == 2, "\(item.name)\n\(rig.diagnosis)")
                #expect(!rig.remote.log.contains("as rig"), "\(item.name): \(rig.remote.log.suffix(1000))")
                #expect(!rig.remote.log.contains("site7/secret"), "\(item.name)")
                #expect(!rig.simulator.transcript.contains("for the right broker only"), "\(item.name)")
                #expect(try rig.stop() == .exited(0))
            }
            for rig in plain {
                try rig.wait("the third try, still with TLS", limit: .seconds(40)) {
                    rig.commands("AT+CIPSTART", "AT+QIOPEN").count >= 3
                }
                #expect(!rig.remote.log.contains("as rig"), "\(rig.remote.log.suffix(1000))")
                #expect(!rig.hasLogged(">online") && !rig.hasLogged("TLS: TLSv1"), "\(rig.diagnosis)")
            }
        }

        /// One of each family whose broker does not speak TLS.
        private func plainBrokers(_ tls: SocketTLS, _ loop: EventLoop) throws -> [BridgeRig] {
            try SocketSystem.families.map { system in
                var options = tls.options(system)
                (options.remote.extraLines, options.remoteClient) = ([], nil)
                return try tls.rig(options, loop: loop)
            }
        }

        private func connections(_ tls: SocketTLS, _ loop: EventLoop) throws -> [Case] {
            let made = tls.certificates
            func make(
                _ name: String, _ profile: String, _ texts: [String], _ change: (inout BridgeRig.Options) throws -> Void
            ) throws -> Case {
                var options = tls.options(SocketSystem(profile: profile))
                try change(&options)
                return Case(name: name, rig: try tls.rig(options, loop: loop), texts: texts)
            }
            return try [
                make("wrong name", "air780e", ["is not for 127.0.0.1; it has DNS:other.example, DNS:localhost"]) {
                    let server = try made.server(["other.example", "localhost"], issuer: tls.authority, key: .ec)
                    $0.remote.extraLines = tls.lines(server)
                },
                make("wrong name in tls.hostname", "bc260y", ["is not for broker.example; it has "]) {
                    $0.configuration.remote[1] = TLSRig.table(tls.authority, more: "hostname = \"broker.example\"")
                },
                make("expired", "quectel-gsm", ["the broker's certificate", " expired on "]) {
                    $0.remote.extraLines = tls.lines(
                        try made.server(issuer: tls.authority, key: .ec, validity: .expired))
                },
                make("unknown CA", "ec716s", [" is not in the ca file; is it the right one for this broker?"]) {
                    $0.configuration.remote[1] = TLSRig.table(try made.authority("Another CA", key: .ec))
                },
                make("no client certificate", "bc260y", ["it wants a client certificate"]) {
                    $0.remote.extraLines = tls.lines(requiresClient: true)
                },
            ]
        }

        /// Some messages each way, once and whole.
        private func cross(_ rig: BridgeRig) throws {
            let out = try rig.outbound(50)
            let back = try rig.inbound(50)
            try rig.awaitArrival([out, back])
            expectClean(out, rig)
            expectClean(back, rig)
        }
    }
}
