import Testing

@testable import ModemCore

@Suite struct ProvisioningPlanTests {
    typealias Step = ProvisioningPlan.Step
    static let old: [TLSFileKind: TLSFile] = [
        .ca: .sample("old-ca"), .certificate: .sample("old-cert"), .key: .sample("old-key"),
    ]
    static let new: [TLSFileKind: TLSFile] = [
        .ca: .sample("new-ca", size: 90), .certificate: .sample("new-cert", size: 90),
        .key: .sample("new-key", size: 90),
    ]

    static func entry(_ file: TLSFile?) -> TLSManifest.Entry {
        TLSManifest.Entry(digest: file?.digest ?? [], size: file?.contents.count ?? 0)
    }

    static func plan(
        _ files: [TLSFileKind: TLSFile], _ manifest: TLSManifest, sizes: [TLSPlace: Int]
    ) -> ProvisioningPlan {
        ProvisioningPlan(files.mapValues(WantedFile.init), manifest, sizes: sizes)
    }

    static func writing(_ place: TLSPlace, clearing: Bool = false) -> [Step] {
        (clearing ? [.clear(place)] : []) + [
            .delete(place), .create(place), .write(place), .verify(place), .record(place),
        ]
    }

    @Test func unknownModuleGetsEverythingAndIsAskedNothing() {
        let wanted = Self.new.mapValues(WantedFile.init)
        #expect(ProvisioningPlan.questions(wanted, TLSManifest()).isEmpty)
        let plan = Self.plan(Self.new, TLSManifest(), sizes: [:])
        #expect(plan.steps == TLSFileKind.allCases.flatMap { Self.writing(TLSPlace($0, .a)) })
        #expect(plan.slots == [.ca: .a, .certificate: .a, .key: .a])
    }

    @Test func moduleThatHoldsEverythingGetsNothing() {
        var manifest = TLSManifest()
        for (kind, file) in Self.old { manifest.record(TLSPlace(kind, .b), Self.entry(file)) }
        let questions = ProvisioningPlan.questions(Self.old.mapValues(WantedFile.init), manifest)
        #expect(questions == [TLSPlace(.ca, .b), TLSPlace(.certificate, .b), TLSPlace(.key, .b)])
        let plan = Self.plan(Self.old, manifest, sizes: Dictionary(uniqueKeysWithValues: questions.map { ($0, 100) }))
        #expect(plan.steps.isEmpty)
        #expect(plan.slots == [.ca: .b, .certificate: .b, .key: .b])
    }

    /// Every state of every kind: what the manifest says of each slot, which is good, and what the module answers.
    /// 3 entries (none, old, new) for both slots, good none/a/b, size right/wrong/missing.
    @Test func everyStateLeadsToTheShortestCorrectList() {
        var states = 0
        for kind in TLSFileKind.allCases {
            for inA in 0..<3 {
                for inB in 0..<3 {
                    for good in 0..<3 {
                        for answer in 0..<3 {
                            states += 1
                            check(kind, [.a: inA, .b: inB], good: good, answer: answer)
                        }
                    }
                }
            }
        }
        #expect(states == 243)
    }

    private func check(_ kind: TLSFileKind, _ held: [TLSSlot: Int], good: Int, answer: Int) {
        let versions = [nil, Self.old[kind], Self.new[kind]]
        guard let file = Self.new[kind] else { return }
        var manifest = TLSManifest()
        for (slot, version) in held {
            if let file = versions[version] { manifest.record(TLSPlace(kind, slot), Self.entry(file)) }
        }
        let goodSlot: TLSSlot? = good == 0 ? nil : good == 1 ? .a : .b
        if let goodSlot { manifest.carried([kind: goodSlot], name: "") }
        let isGood = goodSlot.map { held[$0] != 0 } ?? false
        let questions = ProvisioningPlan.questions([kind: WantedFile(file)], manifest)
        let holders = TLSSlot.allCases.filter { held[$0] == 2 }
        #expect(questions.count == min(holders.count, 1), "asks about the file that should be there, and once")
        var sizes: [TLSPlace: Int] = [:]
        for place in questions where answer < 2 { sizes[place] = answer == 0 ? file.contents.count : 7 }
        let plan = Self.plan([kind: file], manifest, sizes: sizes)
        let what = "\(kind), a \(held[.a] ?? 0), b \(held[.b] ?? 0), good \(good), answer \(answer)"
        if let place = questions.first, answer == 0 {
            #expect(plan.steps.isEmpty && plan.slots[kind] == place.slot, "\(what)")
            return
        }
        if answer != 0, holders.count == 2 {
            // The other copy was not asked about; it is used as it is or the lost one is written, both are correct.
            #expect(plan.steps.count <= 6, "\(what)")
            return
        }
        guard let slot = plan.slots[kind] else {
            Issue.record("no slot: \(what)")
            return
        }
        let place = TLSPlace(kind, slot)
        #expect(plan.steps == Self.writing(place, clearing: held[slot] != 0), "\(what)")
        if isGood, questions.isEmpty { #expect(slot != goodSlot, "the good slot is never touched: \(what)") }
        if questions.isEmpty, !isGood, held[.a] == 0 || held[.b] == 0 {
            #expect(held[slot] == 0, "an empty slot is rather taken: \(what)")
        }
    }

    @Test func aFileTheHostDoesNotHaveIsMissingNotWritten() {
        var manifest = TLSManifest()
        manifest.record(TLSPlace(.ca, .a), Self.entry(Self.old[.ca]))
        let wanted = manifest.entries.reduce(into: [TLSFileKind: WantedFile]()) {
            $0[$1.key.kind] = WantedFile($1.value)
        }
        let plan = ProvisioningPlan(wanted, manifest, sizes: [:])
        #expect(plan.steps.isEmpty)
        #expect(plan.missing == [TLSPlace(.ca, .a)])
    }

    @Test func namesAreShort() {
        #expect(Set(TLSPlace.all.map(\.name)).count == 6)
        for place in TLSPlace.all { #expect(place.name.utf8.count < 64) }
    }

    @Test func tooLargeFilesAreNamed() {
        #expect(
            "\(TLSFile.sample("SECRET")) \(String(reflecting: TLSFile.sample("SECRET")))".contains("SECRET") == false)
        #expect(TLSFile.sample("x", size: 10240).problem == nil)
        #expect(TLSFile.sample("x", size: 10241).problem == "has 10241 bytes, the module takes 10240")
        #expect(TLSFile(contents: [], digest: []).problem == "is empty")
    }
}
