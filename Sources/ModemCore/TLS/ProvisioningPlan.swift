/// The shortest list of steps that puts the wanted files into the module, given what is known of it.
///
/// Cut after any step, the good set is whole and every entry of the manifest is true.
struct ProvisioningPlan: Equatable {
    /// One step. Those of the manifest must be on disk before the next one begins.
    enum Step: Equatable {
        /// The manifest forgets the file.
        case clear(TLSPlace)
        /// `AT+FSDEL`, whatever it answers: a shorter file written over a longer one would keep its end.
        case delete(TLSPlace)
        /// `AT+FSCREATE`.
        case create(TLSPlace)
        /// `AT+FSWRITE`.
        case write(TLSPlace)
        /// `AT+FSFSIZE` must answer the size that was written.
        case verify(TLSPlace)
        /// The manifest knows the file.
        case record(TLSPlace)
    }

    /// What to do, in order; empty when the module holds everything.
    private(set) var steps: [Step] = []
    /// The slots that hold the wanted files afterwards.
    private(set) var slots: [TLSFileKind: TLSSlot] = [:]
    /// Files that are gone and cannot be written, because the host does not have them any more.
    private(set) var missing: [TLSPlace] = []

    /// The files whose size must be asked before there can be a plan: those that should be there.
    static func questions(_ wanted: [TLSFileKind: WantedFile], _ manifest: TLSManifest) -> [TLSPlace] {
        TLSFileKind.allCases.compactMap { kind in wanted[kind].flatMap { held($0, kind, manifest) } }
    }

    /// A plan. `sizes` are the module's answers to `questions`; a file that is not there has none.
    init(_ wanted: [TLSFileKind: WantedFile], _ manifest: TLSManifest, sizes: [TLSPlace: Int]) {
        // A good set that lost a file protects nothing.
        let lost = Self.questions(wanted, manifest).filter { place in sizes[place] != wanted[place.kind]?.size }
        var known = manifest
        for place in lost { known.clear(place) }
        for kind in TLSFileKind.allCases {
            guard let file = wanted[kind] else { continue }
            if let place = Self.held(file, kind, known) {
                slots[kind] = place.slot
                continue
            }
            let gone = lost.first { $0.kind == kind }
            let place = gone ?? Self.free(kind, known)
            slots[kind] = place.slot
            guard file.contents != nil else {
                missing.append(place)
                continue
            }
            if manifest.entries[place] != nil { steps.append(.clear(place)) }
            steps += [.delete(place), .create(place), .write(place), .verify(place), .record(place)]
        }
    }

    /// Where the manifest says the file is; of two places the good one.
    private static func held(_ file: WantedFile, _ kind: TLSFileKind, _ manifest: TLSManifest) -> TLSPlace? {
        let places = TLSSlot.allCases.map { TLSPlace(kind, $0) }.filter { place in
            manifest.entries[place].map(file.matches) ?? false
        }
        return places.first(where: manifest.isProtected) ?? places.first
    }

    /// A slot that is not in use: never that of the good set, rather one that holds nothing.
    private static func free(_ kind: TLSFileKind, _ manifest: TLSManifest) -> TLSPlace {
        if let slot = manifest.good[kind] { return TLSPlace(kind, slot.other) }
        let places = TLSSlot.allCases.map { TLSPlace(kind, $0) }
        return places.first { manifest.entries[$0] == nil } ?? places[0]
    }
}
