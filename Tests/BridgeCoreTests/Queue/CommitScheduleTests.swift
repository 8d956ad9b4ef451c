import BridgeCore
import Testing

/// When to write, and when the gate is open: case by case, and the order of stalls.
@Suite struct CommitScheduleTests {
    private func facts(_ change: (inout CommitSchedule.Facts) -> Void) -> CommitSchedule.Facts {
        var facts = CommitSchedule.Facts()
        facts.isLinkUp = true
        change(&facts)
        return facts
    }

    private func ms(_ count: Int64) -> Duration { .milliseconds(count) }

    /// What is decided at once, and when it is to be asked again.
    private struct Case {
        var name: String
        var change: (inout CommitSchedule.Facts) -> Void
        var commits = false
        var mayWrite = true
        var mayRead = true
        var deadline: Int64?
    }

    private let cases: [Case] = [
        Case(name: "nothing", change: { _ in }),
        Case(
            name: "held: no more is read", change: { $0.unsettled = 1 }, mayWrite: false, mayRead: false,
            deadline: 1000),
        Case(
            name: "behind a backlog reading goes on",
            change: { ($0.unsettled, $0.hasBacklog) = (1, true) }, mayWrite: false, deadline: 1000),
        Case(
            name: "with the link down reading goes on", change: { ($0.unsettled, $0.isLinkUp) = (1, false) },
            mayWrite: false, deadline: 1000),
        Case(
            name: "a refusal waits for the disk", change: { $0.hasNotes = true }, mayWrite: false, deadline: 1000),
        Case(
            name: "many bytes do not wait",
            change: { ($0.unsettled, $0.unsettledBytes, $0.isLinkUp) = (2, 300_000, false) }, commits: true,
            mayWrite: false, deadline: 0),
        Case(
            name: "the module must not idle for a commit",
            change: { ($0.unsettled, $0.isStarved) = (1, true) }, commits: true, mayWrite: false, mayRead: false,
            deadline: 0),
        Case(
            name: "inbound", change: { $0.inboundSince = .zero }, deadline: 150),
        Case(
            name: "inbound and held", change: { ($0.inboundSince, $0.unsettled) = (.zero, 1) }, mayWrite: false,
            mayRead: false, deadline: 150),
        Case(name: "removals wait", change: { $0.removals = 63 }, deadline: 2000),
        Case(name: "but not so many", change: { $0.removals = 64 }, commits: true, deadline: 0),
        Case(name: "small values wait", change: { $0.hasValues = true }, deadline: 2000),
        Case(
            name: "unless somebody waits for them", change: { ($0.isUrgent, $0.unsettled) = (true, 1) }, commits: true,
            mayWrite: false, mayRead: false, deadline: 0),
        Case(
            name: "and for what is held", change: { ($0.hasValues, $0.unsettled) = (true, 1) }, mayWrite: false,
            mayRead: false, deadline: 1000),
        Case(name: "entries wait long", change: { $0.ledgerEntries = 1023 }, deadline: 300_000),
        Case(name: "1024 do not", change: { $0.ledgerEntries = 1024 }, commits: true, deadline: 0),
        Case(
            name: "stopping", change: { ($0.unsettled, $0.isStopping) = (1, true) }, commits: true, mayWrite: false,
            mayRead: false, deadline: 0),
        Case(name: "a commit of reads", change: { $0.commit = .ofReads }, mayWrite: false, mayRead: false),
        Case(name: "a commit of other things", change: { $0.commit = .withoutReads }),
    ]

    @Test func everyCaseIsDecidedAsTheTableHasIt() {
        for entry in cases {
            var schedule = CommitSchedule()
            let decision = schedule.decide(facts(entry.change), now: .zero)
            #expect(decision.commits == entry.commits, "\(entry.name)")
            #expect(decision.mayWrite == entry.mayWrite, "\(entry.name)")
            #expect(decision.mayRead == entry.mayRead, "\(entry.name)")
            #expect(decision.deadline == entry.deadline.map(ms), "\(entry.name)")
        }
    }

