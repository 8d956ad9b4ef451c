import LinuxIO
import PrivateBroker
import Testing

@testable import BridgeRuntime

@Suite struct ResetRunnerTests {
    private func run(
        _ command: String, limit: Duration = .seconds(60)
    ) throws -> (succeeded: Bool, reason: String, log: LogRecorder)? {
        let loop = try EventLoop()
        let recorder = LogRecorder()
        let runner = ResetRunner(command: command, loop: loop, log: recorder.log(), limit: limit)
        var outcome: (Bool, String)?
        runner.run { outcome = ($0, $1) }
        runLoop(loop) { outcome != nil }
        return outcome.map { ($0, $1, recorder) }
    }

    @Test func successIsSuccess() throws {
        let outcome = try #require(try run("echo out; echo err >&2; exit 0"))
        #expect(outcome.succeeded)
        #expect(outcome.log.count("reset command: out") == 1)
        #expect(outcome.log.count("reset command: err") == 1)
    }

    @Test func failureGivesTheReason() throws {
        let outcome = try #require(try run("exit 3"))
        #expect(!outcome.succeeded)
        #expect(outcome.reason == "`exit 3`: exit status 3")
    }

    @Test func aCommandThatDoesNotExistFails() throws {
        let outcome = try #require(try run("/does/not/exist"))
        #expect(!outcome.succeeded)
    }

    @Test func oneThatHangsIsEnded() throws {
        let outcome = try #require(try run("sleep 600; exit 0", limit: .milliseconds(200)))
        #expect(!outcome.succeeded)
        #expect(outcome.reason.contains("took longer than 0.2 seconds"))
    }

    @Test func aChattyOneIsCutShort() throws {
        let outcome = try #require(try run("i=0; while [ $i -lt 500 ]; do echo line $i; i=$((i+1)); done"))
        #expect(outcome.succeeded)
        #expect(outcome.log.lines.count == 51)
    }

    @Test func oneAtATime() throws {
        let loop = try EventLoop()
        let runner = ResetRunner(command: "sleep 0.2", loop: loop, log: LogRecorder().log())
        var outcomes: [Bool] = []
        runner.run { succeeded, _ in outcomes.append(succeeded) }
        runner.run { succeeded, _ in outcomes.append(succeeded) }
        runLoop(loop) { outcomes.count == 2 }
        #expect(outcomes == [false, true])
    }
}
