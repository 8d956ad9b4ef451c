import ATProtocol
import Testing

@testable import ModemCore

@Suite struct LinkTLSTests {
    static func tls(_ files: [TLSFileKind: TLSFile] = ProvisioningPlanTests.new) -> TLSSettings {
        var tls = TLSSettings(hostName: "broker.example")
        tls.files = files
        tls.facts.caValidity = .init(from: ClockTests.now - ClockTests.year, until: ClockTests.now + ClockTests.year)
        tls.facts.ruledOut = ["the CA is in date"]
        return tls
    }

    static func harness(_ tls: TLSSettings = tls(), _ change: (inout LinkSettings) -> Void = { _ in }) -> LinkHarness {
        let harness = LinkHarness(
            LinkHarness.settings {
                $0.tls = tls
                change(&$0)
            })
        harness.start()
        return harness
    }

    /// A module that carried a session with the old files; the link is to use the new ones.
    static func renewed() -> LinkHarness {
        let before = harness(tls(ProvisioningPlanTests.old))
        _ = before.behave(until: { $0.isOnline })
        var settings = tls()
        settings.manifests = TLSManifests(encoded: before.manifests)
        let after = harness(settings)
        after.files = before.files
        return after
    }

    static func refuse(_ harness: LinkHarness) {
        harness.go(to: "AT+SSLMIPSTART")
        harness.complete(GoodModule.ok)
        harness.urc(.outcome(.connectFail(state: Array("TCP CLOSED".utf8))))
    }

    static func usesSlot(_ harness: LinkHarness, _ slot: String) -> Bool {
        harness.take().last { $0.hasPrefix("AT+SSLCFG=\"cacert\"") } == "AT+SSLCFG=\"cacert\",88,\"cb-ca-\(slot).crt\""
    }

