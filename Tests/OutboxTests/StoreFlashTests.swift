import BridgeCore
import Glibc
import Testing

@testable import Outbox

/// What a message costs in bytes that go to the disk. On a file system in memory nothing does, and nothing is shown.
@Suite struct StoreFlashTests {
    let directory = ScratchDirectory()

    /// Bytes this thread has caused to be written, as the kernel counts them: whole pages of its cache.
    private func written() -> Int {
        let lines = String(decoding: contents("/proc/thread-self/io"), as: UTF8.self).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("write_bytes: ") }
        return line.flatMap { Int($0.dropFirst(13)) } ?? 0
    }

    private func database() throws -> StoreDatabase {
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

    /// Bytes written for each message while the link is down, `count` in a commit, with all that checkpoints write.
    private func linkDown(_ count: Int64) throws -> Int {
        let database = try database()
        let before = written()
        let total: Int64 = 8000
        for first in stride(from: Int64(1), to: total, by: Int64.Stride(count)) {
            var batch = StoreBatch()
            batch.appendOut = (first..<first + count).map(row)
            batch.acceptedThrough = AcceptedThrough(out: first + count - 1)
            _ = try database.write([batch])
        }
        database.close()
        return (written() - before) / Int(total)
    }

    @Test(arguments: [16, 50] as [Int64]) func withTheLinkDownAMessageCostsUnderAKibibyte(_ count: Int64) throws {
        let bytes = try linkDown(count)
        #expect(bytes < 1024, "\(bytes) bytes a message in commits of \(count)")
        if unsafe getenv("CELLBRIDGE_FLASH_FIGURES") != nil { print("link down, commits of \(count): \(bytes)") }
    }

    /// Messages that were never on disk: only the ledger is written.
    @Test(arguments: [192, 512] as [Int64]) func withTheLinkUpTheLedgerCostsUnder64Bytes(_ count: Int64) throws {
        let database = try database()
        let before = written()
        let total: Int64 = 16_384
        for first in stride(from: Int64(1), to: total, by: Int64.Stride(count)) {
            var batch = StoreBatch()
            batch.ledger = (first..<first + count).map { id in
                LedgerEntry(
                    direction: .out, id: id, topicHash: UInt32(id % 40), size: 100, acceptedAt: 1_795_000_000 + id,
                    givenAfter: 3 + id % 9, finishedAfter: 300 + id * 37 % 400, outcome: .acknowledged)
            }
            batch.acceptedThrough = AcceptedThrough(out: first + count - 1)
            _ = try database.write([batch])
        }
        database.close()
        let bytes = (written() - before) / Int(total)
        #expect(bytes < 64, "\(bytes) bytes a message, told to the ledger \(count) at a time")
        if unsafe getenv("CELLBRIDGE_FLASH_FIGURES") != nil { print("link up, entries of \(count): \(bytes)") }
    }
}
