import BridgeTestKit
import Glibc
import LinuxIO
import Synchronization
import Testing

@Suite struct EventLoopTests {
    let loop: EventLoop

    init() throws {
        loop = try EventLoop()
    }

    @Test func timersRunInTheOrderOfTheirTimesAndThenOfTheirMaking() {
        var order: [Int] = []
        let due = loop.now + .milliseconds(2)
        loop.schedule(at: due + .milliseconds(1)) { order.append(9) }
        for number in 0..<5 { loop.schedule(at: due) { order.append(number) } }
        loop.schedule(at: due - .milliseconds(1)) { order.append(-1) }
        #expect(runLoop(loop) { order.count == 7 })
        #expect(order == [-1, 0, 1, 2, 3, 4, 9])
    }

    @Test func timersAreNotEarly() {
        let start = loop.now
        var fired: Duration?
        loop.schedule(after: .milliseconds(3)) { [loop] in fired = loop.now }
        #expect(runLoop(loop) { fired != nil })
        #expect((fired ?? .zero) - start >= .milliseconds(3))
    }

    @Test func aCancelledTimerDoesNotRunEvenWhenDueInTheSameRound() {
        var ran: [String] = []
        let due = loop.now
        var second: EventLoop.TimerID?
        loop.schedule(at: due) { [loop] in
            ran.append("first")
            if let second { loop.cancel(second) }
        }
        second = loop.schedule(at: due) { ran.append("second") }
        loop.schedule(at: due) { ran.append("third") }
        #expect(runLoop(loop) { ran.contains("third") })
        #expect(ran == ["first", "third"])
    }

    @Test func cancellingReleasesWhatCancelsMore() {
        var ran = false
        var canceller: Canceller? = Canceller(loop)
        canceller?.id = loop.schedule(after: .zero) { ran = true }
        let outer = loop.schedule(after: .seconds(60)) { [canceller] in _ = canceller }
        canceller = nil
        loop.cancel(outer)
        var isLater = false
        loop.schedule(after: .milliseconds(1)) { isLater = true }
        #expect(runLoop(loop) { isLater })
        #expect(!ran)
    }

    @Test func aTimerThatIsAlwaysDueDoesNotStarveDescriptors() throws {
        let pipe = try Pipe()
        var isDone = false
        func again() {
            if !isDone { loop.schedule(at: .zero) { again() } }
        }
        again()
        try loop.watch(pipe.reading.raw, .readable) { _ in isDone = true }
        _ = try pipe.writing.write([1])
        #expect(runLoop(loop) { isDone })
        loop.unwatch(pipe.reading.raw)
    }

    @Test func whatCanBeReadIsReadBeforeAnOverdueTimerRuns() throws {
        let pipe = try Pipe()
        var order: [String] = []
        try loop.watch(pipe.reading.raw, .readable) { [loop] _ in
            order.append("bytes")
            loop.unwatch(pipe.reading.raw)
        }
        _ = try pipe.writing.write([1])
        loop.schedule(at: loop.now) { order.append("timer") }
        #expect(runLoop(loop) { order.count == 2 })
        #expect(order == ["bytes", "timer"])
    }

    @Test func workPostedByAnotherThreadRunsOnTheLoop() throws {
        let seen = Results()
        let thread = try Thread(loop) { loop in
            for _ in 0..<1000 {
                loop.post { seen.append(loop.isIsolatingCurrentContext() == true) }
            }
        }
        #expect(runLoop(loop) { seen.all.count == 1000 })
        thread.join()
        #expect(seen.all.allSatisfy { $0 })
    }

    @Test func aPostWakesALoopThatWaitsForNothingElse() throws {
        let thread = try Thread(loop) { loop in
            loop.post { loop.post { loop.stop() } }
        }
        loop.run()
        thread.join()
    }

    @Test func aHandlerMayUnwatchAnotherThatIsReadyToo() throws {
        let (first, second) = (try Pipe(full: true), try Pipe(full: true))
        var calls = 0
        let both = [first.reading.raw, second.reading.raw]
        for descriptor in both {
            try loop.watch(descriptor, .readable) { [loop] _ in
                calls += 1
                both.forEach(loop.unwatch)
            }
        }
        passSomeRounds()
        #expect(calls == 1)
        withExtendedLifetime((first, second)) {}
    }

    @Test func whatWasReadyUnderANumberIsNotReportedToItsNextUser() throws {
        let (first, second, quiet) = (try Pipe(full: true), try Pipe(full: true), try Pipe())
        var stale = 0
        var replaced = 0
        let both = [first.reading.raw, second.reading.raw]
        for (descriptor, other) in zip(both, both.reversed()) {
            try loop.watch(descriptor, .readable) { [loop] _ in
                both.forEach(loop.unwatch)
                replaced += 1
                // The other's number now means a pipe with nothing in it.
                dup2(quiet.reading.raw, other)
                try? loop.watch(other, .readable) { _ in stale += 1 }
                _ = descriptor
            }
        }
        passSomeRounds()
        #expect(replaced == 1)
        #expect(stale == 0)
        both.forEach(loop.unwatch)
        withExtendedLifetime((first, second)) {}
    }

    @Test func lostInterestHoldsForWhatIsAlreadyReady() throws {
        let (first, second) = (try Pipe(full: true), try Pipe(full: true))
        var calls = 0
        let both = [first.reading.raw, second.reading.raw]
        for descriptor in both {
            try loop.watch(descriptor, .readable) { [loop] _ in
                calls += 1
                for each in both { try? loop.setInterest(each, []) }
            }
        }
        passSomeRounds()
        #expect(calls == 1)
        both.forEach(loop.unwatch)
        withExtendedLifetime((first, second)) {}
    }

    @Test func eitherHangUpBitIsTheHangUp() throws {
        let pipe = try Pipe()
        var seen: EventLoop.Readiness?
        let raw = pipe.reading.raw
        try loop.watch(raw, .readable) { [loop] in
            seen = $0
            loop.unwatch(raw)
        }
        pipe.closeWriting()
        #expect(runLoop(loop) { seen != nil })
        #expect(seen?.contains(.hangUp) == true)
    }

    @Test func aStopBeforeTheRunHolds() {
        loop.stop()
        loop.run()
        var ran = false
        loop.schedule(after: .zero) { ran = true }
        #expect(runLoop(loop) { ran })
    }

    @Test func aConditionThatNeverHoldsEndsAtTheLimit() {
        #expect(!runLoop(loop, limit: .milliseconds(20)) { false })
        #expect(loop.now >= .milliseconds(20))
    }

    private func passSomeRounds() {
        var isLater = false
        loop.schedule(after: .milliseconds(5)) { isLater = true }
        #expect(runLoop(loop) { isLater })
    }
}

private final class Canceller {
    var id: EventLoop.TimerID?
    let loop: EventLoop

    init(_ loop: EventLoop) { self.loop = loop }

    deinit { if let id { loop.cancel(id) } }
}

private final class Results: Sendable {
    private let values = Mutex<[Bool]>([])

    func append(_ value: Bool) { values.withLock { $0.append(value) } }

    var all: [Bool] { values.withLock { $0 } }
}

private final class Pipe {
    let reading: OwnedDescriptor
    let writing: OwnedDescriptor

    init(full: Bool = false) throws {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        reading = OwnedDescriptor(owning: ends[0])
        writing = OwnedDescriptor(owning: ends[1])
        if full { _ = try writing.write([1]) }
    }

    /// Closes the pipe's writing end; the number goes on to name something that hangs up nothing.
    func closeWriting() {
        dup2(reading.raw, writing.raw)
    }
}
