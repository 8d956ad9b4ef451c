import Testing

@testable import BridgeCore

/// An entry like those of a box that sends.
func ledgerEntry(
    _ id: Int64, _ direction: Refusal.Direction = .out, topic: UInt32 = 7, at acceptedAt: Int64 = 1_795_000_000,
    _ outcome: LedgerEntry.Outcome = .acknowledged
) -> LedgerEntry {
    LedgerEntry(
        direction: direction, id: id, topicHash: topic, size: 100, acceptedAt: acceptedAt, storedAfter: 180,
        givenAfter: 210, finishedAfter: 640, outcome: outcome)
}

@Suite struct LedgerSegmentTests {
    private func anyEntry(_ random: inout SeededGenerator) -> LedgerEntry {
        func number(_ bits: ClosedRange<Int>) -> Int64 {
            Int64.random(in: -(1 << 62)...1 << 62, using: &random) >> Int.random(in: bits, using: &random)
        }
        let codes = ["expired", "overflow", "", "a code of more than thirty-two bytes!", "ü"]
        return LedgerEntry(
            direction: Bool.random(using: &random) ? .out : .in, id: abs(number(20...62)),
            topicHash: UInt32.random(in: 0...9, using: &random) &* 0x9E37_79B9, size: Int(number(0...62)),
            acceptedAt: number(10...62), storedAfter: Bool.random(using: &random) ? number(0...62) : nil,
            givenAfter: Bool.random(using: &random) ? number(0...62) : nil, finishedAfter: number(0...62),
            outcome: Bool.random(using: &random) ? .acknowledged : .refused(codes.randomElement(using: &random) ?? ""))
    }

    @Test(arguments: 0..<50) func whatIsWrittenIsRead(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var segment = LedgerSegment()
        var written: [LedgerEntry] = []
        while true {
            let entry = anyEntry(&random)
            guard segment.append(entry) else { break }
            written.append(entry.bounded)
            // As the store goes on with a segment after a restart.
            if Int.random(in: 0...9, using: &random) == 0 {
                let again = try LedgerSegment(decoding: segment.bytes)
                #expect(again == segment)
                segment = again
            }
        }
        let read = try LedgerSegment.entries(of: segment.bytes)
        #expect((read == written) == true)
        #expect(segment.count == written.count && written.count > 10)
        #expect(segment.bytes.count <= LedgerSegment.maximumBytes)
    }

    @Test func extremesAreBroughtIntoRange() throws {
        var segment = LedgerSegment()
        for extreme in [Int64.min, .max] {
            let entry = LedgerEntry(
                direction: .in, id: extreme, topicHash: .max, size: Int(extreme), acceptedAt: extreme,
                storedAfter: extreme, givenAfter: extreme, finishedAfter: extreme,
                outcome: .refused(String(repeating: "x", count: 99)))
            let isTaken = segment.append(entry)
            #expect(isTaken)
        }
        let read = try LedgerSegment.entries(of: segment.bytes)
        #expect(read.map(\.id) == [1, (1 << 40) - 1])
        #expect(read.map(\.size) == [0, 1 << 32])
        #expect(read[0].outcome == .refused(String(repeating: "x", count: 32)))
        #expect(read.map(\.bounded) == read)
    }

    @Test(
        arguments: [
            // Seconds between messages, topics, the most bytes an entry may take.
            (0, 40, 12), (1, 1, 10), (1, 40, 12), (60, 5, 12),
        ]) func anEntryTakesTwelveBytesAtMost(_ step: Int64, _ topics: UInt32, _ most: Double)
    {
        var random = SeededGenerator(seed: 3)
        var full: [LedgerSegment] = []
        var segment = LedgerSegment()
        // One message is under way at a time; when they come faster than they go, they wait.
        var free: Int64 = 0
        for id in Int64(1)...20_000 {
            var entry = ledgerEntry(
                id, topic: UInt32.random(in: 1...topics, using: &random), at: 1_795_000_000 + id * step)
            entry.storedAfter = Int64.random(in: 5...1200, using: &random)
            let accepted = entry.acceptedAt * 1000
            let given = max(free, accepted + (entry.storedAfter ?? 0))
            free = given + .random(in: 80...900, using: &random)
            entry.givenAfter = given - accepted
            entry.finishedAfter = free - accepted
            entry.size = Int.random(in: 90...110, using: &random)
            if segment.append(entry) { continue }
            full.append(segment)
            segment = LedgerSegment()
            let isTaken = segment.append(entry)
            #expect(isTaken)
        }
        // A segment has a page of 1024 bytes to itself.
        let bytes = Double(full.count * 1024) / Double(full.reduce(0) { $0 + $1.count })
        #expect(bytes <= most * 1.15, "\(bytes)")
        let coded = Double(full.reduce(0) { $0 + $1.bytes.count }) / Double(full.reduce(0) { $0 + $1.count })
        #expect(coded <= most, "\(coded)")
    }

