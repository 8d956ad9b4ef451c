import BridgeTestKit
import Configuration
import LinuxIO
import ModemCore
import Testing

@testable import BridgeRuntime

@Suite(.serialized) struct RemoteCertificatesTests {
    let files: TestCertificates
    let authority: TestCertificates.Identity

    init() throws {
        files = try TestCertificates()
        authority = try files.authority("Field CA")
    }

    func read(
        ca: String? = nil, client: TestCertificates.Identity? = nil, key: String? = nil,
        verify: Bool = true
    ) -> RemoteCertificates {
        let tls = Configuration.RemoteTLS(
            ca: ca ?? authority.certificate, certificate: client?.certificate, key: key ?? client?.key,
            verify: verify, hostname: "broker")
        return RemoteCertificates(tls, now: LoopClock.unixTime)
    }

    @Test func soundFiles() throws {
        let client = try files.client("box-17", issuer: authority)
        let read = read(client: client)
        #expect(read.findings == [])
        #expect(read.isUsable)
        #expect(read.files[.ca]?.contents == authority.certificateBytes)
        #expect(read.files[.certificate]?.contents == client.certificateBytes)
        #expect(read.files[.key]?.contents == client.keyBytes)
        #expect(Set(read.files.values.map(\.digest)).count == 3)
        #expect(read.facts.ruledOut.contains("the key belongs to the client certificate"))
        #expect(read.facts.ruledOut.contains("the client certificate was issued by the CA"))
        #expect(read.notes == [])
        #expect(read.endings(now: LoopClock.unixTime) == [])
        #expect(read.endings(now: LoopClock.unixTime + 340 * 86400).count == 2)
        #expect(read.summary.contains { $0.hasPrefix("certificate CN = box-17, RSA, 2048 bits, 36") })
    }

    @Test func ofManyAuthoritiesOneMustBeInDate() throws {
        let old = try files.authority("Old", validity: .expired)
        func read(_ bytes: [UInt8], _ name: String) throws -> RemoteCertificates {
            let path = old.certificate + name
            try Files.writeAtomically(path, bytes)
            return RemoteCertificates(
                Configuration.RemoteTLS(ca: path, hostname: "broker", isOurs: true), now: LoopClock.unixTime)
        }
        let six = Array([[UInt8]](repeating: old.certificateBytes, count: 6).joined())
        let mixed = try read(six + authority.certificateBytes, "-mixed")
        #expect(mixed.isUsable && mixed.findings == [] && mixed.firstEnd == nil)
        #expect(mixed.notes.first == "ca holds 7 authorities, 1 of them in date")
        #expect(try !read(six, "-old").isUsable)
        // A chain is judged as a whole.
        #expect(try !read(old.certificateBytes + authority.certificateBytes, "-chain").isUsable)
    }

    @Test func whereThisHostMakesTLSTheModulesLimitsDoNotHold() throws {
        let curve = try files.authority("Curve CA", key: .ec)
        let client = try files.client("box-17", issuer: curve, key: .ec)
        let long = files.directory.file("long-chain.crt")
        try Files.writeAtomically(long, curve.certificateBytes + [UInt8](repeating: 0x0A, count: 10240))
        let tls = Configuration.RemoteTLS(
            ca: long, certificate: client.certificate, key: client.key, hostname: "broker", isOurs: true)
        let read = RemoteCertificates(tls, now: LoopClock.unixTime)
        #expect(read.findings == [])
        #expect(read.files.isEmpty)
        #expect(read.facts.ruledOut.contains("the key belongs to the client certificate"))
    }

    @Test func refused() throws {
        let client = try files.client(issuer: authority)
        let other = try files.client("other", issuer: authority)
        let expired = try files.authority("Old CA", validity: .expired)
        let long = files.directory.file("long.crt")
        try Files.writeAtomically(long, authority.certificateBytes + [UInt8](repeating: 0x0A, count: 10240))
        let nonsense = files.directory.file("nonsense")
        try Files.writeAtomically(nonsense, Array("hello".utf8))
        let cases: [(RemoteCertificates, String, String)] = [
            (read(client: client, key: other.key), "key", "does not belong to the certificate"),
            (read(ca: expired.certificate), "ca", "has expired on"),
            (read(ca: long), "ca", "bytes, the module takes 10240"),
            (read(ca: nonsense), "ca", "holds no certificate"),
            (read(ca: "/nowhere"), "ca", "expected a PEM file"),
            (read(client: client, key: client.certificate), "key", "holds no private key but a certificate"),
        ]
        for (read, key, message) in cases {
            let errors = read.findings.filter { $0.severity == .error }
            #expect(errors.map(\.key) == [key])
            #expect(errors.first?.message.contains(message) == true, "\(errors)")
            #expect(!read.isUsable)
        }
    }

    @Test func warned() throws {
        let curve = try files.client(issuer: authority, key: .ec)
        let soon = try files.authority("Soon", validity: .init(from: -1, to: 20))
        let later = try files.authority("Later", validity: .notYet)
        let cases: [(RemoteCertificates, String)] = [
            (read(client: curve), "elliptic-curve key (EC, 256 bits): the module's suites are RSA key exchange only"),
            (read(ca: soon.certificate), "expires in "), (read(ca: later.certificate), "is valid only from"),
            (read(verify: false), "is not used: verify = false"),
        ]
        for (read, message) in cases {
            #expect(read.isUsable)
            #expect(read.findings.contains { $0.severity == .warning && $0.message.contains(message) }, "\(message)")
        }
    }

    @Test func aCertificateOfAnotherIssuerIsOnlyNoted() throws {
        let client = try files.client(issuer: try files.authority("Cloud CA"))
        let read = read(client: client)
        #expect(read.findings == [])
        #expect(read.notes == ["the client certificate was not issued by ca but by CN = Cloud CA"])
    }

    @Test func settingsOfTheModule() throws {
        var configuration = Configuration(
            bridge: .init(name: "b"), local: .init(host: "l", port: 1, clientID: "c"), module: .init(),
            remote: .init(host: "broker", clientID: "c"), routes: [],
            queue: .init(path: "/q", maxBytes: 1, overflow: .dropOldest), control: .init(socket: nil))
        #expect(configuration.tlsSettings(nil, manifests: TLSManifests()) == nil)
        configuration.module.baud = 9600
        configuration.remote.tls = .init(
            ca: authority.certificate, hostname: "name", cipherSuite: 0x3D, negotiateTimeout: .seconds(45),
            verifyMode: 1)
        let settings = configuration.tlsSettings(read(), manifests: TLSManifests())
        #expect(settings?.hostName == "name")
        #expect(settings?.cipherSuite == 0x3D)
        #expect(settings?.negotiateTimeout == 45)
        #expect(settings?.verifyMode == 1)
        #expect(settings?.version == 3)
        #expect(settings?.uploadSeconds == 26)
        #expect(settings?.files.count == 1)
    }
}
