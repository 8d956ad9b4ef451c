import BridgeTestKit
import Glibc
import LinuxIO
import Testing

@Suite(.serialized) struct SignalSourceTests {
    @Test func signalsArriveOnTheLoop() throws {
        let loop = try EventLoop()
        var seen: [Int32] = []
        let source = try SignalSource([SIGUSR1, SIGUSR2], loop: loop) { seen.append($0) }
        raise(SIGUSR2)
        raise(SIGUSR1)
        #expect(seen.isEmpty)
        #expect(runLoop(loop) { seen.count == 2 })
        #expect(Set(seen) == [SIGUSR1, SIGUSR2])
        source.close()
    }

    @Test func aHandlerMayCloseTheSource() throws {
        let loop = try EventLoop()
        var seen: [Int32] = []
        var source: SignalSource?
        source = try SignalSource([SIGUSR1, SIGUSR2], loop: loop) {
            seen.append($0)
            source?.close()
            source = nil
        }
        raise(SIGUSR1)
        raise(SIGUSR2)
        #expect(runLoop(loop) { !seen.isEmpty })
        #expect(seen.count == 1)
    }

    @Test func closingRestoresTheMaskAndDropsWhatWaits() throws {
        let loop = try EventLoop()
        // A test's thread may have all signals blocked.
        var (unblocked, original) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&unblocked)
        unsafe sigaddset(&unblocked, SIGUSR1)
        unsafe pthread_sigmask(SIG_UNBLOCK, &unblocked, &original)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &original, nil) }
        let source = try SignalSource([SIGUSR1], loop: loop) { _ in }
        #expect(isBlocked(SIGUSR1))
        raise(SIGUSR1)
        // Were it still waiting, it would end this process here.
        source.close()
        #expect(!isBlocked(SIGUSR1))
    }

    @Test func aNumberThatIsNoSignalIsRefused() throws {
        let loop = try EventLoop()
        #expect(throws: SystemError("sigaddset", "4711", code: EINVAL)) {
            _ = try SignalSource([4711], loop: loop) { _ in }
        }
    }

    private func isBlocked(_ signal: Int32) -> Bool {
        var set = sigset_t()
        unsafe pthread_sigmask(SIG_BLOCK, nil, &set)
        return unsafe sigismember(&set, signal) == 1
    }
}
