import BridgeTestKit
import Testing

@testable import BridgeRuntime

/// Where packets end, however the stream is cut.
@Suite struct PacketEndsTests {
    /// A packet whose rest has this many bytes, 0x80 and more among them.
    private static func packet(_ rest: Int) -> [UInt8] {
        var (header, left): ([UInt8], Int) = ([0x32], rest)
        repeat {
            header.append(UInt8(left % 128) | (left >= 128 ? 0x80 : 0))
            left /= 128
        } while left > 0
        return header + (0..<rest).map { UInt8(truncatingIfNeeded: $0 &+ 0x7E) }
    }

    /// A stream of these packets, and where each ends.
    private static func stream(_ rests: [Int]) -> (bytes: [UInt8], ends: [UInt64]) {
        var (bytes, ends): ([UInt8], [UInt64]) = ([], [])
        for rest in rests {
            bytes += packet(rest)
            ends.append(UInt64(bytes.count))
        }
        return (bytes, ends)
    }

    private func starts(_ ends: PacketEnds, upTo count: Int) -> [UInt64] {
        (1...UInt64(count)).filter { ends.isStart($0) }
    }

    @Test func everySplitHasTheSameEnds() {
        let (bytes, ends) = Self.stream([0, 2, 0, 127, 128, 1, 200, 0])
        for first in 0...bytes.count {
            var packets = PacketEnds()
            packets.append(Array(bytes[..<first]))
            let early = ends.filter { $0 <= UInt64(first) }
            let areEarly = starts(packets, upTo: bytes.count) == early
            packets.append(Array(bytes[first...]))
            let areSame = starts(packets, upTo: bytes.count) == ends
            #expect(areEarly && areSame, "cut at \(first)")
        }
        var single = PacketEnds()
        for byte in bytes { single.append([byte]) }
        #expect(starts(single, upTo: bytes.count) == ends)
        #expect(single.isStart(0))
    }

    @Test(arguments: [127, 128, 16_383, 16_384, 2_097_151, 2_097_152])
    func everyWidthOfTheLength(rest: Int) {
        let (bytes, ends) = Self.stream([rest, 0, rest, 3])
        for size in [1460, 4096, bytes.count] {
            var packets = PacketEnds()
            for start in stride(from: 0, to: bytes.count, by: size) {
                packets.append(Array(bytes[start..<min(bytes.count, start + size)]))
            }
            for end in ends {
                let isAlone = packets.isStart(end) && !packets.isStart(end - 1) && !packets.isStart(end + 1)
                #expect(isAlone, "\(end) of \(ends) in pieces of \(size)")
            }
            #expect(packets.cut(from: ends[2], upTo: ends[3], leaving: 66) == ends[3])
        }
    }

    /// The fifth byte of a length: no MQTT. What was found before stays, and there is nothing after.
    @Test func amalformedLengthHasNoEnds() {
        for pieces in [[6], [1, 1, 1, 1, 1, 1]] {
            var packets = PacketEnds()
            packets.append([0xC0, 0])
            var bad: [UInt8] = [0x30, 0xFF, 0xFF, 0xFF, 0x80, 0]
            for piece in pieces {
                packets.append(Array(bad.prefix(piece)))
                bad.removeFirst(piece)
            }
            for _ in 0..<50 { packets.append([0xC0, 0]) }
            #expect(starts(packets, upTo: 120) == [2])
            #expect(packets.cut(from: 2, upTo: 100, leaving: 66) == nil)
            packets.drop(through: 100)
            #expect(starts(packets, upTo: 120) == [2])
        }
        var packets = PacketEnds()
        packets.append([0x30, 0x80, 0x80, 0x80, 0x00, 0xC0, 0])
        #expect(starts(packets, upTo: 10) == [5, 7], "four bytes are allowed, needed or not")
    }

    @Test func randomBytesNeverTrap() {
        for seed in 0..<200 as Range<UInt64> {
            var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
            var packets = PacketEnds()
            var total: UInt64 = 0
            for _ in 0..<40 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let piece = (0..<Int(state >> 58)).map { _ -> UInt8 in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return UInt8(truncatingIfNeeded: state >> 40)
                }
                packets.append(piece)
                total += UInt64(piece.count)
                if let end = packets.cut(from: total / 2, upTo: total, leaving: 66) {
                    #expect(end > total / 2 && end <= total)
                }
                packets.drop(through: total / 3)
            }
        }
    }

    /// Packets that end at 2, 66, 100 and 102.
    private func four() -> PacketEnds {
        var packets = PacketEnds()
        packets.append(Self.stream([0, 62, 32, 0]).bytes)
        return packets
    }

    @Test func aCutLeavesAsMuchAsIsAskedFor() {
        let packets = four()
        // The last end of the range, and no end that is its beginning.
        #expect(packets.cut(from: 0, upTo: 102, leaving: 90) == 102)
        #expect(packets.cut(from: 0, upTo: 101, leaving: 90) == 100)
        #expect(packets.cut(from: 2, upTo: 66, leaving: 90) == 66)
        #expect(packets.cut(from: 66, upTo: 99, leaving: 90) == nil)
        #expect(packets.cut(from: 102, upTo: 200, leaving: 90) == nil)
        // Exactly nine tenths of 40, and one byte less than that.
        #expect(packets.cut(from: 30, upTo: 70, leaving: 90) == 66)
        #expect(four().cut(from: 31, upTo: 70, leaving: 90) == nil)
        #expect(packets.cut(from: 0, upTo: 2, leaving: 90) == 2)
        #expect(packets.cut(from: 0, upTo: 3, leaving: 90) == nil)
        #expect(packets.cut(from: 0, upTo: 0, leaving: 90) == nil)
        #expect(packets.cut(from: 0, upTo: 99, leaving: 66) == 66)
        #expect(packets.cut(from: 0, upTo: 3, leaving: 66) == 2)
        #expect(packets.cut(from: 0, upTo: 4, leaving: 66) == nil)
    }

    @Test func whatIsDroppedIsForgotten() {
        var packets = four()
        packets.drop(through: 1)
        #expect(starts(packets, upTo: 110) == [2, 66, 100, 102])
        packets.drop(through: 70)
        // The end before the place is where the packet at the place begins.
        #expect(starts(packets, upTo: 110) == [66, 100, 102])
        packets.drop(through: 80)
        #expect(starts(packets, upTo: 110) == [66, 100, 102])
        packets.drop(through: 102)
        #expect(starts(packets, upTo: 110) == [102])
        #expect(packets.cut(from: 0, upTo: 102, leaving: 66) == nil)
        packets.append([0xC0, 0])
        #expect(starts(packets, upTo: 110) == [102, 104])
        #expect(packets.cut(from: 102, upTo: 104, leaving: 66) == 104)
    }
}
