import MosquittoClient
import Testing

@testable import BridgeRuntime

/// What a remote broker sends is looked at before libmosquitto gets it.
@Suite struct PacketGuardTests {
    private static func packet(_ first: UInt8, _ body: [UInt8]) -> [UInt8] {
        var length = body.count
        var head = [first]
        repeat {
            head.append(UInt8(length % 128) | (length >= 128 ? 0x80 : 0))
            length /= 128
        } while length > 0
        return head + body
    }

    private static let publish: [UInt8] =
        [0, 3, 0x61, 0x2F, 0x62, 0, 7, 8, 0x0B, 0x81, 0x02, 0x02, 0, 0, 0, 1] + (0...255)

    /// One of each, with properties where there are some.
    static let sound: [[UInt8]] = [
        packet(0x20, [0, 0]), packet(0x20, [1, 0, 0]), packet(0x20, [0, 0, 8, 0x21, 0, 20, 0x27, 0, 1, 0, 0]),
        packet(0x20, [0, 0, 12, 0x26, 0, 1, 0x61, 0, 1, 0x62, 0x1F, 0, 2, 0x68, 0x69]),
        packet(0x32, publish), packet(0x30, [0, 1, 0x61, 0, 1, 2, 3]), packet(0x40, [0, 7]),
        packet(0x40, [0, 7, 135]), packet(0x40, [0, 7, 135, 5, 0x1F, 0, 2, 0x6E, 0x6F]), packet(0x50, [0, 7]),
        packet(0x62, [0, 7]), packet(0x70, [0, 7]), packet(0x90, [0, 7, 0, 1, 0]), packet(0xB0, [0, 7, 0, 0]),
        packet(0xD0, []), packet(0xE0, []), packet(0xE0, [142]), packet(0xE0, [142, 5, 0x11, 0, 0, 0, 1]),
    ]

    @Test func soundPacketsGoOnInAnyPieces() throws {
        let long = Self.packet(0x30, [0, 1, 0x61, 0] + [UInt8](repeating: 9, count: 70_000))
        let stream = Self.sound.flatMap { $0 } + long
        for size in [1, 2, 3, 7, 100, 1460, stream.count] {
            var packets = PacketGuard(.v5)
            var out: [UInt8] = []
            var rest = stream[...]
            while !rest.isEmpty {
                out += try packets.take(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            let isSame = out == stream
            #expect(isSame, "in pieces of \(size)")
        }
    }

    static let malformed: [[UInt8]] = [
        packet(0x30, [0, 1, 0x61, 1, 0x7F]), packet(0x20, [0, 0, 1, 0x7F]), packet(0x40, [0, 7, 0, 1, 0x00]),
        packet(0x90, [0, 7, 1, 0x7E]), packet(0xE0, [0, 2, 0x7F, 0]), packet(0x10, [0, 4]), packet(0x00, []),
        packet(0xC0, []), packet(0x82, [0, 1]), [0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], packet(0x30, [0, 9, 0x61]),
        packet(0x30, [0]), packet(0x30, [0, 1, 0x61, 9, 0x01]), packet(0x20, [0, 0, 3, 0x1F, 0, 9]),
        packet(0x20, [0, 0, 3, 0x1F, 0]), [0x30, 0x80, 0x80, 0x80, 0x02], packet(0x30, [0, 1, 0x61]),
    ]

    @Test(arguments: malformed.indices) func malformedPacketsEndIt(index: Int) {
        let packet = Self.malformed[index]
        for size in [1, packet.count] {
            var packets = PacketGuard(.v5)
            var isRefused = false
            var rest = packet[...]
            while !rest.isEmpty, !isRefused {
                do {
                    _ = try packets.take(Array(rest.prefix(size)))
                } catch {
                    isRefused = true
                }
                rest = rest.dropFirst(size)
            }
            #expect(isRefused, "\(packet)")
        }
    }

    @Test func olderProtocolHasNoProperties() throws {
        var packets = PacketGuard(.v311)
        let publish = Self.packet(0x32, [0, 1, 0x61, 0, 7, 0x7F, 0x7F])
        let stream = Self.packet(0x20, [0, 0]) + publish + Self.packet(0x40, [0, 7])
        #expect(try packets.take(stream) == stream)
        #expect(throws: PacketGuard.Malformed.self) { try packets.take([0x30, 0xFF, 0xFF, 0xFF, 0x7F]) }
    }

    @Test func rubbishNeverTraps() {
        var state: UInt64 = 7
        func next(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        for _ in 0..<5000 {
            var packets = PacketGuard(.v5)
            let bytes = (0..<(1 + next(64))).map { _ in UInt8(next(256)) }
            _ = try? packets.take(bytes)
        }
    }
}
