import BridgeTestKit
import Configuration
import LinuxIO
import ModemCore
import Testing

@testable import BridgeRuntime

@Suite(.serialized) struct CertificateInventoryTests {
    let files: TestCertificates
    let state: TemporaryDirectory

    init() throws {
        files = try TestCertificates()
        state = try TemporaryDirectory("state")
    }

    private func configuration(_ tls: Configuration.RemoteTLS?) throws -> Configuration {
        let loaded = Configuration.parse(
            text: """
                [remote]
                host = "broker"
                [[route]]
                topic = "a/#"
                [queue]
                path = "\(state.path)"
                """, file: "x", directory: "/")
        guard case .valid(var configuration, _) = loaded else {
            Issue.record("\(loaded)")
            throw SystemError("parse", "x")
        }
        configuration.remote.tls = tls
        return configuration
    }

    @Test func datesAreJudged() throws {
        let now = LoopClock.unixTime
        let authority = try files.authority(validity: .expired)
        let client = try files.client("box", issuer: authority, validity: .init(from: -1, to: 20))
        let tls = Configuration.RemoteTLS(
            ca: authority.certificate, certificate: client.certificate, key: client.key, hostname: "h")
        let inventory = try CertificateInventory(configuration(tls), now: now)
        #expect(inventory.files.map(\.kind) == ["ca", "certificate", "key"])
        #expect(inventory.files[0].entries.map(\.standing) == [.expired])
        #expect(inventory.files[1].entries.map(\.standing) == [.ending])
        #expect(inventory.files[1].entries[0].issuer == "CN = Test CA")
        #expect(inventory.files[2].key == "RSA, 2048 bits")
        #expect(inventory.files[2].digest == nil, "nothing made of a key is shown")
        #expect(!inventory.filesAreSound)
        #expect(inventory.modules == [])
        let before = try CertificateInventory(configuration(tls), now: now - 60 * 86400)
        #expect(before.files[1].entries.map(\.standing) == [.notYet])
    }

    @Test func thirtyDaysAreAWarningAndThirtyOneAreNot() throws {
        let authority = try files.authority(validity: .init(from: -1, to: 100))
        let tls = Configuration.RemoteTLS(ca: authority.certificate, hostname: "h")
        let made = LoopClock.unixTime
        func standing(daysLater: Int64) throws -> CertificateInventory.Standing? {
            try CertificateInventory(configuration(tls), now: made + daysLater * 86400 + 3600).files[0].entries.first?
                .standing
        }
        #expect(try standing(daysLater: 68) == .valid)
        #expect(try standing(daysLater: 69) == .ending)
        #expect(try standing(daysLater: 99) == .ending)
        #expect(try standing(daysLater: 100) == .expired)
    }

    @Test func theManifestIsShownByModule() throws {
        let authority = try files.authority()
        let tls = Configuration.RemoteTLS(ca: authority.certificate, hostname: "h")
        let configuration = try configuration(tls)
        let wanted = try #require(RemoteCertificates(tls, now: LoopClock.unixTime).files[.ca])
        var manifest = TLSManifest()
        manifest.record(TLSPlace(.ca, .b), .init(digest: wanted.digest, size: wanted.contents.count))
        manifest.record(TLSPlace(.ca, .a), .init(digest: [9, 9], size: 7))
        manifest.carried([.ca: .a], name: "other")
        var manifests = TLSManifests()
        manifests["860000000000001"] = manifest
        let loop = try EventLoop()
        let held = try StateDirectory(configuration, loop: loop)
        try held.write(Dispatcher.Meta.tlsManifests, manifests.encoded)
        // Another command finds the directory taken, and looking is allowed all the same.
        #expect { _ = try StateDirectory(configuration, loop: loop) } throws: { error in
            (error as? CommandFailure)?.code == .temporary
        }
        let inventory = try CertificateInventory(configuration, now: LoopClock.unixTime)
        held.close()
        let module = try #require(inventory.modules.first)
        #expect(module.imei == "860000000000001")
        #expect(module.holdsConfigured)
        #expect(module.slots.map(\.name) == ["cb-ca-a.crt", "cb-ca-b.crt"])
        #expect(module.slots.map(\.isConfigured) == [false, true])
        #expect(module.slots.map(\.isGood) == [true, false])
        #expect(module.slots.allSatisfy { $0.found == .notAsked && !$0.isWrong })
        var slot = module.slots[0]
        slot.found = .missing
        #expect(slot.isWrong)
        slot.found = .bytes(7)
        #expect(!slot.isWrong)
    }

    @Test func withoutTLSThereIsNothingToList() throws {
        #expect { _ = try CertificateInventory(configuration(nil), now: 0) } throws: { error in
            (error as? CommandFailure)?.code == .configuration
        }
    }
}
