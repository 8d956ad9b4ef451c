import BridgeTestKit
import TLSStream
import Testing

@Suite struct HandshakeTests {
    let files: TestCertificates
    let authority: TestCertificates.Identity
    let server: TestCertificates.Identity

    init() throws {
        files = try TestCertificates()
        authority = try files.authority(key: .ec)
        server = try files.server(issuer: authority, key: .ec)
    }

    private func options(_ host: String = "localhost") -> TLSContext.Options {
        TLSContext.Options(host: host, ca: authority.certificate)
    }

    @Test func tls13WithACertificateOfAnEllipticCurve() throws {
        let server = try SecureServer(server)
        let visitor = try Visitor(TLSContext(options()), port: server.port)
        // Said before the handshake is over: kept, and sent after it.
        #expect(try visitor.says("hello"))
        #expect(visitor.stream.summary == "TLSv1.3, TLS_AES_256_GCM_SHA384, X25519")
        #expect(visitor.stream.isEstablished && !visitor.stream.isClosedByPeer)
        #expect(try visitor.says(String(repeating: "0123456789", count: 1000)))
    }

    @Test(arguments: ["127.0.0.1", "localhost", "localhost.", "LOCALHOST"])
    func theHostsNameOrAddressIsInTheCertificate(_ host: String) throws {
        let server = try SecureServer(server)
        #expect(try Visitor(TLSContext(options(host)), port: server.port).says("x"))
    }

    @Test func tls12AndNothingLower() throws {
        let server12 = try SecureServer(server, ["-tls1_2"])
        let visitor = try Visitor(TLSContext(options()), port: server12.port)
        #expect(try visitor.says("hello"))
        #expect(visitor.stream.summary.hasPrefix("TLSv1.2, ECDHE-ECDSA-AES256-GCM-SHA384"))
        visitor.hangUp()
        var strict = options()
        strict.minimumVersion = .tls13
        let refusal = try Visitor.failure(strict, port: server12.port)
        #expect(refusal?.kind == .refused)
        #expect(refusal?.description.contains("protocol_version: it does not speak the TLS versions") == true)
        let old = try SecureServer(server, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        let error = try Visitor.failure(options(), port: old.port)
        #expect(error?.description.contains("version") == true, "\(String(describing: error))")
    }

    @Test func bothSidesShowACertificate() throws {
        let server = try SecureServer(
            server, ["-Verify", "1", "-verify_return_error", "-CAfile", authority.certificate])
        let mine = try files.client(issuer: authority, key: .ec)
        var options = options()
        (options.certificate, options.key) = (mine.certificate, mine.key)
        #expect(try Visitor(TLSContext(options), port: server.port).says("hello"))
        let none = try Visitor.failure(self.options(), port: server.port)
        #expect(none?.kind == .refused)
        #expect(none?.description.hasSuffix("certificate_required: it wants a client certificate") == true)
        let stranger = try files.client(issuer: files.authority("Stranger", key: .ec), key: .ec)
        (options.certificate, options.key) = (stranger.certificate, stranger.key)
        let refused = try Visitor.failure(options, port: server.port)
        #expect(refused?.kind == .refused)
        #expect(refused?.description.contains("does not trust who issued our certificate") == true, "\(refused as Any)")
    }

    @Test(arguments: ["-tls1_3", "-tls1_2"])
    func aPresharedKey(_ version: String) throws {
        let server = try SecureServer([
            "-nocert", "-psk", "00112233445566778899aabbccddeeff", "-psk_identity", "box", version,
        ])
        var options = TLSContext.Options(host: "localhost", pskIdentity: "box", psk: "00112233445566778899AABBCCDDEEFF")
        let visitor = try Visitor(TLSContext(options), port: server.port)
        #expect(try visitor.says("hello"))
        #expect(visitor.stream.summary.hasSuffix("pre-shared key"), "\(visitor.stream.summary)")
        visitor.hangUp()
        options.psk = "00112233445566778899aabbccddeefe"
        let error = try Visitor.failure(options, port: server.port)
        #expect(
            error?.description.contains("are the pre-shared key and its identity the broker's?") == true,
            "\(error as Any)")
        #expect(error?.description.contains("0011") == false)
        options.pskIdentity = "stranger"
        let unknown = try Visitor.failure(options, port: server.port)
        #expect(unknown?.description.contains("identity") == true, "\(unknown as Any)")
    }

