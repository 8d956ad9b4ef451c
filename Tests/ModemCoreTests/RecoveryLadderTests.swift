import Testing

@testable import ModemCore

/// The rules of the ladder, one table a rule.
@Suite struct RecoveryLadderTests {
    /// The rungs that `count` failures lead to, one every `step`.
    static func rungs(
        _ failure: Failure, count: Int, hardware: Bool, step: Duration = .seconds(1), limit: Rung = .service
    ) -> [Rung] {
        var ladder = RecoveryLadder(seed: 1, hasHardwareReset: hardware)
        var now: Duration = .zero
        return (0..<count).map { _ in
            let next = ladder.next(failure, limit: limit, now: now)
            ladder.noteUse(next.rung, now: now)
            now += step
            return next.rung
        }
    }

    /// The rungs in order of their first use, failing every minute for two days.
    static func climb(_ failure: Failure, hardware: Bool) -> [Rung] {
        var seen: [Rung] = []
        for rung in rungs(failure, count: 2880, hardware: hardware, step: .seconds(60)) where !seen.contains(rung) {
            seen.append(rung)
        }
        return seen
    }

    @Test func fourFailuresClimbOneRung() {
        let four = [Rung](repeating: .link, count: 4)
        let three = [Rung](repeating: .link, count: 3)
        let climb =
            four + [.context] + three + [.radio] + three + [.restart] + three + [.hardware] + three
        #expect(Self.rungs(Failure(.module), count: 20, hardware: true) == climb)
    }

    /// How far each kind of trouble goes, whatever happens for two days.
    static let climbs: [(failure: Failure, withLine: [Rung], without: [Rung])] = [
        (Failure(.broker), [.link, .context], [.link, .context]),
        (Failure(.path), [.link, .context, .radio, .restart], [.link, .context, .radio, .restart]),
        (
            Failure(.path, at: .session), [.session, .context, .radio, .restart, .link],
            [.session, .context, .radio, .restart, .link]
        ),
        (Failure(.context), [.context, .radio, .restart], [.context, .radio, .restart]),
        (Failure(.searching), [.radio, .restart], [.radio, .restart]),
        (Failure(.unregistered), [.radio, .restart, .hardware], [.radio, .restart]),
        (Failure(.card), [.radio, .restart], [.radio, .restart]),
        (
            Failure(.module), [.link, .context, .radio, .restart, .hardware, .service],
            [.link, .context, .radio, .restart, .service]
        ),
        (Failure(.port), [.hardware, .restart, .radio], [.restart, .radio]),
    ]

    @Test(arguments: climbs) func howFarItGoes(failure: Failure, withLine: [Rung], without: [Rung]) {
        #expect(Self.climb(failure, hardware: true) == withLine)
        #expect(Self.climb(failure, hardware: false) == without)
    }

    /// A broker that is down for two days: few restarts of the module, and the service never ends.
    @Test(arguments: [Trouble.broker, .path, .searching]) func weatherDoesNotWearOut(trouble: Trouble) {
        let rungs = Self.rungs(Failure(trouble), count: 2880, hardware: true, step: .seconds(60))
        let count = Dictionary(grouping: rungs, by: \.self).mapValues(\.count)
        #expect(count[.restart, default: 0] == [.broker: 0, .path: 4][trouble, default: 2])
        #expect(count[.hardware] == nil && count[.service] == nil)
        #expect(count[.radio, default: 0] <= (trouble == .searching ? 2880 : 50), "its own rung is its own wait")
    }

    @Test func withoutTheNetworkNothingIsClimbed() {
        let rungs = Self.rungs(Failure(.path), count: 100, hardware: true, step: .seconds(60), limit: .link)
        #expect(rungs.allSatisfy { $0 == .link })
        let context = Self.rungs(Failure(.context), count: 100, hardware: true, step: .seconds(60), limit: .context)
        #expect(context.allSatisfy { $0 == .context })
    }

    @Test func eventEntersAtItsOwnRungAtOnce() {
        for entry in [Rung.context, .radio, .restart, .hardware] {
            var ladder = RecoveryLadder(seed: 1, hasHardwareReset: true)
            _ = ladder.next(Failure(.module), now: .zero)
            let next = ladder.next(Failure(.module, at: entry), now: .zero)
            #expect(next == .init(rung: entry, after: .zero))
        }
    }

    /// A PDP context that is lost again and again is made anew each time: the cool-down is for climbing only.
    @Test func ownRungIsNeverRefused() {
        var ladder = RecoveryLadder(seed: 1)
        for turn in 0..<4 {
            #expect(ladder.next(Failure(.context), now: .seconds(turn)).rung == .context)
            ladder.noteUse(.context, now: .seconds(turn))
        }
    }

