import BridgeTestKit
import Glibc
import LinuxIO
import Testing

@testable import ModuleSimulator

/// The module's own TLS against a real broker, with real certificates.
@Suite(.serialized) struct TLSTests {
    /// What all of these tests share: making RSA keys takes time.
    private final class Kit {
        let certificates: TestCertificates
        let authority: TestCertificates.Identity
        let server: TestCertificates.Identity
        let client: TestCertificates.Identity

        init() throws {
            certificates = try TestCertificates()
            authority = try certificates.authority()
            server = try certificates.server(["localhost", "127.0.0.1", "broker.example"], issuer: authority)
            client = try certificates.client(issuer: authority)
        }

        func broker(server other: TestCertificates.Identity? = nil, requiresClient: Bool = false) throws
            -> BrokerProcess
        {
            var options = BrokerProcess.Options()
            options.extraLines = TestCertificates.brokerLines(
                authority: authority, server: other ?? server, requiresClient: requiresClient)
            return try BrokerProcess(options)
        }
    }

    /// A module that has booted, echo off.
    private func module(_ adjust: (inout SimulatorOptions) -> Void = { _ in }) throws -> Rig {
        var options = Rig.quick()
        adjust(&options)
        let rig = try Rig(options)
        // Where the network tells the time it does so a little later, and it is not to fall into an answer.
        let last = options.tellsTime ? "+NITZ" : "+E_UTRAN"
        try #require(rig.wait { rig.transcript.contains { $0.contains(last) } } && rig.openHost())
        try #require(rig.wait { rig.transcript.contains("reader came") } && rig.say("ATE0"))
        return rig
    }

    private func upload(_ rig: Rig, _ name: String, _ path: String) throws {
        let content = try Files.read(path, limit: 10_240)
        try #require(rig.say("AT+FSCREATE=\"\(name)\""))
        try #require(rig.say("AT+FSWRITE=\"\(name)\",0,\(content.count),15", "\r\n>"))
        rig.write(content)
        try #require(rig.wait { rig.has("\r\nOK\r\n") })
    }

