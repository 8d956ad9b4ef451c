import BridgeTestKit
import Control
import LinuxIO
import ModemCore
import PrivateBroker
import Testing

@testable import BridgeRuntime

/// The last of the dialogue, in memory and on disk.
struct FlightRecorderTests {
    @Test func itKeepsTheLastQuarterOfAMegabyte() throws {
        let recorder = FlightRecorder()
        #expect(recorder.pieces.isEmpty)
        recorder.add(.note(.start(dataMode: nil)), now: .zero)
        recorder.add(.note(.online), now: .zero)
        for number in 0..<20_000 {
            recorder.add(.received(bytes("line \(number) with some more text")), now: .milliseconds(number))
            #expect(recorder.count <= FlightRecorder.capacity)
        }
        #expect(recorder.isCut && recorder.count > FlightRecorder.capacity * 9 / 10 - FlightRecorder.piece)
        let held = recorder.pieces.reduce(0) { $0 + $1.bytes.count }
        #expect(held == recorder.count)
        let text = FlightRecord(settings: [], pieces: recorder.pieces, isCut: true, secrets: []).text(note: "x")
        let record = try DialogueRecord(text)
        #expect(record.entries.last?.event == .received(bytes("line 19999 with some more text")))
        #expect(record.settings["began"] == "online")
    }

    @Test func aLongEventBecomesSeveral() throws {
        let recorder = FlightRecorder()
        let long = (0..<60_000).map { UInt8(truncatingIfNeeded: $0) }
        recorder.add(.received(long), now: .zero)
        let text = FlightRecord(settings: [], pieces: recorder.pieces, isCut: false, secrets: []).text(note: "x")
        var all: [UInt8] = []
        for entry in try DialogueRecord(text).entries {
            if case .received(let bytes) = entry.event { all += bytes }
        }
        #expect(all == long)
    }

    @Test func aPortThatStaysAwayIsOneNote() {
        let recorder = FlightRecorder()
        for _ in 0..<1000 { recorder.add(.note(.portFailed), now: .zero) }
        #expect(recorder.count < 100)
    }

    @Test func secretsAreFoundOverTheEndsOfReads() {
        let recorder = FlightRecorder()
        for part in ["abc AT+CP", "IN=\"12", "34\"\r\nlong", "Secret\r\n"] {
            recorder.add(.received(bytes(part)), now: .zero)
        }
        let text = String(
            decoding: FlightRecord(
                settings: [], pieces: recorder.pieces, isCut: false, secrets: [bytes("longSecret"), bytes("12")]
            ).text(note: "x"), as: UTF8.self)
        #expect(!text.contains("34") && !text.contains("Secret"))
    }

    @Test func escalationsWriteFilesTheOldestGo() throws {
        let directory = try TemporaryDirectory("flights")
        let clock = ManualClock()
        let flights = FlightRecords(
            directory: directory.path,
            settings: ReplaySettings(link: LinkSettings(host: "h", port: 1, clientID: [0x61]), baud: 115_200),
            clock: clock,
            log: Log(threshold: .error) { _, _ in }, profile: { .ec716s })
        let loop = try EventLoop()
        flights.add(.note(.start(dataMode: nil)))
        flights.add(.recovers(Recovery(rung: .link, reason: "x")))
        for number in 1...12 {
            flights.add(.recovers(Recovery(rung: .context, reason: "number \(number)")))
            // The same rung again at once is no news.
            flights.add(.recovers(Recovery(rung: .context, reason: "again")))
            let isWritten = runLoop(loop) {
                let names = FlightRecords.names(in: directory.path)
                let newest = names.last.flatMap { try? Files.read("\(directory.path)/\($0)", limit: 1 << 20) } ?? []
                return names.count == min(number, FlightRecords.limit)
                    && String(decoding: newest, as: UTF8.self).contains("number \(number)\n")
            }
            #expect(isWritten)
            clock.advance(by: .seconds(601))
        }
        let newest = try #require(flights.newest)
        #expect(Files.permissions(newest) == 0o600)
        #expect(String(decoding: try Files.read(newest, limit: 1 << 20), as: UTF8.self).contains("number 12"))
    }

    @Test func theBridgeWritesOneWhenTheContextIsLostAndStatusNamesIt() throws {
        let directory = try TemporaryDirectory("flights")
        let rig = Rig()
        rig.flightDirectory = directory.path
        try rig.online()
        #expect(rig.bridge.deskStatus()["flight_record"] == .null)
        rig.port.say(["CLOSED"])
        rig.run(.seconds(60)) { !rig.isOnline || rig.module.summary == "online" }
        rig.run(.seconds(60)) { rig.isOnline }
        #expect(FlightRecords.names(in: directory.path) == [])
        rig.port.say(["+PDP DEACT"])
        rig.run(.seconds(60)) { !rig.isOnline }
        rig.run(.seconds(300)) { rig.isOnline }
        let loop = try EventLoop()
        let isWritten = runLoop(loop) { rig.bridge.deskStatus()["flight_record"]?.string != nil }
        #expect(isWritten)
        let name = try #require(rig.bridge.deskStatus()["flight_record"]?.string)
        #expect(name.hasPrefix(directory.path + "/flight-") && name.hasSuffix("-context.log"))
    }
}