    @Test func theSetupStandsBetweenTheCloseAndMCONFIG() {
        let harness = Self.harness()
        #expect(harness.behave(until: { $0.isOnline }))
        let log = harness.take()
        let close = log.firstIndex(of: "AT+MIPCLOSE") ?? 0
        #expect(log[close + 1] == "AT+CCLK?")
        let configure = log.firstIndex { $0.hasPrefix("AT+MCONFIG") } ?? 0
        #expect(
            Array(log[(close + 2)..<configure]) == TLSSetupTests.writing("cb-ca-a.crt", 90)
                + TLSSetupTests.writing("cb-cert-a.crt", 90) + TLSSetupTests.writing("cb-key-a.key", 90)
                + TLSSetupTests.parameters.dropLast() + ["AT+SSLCFG=\"ignorelocaltime\",88,0"])
        #expect(log[configure + 1] == "AT+SSLMIPSTART=\"broker.example\",\"1883\"")
        #expect(!log.contains { $0.hasPrefix("AT+MIPSTART") })
        #expect(harness.violations == [])
        let manifest = TLSManifests(encoded: harness.manifests)["860000000000001"]
        #expect(manifest.good == [.ca: .a, .certificate: .a, .key: .a])
    }

    @Test func oncePerLifeOfTheModule() {
        let harness = Self.harness()
        #expect(harness.behave(until: { $0.isOnline }))
        harness.urc(.pdpDeactivated)
        _ = harness.take()
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(!harness.take().contains { $0.hasPrefix("AT+SSLCFG") })
        harness.urc(.banner(kind: .ready))
        #expect(harness.behave(until: { $0.isOnline }))
        let log = harness.take()
        #expect(log.contains { $0.hasPrefix("AT+SSLCFG") })
        #expect(!log.contains { $0.hasPrefix("AT+FSWRITE") })
        #expect(harness.violations == [])
    }

    @Test func nothingIsSentBeforeTheManifestIsOnDisk() {
        let harness = Self.harness()
        #expect(harness.behave(until: { $0.recording != nil }))
        _ = harness.take()
        harness.recordedManifest(12345)
        harness.pass(.seconds(600))
        harness.expire()
        #expect(harness.take() == [], "another record's word does not count")
        harness.recordedManifest(harness.recording ?? 0)
        #expect(harness.take() == ["AT+FSDEL=\"cb-cert-a.crt\""])
    }

    @Test func aFailedConnectionIsExplainedAsFarAsCanBe() {
        let harness = Self.harness()
        var pauses: [Duration] = []
        for _ in 0..<8 {
            Self.refuse(harness)
            pauses.append((harness.deadline ?? .zero) - harness.now)
        }
        let report = harness.lastReport
        for part in [
            "no TLS connection to broker.example:1883 (TCP CLOSED)", "the CA is in date", "the module's clock is right",
            "another CA", "not for the name broker.example", "RSA key exchange only", "our client certificate",
        ] { #expect(report.contains(part), "\(part)") }
        #expect(zip(pauses, [15, 30, 60, 120, 240, 480, 600, 600]).allSatisfy { $0 >= .seconds($1) })
        #expect(pauses.allSatisfy { $0 <= .seconds(600) })
        let log = harness.take()
        #expect(!log.contains { $0.hasPrefix("AT+MIPSTART") })
        #expect(!log.contains("AT+SSLCFG=\"seclevel\",88,0"))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func aNewSetIsTriedBesideTheOldOneAndKeptWhenItCarries() {
        let harness = Self.renewed()
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(Self.usesSlot(harness, "b"))
        let manifest = TLSManifests(encoded: harness.manifests)["860000000000001"]
        #expect(manifest.isGood(ProvisioningPlanTests.new))
        #expect(harness.files.contents["cb-ca-a.crt"] == ProvisioningPlanTests.old[.ca]?.contents)
        #expect(harness.reported("these carried a session and are kept"))
    }

    @Test func afterTwoFailuresTheOldSetGoesBack() {
        let harness = Self.renewed()
        Self.refuse(harness)
        #expect(Self.usesSlot(harness, "b"))
        Self.refuse(harness)
        #expect(harness.reported("back to the older ones"))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(Self.usesSlot(harness, "a"))
        let manifest = TLSManifests(encoded: harness.manifests)["860000000000001"]
        #expect(manifest.isGood(ProvisioningPlanTests.old))
        // At a reconnect before the pause is over: still the old ones. Afterwards the new ones, once more.
        harness.urc(.closed)
        harness.complete(GoodModule.answer("+MQTTSTATU :0"))
        #expect(harness.behave(until: { $0.isOnline }))
        harness.pass(.seconds(4000))
        harness.urc(.banner(kind: .ready))
        _ = harness.take()
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(Self.usesSlot(harness, "b"))
        #expect(harness.violations == [])
    }

    @Test func whatFailedBeforeTheStartIsTriedOnce() {
        let before = Self.renewed()
        Self.refuse(before)
        Self.refuse(before)
        #expect(before.behave(until: { $0.isOnline }))
        var settings = Self.tls()
        settings.manifests = TLSManifests(encoded: before.manifests)
        let harness = Self.harness(settings)
        harness.files = before.files
        Self.refuse(harness)
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(Self.usesSlot(harness, "a"))
        #expect(harness.files.writes.count == before.files.writes.count, "and nothing is written again")
    }

    @Test func whenBothSetsFailItIsNotTheFiles() {
        let harness = Self.renewed()
        for _ in 0..<4 { Self.refuse(harness) }
        harness.go(to: "AT+SSLMIPSTART")
        #expect(Self.usesSlot(harness, "b"))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func aSessionRefusedForTheNewCertificateCountsToo() {
        let harness = Self.renewed()
        for _ in 0..<2 {
            harness.go(to: "AT+MCONNECT")
            harness.complete(GoodModule.ok)
            harness.urc(.outcome(.error(.error)))
        }
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(Self.usesSlot(harness, "a"))
    }

    @Test func aFullFileSystemIsNamedAndTheOldSetGoesOn() {
        let harness = Self.renewed()
        harness.files.room = harness.files.used + 10
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.reported("file system is full: cb-ca-b.crt needs 90 bytes, 10 are left"))
        #expect(Self.usesSlot(harness, "a"))
    }

    @Test func withoutAnOlderSetAFullFileSystemIsTriedAgainWithGrowingPauses() {
        let harness = Self.harness()
        harness.files.room = 10
        var pauses: [Duration] = []
        for _ in 0..<3 {
            harness.go(to: "AT+FSMEM")
            harness.behave()
            pauses.append((harness.deadline ?? .zero) - harness.now)
        }
        #expect(pauses == [.seconds(15), .seconds(30), .seconds(60)])
        harness.files.room = 10_000
        #expect(harness.behave(until: { $0.isOnline }))
    }

    @Test func theClockIsSetFromTheNetworkBeforeTheConnection() {
        let harness = Self.harness()
        harness.urc(
            .nitz(NetworkTime(year: 2026, month: 11, day: 20, hour: 1, minute: 0, second: 0, zoneQuarters: 32)))
        harness.go(to: "AT+CCLK?")
        _ = harness.take()
        harness.complete(ClockTests.never)
        #expect(harness.take().first?.hasPrefix("AT+CCLK=\"26/11/20,01:0") == true)
        #expect(harness.behave(until: { $0.isOnline }))
    }

    @Test(arguments: [false, true]) func theClockIsSetByNTP(early: Bool) {
        let harness = Self.harness()
        harness.go(to: "AT+CCLK?")
        harness.complete(ClockTests.never)
        harness.behave()
        #expect(harness.outstanding == "AT+CNTP")
        if early { harness.urc(.other(Array("+CNTP: 1".utf8))) }
        harness.complete(GoodModule.ok)
        if !early { harness.urc(.other(Array("+CNTP: 1".utf8))) }
        #expect(harness.outstanding == "AT+CCLK?")
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func aClockThatCannotBeSetIsReportedAsThat() {
        let harness = Self.harness()
        harness.go(to: "AT+CCLK?")
        harness.complete(ClockTests.never)
        harness.behave()
        harness.complete(GoodModule.ok)
        harness.expire()
        #expect(harness.reported("the module's clock is wrong, so that no certificate can be checked"))
        #expect(harness.deadline == harness.now + .seconds(15))
        #expect(harness.behave(until: { $0.isOnline }))
    }

    @Test func withoutVerificationEveryConnectionWarns() {
        var tls = Self.tls([:])
        tls.verify = false
        let harness = Self.harness(tls)
        #expect(harness.behave(until: { $0.isOnline }))
        harness.urc(.pdpDeactivated)
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.reports.filter { $0.level == .warning && $0.text.contains("verify = false") }.count == 2)
        #expect(!harness.take().contains { $0.hasPrefix("AT+FS") || $0.hasPrefix("AT+CCLK") })
    }

    @Test func anUploadWithoutAnAnswerIsBegunAnew() {
        let harness = Self.harness()
        harness.go(to: "AT+FSWRITE")
        harness.complete(CommandResult(final: .timedOut))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func stoppingDuringTheSetup() {
        for line in ["AT+FSWRITE", "AT+SSLCFG"] {
            let harness = Self.harness()
            harness.go(to: line)
            harness.stop()
            #expect(harness.behave(until: { $0.isFinished }, steps: 20))
        }
        let harness = Self.harness()
        _ = harness.behave(until: { $0.recording != nil })
        harness.stop()
        #expect(harness.isFinished)
    }
}
