import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// Files that say they are records.
struct DialogueRecordTests {
    private let head = "# cellbridge dialogue 1\n"

    @Test(
        arguments: [
            ("", 1), ("\n\n", 1), ("hello\n", 1), ("# cellbridge dialogue 2\n", 1), ("# cellbridge dialogue 1\n", 1),
            ("# cellbridge dialogue 1\nx\n", 2), ("# cellbridge dialogue 1\n5 -> AT\n4 -> AT\n", 3),
            ("# cellbridge dialogue 1\n5 ?? AT\n", 2), ("# cellbridge dialogue 1\n5 <- \\0\n", 2),
            ("# cellbridge dialogue 1\n5 <- \\G0\n", 2), ("# cellbridge dialogue 1\n5.1234 -> AT\n", 2),
            ("# cellbridge dialogue 1\n0 -> AT\n9999999999999 -> AT\n", 3),
            ("# cellbridge dialogue 1\n99999999999999999999 -> AT\n", 2), ("# cellbridge dialogue 1\n-5 -> AT\n", 2),
        ])
    func whatIsWrongIsToldWithItsLine(_ text: String, _ line: Int) {
        #expect { try DialogueRecord(bytes(text)) } throws: { ($0 as? DialogueRecord.Problem)?.line == line }
    }

    @Test func timesAndBytes() throws {
        let record = try DialogueRecord(
            bytes(head + "# set a=b=c\n10 -> AT\n11.5 <- \\0D\\0AOK\\5C\n12.345 # online\n"))
        #expect(record.settings == ["a": "b=c"])
        #expect(record.entries.map(\.at) == [.zero, .microseconds(1500), .microseconds(2345)])
        #expect(record.entries.map(\.line) == [3, 4, 5])
        #expect(record.entries[1].event == .received([13, 10, 0x4F, 0x4B, 0x5C]))
        #expect(record.entries[2].event == .note("online"))
    }

    @Test func itIsBounded() {
        #expect(throws: DialogueRecord.Problem.self) {
            try DialogueRecord([UInt8](repeating: 0x0A, count: DialogueRecord.limit + 1))
        }
    }

    @Test(
        arguments: [
            DialogueNote.start(dataMode: nil), .start(dataMode: 12),
            .start(dataMode: nil, send: OpenSend(bytes: 1460, isWritten: true, isHarmless: false)),
            .stream(waiting: 0, mayReceive: true, isHarmless: false, size: 0),
            .stream(waiting: 4096, mayReceive: false, isHarmless: true, size: 1460),
            .stream(waiting: 7, mayReceive: true, isHarmless: false, size: 7, isRepeatable: true), .streamEnded,
            .sessionUp,
            .sessionFailed(.refused("the broker said: no (135)")), .sessionFailed(.tls("")),
            .sessionFailed(.silent("a  b")), .sessionFailed(.closed("\\ \n")), .sessionFailed(.broken("x")),
            .sessionClosed, .delivered(), .delivered(through: 77), .stop, .portOpened, .portFailed, .portClosed,
            .publish(topic: bytes("a b/=\\\u{1}ü"), qos: 2, retain: true, size: 77, encoding: .hex),
            .publish(topic: bytes("x"), qos: 0, retain: false, size: 0, encoding: .text),
            .guest("AT+CPIN***", seconds: 9), .dataModeRecorded(5), .manifestRecorded(6), .resetFinished(true),
            .resetFinished(false), .online, .offline,
        ])
    func notesAreReadAsWritten(_ note: DialogueNote) {
        #expect(DialogueNote(note.text) == note)
    }

    @Test func settingsAreReadAsWritten() throws {
        var link = LinkSettings(host: "höst", port: 8883, clientID: [0x61, 0x5C, 0xFF])
        link.profile = .ec716s
        link.pin = "9876"
        link.accessPoint = .init(name: "net", username: "u", password: "")
        (link.username, link.password) = (bytes("me"), bytes("topSecret"))
        link.subscriptions = [.init(filter: bytes("a/#"), qos: 1), .init(filter: bytes("ü b"), qos: 2)]
        link.staleSubscriptions = [bytes("old")]
        (link.cleanSession, link.keepalive, link.cachedReceive, link.seed) = (true, 33, true, 77)
        (link.linkChoice, link.streamIsSecured, link.baudRate) = (.socket, true, 9600)
        (link.streamCachedReceive, link.streamKeepalive) = (false, 300)
        var tls = TLSSettings(hostName: "h")
        tls.files[.ca] = TLSFile(contents: bytes("12345"), digest: [1, 2, 0x3D])
        tls.cipherSuite = 53
        link.tls = tls
        var written = ReplaySettings(link: link, baud: 9600)
        written.wallClock = 1_700_000_000
        let text = written.lines.joined(separator: "\n")
        #expect(!text.contains("topSecret") && !text.contains("9876"))
        let values = Dictionary(
            uniqueKeysWithValues: written.lines.map { line in
                let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(parts[0]), String(parts[1]))
            })
        let read = try #require(ReplaySettings(values))
        #expect(read.lines == written.lines)
        #expect(
            read.link.subscriptions == link.subscriptions && read.link.staleSubscriptions == link.staleSubscriptions)
        #expect(read.link.linkChoice == .socket && read.link.streamIsSecured && read.link.baudRate == 9600)
        #expect(read.link.streamCachedReceive == false && read.link.streamKeepalive == 300)
        #expect(read.link.tls?.files[.ca]?.contents.count == 5)
    }

    /// Anything may stand in a file.
    @Test func nonsenseIsAnErrorOrARecordThatCanBeReplayed() throws {
        let recorded = try ReplayRig()
        try recorded.rig.online()
        recorded.rig.publish(0..<3)
        recorded.rig.run { recorded.rig.sent.count >= 3 }
        let good = recorded.text()
        var random = SystemRandomNumberGeneratorOfTests(seed: 7)
        for _ in 0..<150 {
            var text = good
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: text[place] = UInt8.random(in: 0...255, using: &random)
                case 1: text.remove(at: place)
                case 2:
                    text.insert(
                        contentsOf: bytes(["9", "\\", "\n", "# set port=0", " "].randomElement(using: &random)!),
                        at: place)
                default: text.removeSubrange(place..<min(text.count, place + 80))
                }
            }
            guard let record = try? DialogueRecord(text) else { continue }
            let summary = Replay.run(record) { _ in }
            #expect(summary.differences <= Replay.differenceLimit + 64)
        }
    }
}

/// The same numbers each time.
private struct SystemRandomNumberGeneratorOfTests: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
