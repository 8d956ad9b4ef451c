import BridgeCore
import BridgeRuntime
import Control
import Glibc
import LinuxIO
import Outbox
import Testing

@testable import cellbridge

/// A state directory with a store of five messages: 1 acknowledged, 2 refused, 3 to 5 wait, 4 of them aside; and a
/// configuration that names it.
final class QueueScene {
    let path: String
    var configuration: String { path + "/c.toml" }

    init() throws {
        var template = Array("/tmp/queue-test-XXXXXX".utf8CString)
        _ = unsafe template.withUnsafeMutableBufferPointer { unsafe mkdtemp($0.baseAddress!) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try Files.writeAtomically(
            path + "/c.toml",
            Array(
                """
                [module]
                port = "simulator"
                [remote]
                host = "localhost"
                client_id = "x"
                [queue]
                path = "\(path)/state"
                [control]
                socket = "\(path)/control.sock"
                [[route]]
                direction = "out"
                topic = "a/#"
                """.utf8))
    }

    deinit { try? Files.removeTree(path) }

    func open() throws -> SQLiteMessageStore {
        try SQLiteMessageStore(
            directory: path + "/state", maximumBytes: 1 << 20, overflow: .dropNewest, onEvent: { _ in })
    }

    func fill(extra: [LedgerEntry] = []) throws {
        let store = try open()
        var batch = StoreBatch()
        batch.appendOut = (1...5).map {
            OutboundRow(id: $0, topic: Array("a/\($0)".utf8), payload: [1, 2], qos: 1, retain: false, acceptedAt: 1000)
        }
        batch.setAside = [SetAside(id: 4, until: 4_000_000_000, reason: "three breaks")]
        store.commit(batch, token: 1)
        batch = StoreBatch()
        batch.removeOut = [1, 2]
        batch.ledger =
            [
                LedgerEntry(
                    direction: .out, id: 1, topicHash: 1, size: 2, acceptedAt: 1000, storedAfter: 5, givenAfter: 7,
                    finishedAfter: 300, outcome: .acknowledged),
                LedgerEntry(
                    direction: .out, id: 2, topicHash: 1, size: 2, acceptedAt: 1000, storedAfter: 5,
                    finishedAfter: 9000, outcome: .refused("expired")),
            ] + extra
        batch.refusals = [
            Refusal(
                direction: .out, topic: Array("a/\u{1B}[2J".utf8), size: 2, code: "expired", reason: "it expired",
                at: 1009)
        ]
        store.commit(batch, token: 2)
        store.close()
    }
}

/// One at a time: getopt_long keeps its place in global variables.
@Suite(.serialized) struct QueueCommandTests {
    func complaint<Target: Command>(_ words: [String], _ target: Target.Type) -> String? {
        do throws(UsageProblem) {
            _ = try OptionParser.parse(words, for: target)
            return nil
        } catch {
            return error.text
        }
    }

    @Test func optionsReachTheirFields() throws {
        guard
            case .run(let verify) = try OptionParser.parse(
                ["--since", "90 min", "--json"], for: QueueVerifyCommand.self),
            case .run(let list) = try OptionParser.parse(["--refused", "-n5"], for: QueueListCommand.self),
            case .run(let retry) = try OptionParser.parse(["7", "-c", "x", "9"], for: QueueRetryCommand.self)
        else {
            Issue.record("help was not asked for")
            return
        }
        #expect(verify.since == .seconds(5400) && verify.isJSON)
        #expect(list.lists == [.refused] && list.limit == 5 && !list.isJSON)
        #expect(retry.ids == [7, 9] && retry.common.path == "x" && !retry.isAll)
    }

    @Test(arguments: [
        ([], "nothing to retry: name a message by its number, or --all"),
        (["--all", "3"], "--all and numbers exclude each other"),
        (["x"], "x: expected the number of a message, as queue list --aside shows it"),
        (["0"], "0: expected the number of a message, as queue list --aside shows it"),
    ])
    func retryRefuses(_ words: [String], _ text: String) {
        #expect(complaint(words, QueueRetryCommand.self) == text)
    }

