import BridgeCore
import BridgeTestKit
import Testing

@testable import Outbox

/// The store in memory that other tests build on does what the one on disk does.
@Suite struct StoreModelTests {
    /// Batches as a dispatcher makes them, and as it makes them when things go wrong.
    private struct Source {
        var random: SeededGenerator
        var next = AcceptedThrough(out: 1, in: 1)
        var out: [Int64] = []
        var inbound: [Int64] = []

        func pick(_ ids: [Int64], _ count: Int, _ random: inout SeededGenerator) -> [Int64] {
            Array(ids.shuffled(using: &random).prefix(Int.random(in: 0...count, using: &random)))
        }

        mutating func batch() -> StoreBatch {
            var batch = StoreBatch()
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                var row = outRow(
                    "t\(Int.random(in: 0...9, using: &random))", priority: Int.random(in: 0...2, using: &random))
                row.id = next.out
                next.out += 1
                out.append(row.id)
                batch.appendOut.append(row)
            }
            if Bool.random(using: &random) {
                var row = inRow("i")
                row.id = next.in
                next.in += 1
                inbound.append(row.id)
                batch.appendIn = [row]
            }
            // Some of them were removed before, or pushed out, or are in this very batch.
            batch.removeOut = pick(out, 4, &random)
            batch.removeIn = pick(inbound, 2, &random)
            batch.ledger = batch.removeOut.map { entry($0) } + batch.removeIn.map { entry($0, .in) }
            if Int.random(in: 0...2, using: &random) == 0 {
                batch.ledger.append(entry(next.out))
                next.out += 1
            }
            batch.protected = pick(out, 2, &random)
            batch.setAside = pick(out, 3, &random).map {
                SetAside(id: $0, until: Int64.random(in: 1...40, using: &random), reason: "r")
            }
            batch.retryAside = pick(out, 2, &random)
            if Bool.random(using: &random) { batch.releaseAside = Int64.random(in: 0...30, using: &random) }
            if Bool.random(using: &random) {
                batch.acceptedThrough = AcceptedThrough(out: next.out - 1, in: next.in - 1)
            }
            out.removeAll { batch.removeOut.contains($0) && Bool.random(using: &random) }
            return batch
        }
    }

    @Test(arguments: [OverflowPolicy.dropOldest, .dropNewest, .stopReading], 0..<4 as Range<UInt64>)
    func bothDoTheSame(_ overflow: OverflowPolicy, _ seed: UInt64) throws {
        let directory = ScratchDirectory()
        let harness = try StoreHarness(directory, maximumBytes: 2000, overflow: overflow)
        let memory = MemoryStore(post: { $0() })
        memory.maximumBytes = 2000
        memory.overflow = overflow
        var told: [StoreEvent] = []
        memory.onEvent = { told.append($0) }
        var source = Source(random: SeededGenerator(seed: seed))
        for round in 0..<60 {
            let batch = source.batch()
            var disk = try #require(harness.commit(batch))
            memory.commit(batch, token: round)
            guard case .committed(_, var copy)? = told.last else {
                Issue.record("no answer")
                return
            }
            // Only the words may differ.
            for index in disk.refusals.indices { disk.refusals[index].reason = "" }
            for index in copy.refusals.indices { copy.refusals[index].reason = "" }
            let isSame = disk == copy
            #expect(isSame, "round \(round): \(disk) \(copy)")
            memory.loadOutbound(excluding: [], limit: 1000, maximumBytes: .max, token: round)
            guard case .outbound(_, let rows)? = told.last else { return }
            let areSame = harness.outbound() == rows
            #expect(areSame, "round \(round)")
            #expect(try harness.store.nextIDs() == memory.nextIDs())
            if !isSame || !areSame { return }
        }
        let isLedgerSame = try directory.ledger() == memory.ledger
        #expect(isLedgerSame)
        #expect(memory.ledger.count > 50)
    }
}

/// SplitMix64: the same seed gives the same run.
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
