import BridgeTestKit
import Configuration
import LinuxIO
import Testing

@testable import BridgeRuntime

@Suite struct CertificateInstallTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func file(_ name: String, _ text: String, mode: UInt32 = 0o600) throws -> String {
        try Files.writeAtomically(directory.file(name), Array(text.utf8), mode: mode)
        return directory.file(name)
    }

    private func text(_ path: String) -> String {
        String(decoding: (try? Files.read(path, limit: 100)) ?? [], as: UTF8.self)
    }

    @Test func onlyWhatDiffersIsAChange() {
        let old = Configuration.RemoteTLS(ca: "/ca", certificate: "/c", key: "/k", hostname: "h")
        var new = old
        #expect(CertificateInstall.changes(old, new) == [])
        new.key = "/k2"
        #expect(CertificateInstall.changes(old, new) == [.init(key: "key", new: "/k2", configured: "/k")])
        let none = Configuration.RemoteTLS(ca: "/ca", hostname: "h")
        #expect(CertificateInstall.changes(none, new).map(\.configured) == [nil, nil])
    }

    @Test func theFormerFilesAreKept() throws {
        let (crt, key) = (try file("c.crt", "old c", mode: 0o644), try file("c.key", "old k", mode: 0o640))
        let (newCrt, newKey) = (try file("n.crt", "new c"), try file("n.key", "new k"))
        try CertificateInstall.run([
            .init(key: "certificate", new: newCrt, configured: crt), .init(key: "key", new: newKey, configured: key),
        ])
        #expect(text(crt) == "new c" && text(key) == "new k")
        #expect(text(crt + ".old") == "old c" && text(key + ".old") == "old k")
        #expect(Files.permissions(crt) == 0o644 && Files.permissions(key) == 0o640)
        #expect(Files.permissions(key + ".old") == 0o640)
    }

    @Test func aNewFileThatIsGoneChangesNothing() throws {
        let (crt, key) = (try file("c.crt", "old c"), try file("c.key", "old k"))
        let newCrt = try file("n.crt", "new c")
        #expect { () throws in
            try CertificateInstall.run([
                .init(key: "certificate", new: newCrt, configured: crt),
                .init(key: "key", new: directory.file("gone"), configured: key),
            ])
        } throws: { ($0 as? CommandFailure)?.code == .cannotCreate }
        #expect(text(crt) == "old c" && text(key) == "old k")
    }
}
