import BridgeCore
import Glibc
import Testing

@testable import Outbox

/// Set: the figures of docs/delivery.md are measured and printed.
private let figuresVariable = "CELLBRIDGE_FLASH_FIGURES"

/// What a message costs in bytes that go to the disk. On a file system in memory nothing does, and nothing is shown.
@Suite struct StoreFlashTests {
    @Test(arguments: [16, 50] as [Int64]) func withTheLinkDownAMessageCostsUnderAKibibyte(_ count: Int64) throws {
        let bytes = try linkDown(count, total: 8000).stored
        #expect(bytes < 1024, "\(bytes) bytes a message in commits of \(count)")
    }

    @Test(arguments: [192, 512] as [Int64]) func withTheLinkUpTheLedgerCostsUnder64Bytes(_ count: Int64) throws {
        let bytes = try linkUp(count)
        #expect(bytes < 64, "\(bytes) bytes a message, told to the ledger \(count) at a time")
    }

    @Test(.enabled(if: unsafe getenv(figuresVariable) != nil)) func figures() throws {
        for count in [1, 10, 16, 32, 50] as [Int64] {
            let (stored, removed) = try linkDown(count, total: max(400, min(8000, count * 800)))
            print("figure: \(count) in a commit: \(stored) to store one, \(removed) to remove it")
        }
        for count in [1, 64, 192, 512, 1024] as [Int64] {
            print("figure: \(count) entries in a commit: \(try linkUp(count)) each")
        }
    }

    // MARK: Measuring

    /// Bytes this thread has caused to be written, as the kernel counts them: whole pages of its cache.
    private func written() -> Int {
        let lines = String(decoding: contents("/proc/thread-self/io"), as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("write_bytes: ") }
        return line.flatMap { Int($0.dropFirst(13)) } ?? 0
    }

    private func database(_ directory: ScratchDirectory) throws -> StoreDatabase {
        try StoreDatabase(
            directory: directory.path, maximumBytes: 1 << 30, overflow: .dropOldest, limits: StoreLimits())
    }

    /// A message of 100 bytes on a topic of 20.
    private func row(_ id: Int64) -> OutboundRow {
        let topic = Array("plant/line3/sensor\(10 + id % 40)".utf8)
        return OutboundRow(
            id: id, topic: topic, payload: (0..<100).map { UInt8(truncatingIfNeeded: id &* 7 &+ $0) }, qos: 1,
            retain: false, acceptedAt: 1_795_000_000 + id / 50)
    }

    private func entry(_ row: OutboundRow, storedAfter: Int64?) -> LedgerEntry {
        LedgerEntry(
            direction: .out, id: row.id, topicHash: LedgerEntry.hash(row.topic), size: row.payload.count,
            acceptedAt: row.acceptedAt, storedAfter: storedAfter, givenAfter: 3 + row.id % 9,
            finishedAfter: 300 + row.id * 37 % 400, outcome: .acknowledged)
    }

    /// Bytes for each message that is stored while the link is down, and that is removed when it was sent, `count` in a
    /// commit, with all that checkpoints write.
    private func linkDown(_ count: Int64, total: Int64) throws -> (stored: Int, removed: Int) {
        let directory = ScratchDirectory()
        let firsts = stride(from: Int64(1), to: total, by: Int64.Stride(count))
        let number = firsts.reduce(0) { sum, _ in sum + Int(count) }
        var before = written()
        var database = try database(directory)
        for first in firsts {
            var batch = StoreBatch()
            batch.appendOut = (first..<first + count).map(row)
            batch.acceptedThrough = AcceptedThrough(out: first + count - 1)
            _ = try database.write([batch])
        }
        database.close()
        let stored = (written() - before) / number
        before = written()
        database = try self.database(directory)
        for first in firsts {
            var batch = StoreBatch()
            batch.removeOut = Array(first..<first + count)
            batch.ledger = (first..<first + count).map { entry(row($0), storedAfter: 200) }
            _ = try database.write([batch])
        }
        database.close()
        return (stored, (written() - before) / number)
    }

    /// Bytes for each message that was never on disk: only the ledger is written.
    private func linkUp(_ count: Int64) throws -> Int {
        let directory = ScratchDirectory()
        let database = try database(directory)
        let before = written()
        let total = max(400, min(16_384, count * 100))
        for first in stride(from: Int64(1), through: total, by: Int64.Stride(count)) {
            var batch = StoreBatch()
            batch.ledger = (first..<first + count).map { entry(row($0), storedAfter: nil) }
            batch.acceptedThrough = AcceptedThrough(out: first + count - 1)
            _ = try database.write([batch])
        }
        database.close()
        return (written() - before) / Int((total + count - 1) / count * count)
    }
}
