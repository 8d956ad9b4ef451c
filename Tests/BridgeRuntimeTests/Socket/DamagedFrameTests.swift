import ATProtocol
import BridgeCore
import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// Lines that stood in a frame of the connection that came damaged: whoever may publish can have written them.
@Suite struct DamagedFrameTests {
    /// Counts sessions, and what came of them.
    private final class Listener: ModuleDriverDelegate {
        var sessions = 0
        var comings = 0
        var goings = 0

        func moduleSessionBegan() { sessions += 1 }
        func moduleOnline(_ profile: ModuleProfile, over kind: LinkKind) { comings += 1 }
        func moduleOffline(_ reason: String) { goings += 1 }
        func moduleRecovers(_ recovery: Recovery) {}
        func moduleReady() {}
        func moduleAcknowledged(_ id: Int64) {}
        func moduleRefused(_ id: Int64, code: String, reason: String) {}
        func moduleReturned(_ id: Int64, certainlyNotSent: Bool) {}
        func modulePostponed(_ id: Int64) {}
        func moduleSetAside(_ id: Int64, reason: String) {}
        func moduleReceived(_ message: ReceivedMessage, for audience: Audience) {}
        func moduleMayAcknowledge() -> Bool { true }
        func moduleSubscribed(_ filter: [UInt8]) {}
        func moduleUnsubscribed(_ filter: [UInt8]) {}
        func moduleWarned(_ code: String, _ text: String) {}
        func moduleCounted(_ counter: WritableKeyPath<Counters, UInt64>, _ amount: Int) {}
        func recordDataMode(bytes: Int?) {}
        func recordManifest(_ bytes: [UInt8], token: Int) {}
        func recordLadder(_ bytes: [UInt8]) {}
        func moduleGaveUp(_ reason: String) {}
        func resetHardware() {}
        func pinRefused(iccid: String) {}
        func portOpened() {}
        func portFailed(_ failure: PortFailure) -> Bool { false }
        func moduleFinished() {}
    }

    /// A session that "begins" anew would take echoes for messages: only our own client tells of one.
    @Test(arguments: ["CONNACK OK", "CONNECT OK", "PUBACK", "SUBACK", "ALREADY CONNECT"])
    func anOutcomeOfTheModulesOwnClientIsNotBelieved(line: String) {
        let rig = SocketDriverRig()
        let listener = Listener()
        rig.driver.delegate = listener
        rig.online()
        #expect(listener.sessions == 1 && listener.comings == 1)
        // While one of ours is under way, which nothing acknowledges.
        rig.publish(1, bytes: 200)
        rig.run(.seconds(5)) { rig.taken >= 200 }
        rig.port.say([line])
        rig.clock.advance(by: .seconds(1))
        #expect(listener.sessions == 1 && listener.comings == 1 && listener.goings == 0)
        #expect(rig.connections == 1 && rig.driver.isOnline)
    }
}
