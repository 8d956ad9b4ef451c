import BridgeTestKit
import GPIO
import Testing

@testable import BridgeRuntime

/// The pulse under virtual time, on a line that is none; what the library says of real ones is tested with the library.
@Suite struct ResetPulseTests {
    /// What was done with the line, and when.
    private final class FakeLine: OutputLine {
        let clock: ManualClock
        var log: [String] = []
        var failAt: String?

        init(_ clock: ManualClock) { self.clock = clock }

        func open() throws(GPIOError) -> any OutputLine {
            try note("open")
            return self
        }

        func set(active: Bool) throws(GPIOError) { try note(active ? "active" : "inactive") }

        func release() { try? note("release") }

        private func note(_ what: String) throws(GPIOError) {
            let milliseconds = clock.now / .milliseconds(1)
            log.append("\(Int(milliseconds)) \(what)")
            if failAt == what { throw .busy(chip: "/dev/gpiochip0", line: 17, consumer: "other") }
        }
    }

    private func reset(_ line: FakeLine, _ recorder: LogRecorder = LogRecorder(), pulse: Duration = .milliseconds(200))
        -> ResetPulse
    {
        ResetPulse(name: "gpiochip0:17", pulse: pulse, clock: line.clock, log: recorder.log()) {
            () throws(GPIOError) -> any OutputLine in try line.open()
        }
    }

    @Test(arguments: [200, 2000]) func activeForThePulse(milliseconds: Int) {
        let line = FakeLine(ManualClock())
        let reset = reset(line, pulse: .milliseconds(milliseconds))
        var outcomes: [Bool] = []
        reset.run { succeeded, _ in outcomes.append(succeeded) }
        #expect(line.log == ["0 open", "0 active"] && outcomes == [], "the loop goes on")
        reset.run { succeeded, reason in
            #expect(!succeeded && reason.contains("not over"))
        }
        line.clock.advance(by: .seconds(5))
        #expect(
            line.log == ["0 open", "0 active", "\(milliseconds) inactive", "\(milliseconds) release"])
        #expect(outcomes == [true])
        reset.run { succeeded, _ in outcomes.append(succeeded) }
        line.clock.advance(by: .seconds(5))
        #expect(outcomes == [true, true])
    }

    @Test(arguments: ["open", "active", "inactive"]) func failures(place: String) {
        let line = FakeLine(ManualClock())
        line.failAt = place
        var outcomes: [(Bool, String)] = []
        reset(line).run { outcomes.append(($0, $1)) }
        line.clock.advance(by: .seconds(1))
        #expect(outcomes.map(\.0) == [false])
        #expect(outcomes.first?.1.contains("in use by \"other\"") ?? false)
        #expect(place == "open" || line.log.last?.hasSuffix("release") ?? false, "never kept: \(line.log)")
    }

    @Test func theServiceEndsInTheMiddle() {
        let line = FakeLine(ManualClock())
        let reset = reset(line, pulse: .seconds(2))
        reset.run { _, _ in Issue.record("nobody waits for it any more") }
        line.clock.advance(by: .milliseconds(300))
        reset.serviceEnds()
        reset.serviceEnds()
        line.clock.advance(by: .seconds(5))
        #expect(line.log == ["0 open", "0 active", "300 inactive", "300 release"], "not left in reset")
    }

    @Test func atTheStartTheLineIsLetGoAndAProblemIsTold() {
        let line = FakeLine(ManualClock())
        let recorder = LogRecorder()
        reset(line, recorder).prepare()
        #expect(line.log == ["0 open", "0 release"] && recorder.lines.isEmpty)
        line.failAt = "open"
        reset(line, recorder).prepare()
        #expect(recorder.count("[module] reset gpio gpiochip0:17 cannot be used now", .warning) == 1)
    }
}
