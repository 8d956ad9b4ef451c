import BridgeTestKit
import Glibc
import LinuxIO
import Testing

/// Bytes between two ends of a unix socket.
@Suite struct StreamConnectionTests {
    let loop: EventLoop

    init() throws { loop = try EventLoop() }

    /// A connection and the raw other end.
    private func pair(readLimit: Int = 4096, outputLimit: Int = 262_144) throws -> (StreamConnection, Far) {
        var ends: [Int32] = [0, 0]
        let code = unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends)
        try #require(code == 0)
        let near = OwnedDescriptor(owning: ends[0])
        try near.setNonBlocking()
        return (
            try StreamConnection(near, loop: loop, readLimit: readLimit, outputLimit: outputLimit), Far(ends[1])
        )
    }

    /// The other end.
    private final class Far {
        private var holder: Holder?

        private final class Holder {
            let descriptor: OwnedDescriptor
            init(_ raw: Int32) { descriptor = OwnedDescriptor(owning: raw) }
        }

        init(_ raw: Int32) {
            let end = Holder(raw)
            try? end.descriptor.setNonBlocking()
            holder = end
        }

        func write(_ bytes: [UInt8]) -> Int { (try? holder?.descriptor.write(bytes[...])) ?? -1 }

        func read(_ limit: Int) -> [UInt8]? { (try? holder?.descriptor.read(upTo: limit)) ?? nil }

        func close() { holder = nil }
    }

    @Test func bytesComeInBoundedPieces() throws {
        let (stream, far) = try pair(readLimit: 100)
        var pieces: [[UInt8]] = []
        stream.onBytes = { pieces.append($0) }
        let bytes = (0..<1000).map { UInt8($0 % 251) }
        #expect(far.write(bytes) == 1000)
        #expect(runLoop(loop) { pieces.joined().count == 1000 })
        #expect(Array(pieces.joined()) == bytes)
        #expect(pieces.allSatisfy { $0.count <= 100 })
    }

    @Test func nothingIsReadWhileItMayNot() throws {
        let (stream, far) = try pair()
        var got = 0
        stream.onBytes = { got += $0.count }
        stream.mayRead = false
        #expect(far.write([UInt8](repeating: 1, count: 5000)) == 5000)
        runLoop(loop, limit: .milliseconds(30)) { false }
        #expect(got == 0)
        #expect(stream.unreadBytes == 5000)
        stream.mayRead = true
        #expect(runLoop(loop) { got == 5000 })
        #expect(stream.unreadBytes == 0)
    }

    @Test(arguments: [false, true])
    func whatWasWrittenBeforeAHangUpStillComes(_ hasOutput: Bool) throws {
        let (stream, far) = try pair()
        var bytes: [UInt8] = []
        var ends: [StreamConnection.End] = []
        stream.onBytes = { bytes += $0 }
        stream.onEnd = { ends.append($0) }
        stream.mayRead = false
        let said = (0..<9000).map { UInt8($0 % 253) }
        #expect(far.write(said) == 9000)
        if hasOutput { #expect(stream.write([UInt8](repeating: 0, count: 250_000))) }
        far.close()
        runLoop(loop, limit: .milliseconds(30)) { false }
        #expect(bytes.isEmpty)
        #expect(ends.isEmpty)
        stream.mayRead = true
        #expect(runLoop(loop) { !ends.isEmpty })
        #expect(bytes == said)
        #expect(ends.count == 1)
    }

    @Test func aWriteToOneWhoLeftLosesNothingHeSaid() throws {
        let (stream, far) = try pair()
        var bytes: [UInt8] = []
        var ends: [StreamConnection.End] = []
        stream.onBytes = { bytes += $0 }
        stream.onEnd = { ends.append($0) }
        #expect(far.write([1, 2, 3]) == 3)
        far.close()
        // Before the loop has looked: the kernel refuses it.
        #expect(!stream.write([9]))
        #expect(!stream.write([9]))
        #expect(ends.isEmpty)
        #expect(runLoop(loop) { !ends.isEmpty })
        #expect(bytes == [1, 2, 3])
        runLoop(loop, limit: .milliseconds(20)) { false }
        #expect(ends.count == 1)
    }

    @Test func outputIsBoundedAndKept() throws {
        let (stream, far) = try pair(outputLimit: 100_000)
        var drained = 0
        stream.onDrained = { drained += 1 }
        var sent: [UInt8] = []
        var number = 0
        while true {
            let piece = [UInt8](repeating: UInt8(number % 256), count: 10_000)
            guard stream.write(piece) else { break }
            sent += piece
            number += 1
            try #require(number < 1000)
        }
        #expect(stream.pendingBytes > 90_000 && stream.pendingBytes <= 100_000)
        #expect(drained == 0)
        var got: [UInt8] = []
        #expect(
            runLoop(loop) {
                got += far.read(65536) ?? []
                return got.count >= sent.count
            })
        let isSame = got == sent
        #expect(isSame)
        #expect(runLoop(loop) { drained == 1 })
        #expect(stream.pendingBytes == 0)
    }

    @Test func afterCloseNothingIsCalled() throws {
        let (stream, far) = try pair()
        var calls = 0
        stream.onBytes = { _ in calls += 1 }
        stream.onEnd = { _ in calls += 1 }
        _ = far.write([1])
        stream.close()
        far.close()
        runLoop(loop, limit: .milliseconds(20)) { false }
        #expect(calls == 0)
        #expect(!stream.write([1]))
        #expect(stream.unreadBytes == 0)
    }

    @Test func anEndThatWasOnItsWayIsNotToldAfterClose() throws {
        let (stream, far) = try pair()
        var ends = 0
        stream.onEnd = { _ in ends += 1 }
        far.close()
        #expect(!stream.write([1]))
        stream.close()
        runLoop(loop, limit: .milliseconds(20)) { false }
        #expect(ends == 0)
    }

    @Test func anOwnerMayCloseItInsideAnyCall() throws {
        for place in 0..<3 {
            let (stream, far) = try pair()
            var ends = 0
            stream.onEnd = { _ in
                ends += 1
                stream.close()
            }
            stream.onBytes = { _ in if place == 0 { stream.close() } }
            stream.onDrained = { if place == 1 { stream.close() } }
            #expect(stream.write([UInt8](repeating: 0, count: 250_000)))
            _ = far.write([1])
            var taken = 0
            runLoop(loop, limit: .milliseconds(50)) {
                taken += far.read(65536)?.count ?? 0
                return taken >= 250_000
            }
            far.close()
            runLoop(loop, limit: .milliseconds(20)) { false }
            #expect(ends == (place == 2 ? 1 : 0))
        }
    }
}
