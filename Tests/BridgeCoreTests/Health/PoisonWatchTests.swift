import BridgeCore
import Testing

/// Poison is one message; weather is anybody's.
@Suite struct PoisonWatchTests {
    /// What happens, a second apart.
    private enum Step {
        /// Given, and acknowledged.
        case pass(Int64)
        /// Given, and failed after so many seconds, with or without a break.
        case fail(Int64, after: Int = 1, breaks: Bool = true, isWeather: Bool = false)
        /// The session ends with nothing under way.
        case breaks
        case refused(Int64)
    }

    /// Which messages were set aside, and who needs a witness at the end.
    private func run(_ steps: [Step]) -> (aside: [Int64], needsWitness: Int64?) {
        var watch = PoisonWatch()
        var now: Duration = .zero
        var aside: [Int64] = []
        for step in steps {
            now += .seconds(1)
            switch step {
            case .pass(let id):
                watch.given(id, now: now)
                watch.acknowledged(id)
            case .fail(let id, let after, let breaks, let isWeather):
                watch.given(id, now: now)
                now += .seconds(after)
                if watch.failed(id, now: now) { aside.append(id) }
                if breaks { watch.broke(isWeather: isWeather, now: now) }
            case .breaks: watch.broke(isWeather: false, now: now)
            case .refused(let id):
                watch.given(id, now: now)
                watch.finished(id)
            }
        }
        return (aside, watch.needsWitness)
    }

    @Test func threeFailuresAndAWitnessArePoison() {
        #expect(run([.fail(1), .fail(1), .pass(2), .fail(1)]).aside == [1])
        #expect(run([.fail(1), .pass(2), .fail(1), .fail(1)]).aside == [1])
        #expect(run([.fail(1, breaks: false), .fail(1), .pass(-2), .fail(1, breaks: false)]).aside == [1])
        // And the next one after it.
        let both: [Step] = [.fail(1), .fail(1), .pass(2), .fail(1), .fail(3), .fail(3), .pass(4), .fail(3)]
        #expect(run(both).aside == [1, 3])
    }

    @Test func afterTwoFailuresAWitnessIsNeeded() {
        #expect(run([.fail(1)]).needsWitness == nil)
        #expect(run([.fail(1), .fail(1)]).needsWitness == 1)
        #expect(run([.fail(1), .fail(1), .pass(2)]).needsWitness == nil)
        // Without one nothing is set aside, however often it fails.
        let alone = run(Array(repeating: .fail(1), count: 20))
        #expect(alone.aside.isEmpty && alone.needsWitness == 1)
    }

    @Test func weatherIsNotPoison() {
        #expect(run([.fail(1), .fail(1), .fail(2), .fail(1)]).aside.isEmpty, "the witness fails too")
        #expect(run([.fail(1), .fail(1), .fail(2), .pass(2), .fail(1), .fail(1)]).aside.isEmpty)
        #expect(run([.fail(1), .pass(1), .pass(2), .fail(1), .fail(1)]).aside.isEmpty, "it passed once")
        #expect(run([.fail(1), .pass(2), .breaks, .fail(1), .fail(1)]).aside.isEmpty, "a break without it")
        #expect(run([.fail(1), .fail(1, after: 6), .pass(2), .fail(1)]).aside.isEmpty, "too late to be its fault")
        #expect(run([.fail(1), .fail(1, isWeather: true), .pass(2), .fail(1)]).aside.isEmpty, "no network")
        #expect(run([.fail(1), .fail(1), .refused(1), .pass(2), .fail(1)]).aside.isEmpty)
    }

    /// Random links: of messages that fail by chance none is set aside unless chance looked like poison to the letter;
    /// one that always fails is, soon.
    @Test(arguments: 0..<50)
    func poisonIsFoundAndWeatherNever(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var watch = PoisonWatch()
        var now: Duration = .zero
        var queue = Array(1...300 as ClosedRange<Int64>)
        let poison = Set((1...5).map { _ in Int64.random(in: 1...300, using: &random) })
        var aside: [Int64] = []
        var steps = 0
        while !queue.isEmpty, steps < 20_000 {
            steps += 1
            now += .milliseconds(100)
            let id = watch.needsWitness == queue[0] ? -1 : queue[0]
            watch.given(id, now: now)
            // Breaks of the weather come late in most cases, and without a message under way.
            let isStorm = Int.random(in: 0..<20, using: &random) == 0
            if poison.contains(id) || isStorm {
                now += poison.contains(id) ? .seconds(1) : .seconds(Int.random(in: 6...20, using: &random))
                if watch.failed(id, now: now) {
                    aside.append(id)
                    queue.removeAll { $0 == id }
                }
                watch.broke(isWeather: false, now: now)
            } else {
                watch.acknowledged(id)
                queue.removeAll { $0 == id }
            }
        }
        #expect(queue.isEmpty, "seed \(seed)")
        #expect(Set(aside) == poison, "seed \(seed)")
    }
}