    @Test func theOthersRefuse() {
        #expect(
            complaint(["--aside", "--refused"], QueueListCommand.self) == "--aside and --refused exclude each other")
        #expect(complaint(["-n", "0"], QueueListCommand.self)?.contains("a number from 1") == true)
        #expect(complaint(["now"], QueueListCommand.self) == "now: queue list takes options only")
        #expect(complaint(["--since", "soon"], QueueVerifyCommand.self)?.contains("a duration such as 1h") == true)
    }

    @Test func theGroupHelps() {
        #expect(CommandGroup.queue.main(["--help"]) == .ok)
        #expect(CommandGroup.queue.main(["verfy"]) == .usage)
        for command in CommandGroup.queue.commands {
            #expect(command.name.hasPrefix("queue ") && !command.examples.isEmpty)
        }
        #expect(HelpText.of(QueueRetryCommand.sheet).hasPrefix("usage: cellbridge queue retry [options] [ID ...]\n"))
    }

    // MARK: Exit statuses

    @Test func withoutAStoreThereIsNothingToSay() throws {
        let scene = try QueueScene()
        let options = ["-c", scene.configuration]
        #expect(QueueVerifyCommand.main(options) == .noInput)
        #expect(QueueListCommand.main(options) == .noInput)
        #expect(QueueRetryCommand.main(options + ["--all"]) == .noInput)
        #expect(QueueVerifyCommand.main(["-c", scene.configuration + "x"]) == .noInput)
        // None was made.
        #expect(unsafe access(scene.path + "/state", F_OK) != 0)
    }