    @Test func aRadioThatDoesNotHelpIsFollowedByARestart() {
        #expect(
            Self.rungs(Failure(.unregistered), count: 5, hardware: true) == [
                .radio, .restart, .hardware, .radio, .radio,
            ])
        #expect(Self.rungs(Failure(.unregistered), count: 4, hardware: false) == [.radio, .restart, .radio, .radio])
        var ladder = RecoveryLadder(seed: 1)
        let afterLossOfContext = [Rung.context, .radio, .radio].map {
            ladder.next(Failure(.context, at: $0), now: .zero)
        }
        #expect(afterLossOfContext.map(\.rung) == [.context, .radio, .restart])
        #expect(afterLossOfContext.allSatisfy { $0.after == .zero })
    }

    @Test func withoutHardwareTheRestartIsTheTopOfTheModule() {
        let failure = Failure(.module, at: .hardware)
        #expect(Self.rungs(failure, count: 3, hardware: false) == [.restart, .radio, .radio])
        #expect(
            Self.rungs(failure, count: 3, hardware: false, step: .seconds(3601)) == [.restart, .restart, .restart])
        #expect(
            !Self.rungs(Failure(.module), count: 60, hardware: false, step: .seconds(3601)).contains(.hardware))
    }

    @Test func pausesGrowToAMinuteAndSurviveTheClimb() {
        var ladder = RecoveryLadder(seed: 7)
        var pauses: [Duration] = []
        for _ in 0..<40 {
            let next = ladder.next(Failure(.path), now: .zero)
            if next.rung == .link { pauses.append(next.after) }
        }
        #expect(pauses.first == .zero)
        for (index, pause) in pauses.dropFirst().enumerated() {
            let full = Duration.seconds(min(1 << min(index, 6), 60))
            #expect(pause <= full && pause > full * 3 / 4, "\(index): \(pause)")
        }
        ladder.lasted()
        #expect(ladder.next(Failure(.path), now: .zero).after == .zero)
    }

    // MARK: Spacing

    @Test(arguments: [Rung.restart, .hardware, .context, .radio, .service]) func usesAreSpacedUntilASessionDelivers(
        rung: Rung
    ) {
        var ladder = RecoveryLadder(seed: 1, hasHardwareReset: true)
        var now: Duration = .seconds(5)
        // So that the service rung is open at all: the hardware was used in vain.
        func useUp() {
            guard rung == .service else { return }
            for _ in 0..<3 { ladder.noteUse(.hardware, now: now) }
        }
        useUp()
        #expect(ladder.allows(rung, for: .module, now: now))
        let spacing = rung.rule.coolDown.dropFirst() + [rung.rule.coolDown.last ?? .zero]
        for pause in spacing {
            ladder.noteUse(rung, now: now)
            #expect(!ladder.allows(rung, for: .module, now: now + pause - .milliseconds(1)))
            now += pause
            useUp()
            #expect(ladder.allows(rung, for: .module, now: now))
        }
        ladder.noteUse(rung, now: now)
        ladder.lasted()
        #expect(!ladder.allows(rung, for: .module, now: now), "standing is not delivering")
        ladder.delivered(now: now)
        useUp()
        #expect(ladder.allows(rung, for: .module, now: now))
    }

    @Test func theTableHasTheManualsSpacing() {
        #expect(Rung.restart.rule.coolDown == [.zero, .seconds(600), .seconds(1800), .seconds(3600)])
        #expect(Rung.hardware.rule.coolDown == Rung.restart.rule.coolDown)
        for trouble in Trouble.allCases {
            for (own, least) in zip(trouble.rule.restarts ?? [], Rung.restart.rule.coolDown) {
                #expect(own >= least, "\(trouble) may be slower, never faster")
            }
        }
        #expect(
            Trouble.allCases.filter { $0.rule.top == .service } == [.module, .mute], "weather never ends the service")
    }

    @Test func restartAndHardwareHaveSeriesOfTheirOwn() {
        var ladder = RecoveryLadder(seed: 1, hasHardwareReset: true)
        ladder.noteUse(.restart, now: .zero)
        #expect(!ladder.allows(.restart, for: .module, now: .zero))
        #expect(ladder.allows(.hardware, for: .module, now: .zero))
    }

    // MARK: The module that is mute

    /// One line a call: what was done, at which second.
    private func mute(hardware: Bool, until end: Int) -> [(second: Int, rung: Rung?)] {
        var ladder = RecoveryLadder(seed: 1, hasHardwareReset: hardware)
        var seen: [(Int, Rung?)] = []
        var wasRestarted = false
        var second = 0
        while second < end {
            let rung = ladder.mute(wasRestarted: wasRestarted, since: .zero, now: .seconds(second))
            seen.append((second, rung))
            switch rung {
            case .restart?: (wasRestarted, second) = (true, second + 20)
            case .hardware?:
                ladder.noteUse(.hardware, now: .seconds(second))
                second += 90
            case .service?:
                ladder.noteUse(.service, now: .seconds(second))
                (wasRestarted, second) = (false, second + 30)
            default: (wasRestarted, second) = (false, second + 30)
            }
        }
        return seen
    }

    @Test func aMuteModuleIsRestartedThenResetThenGivenUp() {
        let seen = mute(hardware: true, until: 6000)
        #expect(seen.prefix(2).map(\.rung) == [.restart, .hardware] && seen[1].second == 20)
        #expect(seen.filter { $0.rung == .hardware }.count == 3)
        let end = seen.first { $0.rung == .service }
        #expect(end.map { (2430...2600).contains($0.second) } ?? false, "\(String(describing: end))")
        #expect(seen.filter { $0.rung == .service }.count == 1, "the next one in an hour")
    }

    @Test func withoutALineAMuteModuleIsGivenUpAfterHalfAnHour() {
        let seen = mute(hardware: false, until: 1790)
        #expect(!seen.contains { $0.rung == .service || $0.rung == .hardware })
        let all = mute(hardware: false, until: 86400 * 3)
        let ends = all.filter { $0.rung == .service }.map(\.second)
        #expect(ends.count == 5 && (1800...1860).contains(ends[0]), "\(ends)")
        for (pair, least) in zip(zip(ends, ends.dropFirst()), [3600, 21600, 86400, 86400]) {
            #expect(pair.1 - pair.0 >= least)
        }
    }

    @Test func sameSeedSamePauses() {
        func pauses(_ seed: UInt64) -> [Duration] {
            var ladder = RecoveryLadder(seed: seed)
            return (0..<20).map { _ in ladder.next(Failure(.path), now: .zero).after }
        }
        #expect(pauses(1) == pauses(1))
        #expect(pauses(1) != pauses(2))
    }
}