    // MARK: Damage

    private var sample: [UInt8] {
        var segment = LedgerSegment()
        for id in Int64(1)...40 {
            _ = segment.append(ledgerEntry(id, id % 3 == 0 ? .in : .out, topic: UInt32(id % 5)))
            _ = segment.append(ledgerEntry(id + 90, at: id, .refused(id % 2 == 0 ? "expired" : "denied")))
        }
        return segment.bytes
    }

    @Test func everyChangedByteIsNoticed() {
        let sample = sample
        for index in sample.indices {
            var bytes = sample
            bytes[index] ^= UInt8(1 + index % 255)
            #expect(throws: LedgerDamage.self) { try LedgerSegment.entries(of: bytes) }
            #expect(throws: LedgerDamage.self) { try LedgerSegment(decoding: Array(sample.prefix(index))) }
        }
        #expect(throws: LedgerDamage.version(9)) { try LedgerSegment.entries(of: [9, 0, 0, 0, 0, 0, 0]) }
        #expect(throws: LedgerDamage.tooShort) { try LedgerSegment.entries(of: []) }
    }

    private func seal(_ body: [UInt8], count: Int) -> [UInt8] {
        LedgerSegment.seal(body, count: count, hash: LedgerSegment.hash(body[...]))
    }

    /// Behind a checksum that fits: the decoder itself has to stand anything.
    @Test(arguments: 0..<40) func hostileBytesAreANamedResult(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let sound = Array(sample.dropFirst(LedgerSegment.headSize))
        var damages = 0
        for round in 0..<500 {
            var body = sound
            if round % 2 == 0 {
                for _ in 0...Int.random(in: 0...8, using: &random) {
                    body[Int.random(in: body.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                body = Array(body.prefix(Int.random(in: 0...body.count, using: &random)))
            } else {
                body = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                    // Long numbers more often than chance has them.
                    Bool.random(using: &random) ? 0xFF : UInt8.random(in: 0...255, using: &random)
                }
            }
            do {
                var segment = try LedgerSegment(decoding: seal(body, count: Int.random(in: 0...90, using: &random)))
                // One that can be read can be gone on with.
                _ = segment.append(anyEntry(&random))
                _ = try LedgerSegment.entries(of: segment.bytes)
            } catch {
                damages += 1
            }
        }
        #expect(damages > 400)
    }

    @Test func whatWasNeverWrittenIsNamed() {
        let flags = LedgerFlag.nextID | LedgerFlag.sameSecond | LedgerFlag.sameSize
        #expect(throws: LedgerDamage.cutOff(index: 0)) { try LedgerSegment.entries(of: seal([flags], count: 1)) }
        // A topic that was not met.
        #expect(throws: LedgerDamage.value(index: 0)) { try LedgerSegment.entries(of: seal([flags, 0, 3], count: 1)) }
        #expect(throws: LedgerDamage.count(told: 2, found: 1)) {
            try LedgerSegment.entries(of: seal([flags, 0, 0, 1, 2, 3, 4], count: 2))
        }
        // Number 0 of the outbound ones.
        #expect(throws: LedgerDamage.value(index: 0)) {
            try LedgerSegment.entries(of: seal([flags & ~LedgerFlag.nextID, 0, 0, 0, 1, 2, 3, 4], count: 1))
        }
    }
}
