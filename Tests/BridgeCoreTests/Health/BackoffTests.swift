import BridgeCore
import Testing

@Suite struct BackoffTests {
    @Test(arguments: 0..<20) func waitsStayWithinTheirBounds(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var backoff = Backoff(base: .seconds(1), cap: .seconds(60))
        var last = Duration.seconds(1)
        for _ in 0..<200 {
            let wait = backoff.next(using: &random)
            #expect(wait >= .seconds(1) && wait <= .seconds(60) && wait <= last * 3)
            last = wait
        }
    }

    @Test func theCapIsReachedAndResetStartsOver() {
        var random = SeededGenerator(seed: 1)
        var backoff = Backoff(base: .seconds(1), cap: .seconds(60))
        let waits = (0..<200).map { _ in backoff.next(using: &random) }
        #expect(waits.max()! > .seconds(40))
        #expect(Set(waits).count > 100, "jitter")
        backoff.reset()
        #expect(backoff.next(using: &random) <= .seconds(3))
    }

    @Test(arguments: [
        (Duration.seconds(Int64.max), Duration.seconds(Int64.max)), (.zero, .zero), (.seconds(-5), .seconds(-9)),
        (.seconds(5), .seconds(1)), (.nanoseconds(1), .seconds(1)),
    ])
    func oddBoundsDoNotTrap(base: Duration, cap: Duration) {
        var random = SeededGenerator(seed: 1)
        var backoff = Backoff(base: base, cap: cap)
        for _ in 0..<10 {
            let wait = backoff.next(using: &random)
            #expect(wait >= .milliseconds(1) && wait >= backoff.base && wait <= backoff.cap)
        }
    }
}
