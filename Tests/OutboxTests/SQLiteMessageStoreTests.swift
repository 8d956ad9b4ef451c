import BridgeCore
import Glibc
import Testing

@testable import Outbox

@Suite struct SQLiteMessageStoreTests {
    let directory = ScratchDirectory()

    @Test func rowsComeBackWithEveryFieldAsTheyWere() throws {
        let harness = try StoreHarness(directory)
        let all = OutboundRow(
            topic: Array("a/ü".utf8), payload: Array(0...255), qos: 2, retain: true, priority: 0, acceptedAt: 17,
            expiresAt: -3, expectsEcho: true, route: 9)
        let bare = OutboundRow(topic: [0x61], payload: [], qos: 0, retain: false, priority: 2, acceptedAt: 0)
        let inbound = InboundRow(
            topic: Array("in".utf8), payload: [0], qos: 1, retain: true, acceptedAt: 5, expiresAt: 6)
        var batch = StoreBatch.out([all, bare])
        batch.appendIn = [inbound]
        let receipt = try #require(harness.commit(batch))
        #expect(receipt.outIDs == [1, 2])
        #expect(receipt.inIDs == [1])
        #expect(receipt.outDepth == 2 && receipt.inDepth == 1)
        #expect(receipt.bytes == all.cost + bare.cost + inbound.cost)
        var expected = [all, bare]
        for index in expected.indices { expected[index].id = Int64(index + 1) }
        #expect(harness.outbound() == expected)
        var back = inbound
        back.id = 1
        #expect(harness.inbound() == [back])
    }

    @Test func outboundGoesByPriorityThenAge() throws {
        let harness = try StoreHarness(directory)
        for priority in [2, 1, 0, 1, 0, 2] { harness.append(outRow(priority: priority)) }
        #expect(harness.outbound().map(\.id) == [3, 5, 2, 4, 1, 6])
        #expect(harness.outbound(excluding: [3, 2, 99]).map(\.id) == [5, 4, 1, 6])
        #expect(harness.outbound(excluding: [3], limit: 2).map(\.id) == [5, 2])
        #expect(harness.outbound(limit: 0).map(\.id) == [3])
    }

    @Test func loadsAreBoundedInBytesButNeverEmpty() throws {
        let harness = try StoreHarness(directory)
        harness.append(outRow(cost: 500), outRow(cost: 100), outRow(cost: 100))
        #expect(harness.outbound(maximumBytes: 10).map(\.id) == [1])
        #expect(harness.outbound(maximumBytes: 600).map(\.id) == [1, 2])
        #expect(harness.outbound(maximumBytes: 699).map(\.id) == [1, 2])
        harness.commit(.inbound(inRow(cost: 200), inRow(cost: 200), inRow(cost: 200)))
        #expect(harness.inbound(maximumBytes: 0).map(\.id) == [1])
        #expect(harness.inbound(excluding: [1], maximumBytes: 400).map(\.id) == [2, 3])
    }

    @Test func everythingSurvivesARestart() throws {
        let echo = EchoRow(
            id: 4, topic: [1], length: 3, prefix: [1, 2, 3], digest: .max, acknowledgedAt: 77)
        let refusal = Refusal(direction: .in, topic: [9], size: 5, code: "denied", reason: "no", at: 8)
        do {
            let harness = try StoreHarness(directory)
            var batch = StoreBatch.out([outRow("a"), outRow("b"), outRow("c")])
            batch.appendIn = [inRow(), inRow()]
            batch.addEchoes = [echo, EchoRow(id: 5, topic: [], length: 0, prefix: [], digest: 0, acknowledgedAt: 0)]
            batch.refusals = [refusal]
            batch.setMeta = [.init(key: "k", value: [1]), .init(key: "gone", value: []), .init(key: "k2", value: [])]
            harness.commit(batch)
            var second = StoreBatch.remove(1, 3)
            second.removeIn = [1]
            second.removeEchoes = [5]
            second.setMeta = [.init(key: "gone", value: nil), .init(key: "k", value: [2])]
            harness.commit(second)
            harness.store.close()
        }
        let harness = try StoreHarness(directory)
        #expect(harness.store.statistics().outDepth == 1)
        #expect(harness.store.statistics().inDepth == 1)
        #expect(harness.store.statistics().bytes == 200)
        #expect(harness.outbound().map(\.topic) == [[0x62]])
        #expect(harness.inbound().map(\.id) == [2])
        #expect(try harness.store.loadEchoes() == [echo])
        #expect(try harness.store.recentRefusals(limit: 10) == [refusal])
        #expect(try harness.store.meta("k") == [2])
        #expect(try harness.store.meta("k2") == [])
        #expect(try harness.store.meta("gone") == nil)
        // Ids never come twice, though 3 is gone; the echo's is taken too.
        #expect(harness.append(outRow())?.outIDs == [5])
    }

    @Test func metaIsListedByPrefix() throws {
        let harness = try StoreHarness(directory)
        var batch = StoreBatch()
        batch.setMeta = ["filter/b", "filter/a", "filters", "file", "z"].map { .init(key: $0, value: Array($0.utf8)) }
        harness.commit(batch)
        #expect(try harness.store.storedMeta(prefix: "filter/").map(\.key) == ["filter/a", "filter/b"])
        #expect(try harness.store.storedMeta(prefix: "").count == 5)
        #expect(try harness.store.storedMeta(prefix: "x").isEmpty)
    }

    @Test func theRefusalListKeepsTheLastThousand() throws {
        let harness = try StoreHarness(directory)
        for start in [0, 700] {
            var batch = StoreBatch()
            batch.refusals = (start..<start + 700).map {
                Refusal(direction: .out, topic: [], size: $0, code: "topic", reason: "", at: 0)
            }
            harness.commit(batch)
        }
        let kept = try harness.store.recentRefusals(limit: 5000)
        #expect(kept.map(\.size) == (400..<1400).reversed())
    }

    @Test func tenThousandRowsLoadInOrder() throws {
        let harness = try StoreHarness(directory)
        for start in stride(from: 0, to: 10_000, by: 500) {
            harness.commit(.out((start..<start + 500).map { outRow("t/\($0)", priority: $0 % 3) }))
        }
        var seen: [Int64] = []
        while true {
            let rows = harness.outbound(limit: 300)
            if rows.isEmpty { break }
            seen += rows.map(\.id)
            var batch = StoreBatch()
            batch.removeOut = rows.map(\.id)
            harness.commit(batch)
        }
        let ids = Array(Int64(1)...10_000)
        let expected: [Int64] = [0, 1, 2].flatMap { (priority: Int64) in ids.filter { ($0 - 1) % 3 == priority } }
        #expect(seen == expected)
        #expect(harness.store.statistics().bytes == 0)
    }

    @Test func filesAreForTheOwnerOnly() throws {
        let before = umask(0)
        defer { _ = umask(before) }
        let nested = directory.path + "/a/b"
        let events = Events()
        let store = try SQLiteMessageStore(
            directory: nested, maximumBytes: 1000, overflow: .dropNewest, onEvent: { events.take($0) })
        store.commit(.out([outRow()]), token: 1)
        #expect(events.first(1).count == 1)
        #expect(mode(nested) == 0o700)
        for name in ["outbox.db", "outbox.db-wal", "outbox.db-shm"] { #expect(mode(nested + "/" + name) == 0o600) }
        store.close()
    }

    private func mode(_ path: String) -> UInt32 {
        var information = stat()
        guard unsafe stat(path, &information) == 0 else { return 0 }
        return information.st_mode & 0o777
    }
}
