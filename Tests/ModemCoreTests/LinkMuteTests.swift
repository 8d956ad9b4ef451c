import ATProtocol
import ModemCore
import Testing

@Suite struct LinkMuteTests {
    static func mute(_ change: (inout LinkSettings) -> Void = { _ in }) -> LinkHarness {
        let harness = LinkHarness.online(change)
        harness.expire()
        _ = harness.take()
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronisationFailed()
        return harness
    }

    @Test func oneTimeOutOneSyncABlindRestartThenTheHardware() {
        let harness = Self.mute { $0.hasHardwareReset = true }
        #expect(harness.take() == ["offline", "blind AT+RESET", "sync 40"])
        #expect(harness.reports.last?.text == "the module does not answer AT: sending AT+RESET blindly")
        harness.synchronisationFailed()
        #expect(harness.take() == ["reset hardware"])
        harness.resetFinished(true)
        #expect(harness.take() == ["sync 180"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func anyByteExtendsTheWait() {
        let harness = Self.mute { $0.hasHardwareReset = true }
        harness.bytes()
        harness.synchronisationFailed()
        #expect(harness.take() == ["offline", "blind AT+RESET", "sync 40", "sync 140"])
        harness.synchronisationFailed()
        #expect(harness.take() == ["reset hardware"])
    }

    @Test func answeredBlindRestart() {
        let harness = Self.mute()
        _ = harness.take()
        harness.synchronised()
        #expect(harness.take() == ["ATE0"])
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronisationFailed()
        #expect(harness.take() == [], "an answered restart counts: the next is due in 10 minutes")
        #expect(harness.deadline == harness.now + .seconds(30))
    }

