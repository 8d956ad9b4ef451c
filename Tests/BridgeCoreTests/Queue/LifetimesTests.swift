import BridgeCore
import Testing

/// Expiry by a clock that is set.
@Suite struct LifetimesTests {
    private static let now: Int64 = 1_800_000_000

    private func row(_ id: Int64, acceptedAt: Int64, lives seconds: Int64?) -> OutboundRow {
        OutboundRow(
            id: id, topic: bytes("t"), payload: [], qos: 1, retain: false, acceptedAt: acceptedAt,
            expiresAt: seconds.map { acceptedAt + $0 })
    }

    @Test func aClockThatRunsIsTakenAtItsWord() {
        var lifetimes = Lifetimes(firstIDs: (10, 1), wallClock: Self.now, now: .zero)
        for minute in 1...60 {
            // Slewed by two seconds a minute.
            lifetimes.observe(
                wallClock: Self.now + Int64(minute) * 62, now: .seconds(minute * 60), nextIDs: (Int64(10 + minute), 1))
        }
        #expect(lifetimes.expiry(of: row(10, acceptedAt: Self.now, lives: 60)) == Self.now + 60)
        #expect(lifetimes.expiry(of: row(3, acceptedAt: Self.now - 9, lives: 60)) == Self.now + 51)
        #expect(lifetimes.expiry(of: row(3, acceptedAt: Self.now, lives: nil)) == nil)
    }

    @Test func whatWasAcceptedBeforeAStepGoesWithIt() {
        var lifetimes = Lifetimes(firstIDs: (10, 1), wallClock: 100, now: .seconds(100))
        lifetimes.observe(wallClock: 130, now: .seconds(130), nextIDs: (12, 1))
        // NTP sets the clock after 40 s of this run.
        lifetimes.observe(wallClock: Self.now, now: .seconds(140), nextIDs: (15, 1))
        #expect(lifetimes.expiry(of: row(12, acceptedAt: 130, lives: 60)) == Self.now + 50)
        #expect(lifetimes.expiry(of: row(15, acceptedAt: Self.now, lives: 60)) == Self.now + 60)
        // An earlier run's clock was set, and this one's is now.
        #expect(lifetimes.expiry(of: row(3, acceptedAt: Self.now - 50, lives: 60)) == Self.now + 10)
        // It never was: the message lives from the start of this run.
        #expect(lifetimes.expiry(of: row(4, acceptedAt: 70, lives: 60)) == Self.now + 20)
        // And back again.
        lifetimes.observe(wallClock: Self.now - 3600, now: .seconds(140), nextIDs: (16, 1))
        #expect(lifetimes.expiry(of: row(12, acceptedAt: 130, lives: 60)) == Self.now - 3550)
        #expect(lifetimes.expiry(of: row(16, acceptedAt: Self.now - 3600, lives: 60)) == Self.now - 3540)
    }

    @Test func aClockThatIsSetAllTheTimeIsBounded() {
        var lifetimes = Lifetimes(firstIDs: (1, 1), wallClock: Self.now, now: .zero)
        for number in 1...1000 {
            let wallClock = Self.now + Int64(number) * 100
            lifetimes.observe(wallClock: wallClock, now: .zero, nextIDs: (Int64(number + 1), 1))
        }
        #expect(lifetimes.expiry(of: row(1, acceptedAt: Self.now, lives: 60)) == Self.now + 100_060)
        #expect(lifetimes.expiry(of: row(1000, acceptedAt: Self.now + 99_900, lives: 60)) == Self.now + 100_060)
        lifetimes.observe(wallClock: .max, now: .zero, nextIDs: (1002, 1))
        lifetimes.observe(wallClock: .min, now: .seconds(9), nextIDs: (1003, 1))
        _ = lifetimes.expiry(of: row(1, acceptedAt: Self.now, lives: .max - Self.now))
    }
}
