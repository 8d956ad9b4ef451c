import Testing

@testable import ModuleSimulator

/// The client codec against MQTT 3.1.1's own examples and itself.
@Suite struct MQTTPacketTests {
    static let packets: [MQTTPacket] = [
        .connect(
            .init(
                clientID: ascii("id"), username: ascii("u"), password: ascii("p"),
                will: .init(topic: ascii("w"), message: [0, 255], qos: 2, retain: true), cleanSession: true,
                keepAlive: 300)),
        .connect(.init(clientID: ascii("id"), cleanSession: false, keepAlive: 0)),
        .connack(sessionPresent: true, code: 0),
        .publish(
            .init(topic: ascii("a/b"), payload: [UInt8](repeating: 7, count: 20_000), qos: 1, retain: true, id: 513)),
        .publish(.init(topic: ascii("a/b"), payload: [])),
        .publish(.init(topic: ascii("a"), payload: [1], qos: 2, duplicate: true, id: 65535)),
        .puback(1), .pubrec(2), .pubrel(3), .pubcomp(4),
        .subscribe(id: 5, filter: ascii("#"), qos: 2), .suback(id: 5, codes: [128]),
        .unsubscribe(id: 6, filter: ascii("a/+")), .unsuback(6),
        .pingreq, .pingresp, .disconnect,
    ]

    @Test(arguments: packets) func aPacketSurvivesItsEncoding(packet: MQTTPacket) throws {
        var stream = MQTTStream()
        #expect(try stream.append(packet.encoded) == [packet])
    }

    @Test func everySplitGivesTheSamePackets() throws {
        let some = Self.packets.filter { $0.encoded.count < 100 }
        let bytes = some.flatMap(\.encoded)
        for cut in 0...bytes.count {
            var stream = MQTTStream()
            #expect(try stream.append(Array(bytes[..<cut])) + stream.append(Array(bytes[cut...])) == some)
        }
    }

    @Test func theBytesAreThoseOfTheStandard() {
        #expect(
            MQTTPacket.connect(.init(clientID: ascii("A"), cleanSession: true, keepAlive: 10)).encoded
                == [0x10, 13, 0, 4, 0x4D, 0x51, 0x54, 0x54, 4, 2, 0, 10, 0, 1, 0x41])
        #expect(
            MQTTPacket.subscribe(id: 10, filter: ascii("a/b"), qos: 1).encoded
                == [0x82, 8, 0, 10, 0, 3, 0x61, 0x2F, 0x62, 1])
        #expect(MQTTPacket.pubrel(258).encoded == [0x62, 2, 1, 2])
        let long = MQTTPacket.publish(.init(topic: ascii("t"), payload: [UInt8](repeating: 0, count: 318)))
        #expect(Array(long.encoded.prefix(3)) == [0x30, 0xC1, 0x02])
    }

    @Test(
        arguments: [
            [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x30, 0xFF, 0xFF, 0xFF, 0x7F], [0x36, 2, 0, 0], [0xF0, 0],
            [0x32, 3, 0, 1, 0x61],
        ] as [[UInt8]])
    func brokenStreamsAreErrors(bytes: [UInt8]) {
        var stream = MQTTStream()
        #expect(throws: MQTTStream.Failure.self) { try stream.append(bytes) }
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<5000 {
            var stream = MQTTStream()
            _ = try? stream.append(
                (0..<Int.random(in: 0...60, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                })
        }
    }
}