    @Test func theIntervalRunsFromTheFirstReadSinceTheGateWasOpen() {
        var schedule = CommitSchedule()
        let held = facts { $0.unsettled = 1 }
        #expect(schedule.decide(held, now: ms(100)).deadline == ms(1100))
        #expect(schedule.decide(held, now: ms(900)).deadline == ms(1100))
        #expect(!schedule.decide(held, now: ms(1099)).commits)
        #expect(schedule.decide(facts { _ in }, now: ms(1099)).mayWrite)
        #expect(schedule.decide(held, now: ms(1150)).deadline == ms(2150))
        #expect(schedule.decide(held, now: ms(2150)).commits)
    }

    /// What is read on while something is held has its own interval; the gate has two.
    @Test func whatIsReadOnHasItsOwnInterval() {
        var schedule = CommitSchedule()
        func held(since: Int64) -> CommitSchedule.Facts {
            facts { ($0.unsettled, $0.unsettledSince, $0.isHungry) = (5, ms(since), true) }
        }
        schedule.read(5, now: .zero)
        #expect(schedule.decide(held(since: 0), now: .zero).deadline == ms(1000))
        schedule.read(5, now: ms(600))
        #expect(schedule.decide(held(since: 600), now: ms(700)).deadline == ms(1600))
        #expect(!schedule.decide(held(since: 600), now: ms(1599)).commits)
        #expect(schedule.decide(held(since: 600), now: ms(1600)).commits)
        #expect(schedule.decide(held(since: 1500), now: ms(1700)).deadline == ms(2000))
        #expect(schedule.decide(held(since: 1500), now: ms(2000)).commits)
        let noted = facts { ($0.unsettled, $0.unsettledSince, $0.hasNotes) = (5, ms(600), true) }
        #expect(schedule.decide(noted, now: ms(1000)).commits)
    }

