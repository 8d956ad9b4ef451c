import ModemCore
import Testing

@testable import BridgeRuntime

struct AirUseTests {
    @Test func aPublishIsCountedAsMQTTWritesIt() {
        // MQTT 3.1.1, 3.3: fixed header, length, topic, packet id, payload.
        #expect(AirUse(topic: 3, payload: 0, qos: 0, isTLS: false).publish == 2 + 2 + 3)
        #expect(AirUse(topic: 3, payload: 10, qos: 1, isTLS: false).publish == 2 + 2 + 3 + 2 + 10)
        #expect(AirUse(topic: 10, payload: 113, qos: 1, isTLS: false).publish == 2 + 127)
        #expect(AirUse(topic: 10, payload: 114, qos: 1, isTLS: false).publish == 3 + 128)
        #expect(AirUse(topic: 2, payload: 16_379, qos: 0, isTLS: false).publish == 3 + 16_383)
        #expect(AirUse(topic: 2, payload: 16_380, qos: 0, isTLS: false).publish == 4 + 16_384)
    }

    @Test(arguments: [(0, 0, 80), (1, 4, 120), (2, 12, 200)])
    func acknowledgementsAndHeadersComeOnTop(_ qos: Int, _ acknowledgements: Int, _ headers: Int) {
        let use = AirUse(topic: 3, payload: 3, qos: qos, isTLS: false)
        #expect(use.acknowledgements == acknowledgements)
        #expect(use.headers == headers)
        #expect(use.tls == 0)
        #expect(use.total == use.publish + acknowledgements + headers)
    }

    @Test func aLongOneTakesMoreSegments() {
        #expect(AirUse(topic: 3, payload: 2000, qos: 1, isTLS: false).headers == 160)
    }

    @Test func aRecordIsPaddedToBlocks() {
        // 5 + 16 + 48 for 27 bytes with their MAC and one byte of padding; 5 + 16 + 32 for the PUBACK.
        let full = AirUse(topic: 10, payload: 11, qos: 1, isTLS: true)
        #expect(full.publish == 27)
        #expect(full.tls == 69 - 27 + 53 - 4)
        // One more needs another block.
        let over = AirUse(topic: 10, payload: 12, qos: 1, isTLS: true)
        #expect(over.tls == 85 - 28 + 53 - 4)
    }

    @Test(
        arguments: [
            ("60/h", 43_200), ("1/min", 43_200), ("2/s", 5_184_000), ("500/day", 15_000), ("1/d", 30),
            ("1000000/s", 2_592_000_000_000),
        ] as [(String, Int64)])
    func aRateIsReadAndMadeAMonth(_ text: String, _ monthly: Int64) throws {
        let rate = try #require(MessageRate(text))
        #expect(rate.monthly == monthly)
        #expect(AirUse(topic: 3, payload: 0, qos: 0, isTLS: false).monthly(rate) == 87 * monthly)
    }

    @Test(arguments: ["", "60", "/h", "0/h", "-1/h", "1000001/s", "1/week", "1/h/h", "1.5/h", "99999999999999999999/h"])
    func whatIsNoRateIsNone(_ text: String) {
        #expect(MessageRate(text) == nil)
    }

    @Test func theShareOfTheLineIsInThousandths() throws {
        #expect(try #require(MessageRate("10/s")).share(of: .milliseconds(13)) == 130)
        #expect(try #require(MessageRate("60/h")).share(of: .milliseconds(13)) == 0)
        #expect(try #require(MessageRate("100/s")).share(of: .milliseconds(13)) == 1300)
    }

    @Test func theLineTakesTenBitsAByte() {
        let use = LineUse(encoding: .text, profile: "x", sent: 100, received: 20, modeSwitch: 0, baud: 9600)
        #expect(use.time == .milliseconds(125))
    }
}
