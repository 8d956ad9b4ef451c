import BridgeTestKit
import ModemCore
import Testing

@testable import BridgeRuntime

/// A module that takes fewer bytes than it was given (`DATA ACCEPT:n`).
@Suite struct PartialAcceptTests {
    /// The rest goes again: nothing is missing in the stream and nothing comes twice.
    @Test(arguments: [1, 99, 700, 1459]) func theRestGoesAgain(most: Int) {
        let rig = SocketDriverRig()
        rig.online()
        var stream: [UInt8] = []
        var isShort = true
        rig.port.onPublish = { [unowned rig] publish in
            // Every other send is cut.
            let count = isShort ? min(most, publish.payload.count) : publish.payload.count
            isShort.toggle()
            stream += publish.payload.prefix(count)
            rig.port.say(["DATA ACCEPT:\(count)"], after: rig.port.latency)
        }
        let script = rig.port.script
        rig.port.script = { line in
            line == "AT+CIPACK" ? ["+CIPACK: \(stream.count),\(stream.count),0", "OK"] : script(line)
        }
        var expected: [UInt8] = []
        for (number, count) in [200, 2900, 1460, 40].enumerated() {
            rig.run(.seconds(20)) { rig.driver.canPublish }
            let payload = [UInt8](repeating: 0x61 + UInt8(number), count: count)
            rig.driver.publish(
                PublishStateMachine.Message(
                    id: Int64(number), topic: bytes("t"), payload: payload, qos: 1, retain: false))
            expected += [0x32, UInt8(count & 0x7F | 0x80), UInt8(count >> 7)] + payload
        }
        rig.run(.seconds(20)) { stream.count >= expected.count }
        let isWhole = stream == expected
        rig.run(.seconds(5)) { rig.driver.openSend == nil }
        #expect(isWhole && rig.connections == 1)
    }

    /// What follows a send that was cut does not begin where a packet does: CR bytes would become part of a message.
    @Test func theNextSendIsNotHarmless() {
        let rig = SocketDriverRig()
        rig.online()
        rig.port.onPublish = { [unowned rig] _ in rig.port.say(["DATA ACCEPT:100"], after: rig.port.latency) }
        rig.publish(1, bytes: 300)
        rig.run(.seconds(5)) { rig.driver.openSend != nil }
        #expect(rig.driver.openSend?.isHarmless == true)
        rig.sends = { $0 == 0 ? .taken : .withoutPrompt }
        rig.run(.seconds(5)) { rig.isStuck }
        #expect(rig.driver.openSend == OpenSend(bytes: 203, isHarmless: false, isRepeatable: true))
    }
}
