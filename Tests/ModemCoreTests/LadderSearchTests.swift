import Testing

@testable import ModemCore

/// The ladder, searched like the machine: every failure, use and pause in every state that can be come to. Whatever comes
/// before, a rung is at hand within a minute, none is above what its trouble allows, and restarts keep their spacing.
@Suite struct LadderSearchTests {
    /// The ladder, and what a bystander counts.
    private struct Node {
        var ladder: RecoveryLadder
        var now: Duration = .seconds(100)
        var uses: [Rung: (count: Int, last: Duration)] = [:]
        var isMuteSince: Duration?

        func spacingHolds(_ rung: Rung) -> Bool {
            guard let (count, last) = uses[rung] else { return true }
            let spacing = [0, 600, 1800, 3600]
            return now - last >= .seconds(spacing[min(count, 3)])
        }

        mutating func use(_ rung: Rung) {
            ladder.noteUse(rung, now: now)
            uses[rung] = ((uses[rung]?.count ?? 0) + 1, now)
        }

        var key: [Int] {
            let flags = Trouble.allCases.flatMap { trouble in
                [Rung.context, .radio, .restart, .hardware, .service].map {
                    ladder.allows($0, for: trouble, now: now) ? 1 : 0
                }
            }
            return [ladder.climbed.rawValue, isMuteSince.map { now - $0 >= .seconds(1800) ? 2 : 1 } ?? 0]
                + [Rung.restart, .hardware].map { min(uses[$0]?.count ?? 0, 3) } + flags
        }
    }

    private enum Event {
        case failure(Failure, limit: Rung), mute(wasRestarted: Bool), pass(Int), delivered, lasted
    }

    private static let events: [Event] =
        Trouble.allCases.filter { $0 != .mute }.map { .failure(Failure($0), limit: .service) }
        + [Rung.context, .radio, .restart, .hardware].map { .failure(Failure(.module, at: $0), limit: .service) }
        + [
            .failure(Failure(.path, at: .context), limit: .service),
            .failure(Failure(.context, at: .radio), limit: .service),
            .failure(Failure(.path), limit: .link), .failure(Failure(.path, at: .session), limit: .service),
            .mute(wasRestarted: false), .mute(wasRestarted: true), .pass(60), .pass(601), .pass(3601), .pass(86401),
            .delivered, .lasted,
        ]

    @Test(arguments: [false, true]) func everyFailureInEveryState(hardware: Bool) {
        var problems: [String] = []
        var known: Set<[Int]> = []
        var level = [Node(ladder: RecoveryLadder(seed: 3, hasHardwareReset: hardware))]
        var followed = 0
        for _ in 0..<5 {
            var next: [Node] = []
            for node in level {
                for event in Self.events {
                    // A budget of four is used up by four of the same.
                    for times in [1, 5] {
                        var after = node
                        for _ in 0..<times {
                            followed += 1
                            if let problem = Self.run(event, on: &after, hardware), problems.count < 10 {
                                problems.append(problem)
                            }
                        }
                        if known.insert(after.key).inserted { next.append(after) }
                    }
                }
            }
            level = next
        }
        print("ladder: \(known.count) states, \(followed) events followed, \(level.count) at the end")
        #expect(problems == [])
        #expect(known.count > 100)
    }

    private static func run(_ event: Event, on node: inout Node, _ hardware: Bool) -> String? {
        let chosen: Rung
        switch event {
        case .pass(let seconds):
            node.now += .seconds(seconds)
            return nil
        case .delivered:
            node.ladder.delivered(now: node.now)
            (node.uses, node.isMuteSince) = ([:], nil)
            return nil
        case .lasted:
            node.ladder.lasted()
            return nil
        case .mute(let wasRestarted):
            let since = node.isMuteSince ?? node.now
            node.isMuteSince = since
            guard let rung = node.ladder.mute(wasRestarted: wasRestarted, since: since, now: node.now) else {
                return nil
            }
            guard rung >= .restart else { return "\(rung) of a mute module" }
            // Not heard: it does not count, but what counts holds it off.
            if rung == .restart { return node.spacingHolds(rung) ? nil : "a blind restart too soon" }
            chosen = rung
        case .failure(let failure, let limit):
            node.isMuteSince = nil
            let next = node.ladder.next(failure, limit: limit, now: node.now)
            if next.after > .seconds(60) || next.after < .zero { return "a pause of \(next.after)" }
            if next.rung > max(min(failure.trouble.rule.top, limit), failure.rung) {
                return "\(failure) led to \(next.rung)"
            }
            if next.rung == .service, failure.trouble != .module { return "\(failure) ended the service" }
            chosen = next.rung
        }
        if chosen == .hardware, !hardware { return "a hardware reset, and there is none" }
        if chosen == .restart || chosen == .hardware, !node.spacingHolds(chosen) { return "\(chosen) too soon" }
        node.use(chosen)
        return nil
    }
}
