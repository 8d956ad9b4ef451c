import Testing

@testable import ModemCore

@Suite struct TLSManifestTests {
    static func full() -> TLSManifest {
        var manifest = TLSManifest()
        for (kind, file) in ProvisioningPlanTests.old {
            manifest.record(TLSPlace(kind, .a), ProvisioningPlanTests.entry(file))
        }
        manifest.record(TLSPlace(.ca, .b), ProvisioningPlanTests.entry(ProvisioningPlanTests.new[.ca]))
        manifest.carried([.ca: .a, .certificate: .a, .key: .a], name: "x")
        manifest.noteFailed("ab.cd")
        return manifest
    }

    @Test func comesBackFromDisk() {
        #expect(TLSManifest(encoded: Self.full().encoded) == Self.full())
        var manifests = TLSManifests()
        manifests["1"] = Self.full()
        manifests["2"] = TLSManifest()
        let read = TLSManifests(encoded: manifests.encoded)
        #expect(read == manifests)
        #expect(read["1"] == Self.full())
        #expect(read["3"] == TLSManifest())
    }

    @Test(arguments: [
        "file", "file ca a -1 00", "file ca a 5 0", "file ca a 5 zz", "file ca c 5 00", "good ca a", "good x a",
        "\u{0}", "file ca a 99999999999999999999 00", "failed", "module",
    ])
    func nonsenseIsLeftOut(line: String) {
        #expect(TLSManifest(encoded: line) == TLSManifest())
        #expect(TLSManifests(encoded: Array(line.utf8)).imeis.isEmpty)
    }

    @Test func aGoodSetThatLosesAFileIsNone() {
        var manifest = Self.full()
        manifest.clear(TLSPlace(.ca, .b))
        #expect(!manifest.good.isEmpty)
        manifest.clear(TLSPlace(.key, .a))
        #expect(manifest.good.isEmpty)
        manifest.carried([.key: .a], name: "")
        #expect(manifest.good.isEmpty, "what is not there cannot have carried anything")
    }

    @Test func remembersABoundedNumberOfModulesAndFailures() {
        var manifests = TLSManifests()
        for number in 0..<40 { manifests["\(number)"] = Self.full() }
        #expect(manifests.imeis.count == TLSManifests.limit)
        #expect(manifests.imeis.last == "39")
        var manifest = TLSManifest()
        for number in 0..<9 { manifest.noteFailed("\(number)") }
        #expect(manifest.failed == ["5", "6", "7", "8"])
    }
}
