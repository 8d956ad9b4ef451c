import BridgeTestKit
import LinuxIO
import Testing

extension EndToEndTests {
    /// New certificates for a bridge that works.
    @Suite("TLS rotation")
    struct TLSRotation {
        @Test("New client certificates while messages flow: nothing is lost, only what changed is written")
        func whileMessagesFlow() throws {
            let tls = try TLSRig()
            let rig = try tls.rig(tls.options(.mutual))
            try rig.start()
            let out = try rig.outbound(.max)
            let back = try rig.inbound(.max)
            out.pace(30)
            back.pace(30)
            for round in 1...3 {
                let goal = (out.collector.numbers.count + 60, back.collector.numbers.count + 60)
                try rig.wait("traffic before rotation \(round)", limit: .seconds(30)) {
                    out.collector.numbers.count >= goal.0 && back.collector.numbers.count >= goal.1
                }
                let next = try tls.certificates.client("rig", issuer: tls.authority)
                try rig.configure(tls, next)
                let mark = rig.simulator.transcript.mark
                try rig.stop()
                try rig.start()
                #expect(written(rig, after: mark) == slots(round % 2 == 1 ? "b" : "a"), "\(rig.diagnosis)")
                try rig.wait("the verdict on the new ones") {
                    rig.hasLogged("certificates: these carried a session and are kept")
                }
            }
            let goal = out.collector.numbers.count + 60
            try rig.wait("traffic at the end", limit: .seconds(30)) { out.collector.numbers.count >= goal }
            out.publisher.finish()
            back.publisher.finish()
            try rig.awaitArrival([out, back])
            expectSound(out, rig)
            expectSound(back, rig)
            expectNothingLess(than: 2, rig)
        }

        @Test("A CA that did not sign the broker's certificate: the old one goes back, over a kill too")
        func badAuthority() throws {
            let tls = try TLSRig()
            let rig = try tls.rig(tls.options(.mutual))
            try rig.start()
            try rig.wait("the first ones' verdict") { rig.hasLogged("these carried a session and are kept") }
            try rig.kill()
            var configuration = BridgeConfiguration()
            configuration.remote = [TLSRig.table(try tls.certificates.authority("Another CA"), tls.client)]
            try rig.configure(configuration)
            let mark = rig.simulator.transcript.mark
            try rig.start(online: false)
            try rig.wait("the first failure") { rig.hasLogged("another CA signed the broker's certificate") }
            try rig.kill()
            try rig.start()
            #expect(rig.hasLogged("the new certificates did not carry a session: back to the older ones"))
            #expect(written(rig, after: mark) == ["cb-ca-b.crt"], "\(rig.diagnosis)")
            #expect(rig.commands("AT+SSLCFG=\"cacert\"").last?.contains("cb-ca-a.crt") == true)
            expectNothingLess(than: 2, rig)
        }

        @Test("A bad new certificate: the old one goes back, and the log says why")
        func badCertificate() throws {
            let tls = try TLSRig()
            let rig = try tls.rig(tls.options(.mutual))
            try rig.start()
            try rig.wait("the first ones' verdict") { rig.hasLogged("these carried a session and are kept") }
            let stranger = try tls.certificates.authority("Another CA")
            let bad = try tls.certificates.client("rig", issuer: stranger)
            try rig.stop()
            try rig.configure(tls, bad)
            let mark = rig.simulator.transcript.mark
            try rig.start(online: false)
            let out = try rig.outbound(50)
            try rig.awaitOnline(limit: .seconds(60))
            #expect(rig.hasLogged("the client certificate was not issued by ca but by"))
            #expect(rig.hasLogged("the broker does not take our client certificate (which CA does it trust?)"))
            #expect(rig.hasLogged("the new certificates did not carry a session: back to the older ones"))
            try rig.awaitArrival([out])
            expectClean(out, rig)
            #expect(written(rig, after: mark) == slots("b"), "\(rig.diagnosis)")
            // A start with the same bad files: one try, then the old ones, and nothing to write.
            try rig.stop()
            let second = rig.simulator.transcript.mark
            try rig.start()
            #expect(rig.commands("AT+SSLMIPSTART", after: second).count == 2, "\(rig.diagnosis)")
            #expect(rig.writes(after: second).isEmpty, "\(rig.diagnosis)")
            // A good one at last.
            try rig.stop()
            let third = rig.simulator.transcript.mark
            try rig.configure(tls, try tls.certificates.client("rig", issuer: tls.authority))
            try rig.start()
            #expect(rig.commands("AT+SSLMIPSTART", after: third).count == 1, "\(rig.diagnosis)")
            #expect(written(rig, after: third) == slots("b"), "\(rig.diagnosis)")
            expectNothingLess(than: 2, rig)
        }

        private func slots(_ slot: String) -> [String] { ["cb-cert-\(slot).crt", "cb-key-\(slot).key"] }

        /// The files that were written, in order.
        private func written(_ rig: BridgeRig, after mark: Int) -> [String] {
            rig.commands("AT+FSWRITE=", after: mark).map { line in
                String(line.dropFirst(11).prefix { $0 != "," }).replacing("\"", with: "")
            }
        }
    }
}

extension BridgeRig {
    /// From the next start on the bridge shows `client` to the remote broker.
    func configure(_ tls: TLSRig, _ client: TestCertificates.Identity, state: String = "state") throws {
        var configuration = BridgeConfiguration()
        configuration.state = state
        configuration.remote = [TLSRig.table(tls.authority, client)]
        try configure(configuration)
    }
}
