import BridgeCore
import Glibc
import Testing

@testable import Outbox

/// What is found at start: crash images, damage, other versions.
@Suite struct StoreFileTests {
    let directory = ScratchDirectory()

    /// The files as a kill at this moment leaves them: while the writer's thread is held nothing moves.
    private func image(of source: ScratchDirectory, losing tail: Int = 0) -> ScratchDirectory {
        let copy = ScratchDirectory()
        write(contents(source.database), to: copy.database)
        write(contents(source.log).dropLast(tail), to: copy.log)
        return copy
    }

    @Test func whatWasReportedIsThereAfterAKill() throws {
        let harness = try StoreHarness(directory)
        var reported: [Int64] = []
        // Past the size at which the log is folded back, so that images are taken around checkpoints too.
        for round in 0..<40 {
            let rows = (0..<10).map { outRow("r\(round)", cost: 110 * (100 + $0)) }
            var batch = StoreBatch.out(rows)
            batch.addEchoes = [
                EchoRow(id: Int64(round), topic: [], length: 0, prefix: [], digest: 0, acknowledgedAt: 0)
            ]
            if round % 4 == 3 { batch.removeOut = [reported.removeFirst()] }
            reported += try #require(harness.commit(batch)).outIDs.compactMap { $0 }
            guard round % 5 == 4 || round > 35 else { continue }
            let copy = image(of: directory)
            let revived = try StoreHarness(copy)
            #expect(revived.outbound().map(\.id) == reported)
            #expect(revived.store.statistics().bytes == harness.store.statistics().bytes)
            #expect(try revived.store.loadEchoes().count == round + 1)
            revived.store.close()
        }
    }

    @Test func aCommitThatWasCutOffIsGoneWhole() throws {
        let harness = try StoreHarness(directory)
        harness.append(outRow("kept"))
        harness.append(outRow("torn", cost: 9000), outRow("torn"))
        let revived = try StoreHarness(image(of: directory, losing: 1))
        #expect(revived.outbound().map(\.topic) == [Array("kept".utf8)])
        #expect(revived.append(outRow("next"))?.outIDs == [2])
    }

    @Test(arguments: ["header", "short", "page"]) func aDamagedFileIsRefusedAndKept(_ how: String) throws {
        let harness = try StoreHarness(directory)
        for _ in 0..<20 { harness.append(outRow(cost: 3000)) }
        harness.store.close()
        var bytes = contents(directory.database)
        switch how {
        case "header": bytes.replaceSubrange(0..<16, with: [UInt8](repeating: 0x55, count: 16))
        case "short": bytes = Array(bytes.prefix(5000))
        default:
            // Every page but the first; such damage is looked for after a kill, which leaves a log.
            for index in Schema.pageSize..<bytes.count { bytes[index] ^= 0x5A }
        }
        write(bytes, to: directory.database)
        do {
            _ = try StoreHarness(directory)
            Issue.record("opened a damaged file")
        } catch let error as StoreError {
            guard case .damaged = error else {
                Issue.record("\(error)")
                return
            }
            #expect("\(error)".contains(directory.database) && "\(error)".contains("move it"))
        }
        #expect(contents(directory.database) == bytes)
    }

    @Test func aPageDamagedBeforeAKillIsFoundAtStart() throws {
        let harness = try StoreHarness(directory)
        for _ in 0..<20 { harness.append(outRow(cost: 3000)) }
        harness.store.close()
        let second = try StoreHarness(directory)
        second.append(outRow())
        let copy = image(of: directory)
        var bytes = contents(copy.database)
        // A page in the middle of the rows: neither the schema nor the index that start reads.
        let page = Schema.pageSize * (bytes.count / Schema.pageSize / 2)
        for index in page..<page + Schema.pageSize { bytes[index] = 0xFF }
        write(bytes, to: copy.database)
        #expect(throws: StoreError.self) { _ = try StoreHarness(copy) }
    }

    @Test func aNewerSchemaIsRefusedWithWhatToDo() throws {
        try StoreHarness(directory).store.close()
        let connection = try Connection(path: directory.database, busyMilliseconds: 0)
        try connection.execute("PRAGMA user_version = 7")
        connection.close()
        let before = contents(directory.database)
        let expected = StoreError.newer(path: directory.database, found: 7, known: 2)
        #expect(throws: expected) { _ = try StoreHarness(directory) }
        #expect(expected.description.contains("run that version"))
        #expect(contents(directory.database) == before)
    }

    @Test func anotherProgramsDatabaseIsLeftAlone() throws {
        write([], to: directory.database)
        let connection = try Connection(path: directory.database, busyMilliseconds: 0)
        try connection.execute("CREATE TABLE theirs(x)")
        connection.close()
        #expect(throws: StoreError.foreign(path: directory.database)) { _ = try StoreHarness(directory) }
    }

    @Test func aPlaceThatCannotBeUsedIsNamed() throws {
        write([1], to: directory.path + "/outbox.db-journal")
        #expect(throws: StoreError.self) {
            _ = try SQLiteMessageStore(
                directory: directory.path + "/outbox.db-journal/x", maximumBytes: 1, overflow: .dropNewest,
                onEvent: { _ in })
        }
    }

    @Test func anEmptyFileLeftByAKillDuringCreationIsTakenOver() throws {
        write([], to: directory.database)
        #expect(try StoreHarness(directory).append(outRow())?.outIDs == [1])
    }
}
