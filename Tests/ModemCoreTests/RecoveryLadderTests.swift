import Testing

@testable import ModemCore

@Suite struct RecoveryLadderTests {
    private func rungs(_ entry: Rung, count: Int, hardware: Bool, step: Duration = .seconds(1)) -> [Rung] {
        var ladder = RecoveryLadder(seed: 1)
        var now: Duration = .zero
        return (0..<count).map { _ in
            let next = ladder.next(entry: entry, hasHardwareReset: hardware, now: now)
            if next.rung == .restart { ladder.noteRestart(now: now) }
            if next.rung == .hardware { ladder.noteHardwareReset(now: now) }
            now += step
            return next.rung
        }
    }

    @Test func fourFailuresClimbOneRung() {
        let four = [Rung](repeating: .link, count: 4)
        let three = [Rung](repeating: .link, count: 3)
        let climb = four + [.context] + three + [.radio] + three + [.restart] + three + [.hardware] + three
        #expect(rungs(.link, count: 20, hardware: true) == climb)
    }

    @Test func eventEntersAtItsOwnRungAtOnce() {
        for entry in [Rung.context, .radio, .restart, .hardware] {
            var ladder = RecoveryLadder(seed: 1)
            _ = ladder.next(entry: .link, hasHardwareReset: true, now: .zero)
            let next = ladder.next(entry: entry, hasHardwareReset: true, now: .zero)
            #expect(next.rung == entry && next.after == .zero)
        }
        #expect(rungs(.probe, count: 1, hardware: true) == [.probe])
        #expect(rungs(.session, count: 1, hardware: true) == [.session])
    }

    @Test func aRadioThatDoesNotHelpIsFollowedByARestart() {
        #expect(rungs(.radio, count: 5, hardware: true) == [.radio, .restart, .hardware, .radio, .radio])
        #expect(rungs(.radio, count: 4, hardware: false) == [.radio, .restart, .radio, .radio])
        var ladder = RecoveryLadder(seed: 1)
        let afterLossOfContext = [Rung.context, .radio, .radio].map {
            ladder.next(entry: $0, hasHardwareReset: true, now: .zero)
        }
        #expect(afterLossOfContext.map(\.rung) == [.context, .radio, .restart])
        #expect(afterLossOfContext.allSatisfy { $0.after == .zero })
    }

    @Test func withoutHardwareTheRestartIsTheTop() {
        #expect(rungs(.hardware, count: 3, hardware: false) == [.restart, .radio, .radio])
        #expect(rungs(.hardware, count: 3, hardware: false, step: .seconds(3601)) == [.restart, .restart, .restart])
        #expect(!rungs(.link, count: 60, hardware: false, step: .seconds(3601)).contains(.hardware))
    }

    @Test func pausesGrowToAMinuteAndSurviveTheClimb() {
        var ladder = RecoveryLadder(seed: 7)
        var pauses: [Duration] = []
        for _ in 0..<40 {
            let next = ladder.next(entry: .link, hasHardwareReset: false, now: .zero)
            if next.rung == .link { pauses.append(next.after) }
        }
        #expect(pauses.first == .zero)
        for (index, pause) in pauses.dropFirst().enumerated() {
            let full = Duration.seconds(min(1 << min(index, 6), 60))
            #expect(pause <= full && pause > full * 3 / 4, "\(index): \(pause)")
        }
        ladder.lasted()
        #expect(ladder.next(entry: .link, hasHardwareReset: false, now: .zero).after == .zero)
    }

    @Test func restartsAreSpacedUntilASessionDelivers() {
        var ladder = RecoveryLadder(seed: 1)
        var now: Duration = .zero
        for spacing in [600, 1800, 3600, 3600] {
            #expect(ladder.mayRestart(now: now))
            ladder.noteRestart(now: now)
            #expect(!ladder.mayRestart(now: now + .seconds(spacing) - .milliseconds(1)))
            now += .seconds(spacing)
        }
        #expect(ladder.mayResetHardware(now: now), "a series of its own")
        ladder.noteRestart(now: now)
        ladder.lasted()
        #expect(!ladder.mayRestart(now: now), "standing is not delivering")
        ladder.delivered()
        #expect(ladder.mayRestart(now: now))
        ladder.noteHardwareReset(now: now)
        #expect(!ladder.mayResetHardware(now: now + .seconds(599)) && ladder.mayResetHardware(now: now + .seconds(600)))
    }

    @Test func sameSeedSamePauses() {
        func pauses(_ seed: UInt64) -> [Duration] {
            var ladder = RecoveryLadder(seed: seed)
            return (0..<20).map { _ in ladder.next(entry: .link, hasHardwareReset: false, now: .zero).after }
        }
        #expect(pauses(1) == pauses(1))
        #expect(pauses(1) != pauses(2))
    }
}
