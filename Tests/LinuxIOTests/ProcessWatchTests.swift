import BridgeTestKit
import Glibc
import LinuxIO
import Testing

struct ProcessWatchTests {
    @Test func theEndOfAProcessIsToldOnce() throws {
        let loop = try EventLoop()
        let child = try ChildProcess(ChildProcess.Options("sleep", ["60"]), loop: loop)
        var ends = 0
        let watch = try ProcessWatch(child.pid, loop: loop) { ends += 1 }
        #expect(!runLoop(loop, limit: .milliseconds(50)) { ends > 0 })
        child.signal(SIGKILL)
        #expect(runLoop(loop) { ends > 0 && child.exitStatus != nil })
        runLoop(loop, limit: .milliseconds(20)) { false }
        #expect(ends == 1)
        watch.close()
    }

    @Test func aClosedWatchIsSilent() throws {
        let loop = try EventLoop()
        let child = try ChildProcess(ChildProcess.Options("sleep", ["60"]), loop: loop)
        var ends = 0
        try ProcessWatch(child.pid, loop: loop) { ends += 1 }.close()
        child.signal(SIGKILL)
        #expect(runLoop(loop) { child.exitStatus != nil })
        #expect(ends == 0)
    }

    @Test func aProcessThatIsGoneIsAnError() throws {
        let loop = try EventLoop()
        let child = try ChildProcess(ChildProcess.Options("true"), loop: loop)
        #expect(runLoop(loop) { child.exitStatus != nil })
        #expect(throws: SystemError("pidfd_open", "\(child.pid)", code: ESRCH)) {
            _ = try ProcessWatch(child.pid, loop: loop) {}
        }
    }
}
