@testable import ModemCore

/// What is remembered of the modules' files, as it may stand in a damaged database.
@Sendable func fuzzManifest(_ input: FuzzInput) {
    let manifests = TLSManifests(encoded: input.rest)
    require(manifests.imeis.count <= TLSManifests.limit, "\(manifests.imeis.count) modules")
    require(TLSManifests(encoded: manifests.encoded) == manifests, "written and read again: \(shown(input.rest))")
    for imei in manifests.imeis {
        let manifest = manifests[imei]
        require(manifest.failed.count <= TLSManifest.failedLimit, "\(manifest.failed.count) failed sets")
        for (kind, slot) in manifest.good {
            require(manifest.entries[TLSPlace(kind, slot)] != nil, "a good slot without a file")
        }
        for entry in manifest.entries.values { require(entry.size > 0 && entry.digest.count <= 128, "\(entry)") }
        _ = manifest.goodFiles
    }
}
