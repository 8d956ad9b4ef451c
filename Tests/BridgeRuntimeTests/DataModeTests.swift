import BridgeCore
import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// `AT+MPUBEX`: nothing may be left in a data mode that somebody else types into.
@Suite struct DataModeTests {
    private let payload = [UInt8](repeating: 1, count: 3000)

    private func rig() -> Rig {
        let rig = Rig()
        rig.port.identity = "AirM2M_780E_V1169_LTE_AT"
        return rig
    }

    private func record(_ rig: Rig) -> String? {
        rig.store.meta[Dispatcher.Meta.dataMode].map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func theRecordIsOnDiskBeforeTheCommandAndGoesAfterItsEnd() throws {
        let rig = rig()
        try rig.online()
        var seen: [String?] = []
        rig.port.script = { line in
            if line.hasPrefix("AT+MPUBEX") { seen.append(record(rig)) }
            return nil
        }
        rig.broker.publish("sensors/a", payload)
        rig.run { rig.dispatcher.counters.outAcknowledged == 1 }
        #expect(seen == ["3000"])
        let isWhole = rig.port.publishes.map(\.payload) == [payload]
        #expect(isWhole)
        rig.clock.advance(by: .seconds(1))
        #expect(record(rig) == nil)
        #expect(rig.store.batches.contains { $0.setMeta.contains { $0.key == "mpubex" && $0.value == nil } })
    }

    @Test func theCommandWaitsForTheRecord() throws {
        let rig = rig()
        try rig.online()
        rig.store.isStopped = true
        rig.broker.publish("sensors/a", payload)
        rig.clock.advance(by: .seconds(2))
        #expect(!rig.port.commands.contains { $0.hasPrefix("AT+MPUBEX") })
        rig.store.isStopped = false
        rig.store.answer()
        rig.run { rig.port.publishes.count == 1 }
    }

    @Test func recordsDoNotWaitForCompany() throws {
        let rig = rig()
        try rig.online()
        let began = rig.clock.now
        for _ in 0..<10 { rig.broker.publish("sensors/a", payload) }
        rig.run { rig.dispatcher.counters.outAcknowledged == 10 }
        #expect(rig.clock.now - began < .milliseconds(200))
    }

    @Test func aRecordThatComesTooLateIsTakenBack() throws {
        let rig = rig()
        try rig.online()
        rig.store.isStopped = true
        rig.broker.publish("sensors/a", payload)
        rig.clock.advance(by: .milliseconds(100))
        rig.port.say(["+PDP: DEACT"])
        rig.clock.advance(by: .milliseconds(1))
        #expect(!rig.module.isOnline)
        rig.store.isStopped = false
        rig.store.answer()
        rig.run { !rig.store.batches.isEmpty && record(rig) == nil }
        #expect(!rig.port.commands.contains { $0.hasPrefix("AT+MPUBEX") })
        rig.run { rig.dispatcher.counters.outAcknowledged == 1 }
        rig.clock.advance(by: .seconds(1))
        #expect(record(rig) == nil)
        #expect(rig.port.publishes.count == 1)
    }

    @Test func startingWithARecordOnlyCarriageReturnsAreWritten() throws {
        let rig = rig()
        rig.store.meta[Dispatcher.Meta.dataMode] = bytes("3000")
        rig.port.openDataMode(bytes: 3000)
        try rig.start()
        rig.clock.settle()
        #expect(rig.port.written == [UInt8](repeating: 0x0D, count: 3000))
        #expect(rig.recorder.count("filling it with 3000 CR", .warning) == 1)
        rig.run { rig.isOnline }
        #expect(record(rig) == nil)
        #expect(rig.port.written[3000...].starts(with: bytes("AT\r\n")))
    }

    @Test func withAHardwareResetNothingIsWrittenBeforeIt() throws {
        let rig = rig()
        rig.settings.hasHardwareReset = true
        rig.store.meta[Dispatcher.Meta.dataMode] = bytes("3000")
        rig.port.openDataMode(bytes: 3000)
        var writtenBefore = -1
        rig.reset = {
            writtenBefore = rig.port.written.count
            rig.port.forget()
            return (true, "")
        }
        try rig.start()
        rig.run { rig.isOnline }
        #expect(writtenBefore == 0)
        #expect(rig.resets == 1)
        rig.run(.seconds(5)) { record(rig) == nil }
    }

    @Test func aResetThatFailsIsFollowedByTheCarriageReturns() throws {
        let rig = rig()
        rig.settings.hasHardwareReset = true
        rig.reset = { (false, "exit status 1") }
        rig.store.meta[Dispatcher.Meta.dataMode] = bytes("300")
        rig.port.openDataMode(bytes: 300)
        try rig.start()
        rig.run { rig.isOnline }
        #expect(rig.port.written.prefix(300).allSatisfy { $0 == 0x0D })
        #expect(rig.recorder.count("the hardware reset failed: exit status 1", .error) == 1)
    }

    @Test func carriageReturnsThatCannotBeWrittenLeaveTheRecord() throws {
        let rig = rig()
        rig.store.meta[Dispatcher.Meta.dataMode] = bytes("300")
        rig.port.openDataMode(bytes: 300)
        rig.port.takesWrites = false
        try rig.start()
        rig.clock.advance(by: .seconds(20))
        #expect(record(rig) == "300")
        rig.port.takesWrites = true
        rig.run(.seconds(200)) { rig.isOnline }
        #expect(rig.port.written.prefix(300).allSatisfy { $0 == 0x0D })
    }

    @Test func aKillInsideTheWindowIsMadeGoodAtTheNextStart() throws {
        let rig = rig()
        try rig.online()
        rig.port.script = { line in line.hasPrefix("AT+MPUBEX") ? [] : nil }
        rig.broker.publish("sensors/a", payload)
        rig.run { rig.port.commands.last?.hasPrefix("AT+MPUBEX") ?? false }
        rig.port.script = { _ in nil }
        rig.port.openDataMode(bytes: 3000)
        let before = rig.port.written.count
        try rig.restart()
        rig.run { rig.isOnline }
        #expect(rig.port.written[before...].prefix(3000).allSatisfy { $0 == 0x0D })
        rig.run { rig.port.publishes.contains { $0.payload == payload } }
        rig.run { rig.store.outbox.isEmpty && record(rig) == nil }
    }

    @Test func aCommandWithoutAnAnswerIsFilledUpBeforeAnythingElseIsWritten() throws {
        let rig = rig()
        try rig.online()
        rig.port.script = { line in line.hasPrefix("AT+MPUBEX") ? [] : nil }
        rig.broker.publish("sensors/a", payload)
        rig.run { rig.port.commands.last?.hasPrefix("AT+MPUBEX") ?? false }
        rig.port.script = { _ in nil }
        rig.port.openDataMode(bytes: 3000)
        let before = rig.port.written.count
        rig.run { rig.port.publishes.contains { $0.payload == payload } && rig.store.outbox.isEmpty }
        let written = rig.port.written[before...]
        #expect(written.prefix(3000).allSatisfy { $0 == 0x0D })
        #expect(written.dropFirst(3000).starts(with: bytes("AT\r\n")))
        rig.clock.advance(by: .seconds(1))
        #expect(record(rig) == nil)
    }
}
