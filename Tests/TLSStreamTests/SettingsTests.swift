import BridgeTestKit
import LinuxIO
import PrivateBroker
import TLSStream
import Testing

/// What is said about settings and files before anything is sent.
@Suite struct SettingsTests {
    let files: TestCertificates
    let authority: TestCertificates.Identity

    init() throws {
        files = try TestCertificates()
        authority = try files.authority(key: .ec)
    }

    private func complaint(_ change: (inout TLSContext.Options) -> Void) -> String? {
        var options = TLSContext.Options(host: "localhost", ca: authority.certificate)
        change(&options)
        do throws(TLSError) {
            _ = try TLSStream(TLSContext(options))
            return nil
        } catch {
            #expect(error.kind == .settings)
            return error.description
        }
    }

    @Test func filesAreNamed() throws {
        let mine = try files.client(issuer: authority, key: .ec)
        let other = try files.client(issuer: authority, key: .ec)
        let junk = files.directory.file("junk")
        try Files.writeAtomically(junk, Array("junk\n".utf8))
        #expect(complaint { $0.ca = "/nonexistent/ca" } == "/nonexistent/ca: No such file or directory")
        #expect(
            complaint { $0.ca = junk }?.hasPrefix("\(junk) holds no certificate to trust; expected PEM text") == true)
        #expect(complaint { $0.certificate = mine.certificate }?.contains("without its private key") == true)
        func identity(_ certificate: String, _ key: String) -> String? {
            complaint { ($0.certificate, $0.key) = (certificate, key) }
        }
        #expect(identity(mine.certificate, mine.key) == nil)
        #expect(identity(mine.certificate, "/nonexistent/key") == "/nonexistent/key: No such file or directory")
        #expect(identity(junk, mine.key)?.hasPrefix("\(junk) holds no certificate that can be used") == true)
        #expect(identity(mine.certificate, junk)?.hasPrefix("\(junk) holds no private key that can be used") == true)
        #expect(
            identity(mine.certificate, other.key)
                == "\(other.key) does not belong to \(mine.certificate); expected the key it was made with")
        let locked = files.directory.file("locked")
        try run(["pkey", "-in", mine.key, "-aes128", "-passout", "pass:secret", "-out", locked])
        #expect(
            identity(mine.certificate, locked)?.hasPrefix("\(locked) has a password; expected a key without") == true)
    }

    @Test func anEd25519IdentityIsTaken() throws {
        let key = files.directory.file("ed.key")
        let certificate = files.directory.file("ed.crt")
        try run(["genpkey", "-algorithm", "ED25519", "-out", key])
        try run(["req", "-x509", "-key", key, "-subj", "/CN=box", "-out", certificate])
        #expect(complaint { ($0.certificate, $0.key) = (certificate, key) } == nil)
    }

    @Test func valuesThatCannotBe() {
        #expect(complaint { $0.host = "" }?.hasPrefix("the host name cannot be used") == true)
        #expect(complaint { $0.host = "a\0b" }?.hasPrefix("the host name cannot be used") == true)
        #expect(complaint { $0.host = String(repeating: "a", count: 254) } != nil)
        #expect(complaint { $0.host = "[::1]" } == nil)
        #expect(complaint { $0.ciphers = "NOTHING" }?.hasPrefix("no suite of \"NOTHING\" can be had") == true)
        #expect(complaint { $0.ciphers = "TLS_NOTHING" } != nil)
        #expect(complaint { $0.ciphers = "" } != nil)
        #expect(
            complaint {
                $0.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"
                $0.minimumVersion = .tls13
            } != nil)
        #expect(complaint { $0.alpn = [""] }?.hasPrefix("ALPN: ") == true)
        #expect(complaint { $0.alpn = [String(repeating: "a", count: 256)] } != nil)
        #expect(complaint { $0.alpn = Array(repeating: "a", count: 17) } != nil)
    }

    @Test(arguments: ["", "1", "0g", "00 11", String(repeating: "00", count: 513)])
    func aBadPresharedKeyIsNotRepeated(_ key: String) {
        let text = complaint {
            $0.ca = nil
            ($0.pskIdentity, $0.psk) = ("box", key)
        }
        #expect(text == "the pre-shared key must be 2 to 1024 hexadecimal digits, two a byte")
    }

    @Test func aPresharedKeyGoesWithItsIdentityAndNothingElse() {
        #expect(complaint { $0.psk = "0011" }?.contains("go together") == true)
        #expect(complaint { $0.pskIdentity = "box" }?.contains("go together") == true)
        #expect(complaint { ($0.pskIdentity, $0.psk) = ("box", "0011") }?.contains("set only one") == true)
        for identity in ["", String(repeating: "a", count: 256), "a\0b"] {
            let text = complaint {
                $0.ca = nil
                ($0.pskIdentity, $0.psk) = (identity, "0011")
            }
            #expect(text?.contains("1 to 255 bytes") == true)
        }
    }

    private func run(_ arguments: [String]) throws {
        let loop = try EventLoop()
        var options = ChildProcess.Options("/usr/bin/openssl", arguments)
        options.standardError = .null
        let child = try ChildProcess(options, loop: loop)
        #expect(runLoop(loop) { child.exitStatus != nil } && child.exitStatus?.isSuccess == true)
    }
}