    @Test func aCertificateIsNotTakenForAPresharedKey() throws {
        let server = try SecureServer(server)
        for verifies in [true, false] {
            let options = TLSContext.Options(host: "localhost", pskIdentity: "box", psk: "0011", verifies: verifies)
            let error = try Visitor.failure(options, port: server.port)
            #expect(error?.kind == .certificate)
            #expect(error?.description.contains("instead of using the pre-shared key") == true, "\(error as Any)")
        }
    }

    @Test func applicationProtocols() throws {
        let choosy = try SecureServer(server, ["-alpn", "mqtt"])
        var options = options()
        options.alpn = ["x-amzn-mqtt-ca", "mqtt"]
        let visitor = try Visitor(TLSContext(options), port: choosy.port)
        #expect(try visitor.says("hello"))
        #expect(visitor.stream.selectedProtocol == "mqtt")
        #expect(visitor.stream.summary.hasSuffix(", ALPN mqtt"))
        visitor.hangUp()
        options.alpn = ["http/1.1"]
        let refused = try Visitor.failure(options, port: choosy.port)
        #expect(refused?.description.contains("no_application_protocol: it speaks none of the ALPN") == true)
        // A server that knows nothing of it goes on.
        let plain = try SecureServer(server)
        let ignored = try Visitor(TLSContext(options), port: plain.port)
        #expect(try ignored.says("hello"))
        #expect(ignored.stream.selectedProtocol == nil)
    }

    @Test func suitesAsWished() throws {
        let server = try SecureServer(server)
        var options = options()
        options.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"
        let old = try Visitor(TLSContext(options), port: server.port)
        #expect(try old.says("hello"))
        #expect(old.stream.summary.hasPrefix("TLSv1.2, ECDHE-ECDSA-CHACHA20-POLY1305"))
        old.hangUp()
        options.ciphers = "TLS_CHACHA20_POLY1305_SHA256"
        let new = try Visitor(TLSContext(options), port: server.port)
        #expect(try new.says("hello"))
        #expect(new.stream.summary.hasPrefix("TLSv1.3, TLS_CHACHA20_POLY1305_SHA256"))
        new.hangUp()
        options.ciphers = "AES256-SHA256"
        let none = try Visitor.failure(options, port: server.port)
        #expect(none?.description.contains("handshake_failure: no suite or group in common") == true, "\(none as Any)")
    }

    @Test func aSessionIsResumedAlsoAfterACut() throws {
        for version in ["-tls1_3", "-tls1_2"] {
            let server = try SecureServer(server, [version])
            let context = try TLSContext(options())
            var sizes: [Int] = []
            for round in 0..<4 {
                let visitor = try Visitor(context, port: server.port)
                #expect(try visitor.says("hello"))
                #expect(visitor.stream.isResumed == (round > 0))
                #expect(visitor.stream.summary.hasSuffix("resumed") == (round > 0))
                sizes.append(visitor.received)
                // Every other one ends with a goodbye, the rest with a cut.
                if round.isMultiple(of: 2) { visitor.stream.close() }
                visitor.flush()
            }
            #expect(sizes[1] < sizes[0] - 300, "\(sizes)")
            context.forgetSession()
            #expect(!context.hasSession)
        }
    }

    @Test func aServerThatHasForgottenTheSessionIsShownItsCertificateAgain() throws {
        let context = try TLSContext(options())
        for _ in 0..<2 {
            let server = try SecureServer(server)
            let visitor = try Visitor(context, port: server.port)
            #expect(try visitor.says("hello"))
            #expect(!visitor.stream.isResumed)
        }
    }
}
