import BridgeTestKit
import Certificates
import Testing

@Suite(.serialized) struct CertificateTests {
    /// Unix seconds now, by way of a certificate that is valid since yesterday.
    static func now(_ certificate: Certificate) -> Int64 { certificate.notBefore + 86400 }

    static func read(_ identity: TestCertificates.Identity) throws -> Certificate {
        try #require(try Certificate.all(inPEM: identity.certificateBytes).first)
    }

    @Test func tellsWhatAPersonAsks() throws {
        let files = try TestCertificates()
        let authority = try files.authority("Field CA")
        let client = try files.client("box-17", issuer: authority)
        let ca = try Self.read(authority)
        let own = try Self.read(client)
        #expect(own.subject == "CN = box-17")
        #expect(own.issuer == "CN = Field CA")
        #expect(own.key == .rsa(bits: 2048))
        #expect(own.key.fitsRSAKeyExchange)
        #expect(own.isIssued(by: ca))
        #expect(ca.isIssued(by: ca))
        #expect(!ca.isIssued(by: own))
        #expect(own.digest.count == 32 && own.digest != ca.digest)
        #expect(own.notAfter - own.notBefore == 366 * 86400)
        let now = Self.now(own)
        #expect(own.isValid(at: now) && !own.isValid(at: own.notAfter + 1) && !own.isValid(at: own.notBefore - 1))
        #expect(own.daysLeft(at: now) == 365)
        #expect(own.daysLeft(at: own.notAfter) == 0)
        #expect(own.daysLeft(at: own.notAfter + 1) == -1)
        #expect(own.daysLeft(at: own.notAfter + 86400) == -1)
        #expect(try PrivateKey(pem: client.keyBytes, of: own).kind == .rsa(bits: 2048))
        #expect(throws: CertificateProblem.keyMismatch) { try PrivateKey(pem: authority.keyBytes, of: own) }
    }

    /// The same name, another key: the key identifier or else the signature tells.
    @Test func anAuthorityOfTheSameNameIsNotTheIssuer() throws {
        let files = try TestCertificates()
        let (one, other) = (try files.authority("Same"), try files.authority("Same"))
        let client = try Self.read(try files.client(issuer: one))
        #expect(client.isIssued(by: try Self.read(one)))
        #expect(!client.isIssued(by: try Self.read(other)))
    }

    @Test func ellipticCurvesAndBundles() throws {
        let files = try TestCertificates()
        let (one, other) = (try files.authority(), try files.authority("Curve", key: .ec, validity: .expired))
        let both = try Certificate.all(inPEM: one.certificateBytes + other.certificateBytes)
        #expect(both.count == 2)
        #expect(both[1].key == .ellipticCurve(bits: 256))
        #expect(!both[1].key.fitsRSAKeyExchange)
        #expect(both[1].daysLeft(at: Self.now(both[0])) < 0)
        #expect(try PrivateKey(pem: other.keyBytes, of: both[1]).kind == .ellipticCurve(bits: 256))
    }

    @Test func aSystemsAuthoritiesAreManyMore() throws {
        let files = try TestCertificates()
        let authority = try files.authority()
        let many = [[UInt8]](repeating: authority.certificateBytes, count: 150).joined()
        #expect(try Certificate.all(inPEM: Array(many)).count == 150)
    }

    @Test func whatIsNoCertificateIsNamed() throws {
        let files = try TestCertificates()
        let authority = try files.authority()
        let pem = authority.certificateBytes
        #expect(throws: CertificateProblem.notPEM(expected: "certificate", found: "a private key")) {
            try Certificate.all(inPEM: authority.keyBytes)
        }
        #expect(throws: CertificateProblem.notPEM(expected: "certificate", found: "DER")) {
            try Certificate.all(inPEM: [0x30, 0x82, 0x01, 0x02, 0x30])
        }
        #expect(throws: CertificateProblem.notPEM(expected: "certificate", found: nil)) {
            try Certificate.all(inPEM: Array("hello".utf8))
        }
        #expect(throws: CertificateProblem.notPEM(expected: "certificate", found: nil)) {
            try Certificate.all(inPEM: [])
        }
        let certificate = try #require(try Certificate.all(inPEM: pem).first)
        #expect(throws: CertificateProblem.notPEM(expected: "private key", found: "a certificate")) {
            try PrivateKey(pem: pem, of: certificate)
        }
    }

    /// Cut anywhere, with any byte changed: an error in words or another certificate, never a trap.
    @Test func damagedFilesAreRefused() throws {
        let files = try TestCertificates()
        let authority = try files.authority()
        let pem = authority.certificateBytes
        let certificate = try #require(try Certificate.all(inPEM: pem).first)
        for cut in stride(from: 1, to: pem.count - 30, by: 7) {
            #expect(throws: CertificateProblem.self) { try Certificate.all(inPEM: Array(pem.prefix(cut))) }
            #expect(throws: CertificateProblem.self) {
                try PrivateKey(pem: Array(authority.keyBytes.prefix(cut)), of: certificate)
            }
        }
        for place in stride(from: 0, to: pem.count, by: 5) {
            var changed = pem
            changed[place] ^= 0x15
            if let read = try? Certificate.all(inPEM: changed).first { #expect(read.digest.count == 32) }
        }
    }

    @Test func aKeyWithAPasswordIsRefusedWithoutAsking() throws {
        let files = try TestCertificates()
        let certificate = try Self.read(try files.authority())
        let text = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n"
        #expect(throws: CertificateProblem.encryptedKey) {
            try PrivateKey(pem: Array(text.utf8), of: certificate)
        }
        #expect("\(CertificateProblem.encryptedKey)".contains("openssl rsa"))
    }

    @Test func digestIsSHA256() {
        #expect(
            Digest.sha256(Array("abc".utf8)).map(Digest.text)
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