    @Test func withoutAHardwareResetItIsAskedForEver() {
        let harness = Self.mute()
        harness.synchronisationFailed()
        #expect(harness.reported("no [module] reset is configured"))
        _ = harness.take()
        for _ in 0..<50 {
            harness.expire()
            harness.synchronisationFailed()
            harness.synchronisationFailed()
            #expect(harness.take() == ["sync 15", "blind AT+RESET", "sync 40"], "an unanswered reset does not count")
        }
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func hardwareResetsAreSpaced() {
        let harness = LinkHarness(LinkHarness.settings { $0.hasHardwareReset = true })
        harness.start()
        harness.portOpened()
        var resets: [Duration] = []
        while resets.count < 6, harness.now < .seconds(30000) {
            if harness.isResetting {
                resets.append(harness.now)
                harness.resetFinished(resets.count % 2 == 0)
            } else if harness.isSynchronising {
                harness.pass(.milliseconds(500) * harness.synchronisationAttempts)
                harness.synchronisationFailed()
            } else {
                harness.expire()
            }
        }
        let gaps = zip(resets, resets.dropFirst()).map { $1 - $0 }
        #expect(resets.first == .milliseconds(27500), "back within 60 s")
        for (gap, least) in zip(gaps, [600, 1800, 3600, 3600, 3600]) {
            #expect(gap >= .seconds(least) && gap < .seconds(least + 240))
        }
        #expect(harness.reported("the hardware reset failed"))
        #expect(harness.violations == [])
    }

    @Test func deliveredEndsTheSeries() {
        let harness = Self.mute()
        harness.synchronised()
        #expect(harness.behave(until: { $0.isOnline }))
        harness.delivered()
        harness.expire()
        _ = harness.take()
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronisationFailed()
        #expect(harness.take().contains("blind AT+RESET"))
    }

    @Test func usbPortGoesWithTheHardwareReset() {
        let harness = Self.mute { $0.hasHardwareReset = true }
        harness.synchronisationFailed()
        _ = harness.take()
        harness.portClosed()
        #expect(harness.take() == [])
        harness.resetFinished(true)
        harness.expire()
        harness.portOpened()
        #expect(harness.take() == ["open", "sync 180"])
        harness.synchronisationFailed()
        #expect(!harness.take().contains("reset hardware"), "the reset was counted")
    }

    @Test func restartWhosePortGoesIsCounted() {
        let harness = LinkHarness.online()
        var restarts = 0
        while harness.now < .seconds(1800) {
            if harness.outstanding == "AT+RESET" {
                restarts += 1
                restarts % 2 == 0 ? harness.portClosed() : harness.urc(.banner(kind: .poweredDown))
            }
            harness.behave { $0.hasPrefix("AT+MIPSTART") ? CommandResult(final: .error) : GoodModule.result(of: $0) }
            if harness.isOnline { harness.urc(.pdpDeactivated) }
        }
        #expect((1...3).contains(restarts), "\(restarts)")
        #expect(harness.violations == [])
    }

    /// However an `AT+RESET` shows that it was heard, it counts: the next is due in 10 minutes.
    @Test(arguments: 0..<4) func restartIsCounted(way: Int) {
        let harness = LinkHarness.online()
        harness.expire()
        harness.urc(.simRemoved)
        harness.go(to: "AT+CFUN=1")
        harness.complete(CommandResult(final: .error))
        #expect(harness.outstanding == "AT+RESET")
        switch way {
        case 0: harness.complete(GoodModule.ok)
        case 1: harness.urc(.banner(kind: .bootROM))
        case 2: harness.portClosed()
        default:
            harness.complete(CommandResult(final: .timedOut))
            harness.portClosed()
        }
        #expect(harness.behave(until: { $0.isSynchronising }))
        harness.synchronisationFailed()
        #expect(!harness.take().contains("blind AT+RESET"))
        #expect(harness.deadline == harness.now + .seconds(30))
    }

    // MARK: Data mode

    @Test func recordAtStartWithAHardwareReset() {
        let harness = LinkHarness(LinkHarness.settings { $0.hasHardwareReset = true })
        harness.start(record: 2000)
        harness.portOpened()
        #expect(harness.take() == ["open", "reset hardware"])
        harness.urc(.banner(kind: .ready))
        harness.portClosed()
        harness.resetFinished(true)
        #expect(harness.take() == ["clear record"])
        harness.expire()
        harness.portOpened()
        #expect(harness.take() == ["open", "sync 180"])
        #expect(harness.violations == [])
    }

    @Test(arguments: [false, true]) func recordAtStartIsFilled(resetFails: Bool) {
        let harness = LinkHarness(LinkHarness.settings { $0.hasHardwareReset = resetFails })
        harness.start(record: 2000)
        harness.portOpened()
        if resetFails { harness.resetFinished(false) }
        #expect(harness.take() == ["open"] + (resetFails ? ["reset hardware"] : []) + ["fill 2000"])
        for urc in LinkWalkTests.urcs { harness.urc(urc) }
        harness.echo()
        #expect(harness.take() == [], "nothing else is written before")
        harness.filled()
        harness.expire()
        #expect(harness.take() == ["clear record", "sync 15"])
        #expect(harness.violations == [])
    }

    @Test func slowLineIsWaitedFor() {
        let harness = LinkHarness(LinkHarness.settings())
        harness.start(record: 4100)
        harness.portOpened()
        #expect(harness.deadline == harness.now + .seconds(51))
        harness.expire()
        #expect(harness.take().last == "sync 15")
    }

    @Test func publishThatTimedOutInDataMode() {
        let harness = LinkHarness.online { $0.hasHardwareReset = true }
        harness.recorded(2000)
        harness.publishTimedOut()
        #expect(harness.take() == ["offline", "reset hardware"])
    }

    @Test(arguments: [false, true]) func muteWithARecord(hardware: Bool) {
        let harness = LinkHarness.online { $0.hasHardwareReset = hardware }
        harness.recorded(2000)
        harness.expire()
        _ = harness.take()
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronisationFailed()
        #expect(harness.take() == ["offline", hardware ? "reset hardware" : "fill 2000"], "no blind AT+RESET into it")
    }

    @Test func restartedModuleIsOutOfDataMode() {
        let harness = LinkHarness.online()
        harness.recorded(2000)
        harness.urc(.banner(kind: .ready))
        #expect(harness.take() == ["offline", "clear record", "sync 180"])
    }
}