    /// Until the module has enough, or the gate was closed for an interval, or three quarters of the window are read.
    @Test func moreIsReadWhileTheModuleIsHungry() {
        var schedule = CommitSchedule()
        let hungry = facts { ($0.unsettled, $0.isHungry) = (5, true) }
        schedule.read(20, now: .zero)
        #expect(schedule.decide(hungry, now: .zero).mayRead)
        #expect(!schedule.decide(facts { $0.unsettled = 5 }, now: ms(1)).mayRead)
        for isFed in [
            facts { ($0.unsettled, $0.isHungry, $0.inboundSince) = (5, true, ms(1)) },
            facts { ($0.unsettled, $0.isHungry, $0.isStopping) = (5, true, true) },
            facts { ($0.unsettled, $0.isHungry, $0.unsettledBytes) = (5, true, 256 << 10) },
            facts { ($0.unsettled, $0.isHungry, $0.commit) = (5, true, .ofReads) },
        ] { #expect(!schedule.decide(isFed, now: ms(2)).mayRead) }
        #expect(schedule.decide(hungry, now: ms(999)).mayRead)
        #expect(!schedule.decide(hungry, now: ms(1000)).mayRead)
        #expect(schedule.decide(facts { _ in }, now: ms(1001)).mayWrite)
        #expect(schedule.decide(hungry, now: ms(1002)).mayRead)
        schedule.read(47, now: ms(1002))
        #expect(schedule.decide(hungry, now: ms(1003)).mayRead)
        schedule.read(1, now: ms(1004))
        #expect(!schedule.decide(hungry, now: ms(1005)).mayRead)
        #expect(!schedule.decide(hungry, now: ms(1005)).commits)
    }

    @Test func aFullWindowIsCommittedAtOnceUnlessItIsHeld() {
        var schedule = CommitSchedule()
        schedule.read(64, now: .zero)
        #expect(!schedule.decide(facts { $0.unsettled = 64 }, now: .zero).commits)
        #expect(schedule.decide(facts { ($0.unsettled, $0.isLinkUp) = (64, false) }, now: .zero).commits)
        var other = CommitSchedule()
        other.read(63, now: .zero)
        #expect(!other.decide(facts { ($0.unsettled, $0.isLinkUp) = (63, false) }, now: .zero).commits)
    }

    /// One round of a broker that sends `count` messages and stalls; what is decided when they are read.
    private func round(_ schedule: inout CommitSchedule, _ count: Int, at now: Duration) -> Bool {
        schedule.read(count, now: now)
        let down = facts { ($0.unsettled, $0.isLinkUp) = (count, false) }
        let isFull = schedule.decide(down, now: now).commits
        if !isFull { #expect(schedule.decide(down, now: now + .seconds(1)).commits) }
        let end = isFull ? now : now + .seconds(1)
        _ = schedule.decide(facts { ($0.commit, $0.isLinkUp) = (.ofReads, false) }, now: end)
        _ = schedule.decide(facts { $0.isLinkUp = false }, now: end + ms(5))
        return isFull
    }

    @Test func aSmallerWindowOfTheBrokerIsLearned() {
        var schedule = CommitSchedule()
        var now: Duration = .zero
        for _ in 0..<4 {
            let isFull = round(&schedule, 5, at: now)
            #expect(!isFull || now == ms(3021))
            now += ms(1007)
        }
        #expect(round(&schedule, 5, at: now))
        #expect(!round(&schedule, 4, at: now + .seconds(2)))
        // More than that was never stalled at.
        #expect(round(&schedule, 8, at: now + .seconds(5)))
        #expect(!round(&schedule, 5, at: now + .seconds(8)))
        schedule.connected()
        #expect(!round(&schedule, 8, at: now + .seconds(10)))
    }

    @Test func aSlowTrickleIsNoStall() {
        var schedule = CommitSchedule()
        for second in 0..<100 { #expect(!round(&schedule, 1, at: .milliseconds(Int64(second) * 1100))) }
    }
}

extension CommitScheduleTests {
    /// Whatever happens: the gate is open only while nothing is unsettled, and what is unsettled has a time.
    @Test(arguments: 0..<20)
    func theGateIsNeverOpenOnWhatIsUnsettled(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var schedule = CommitSchedule()
        var now: Duration = .zero
        var unsettledSince: Duration?
        for _ in 0..<2000 {
            now += .milliseconds(Int64.random(in: 0...400, using: &random))
            if Int.random(in: 0..<3, using: &random) == 0 {
                schedule.read(Int.random(in: 1...20, using: &random), now: now)
            }
            var facts = CommitSchedule.Facts()
            facts.unsettled = max(Int.random(in: -10...10, using: &random), 0)
            facts.unsettledBytes = facts.unsettled * 100
            facts.hasNotes = Int.random(in: 0..<5, using: &random) == 0
            facts.isStarved = Int.random(in: 0..<9, using: &random) == 0
            facts.inboundSince = Bool.random(using: &random) ? now - .milliseconds(20) : nil
            facts.removals = Int.random(in: 0...80, using: &random)
            facts.hasValues = Bool.random(using: &random)
            facts.isLinkUp = Bool.random(using: &random)
            facts.isHungry = Bool.random(using: &random)
            facts.unsettledSince = Bool.random(using: &random) ? now - .milliseconds(30) : nil
            facts.hasBacklog = Bool.random(using: &random)
            facts.commit = [.none, .none, .withoutReads, .ofReads].randomElement(using: &random) ?? .none
            let decision = schedule.decide(facts, now: now)
            let isUnsettled = facts.unsettled > 0 || facts.hasNotes
            #expect(decision.mayWrite == (!isUnsettled && facts.commit != .ofReads), "seed \(seed)")
            unsettledSince = decision.mayWrite ? nil : unsettledSince ?? now
            guard facts.commit == .none else {
                #expect(!decision.commits && decision.deadline == nil, "seed \(seed)")
                continue
            }
            if isUnsettled, let unsettledSince {
                #expect(decision.deadline ?? .seconds(9999) <= max(now, unsettledSince + .seconds(2)), "seed \(seed)")
            }
            #expect(decision.commits == (decision.deadline.map { $0 <= now } ?? false), "seed \(seed)")
        }
    }
}
