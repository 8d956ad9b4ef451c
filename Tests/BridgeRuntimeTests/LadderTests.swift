import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// The recovery ladder in the whole bridge: its memory on disk, and its end.
@Suite struct LadderTests {
    private func kept(_ rig: Rig) -> String {
        String(decoding: rig.store.meta[Dispatcher.Meta.ladder] ?? [], as: UTF8.self)
    }

    @Test func aProcessThatStartsAgainKeepsToTheSpacingOfResets() throws {
        let rig = Rig()
        rig.settings.hasHardwareReset = true
        rig.port.isMute = true
        try rig.start()
        rig.run(.seconds(40)) { rig.resets == 1 }
        rig.run { kept(rig).contains("series hardware 1") }
        let first = rig.clock.now
        // Crashes each minute, and the module stays mute.
        while rig.resets == 1, rig.clock.now < first + .seconds(1200) {
            rig.clock.advance(by: .seconds(60))
            try rig.restart()
        }
        #expect(rig.resets == 2 && rig.clock.now >= first + .seconds(600))
        #expect(rig.gaveUp == [])
    }

    @Test func onlyWhatTheBrokerAcknowledgesEndsTheSeries() throws {
        let rig = Rig()
        rig.settings.hasHardwareReset = true
        rig.port.isMute = true
        try rig.start()
        rig.run(.seconds(40)) { rig.resets == 1 }
        rig.port.isMute = false
        rig.run(.seconds(200)) { rig.isOnline }
        rig.publish(0..<1, qos: 0)
        rig.run { rig.port.publishes.count == 1 }
        rig.clock.advance(by: .seconds(2))
        #expect(kept(rig).contains("series hardware 1"), "an OK is the module's word only")
        rig.publish(1..<2)
        rig.run { kept(rig) == "ladder 1\nmodule 864317000000000\nhelped mute hardware 1 0\n" }
    }

    @Test func aModuleThatStaysMuteEndsTheServiceAfterHalfAnHour() throws {
        let rig = Rig()
        rig.port.isMute = true
        try rig.start()
        rig.clock.advance(by: .seconds(1790))
        #expect(rig.gaveUp == [])
        rig.run(.seconds(120)) { rig.gaveUp == ["the module does not answer"] }
        rig.run { kept(rig).contains("series service 1") }
        try rig.restart()
        rig.clock.advance(by: .seconds(3000))
        #expect(rig.gaveUp.count == 1, "an hour at least until the next time")
        rig.publish(0..<3)
        rig.port.isMute = false
        rig.run(.seconds(120)) { rig.sent == rig.numbered(0..<3) }
    }

    @Test func whatIsDamagedIsForgottenWithAWarning() throws {
        let rig = Rig()
        rig.store.meta[Dispatcher.Meta.ladder] = bytes("ladder 1\nseries restart many 5\n")
        try rig.online()
        #expect(rig.recorder.count("cannot be read: it is forgotten", .warning) == 1)
    }
}
