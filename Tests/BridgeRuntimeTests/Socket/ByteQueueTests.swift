import Testing

@testable import BridgeRuntime

/// Bytes in order: the same as an array, whatever is appended and taken.
@Suite struct ByteQueueTests {
    @Test func boundsAreKept() {
        var queue = ByteQueue()
        #expect(queue.count == 0 && queue.first(10) == [] && queue.drop(10) == 0)
        queue.append([])
        #expect(queue.count == 0)
        queue.append([1, 2, 3])
        #expect(queue.first(0) == [] && queue.first(-1) == [] && queue.first(2) == [1, 2])
        #expect(queue.first(.max - 3) == [1, 2, 3] && queue.count == 3)
        #expect(queue.drop(-1) == 0 && queue.drop(0) == 0 && queue.drop(2) == 2)
        #expect(queue.first(5) == [3] && queue.drop(.max) == 1 && queue.count == 0)
        queue.append([4])
        queue.removeAll()
        #expect(queue.count == 0 && queue.first(1) == [])
        queue.append([5])
        #expect(queue.first(9) == [5])
    }

    @Test(arguments: 0..<20)
    func asAnArray(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(_ bound: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % bound)
        }
        var (queue, model): (ByteQueue, [UInt8]) = (ByteQueue(), [])
        for step in 0..<600 {
            if random(2) == 0 {
                let more = (0..<random(3000)).map { UInt8(truncatingIfNeeded: $0 &+ step) }
                queue.append(more)
                model += more
            } else {
                let count = random(3200)
                let isSame = queue.first(count) == Array(model.prefix(count))
                #expect(isSame, "step \(step)")
                let dropped = queue.drop(count)
                #expect(dropped == min(count, model.count))
                model.removeFirst(dropped)
            }
            #expect(queue.count == model.count)
        }
        let isSame = queue.first(queue.count) == model
        #expect(isSame)
    }

    /// What was taken does not stay: the room is that of what waits, and moving is linear.
    @Test(.timeLimit(.minutes(1))) func aLongStreamThroughAShortQueue() {
        var queue = ByteQueue()
        queue.append([UInt8](repeating: 7, count: 100))
        for _ in 0..<200_000 {
            queue.append([UInt8](repeating: 7, count: 100))
            queue.drop(100)
        }
        #expect(queue.count == 100)
    }
}
