import BridgeCore
import BridgeRuntime
import Control
import LinuxIO
import Outbox
import Testing

@testable import cellbridge

/// `queue purge`, `show` and `export` on a store that no service has. One at a time, as `QueueCommandTests`.
extension QueueCommandTests {
    private func waiting(_ scene: QueueScene) throws -> [Int64] {
        let reader = try #require(try StoreReader.open(directory: scene.path + "/state"))
        defer { reader.close() }
        #expect(try reader.verify().isBalanced)
        return try reader.messages(.out).messages.map(\.head.id)
    }

    @Test(arguments: [
        ([], "nothing to purge: say which messages (numbers, -t, --route, --older-than), or --all"),
        (["--all", "7"], "--all and conditions exclude each other"),
        (["-t", "a/#/b"], "--topic a/#/b: expected a topic filter such as site/+/alarm or site/#"),
        (["--in", "--route", "1"], "--route is for outbound messages: not with --in"),
        (["0"], "0: expected the number of a message, as queue list shows it"),
    ])
    func purgeRefuses(_ words: [String], _ text: String) {
        #expect(complaint(words, QueuePurgeCommand.self) == text)
    }

    @Test(
        arguments: [
            (["--all"], [3, 4, 5]), (["--all", "--yes"], []), (["4", "9", "--yes"], [3, 5]),
            (["-t", "a/3", "--yes"], [4, 5]), (["-t", "a/+", "3", "5", "--yes"], [4]),
            (["--older-than", "1h", "--yes"], []), (["--older-than", "30000d", "--yes"], [3, 4, 5]),
            (["--route", "1", "--yes"], []), (["--route", "2", "--yes"], [3, 4, 5]),
            (["--in", "--all", "--yes"], [3, 4, 5]),
        ] as [([String], [Int64])])
    func purgeTakesWhatIsMeant(_ words: [String], _ left: [Int64]) throws {
        let scene = try QueueScene()
        try scene.fill()
        #expect(QueuePurgeCommand.main(words + ["-c", scene.configuration]) == .ok)
        #expect(try waiting(scene) == left)
        let reader = try #require(try StoreReader.open(directory: scene.path + "/state"))
        #expect(try reader.refusals(limit: 9).count { $0.code == "purged" } == 3 - left.count)
        #expect(try reader.verify().out.refused == 4 - left.count)
        #expect(try reader.depths().aside == (left.contains(4) ? 1 : 0))
        // What is left can be used.
        let store = try scene.open()
        #expect(store.statistics().outDepth == left.count)
        store.close()
    }

    @Test func purgeNeedsTheLockAndAStore() throws {
        let scene = try QueueScene()
        let words = ["-c", scene.configuration, "--all", "--yes"]
        #expect(QueuePurgeCommand.main(words) == .noInput)
        try scene.fill()
        let lock = try DirectoryLock(scene.path + "/state")
        #expect(QueuePurgeCommand.main(words) == .temporary)
        withExtendedLifetime(lock) {}
        #expect(try waiting(scene) == [3, 4, 5])
    }

    @Test func thousandsArePurgedInSteps() throws {
        let scene = try QueueScene()
        let store = try scene.open()
        var batch = StoreBatch()
        batch.appendOut = (1...1500).map {
            OutboundRow(
                id: $0, topic: Array("a/\($0 % 2)".utf8), payload: [1], qos: 1, retain: false, priority: Int($0 % 3),
                acceptedAt: 1000)
        }
        batch.appendIn = [InboundRow(topic: [0x61], payload: [2], qos: 1, retain: false, acceptedAt: 1000)]
        store.commit(batch, token: 1)
        store.close()
        #expect(QueuePurgeCommand.main(["-t", "a/0", "--yes", "-c", scene.configuration]) == .ok)
        #expect(try Set(waitingAll(scene)) == Set(stride(from: 1, through: 1499, by: 2)))
        #expect(QueuePurgeCommand.main(["--in", "--all", "--yes", "-c", scene.configuration]) == .ok)
        let reader = try #require(try StoreReader.open(directory: scene.path + "/state"))
        let books = try reader.verify()
        #expect(books.isBalanced && books.in.refused == 1 && books.out.refused == 750 && books.out.waiting == 750)
    }

    private func waitingAll(_ scene: QueueScene) throws -> [Int64] {
        let reader = try #require(try StoreReader.open(directory: scene.path + "/state"))
        defer { reader.close() }
        var ids: [Int64] = []
        var place: Int64? = .min
        while let after = place {
            let (messages, next) = try reader.messages(.out, after: after)
            ids += messages.map(\.head.id)
            place = next
        }
        return ids
    }

    @Test func messagesAreShown() throws {
        let scene = try QueueScene()
        try scene.fill()
        #expect(QueueShowCommand.main(["4", "-c", scene.configuration]) == .ok)
        #expect(QueueShowCommand.main(["1", "-c", scene.configuration]) == .noInput)
        #expect(QueueShowCommand.main(["4", "--in", "-c", scene.configuration]) == .noInput)
        #expect(QueueExportCommand.main(["-c", scene.configuration]) == .ok)
        #expect(complaint([], QueueShowCommand.self) == "ID is missing: the number of a message")
        let reader = try #require(try StoreReader.open(directory: scene.path + "/state"))
        var selection = QueueSelection()
        selection.ids = [4]
        var message = try #require(try reader.messages(.out, selection).messages.first)
        var report = QueueMessageReport(message, now: 1060)
        Snapshot.check(untimed(report.lines.joined(separator: "\n"), [1000, 4_000_000_000]), "queue-show.txt")
        #expect(report.json["payload_base64"] == "AQI=" && report.json["id"] == 4 && report.json["route"] == 1)
        message.payload = Array("two\nlines \u{e9}".utf8)
        report = QueueMessageReport(message, now: 1060)
        #expect(report.lines.suffix(3) == ["  payload   12 bytes", "    two", "    lines é"])
        message.payload = Array("\u{1B}[2J".utf8) + [UInt8](0...17)
        report = QueueMessageReport(message, now: 1060)
        #expect(report.lines.last == "    00000010  0C 0D 0E 0F 10 11                                |......|")
        #expect(!report.lines.joined().contains("\u{1B}"))
    }
}

/// The text with `TIME` for these times, which depend on the reader's zone.
func untimed(_ text: String, _ times: [Int64]) -> String {
    times.reduce(text) { $0.replacing(LocalTime.text($1), with: "TIME") }
}
