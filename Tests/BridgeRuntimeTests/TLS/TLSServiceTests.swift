import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// TLS through the whole bridge, under virtual time.
@Suite struct TLSServiceTests {
    static func file(_ word: String) -> TLSFile {
        TLSFile(
            contents: bytes("-----BEGIN \(word)-----\r\nSECRET \(word)\r\n-----END-----\n"),
            digest: bytes("digest of \(word)"))
    }

    static func rig() -> Rig {
        let rig = Rig()
        var tls = TLSSettings(hostName: "broker.example")
        tls.files = [.ca: file("authority"), .certificate: file("certificate"), .key: file("key")]
        rig.settings.tls = tls
        return rig
    }

    @Test func uploadsOnceAndCarriesMessages() throws {
        let rig = Self.rig()
        try rig.online()
        #expect(rig.port.files["cb-key-a.key"] == Self.file("key").contents)
        #expect(rig.port.fileWrites == 3)
        #expect(rig.port.commands.contains("AT+SSLMIPSTART=\"broker.example\",\"1883\""))
        #expect(!rig.port.commands.contains { $0.hasPrefix("AT+MIPSTART") })
        rig.publish(0..<3)
        rig.run { rig.sent == rig.numbered(0..<3) }
        try rig.restart()
        rig.run(.seconds(120)) { rig.isOnline }
        #expect(rig.port.fileWrites == 3, "what the module holds is not written again")
        rig.port.reboot()
        rig.run(.seconds(120)) { !rig.isOnline }
        rig.run(.seconds(120)) { rig.isOnline }
        #expect(rig.port.fileWrites == 3)
        for line in rig.recorder.lines { #expect(!"\(line)".contains("SECRET")) }
    }

    /// The process is killed at the n-th command of the files, whichever that is: the next one comes to a session.
    @Test(arguments: 1...20) func killedAtAnyCommandOfTheUpload(count: Int) throws {
        let rig = Self.rig()
        try rig.start()
        rig.run(.seconds(120)) {
            rig.port.commands.filter { $0.hasPrefix("AT+FS") || $0.hasPrefix("AT+SSLCFG") }.count >= count
        }
        try rig.restart()
        rig.run(.seconds(600)) { rig.isOnline }
        for (name, word) in [("cb-ca-a.crt", "authority"), ("cb-cert-a.crt", "certificate"), ("cb-key-a.key", "key")] {
            #expect(rig.port.files[name] == Self.file(word).contents)
        }
        let manifest = TLSManifests(encoded: rig.store.meta[Dispatcher.Meta.tlsManifests] ?? [])["864317000000000"]
        #expect(manifest.good == [.ca: .a, .certificate: .a, .key: .a])
    }

    @Test func aRefusedUploadIsNamedAndNothingLessSafeIsTried() throws {
        let rig = Self.rig()
        rig.port.script = { line in
            if line.hasPrefix("AT+FSWRITE") { return ["ERROR"] }
            return line == "AT+FSMEM" ? ["+FSMEM: 12 bytes", "OK"] : nil
        }
        try rig.start()
        rig.run(.seconds(300)) { rig.port.commands.filter { $0 == "AT+FSMEM" }.count == 3 }
        #expect(rig.recorder.lines.contains { "\($0)".contains("file system is full: cb-ca-a.crt") })
        #expect(!rig.port.commands.contains { $0.contains("MIPSTART") })
    }
}
