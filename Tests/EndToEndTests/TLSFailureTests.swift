import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// TLS through the module, when something is wrong.
    @Suite("TLS that fails")
    struct TLSFailures {
        /// One rig with one thing wrong.
        struct Case {
            var name: String
            var rig: BridgeRig
            /// What the log says, and what to do.
            var texts: [String]
            /// What really happened, from the module's side.
            var cause: String?
        }

        /// All of them side by side, for most of the time is spent in the pauses between the tries.
        @Test("Each failure is named, tried again after a growing pause, and never made less safe")
        func failures() throws {
            let loop = try EventLoop()
            let tls = try TLSRig()
            let cases = try connections(tls, loop)
            let (full, cut) = try flash(tls, loop)
            for rig in cases.map(\.rig) + [full, cut] { try rig.start(online: false) }
            try full.wait("the complaint", limit: .seconds(40)) { full.hasLogged("next try in 15 s") }
            #expect(full.hasLogged("the module's file system is full: cb-ca-a.crt needs"), "\(full.diagnosis)")
            #expect(full.hasLogged("remove files of others with AT+FSLS and AT+FSDEL"))
            #expect(full.commands("AT+SSLMIPSTART").isEmpty)
            // Room again: the next try provisions and connects.
            try full.simulator.fault("fs-full off")
            for item in cases {
                try item.rig.wait("the second failure: \(item.name)", limit: .seconds(40)) {
                    item.rig.hasLogged("next try in 30 s")
                }
            }
            for item in cases {
                let rig = item.rig
                #expect(rig.hasLogged("next try in 15 s"), "\(item.name)\n\(rig.diagnosis)")
                for text in item.texts { #expect(rig.hasLogged(text), "\(item.name): \(text)\n\(rig.diagnosis)") }
                if let cause = item.cause {
                    #expect(rig.simulator.transcript.contains(cause), "\(item.name)\n\(rig.diagnosis)")
                }
                #expect(rig.commands("AT+SSLMIPSTART").count == 2, "\(item.name)\n\(rig.diagnosis)")
                #expect(rig.commands("AT+MCONNECT").isEmpty, "\(item.name)\n\(rig.diagnosis)")
                expectNothingLess(than: 1, rig)
            }
            #expect(cut.simulator.transcript.contains("the port dies after 500 bytes"))
            #expect(cut.hasLogged("the upload of cb-ca-a.crt was cut short"), "\(cut.diagnosis)")
            for rig in [full, cut] {
                try rig.awaitOnline(limit: .seconds(45))
                let out = try rig.outbound(20)
                try rig.awaitArrival([out])
                expectClean(out, rig)
                expectNothingLess(than: 2, rig)
            }
        }

        private func connections(_ tls: TLSRig, _ loop: EventLoop) throws -> [Case] {
            let made = tls.certificates
            let stranger = try made.authority("Another CA")
            let suite = "no suite in common (the module offers RSA key exchange only"
            func make(
                _ name: String, _ texts: [String], cause: String? = nil, _ change: (inout BridgeRig.Options) -> Void
            ) throws -> Case {
                var options = tls.options(.serverVerified)
                change(&options)
                let always = "The module does not say why"
                return Case(name: name, rig: try tls.rig(options, loop: loop), texts: texts + [always], cause: cause)
            }
            func lines(_ server: TestCertificates.Identity, _ suites: String) -> [String] {
                TestCertificates.brokerLines(authority: tls.authority, server: server, suites: suites)
            }
            let expired = try made.server(issuer: tls.authority, validity: .expired)
            let curve = try made.server(issuer: tls.authority, key: .ec)
            return [
                try make("wrong CA", ["another CA signed the broker's certificate"], cause: "TLS failed: ") {
                    $0.configuration.remote = [TLSRig.table(stranger)]
                },
                try make(
                    "wrong host name", ["not for the name broker.example ([remote] tls hostname)"],
                    cause: "TLS failed: "
                ) { $0.configuration.remote = [tls.table(.serverVerified, more: "hostname = \"broker.example\"")] },
                try make(
                    "expired", ["the broker's certificate has expired"],
                    cause: "TLS failed: certificate has expired"
                ) {
                    $0.remote.extraLines = TestCertificates.brokerLines(authority: tls.authority, server: expired)
                },
                try make("no client certificate", ["the broker wants a client certificate"], cause: "TLS failed: ") {
                    $0.remote.extraLines = TestCertificates.brokerLines(
                        authority: tls.authority, server: tls.server, requiresClient: true)
                },
                try make("a curve's certificate", [suite], cause: "TLS failed: ") {
                    $0.remote.extraLines = lines(curve, "ECDHE-ECDSA-AES128-GCM-SHA256")
                },
                try make("ECDHE only", [suite], cause: "TLS failed: ") {
                    $0.remote.extraLines = lines(tls.server, "ECDHE-RSA-AES128-GCM-SHA256")
                },
                try make("no TLS at the other end", [], cause: "TLS failed: ") { $0.remote.extraLines = [] },
            ]
        }

        /// A module without room, and one whose port goes while a file is written.
        private func flash(_ tls: TLSRig, _ loop: EventLoop) throws -> (full: BridgeRig, cut: BridgeRig) {
            let full = try tls.rig(tls.options(.mutual), loop: loop)
            try full.simulator.fault("fs-full")
            let cut = try tls.rig(tls.options(.mutual), loop: loop)
            try cut.simulator.fault("cut-upload 500")
            return (full, cut)
        }
    }
}