    @Test func balancedBooksAreZeroAndOthersOne() throws {
        let scene = try QueueScene()
        try scene.fill()
        let options = ["-c", scene.configuration]
        #expect(QueueVerifyCommand.main(options) == .ok)
        #expect(QueueVerifyCommand.main(options + ["--json", "--since", "1h"]) == .ok)
        for list in [[], ["--aside"], ["--refused", "--json"]] { #expect(QueueListCommand.main(options + list) == .ok) }
        let store = try scene.open()
        var batch = StoreBatch()
        batch.removeOut = [3]
        store.commit(batch, token: 1)
        store.close()
        #expect(QueueVerifyCommand.main(options) == .failed)
    }

    @Test func aDamagedStoreIsADataError() throws {
        let scene = try QueueScene()
        try Files.makeDirectories(scene.path + "/state")
        try Files.writeAtomically(scene.path + "/state/outbox.db", [UInt8](repeating: 0x55, count: 5000))
        for result in [
            QueueVerifyCommand.main(["-c", scene.configuration]), QueueListCommand.main(["-c", scene.configuration]),
            QueueRetryCommand.main(["-c", scene.configuration, "1"]),
        ] {
            #expect(result == .dataError)
        }
    }

    @Test func retryNeedsTheLockAndPutsMessagesBack() throws {
        let scene = try QueueScene()
        try scene.fill()
        let words = ["-c", scene.configuration, "4"]
        do {
            let lock = try DirectoryLock(scene.path + "/state")
            #expect(QueueRetryCommand.main(words) == .temporary)
            withExtendedLifetime(lock) {}
        }
        #expect(QueueRetryCommand.main(["-c", scene.configuration, "3"]) == .noInput)
        #expect(QueueRetryCommand.main(words) == .ok)
        #expect(QueueRetryCommand.main(words) == .noInput)
        #expect(QueueRetryCommand.main(["-c", scene.configuration, "--all"]) == .ok)
        let reader = try #require(try StoreReader.open(directory: scene.path + "/state"))
        #expect(try reader.depths() == (3, 0, 0))
        #expect(try reader.waiting(limit: 9).map(\.id) == [3, 4, 5])
        #expect(try reader.verify().isBalanced)
    }

    // MARK: Words

    @Test func theReportTellsOfBalancedBooks() throws {
        let scene = try QueueScene()
        try scene.fill()
        let reader = try #require(try StoreReader.open(directory: scene.path + "/state"))
        let report = QueueVerifyReport(try reader.verify(), directory: "/d", since: nil)
        #expect(report.lines.first == "the books of /d")
        #expect(report.lines.contains("out         5             1        1        3               1"))
        #expect(report.lines.last == "balanced: accepted = acknowledged + refused + waiting")
        #expect(report.json["balanced"] == .bool(true) && report.json["since"] == .null)
        #expect(report.json["out"]?["accepted"] == .number(5) && report.json["newest"] == .number(1009))
    }

    @Test func theReportTellsWhatIsWrong() throws {
        var out = StoreVerification.Way(first: 1, last: 900)
        out.missing = [7...7, 9...12]
        out.missingCount = 300
        let entry = LedgerEntry(
            direction: .out, id: 20, topicHash: 1, size: 2, acceptedAt: 1000, finishedAfter: 1000,
            outcome: .refused("expired"))
        out.doubled = [.init(id: 20, traces: [.waiting, .finished(entry)])]
        out.doubledCount = 1
        out.unaccepted = [901]
        out.unacceptedCount = 1
        var found = StoreVerification(out: out, in: StoreVerification.Way(first: 1, last: 0))
        found.damaged = [.init(segment: 3, damage: .checksum)]
        found.damagedCount = 2
        let report = QueueVerifyReport(found, directory: "/d", since: 5)
        let text = report.lines.joined(separator: "\n")
        for part in [
            "OUT OF BALANCE:\n  out 7: missing: accepted, but neither finished nor waiting\n  out 9 to 12: missing",
            "… and 295 more of these", "out 20: doubled: it waits; refused (expired) \(LocalTime.text(1001)), accepted",
            "out 901: unknown: stored, but never accepted (the last one is 900)",
            "ledger segment 3 cannot be read: its checksum is wrong\n  … and 1 more", "keep a copy of /d",
        ] {
            #expect(text.contains(part), "\(part)")
        }
        #expect(report.json["balanced"] == .bool(false))
        #expect(report.json["out"]?["doubled"]?.elements?.first?["traces"]?.elements?.count == 2)
    }

    @Test func listsTellWhyAndHideControlBytes() throws {
        let scene = try QueueScene()
        try scene.fill()
        let reader = try #require(try StoreReader.open(directory: scene.path + "/state"))
        var report = QueueListReport(now: 1060)
        report.depths = try reader.depths()
        report.waiting = try reader.waiting(limit: 1)
        #expect(
            report.lines == [
                "outbox: 3 message(s), 1 of them set aside; inbox: 0",
                "out 3  a/3, 2 bytes, accepted \(LocalTime.text(1000)) (1 min ago)", "… and 1 more (-n N shows more)",
            ])
        report = QueueListReport(now: 1060)
        report.depths = try reader.depths()
        report.aside = try reader.aside(limit: 5)
        #expect(report.lines.contains("    three breaks"))
        #expect(report.lines.contains { $0.hasPrefix("    until \(LocalTime.text(4_000_000_000)) (in ") })
        #expect(report.json["aside"]?.elements?.first?["until"] == .number(4_000_000_000))
        report = QueueListReport(now: 1060)
        report.refusals = try reader.refusals(limit: 5)
        #expect(report.lines.first?.hasSuffix("2 bytes: it expired") == true)
        #expect(!report.lines.joined().contains("\u{1B}"))
    }

    @Test(
        arguments: [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3725, "1 h 2 min"), (97_200, "1 d 3 h")]
            as [(Int64, String)])
    func spansAreShort(_ seconds: Int64, _ text: String) {
        #expect(LocalTime.span(seconds) == text)
    }

    @Test(arguments: [Int64.min, .max]) func extremeTimesDoNotTrap(_ time: Int64) {
        #expect(!LocalTime.text(time).isEmpty)
        var report = QueueListReport(now: 0)
        report.depths = (1, 0, 1)
        let aside = SetAside(id: 1, until: time, reason: "")
        report.waiting = [
            .init(
                direction: .out, id: 1, topic: [], size: 0, priority: 0, acceptedAt: time, expiresAt: time, aside: aside
            )
        ]
        report.aside = report.waiting
        #expect(report.lines.count > 3 && !report.json.description.isEmpty)
    }
}