    /// The manual's flows of 13.14: level 1 with the CA, level 2 with the client's files too.
    private func configure(
        _ rig: Rig, level: Int, _ authority: TestCertificates.Identity, client: TestCertificates.Identity? = nil,
        _ more: String...
    ) throws {
        try upload(rig, "ca.crt", authority.certificate)
        var settings = ["\"cacert\",88,\"ca.crt\"", "\"seclevel\",88,\(level)", "\"hostname\",88,\"localhost\""]
        if let client {
            try upload(rig, "client.crt", client.certificate)
            try upload(rig, "client.key", client.key)
            settings += ["\"clientcert\",88,\"client.crt\"", "\"clientkey\",88,\"client.key\""]
        }
        for setting in settings + more { try #require(rig.say("AT+SSLCFG=" + setting)) }
        try #require(rig.say("AT+MCONFIG=\"id\",\"u\",\"p\""))
    }

    private func start(_ rig: Rig, _ port: Int, _ answer: String = "\r\nCONNECT OK\r\n") -> Bool {
        rig.say("AT+SSLMIPSTART=\"127.0.0.1\",\(port)", answer)
    }

    private func fails(_ rig: Rig, _ port: Int) -> String? {
        guard start(rig, port, "\r\nSTATE: TCP CLOSED\r\n\r\nCONNECT FAIL\r\n") else { return nil }
        return rig.transcript.last { $0.hasPrefix("TLS failed: ") }
    }

    @Test func messagesCrossWithTheServerVerifiedAndWithBothVerified() throws {
        let kit = try Kit()
        for level in 1...2 {
            let broker = try kit.broker(requiresClient: level == 2)
            let rig = try module()
            try configure(rig, level: level, kit.authority, client: kit.client)
            #expect(start(rig, broker.port))
            #expect(rig.transcript.contains { $0.hasSuffix("connected, TLSv1.2 AES256-SHA256") })
            #expect(rig.say("AT+MCONNECT=1,60", "CONNACK OK"))
            #expect(rig.say("AT+MSUB=\"t\",1", "SUBACK"))
            let text = String(repeating: "x", count: 1300)
            #expect(rig.say("AT+MPUB=\"t\",1,0,\"\(text)\"", "+MSUB: \"t\",1300 byte,\(text)\r\n"))
            #expect(rig.say("AT+MDISCONNECT") && rig.say("AT+MIPCLOSE"))
            #expect(start(rig, broker.port))
            broker.stop()
            #expect(rig.wait { rig.has("\r\nCLOSED\r\n") })
        }
    }

    @Test func certificatesAreJudgedAsTheContextSays() throws {
        let kit = try Kit()
        let broker = try kit.broker()
        let foreign = try kit.certificates.authority("Other CA")
        let rig = try module { $0.clock = .wrong }
        try configure(rig, level: 0, kit.authority)
        #expect(start(rig, broker.port) && rig.say("AT+MIPCLOSE"))
        // Level 1, and the module's clock stands at 2000.
        _ = rig.say("AT+SSLCFG=\"seclevel\",88,1")
        #expect(fails(rig, broker.port) == "TLS failed: certificate is not yet valid")
        #expect(rig.say("AT+SSLCFG=\"ignorelocaltime\",88,1"))
        #expect(start(rig, broker.port) && rig.say("AT+MIPCLOSE"))
        #expect(rig.say("AT+SSLCFG=\"ignorelocaltime\",88,0") && rig.say("AT+CCLK=\"60/01/01,00:00:00+00\""))
        #expect(fails(rig, broker.port) == "TLS failed: certificate has expired")
        #expect(rig.say("AT+CNTP", "+CNTP: 1"))
        #expect(start(rig, broker.port) && rig.say("AT+MIPCLOSE"))
        // The wrong name, another right one, the address, and none.
        _ = rig.say("AT+SSLCFG=\"hostname\",88,wrong.example")
        #expect(fails(rig, broker.port) == "TLS failed: hostname mismatch")
        for name in ["broker.example", "127.0.0.1", ""] {
            _ = rig.say("AT+SSLCFG=\"hostname\",88,\(name)")
            #expect(start(rig, broker.port) && rig.say("AT+MIPCLOSE"))
        }
        _ = rig.say("AT+SSLCFG=\"hostname\",88,10.0.0.1")
        #expect(fails(rig, broker.port) == "TLS failed: IP address mismatch")
        _ = rig.say("AT+SSLCFG=\"hostname\",88,")
        // The wrong CA, one that is no certificate, and none.
        try upload(rig, "other.crt", foreign.certificate)
        _ = rig.say("AT+SSLCFG=\"cacert\",88,\"other.crt\"")
        #expect(fails(rig, broker.port) == "TLS failed: self-signed certificate in certificate chain")
        try upload(rig, "none.crt", kit.authority.key)
        _ = rig.say("AT+SSLCFG=\"cacert\",88,\"none.crt\"")
        #expect(fails(rig, broker.port) == "TLS failed: the CA file holds no certificate")
    }

    @Test func aServerCertificateOutOfDateIsRefused() throws {
        let kit = try Kit()
        let rig = try module()
        try configure(rig, level: 1, kit.authority)
        let expired = try kit.broker(server: kit.certificates.server(issuer: kit.authority, validity: .expired))
        #expect(fails(rig, expired.port) == "TLS failed: certificate has expired")
        let early = try kit.broker(server: kit.certificates.server(issuer: kit.authority, validity: .notYet))
        #expect(fails(rig, early.port) == "TLS failed: certificate is not yet valid")
    }

    @Test func aListedCertificateIsTrustedOnlyWhereThatIsAsked() throws {
        let kit = try Kit()
        let broker = try kit.broker()
        let rig = try module()
        try configure(rig, level: 1, kit.server)
        #expect(fails(rig, broker.port) == "TLS failed: self-signed certificate in certificate chain")
        #expect(rig.say("AT+SSLCFG=\"verifymode\",88,1"))
        #expect(start(rig, broker.port))
    }

    @Test func versionsAreKept() throws {
        let kit = try Kit()
        let broker = try kit.broker()
        let rig = try module()
        try configure(rig, level: 1, kit.authority)
        for (version, reason) in [
            (0, "no protocols available"), (1, "tlsv1 alert protocol version"), (2, "tlsv1 alert protocol version"),
        ] {
            #expect(rig.say("AT+SSLCFG=\"sslversion\",88,\(version)"))
            #expect(fails(rig, broker.port) == "TLS failed: " + reason)
        }
        #expect(rig.say("AT+SSLCFG=\"sslversion\",88,3"))
        #expect(start(rig, broker.port))
    }

    @Test func aBrokerThatWantsAClientCertificateRefusesWithoutOne() throws {
        let kit = try Kit()
        let broker = try kit.broker(requiresClient: true)
        let rig = try module()
        try configure(rig, level: 1, kit.authority, client: kit.client)
        #expect(fails(rig, broker.port) == "TLS failed: sslv3 alert handshake failure")
        // The key of another.
        try upload(rig, "other.key", kit.server.key)
        _ = rig.say("AT+SSLCFG=\"seclevel\",88,2")
        _ = rig.say("AT+SSLCFG=\"clientkey\",88,\"other.key\"")
        #expect(
            fails(rig, broker.port)
                == "TLS failed: the client key does not go with the client certificate: key values mismatch")
        _ = rig.say("AT+SSLCFG=\"clientkey\",88,\"client.key\"")
        #expect(start(rig, broker.port))
    }

