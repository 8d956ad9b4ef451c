import ATProtocol
import Testing

@testable import ModemCore

@Suite struct CertificateErrandTests {
    static func run(
        _ files: inout ModuleFiles, _ disk: inout [UInt8], writes: Bool, lines: inout [String],
        _ wanted: [TLSFileKind: TLSFile] = ProvisioningPlanTests.new
    ) -> CertificateErrand.Next {
        var settings = TLSSettings(hostName: "h")
        settings.files = wanted
        settings.manifests = TLSManifests(encoded: disk)
        var errand = CertificateErrand(settings, imei: "860000000000001", writes: writes)
        var next = errand.start()
        while true {
            switch next {
            case .submit(let command):
                lines.append(command.text)
                #expect((command.data != nil) == (errand.uploading != nil))
                let result = files.answer(command) ?? GoodModule.result(of: command.text)
                files.took(command, result)
                next = errand.completed(result)
            case .record(let bytes):
                disk = bytes
                next = errand.recorded()
            case .finished, .failed: return next
            }
        }
    }

    @Test(arguments: ATCommand.FileSizeSpelling.allCases)
    func pushThenList(spelling: ATCommand.FileSizeSpelling) {
        var (files, disk, lines) = (ModuleFiles(), [UInt8](), [String]())
        files.spelling = spelling
        guard case .finished(let empty) = Self.run(&files, &disk, writes: false, lines: &lines) else { return }
        #expect(empty == .init(imei: "860000000000001", rows: [], free: 100_000, written: []))
        #expect(!lines.contains { $0.hasPrefix("AT+FSWRITE") })
        guard case .finished(let pushed) = Self.run(&files, &disk, writes: true, lines: &lines) else { return }
        #expect(pushed.written == [TLSPlace(.ca, .a), TLSPlace(.certificate, .a), TLSPlace(.key, .a)])
        #expect(pushed.rows.map(\.place) == [TLSPlace(.ca, .a), TLSPlace(.certificate, .a), TLSPlace(.key, .a)])
        #expect(pushed.rows.allSatisfy { $0.isConfigured && $0.isTrue && !$0.isGood && $0.size == 90 })
        #expect(pushed.free == 100_000 - 270)
        #expect(!lines.contains { $0.hasPrefix("AT+SSLCFG") })
        guard case .finished(let again) = Self.run(&files, &disk, writes: true, lines: &lines) else { return }
        #expect(!again.hasWritten && again.rows == pushed.rows)
        files.contents["cb-key-a.key"] = [1]
        guard case .finished(let bad) = Self.run(&files, &disk, writes: false, lines: &lines) else { return }
        #expect(bad.rows.filter { !$0.isTrue }.map(\.place) == [TLSPlace(.key, .a)])
    }

    @Test func aFullFileSystemIsNamed() {
        var (files, disk, lines) = (ModuleFiles(), [UInt8](), [String]())
        files.room = 5
        let end = Self.run(&files, &disk, writes: true, lines: &lines)
        #expect(end == .failed(.fileSystemFull(file: "cb-ca-a.crt", size: 90, free: 5)))
    }
}
