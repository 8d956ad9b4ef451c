import BridgeTestKit
import TLSStream
import Testing

/// What is refused about the broker's certificate, and in which words.
@Suite struct CertificateTests {
    let files: TestCertificates
    let authority: TestCertificates.Identity

    init() throws {
        files = try TestCertificates()
        authority = try files.authority(key: .ec)
    }

    private func options(_ host: String = "localhost") -> TLSContext.Options {
        TLSContext.Options(host: host, ca: authority.certificate)
    }

    private func refusal(_ identity: TestCertificates.Identity, _ options: TLSContext.Options) throws -> String {
        let server = try SecureServer(identity)
        let error = try Visitor.failure(options, port: server.port)
        #expect(error?.kind == .certificate)
        var careless = options
        careless.verifies = false
        let visitor = try Visitor(TLSContext(careless), port: server.port)
        #expect(try visitor.says("no matter"))
        #expect(visitor.stream.summary.hasSuffix("not verified"))
        return error?.description ?? ""
    }

    @Test(arguments: ["broker.example", "127.0.0.2", "localhos", "a.localhost"])
    func aWrongNameIsRefused(_ host: String) throws {
        let text = try refusal(files.server(issuer: authority, key: .ec), options(host))
        #expect(
            text == """
                the broker's certificate is not for \(host); it has DNS:localhost, IP Address:127.0.0.1: use one of \
                them as host, or set tls.hostname
                """)
    }

    @Test func anotherNameMayBeExpected() throws {
        let server = try SecureServer(files.server(["broker.example", "*.wild.example"], issuer: authority, key: .ec))
        for name in ["broker.example", "a.wild.example"] {
            var options = options("127.0.0.1")
            options.hostname = name
            let visitor = try Visitor(TLSContext(options), port: server.port)
            #expect(try visitor.says("hello"))
            visitor.hangUp()
        }
        var wrong = options("127.0.0.1")
        wrong.hostname = "a.b.wild.example"
        #expect(try Visitor.failure(wrong, port: server.port)?.kind == .certificate)
    }

    @Test func anExpiredOneAndOneOfTheFuture() throws {
        let old = try refusal(files.server(issuer: authority, key: .ec, validity: .expired), options())
        #expect(old.hasPrefix("the broker's certificate (CN = localhost) expired on "), "\(old)")
        #expect(old.hasSuffix("GMT; renew it, or is this host's clock wrong?"), "\(old)")
        let young = try refusal(files.server(issuer: authority, key: .ec, validity: .notYet), options())
        #expect(young.hasPrefix("the broker's certificate (CN = localhost) is not valid before "), "\(young)")
        #expect(young.hasSuffix("GMT; is this host's clock right?"), "\(young)")
    }

    @Test func anUnknownIssuer() throws {
        let stranger = try files.authority("Stranger", key: .ec)
        let identity = try files.server(issuer: stranger, key: .ec)
        let text = try refusal(identity, options())
        #expect(
            text == """
                the broker's certificate (CN = localhost) was issued by CN = Stranger, which is not in the ca file
                """)
        // The system's authorities do not know it either.
        let system = try refusal(identity, TLSContext.Options(host: "localhost"))
        #expect(system.hasSuffix("which is not in the system's authorities"), "\(system)")
    }

    @Test func oneSignedByItselfIsTrustedWhenItIsListed() throws {
        let own = try files.authority("localhost", key: .ec)
        let text = try refusal(own, options())
        #expect(
            text == """
                the broker's certificate (CN = localhost) is signed by itself and not in the ca file; to trust it, \
                put it there
                """)
        let server = try SecureServer(own)
        let options = TLSContext.Options(host: "localhost", ca: own.certificate)
        #expect(try Visitor(TLSContext(options), port: server.port).says("hello"))
    }

    @Test func theBrokersOwnCertificateMayBeListed() throws {
        let identity = try files.server(issuer: authority, key: .ec)
        let server = try SecureServer(identity)
        let options = TLSContext.Options(host: "localhost", ca: identity.certificate)
        #expect(try Visitor(TLSContext(options), port: server.port).says("hello"))
    }
}