    @Test func onlyTheManualsSuitesAreOffered() throws {
        let kit = try Kit()
        var options = BrokerProcess.Options()
        let server = try kit.certificates.server(issuer: kit.authority, key: .ec)
        options.extraLines = TestCertificates.brokerLines(
            authority: kit.authority, server: server, suites: "ALL:@SECLEVEL=0")
        let broker = try BrokerProcess(options)
        let rig = try module()
        try configure(rig, level: 1, kit.authority)
        #expect(fails(rig, broker.port) == "TLS failed: sslv3 alert handshake failure")
        #expect(rig.say("AT+SSLCFG=\"ciphersuite\",88,0X0005"))
        #expect(fails(rig, broker.port) == "TLS failed: no suite of RC4-SHA can be had: no cipher match")
        let able = try module { $0.offersAnySuite = true }
        try configure(able, level: 1, kit.authority)
        #expect(start(able, broker.port))
        #expect(able.transcript.contains { $0.contains("connected, TLSv1.3 ") })
    }

    @Test func aPlainSessionOnATLSPortFails() throws {
        let kit = try Kit()
        let broker = try kit.broker()
        let rig = try module()
        #expect(rig.say("AT+MCONFIG=\"id\",\"u\",\"p\""))
        #expect(rig.say("AT+MIPSTART=\"127.0.0.1\",\(broker.port)", "CONNECT OK"))
        #expect(rig.say("AT+MCONNECT=1,60", "CLOSED"))
        #expect(rig.has("+CME ERROR: 767"))
    }

    @Test func tlsOnAPlainPortFails() throws {
        let broker = try BrokerProcess()
        let rig = try module()
        #expect(fails(rig, broker.port) == "TLS failed: the broker closed the connection during the handshake")
    }

    @Test func filesAreKeptOnDisk() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("flash")
        let first = try module { $0.flashFile = path }
        try Files.writeAtomically(directory.file("content"), Array(0...255))
        try upload(first, "a", directory.file("content"))
        first.service.stop()
        let second = try module { $0.flashFile = path }
        #expect(second.say("AT+FSFSIZE=\"a\"", "+FSFSIZE: 256"))
        #expect(Files.permissions(path) == 0o600)
        try Files.writeAtomically(path, [1])
        #expect(throws: SystemError.self) { try module { $0.flashFile = path } }
    }

    @Test func aPortThatDiesDuringAnUploadComesBack() throws {
        let directory = try TemporaryDirectory()
        // Without a link the terminal's number may be another test's by the time it is opened again.
        let rig = try module { $0.link = directory.file("port") }
        #expect(rig.say("AT+FSCREATE=\"a\"") && rig.service.command("cut-upload 3") == "ok")
        #expect(rig.say("AT+FSWRITE=\"a\",0,9,2", "\r\n>"))
        rig.write(ascii("123456789"))
        #expect(rig.wait { !rig.hostIsOpen })
        #expect(rig.wait { unsafe access(rig.service.slavePath, F_OK) == 0 } && rig.openHost())
        #expect(rig.wait { rig.transcript.contains("FSWRITE a: 3 of 9 bytes came in time") })
        #expect(rig.say("AT+FSFSIZE=\"a\"", "+FSFSIZE: 0\r\n"))
    }
}
