import BridgeTestKit
import LinuxIO
import MosquittoClient
import Testing

extension EndToEndTests {
    /// TLS to the broker on this host.
    @Suite("TLS to the local broker")
    struct LocalTLS {
        @Test("The broker is verified with a CA")
        func authority() throws {
            let tls = try TLSRig()
            var options = options(tls, requiresClient: false)
            options.configuration.local = [TLSRig.table(tls.authority)]
            try expectTraffic(tls.rig(options))
        }

        @Test("The bridge shows a certificate")
        func clientCertificate() throws {
            let tls = try TLSRig()
            var options = options(tls, requiresClient: true)
            options.configuration.local = [TLSRig.table(tls.authority, tls.client)]
            let rig = try expectTraffic(tls.rig(options))
            // use_identity_as_username: the broker knows the bridge by its certificate.
            #expect(rig.local.log.contains("u'rig'"), "\(rig.local.log.suffix(2000))")
        }

        @Test("A pre-shared key")
        func preSharedKey() throws {
            let key = "5e1f0c9ab37d42866a10"
            var options = BridgeRig.Options()
            let files = try TemporaryDirectory("psk")
            try Files.writeAtomically(files.file("broker"), Array("box:\(key)\n".utf8))
            try Files.writeAtomically(files.file("key"), Array("\(key)\n".utf8))
            options.local.extraLines = [
                "psk_hint cellbridge", "psk_file \(files.file("broker"))", "tls_version tlsv1.2",
            ]
            options.localClient = MosquittoClient.TLS(pskIdentity: "box", psk: key)
            options.configuration.local = [
                "tls = { psk_identity = \"box\", psk_file = \"\(files.file("key"))\" }"
            ]
            let rig = try expectTraffic(BridgeRig(options))
            #expect(!rig.log.contains(key), "the key is in the log")
        }

        @Test("verify = false takes any certificate; a wrong CA is refused")
        func verification() throws {
            let loop = try EventLoop()
            let tls = try TLSRig()
            let stranger = try tls.certificates.authority("Another CA")
            var options = options(tls, requiresClient: false)
            options.configuration.local = [TLSRig.table(nil, more: "verify = false")]
            let trusting = try tls.rig(options, loop: loop)
            options.configuration.local = [TLSRig.table(stranger)]
            let wary = try tls.rig(options, loop: loop)
            try trusting.start()
            try wary.start(online: false)
            try wary.wait("the complaint") { wary.hasLogged("trying again until it is back") }
            try wary.wait("the module") { wary.hasLogged(">online") }
            #expect(!wary.local.log.contains("as cellbridge-rig"), "\(wary.diagnosis)")
            let out = try trusting.outbound(20)
            try trusting.awaitArrival([out])
            expectClean(out, trusting)
        }

        private func options(_ tls: TLSRig, requiresClient: Bool) -> BridgeRig.Options {
            var options = BridgeRig.Options()
            options.local.extraLines = [
                "cafile \(tls.authority.certificate)", "certfile \(tls.server.certificate)",
                "keyfile \(tls.server.key)", "require_certificate \(requiresClient)",
                "use_identity_as_username \(requiresClient)",
            ]
            options.localClient = MosquittoClient.TLS(
                ca: tls.authority.certificate, certificate: tls.client.certificate, key: tls.client.key)
            return options
        }

        @discardableResult
        private func expectTraffic(_ rig: BridgeRig) throws -> BridgeRig {
            try rig.start()
            let out = try rig.outbound(100)
            let back = try rig.inbound(50)
            try rig.awaitArrival([out, back])
            expectClean(out, rig)
            expectClean(back, rig)
            return rig
        }
    }
}
