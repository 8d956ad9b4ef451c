import ATProtocol
import ModemCore
import Testing

@Suite struct LinkStopTests {
    static let farewell = ["AT+MDISCONNECT", "AT+MIPCLOSE", "finished"]

    @Test func online() {
        let harness = LinkHarness.online()
        harness.stop()
        harness.complete(GoodModule.ok)
        harness.complete(GoodModule.cme(767))
        #expect(harness.take() == ["offline"] + Self.farewell)
        harness.stop()
        harness.portClosed()
        harness.synchronisationFailed()
        #expect(harness.take() == [])
        #expect(harness.violations == [])
    }

    @Test(arguments: LinkBringUpTests.introduction + LinkBringUpTests.session.filter { $0.hasPrefix("AT") })
    func during(line: String) {
        let harness = LinkHarness.at(line)
        harness.stop()
        #expect(harness.take() == [])
        harness.complete(CommandResult(final: .error))
        harness.complete(GoodModule.ok)
        harness.complete(GoodModule.ok)
        #expect(harness.take() == Self.farewell)
        #expect(harness.violations == [])
    }

    @Test(arguments: ["AT+MIPSTART", "AT+MCONNECT", "AT+MSUB"]) func whileAnOutcomeIsDue(line: String) {
        let harness = LinkHarness.at(line)
        harness.complete(GoodModule.ok)
        harness.stop()
        harness.urc(.outcome(.connackOK))
        harness.complete(GoodModule.ok)
        harness.complete(GoodModule.ok)
        #expect(harness.take() == Self.farewell)
    }

    @Test func unansweredFarewell() {
        let harness = LinkHarness.online()
        harness.stop()
        harness.complete(CommandResult(final: .timedOut))
        #expect(harness.take() == ["offline", "AT+MDISCONNECT", "finished"])
    }

    @Test(arguments: 0..<4) func somethingElseGoesWrong(what: Int) {
        let harness = LinkHarness.online()
        harness.stop()
        switch what {
        case 0: harness.portClosed()
        case 1: harness.synchronisationFailed()
        case 2: harness.publishTimedOut()
        default: harness.urc(.banner(kind: .ready))
        }
        #expect(harness.take() == ["offline", "AT+MDISCONNECT", "finished"])
    }

    @Test func restingBeforeANewTry() {
        let harness = LinkHarness.at("AT+MCONNECT")
        harness.complete(CommandResult(final: .error))
        harness.stop()
        #expect(harness.take() == ["AT+MDISCONNECT"])
    }

    /// With nothing to say farewell to, it is over at once.
    @Test(arguments: 0..<9) func atOnce(state: Int) {
        let harness: LinkHarness
        switch state {
        case 0: harness = LinkHarness(LinkHarness.settings())
        case 1:
            harness = LinkHarness(LinkHarness.settings())
            harness.start()
        case 2:
            harness = LinkHarness(LinkHarness.settings())
            harness.start()
            harness.portClosed()
        case 3:
            harness = LinkHarness(LinkHarness.settings())
            harness.start()
            harness.portOpened()
        case 4:
            harness = LinkHarness.at("AT+CPIN?")
            harness.complete(GoodModule.cme(14))
        case 5:
            harness = LinkHarness.online()
            harness.publishTimedOut()
        case 6:
            harness = LinkMuteTests.mute()
            harness.synchronisationFailed()
        case 7:
            harness = LinkMuteTests.mute { $0.hasHardwareReset = true }
            harness.synchronisationFailed()
        default:
            harness = LinkHarness(LinkHarness.settings())
            harness.start(record: 10)
            harness.portOpened()
        }
        _ = harness.take()
        harness.stop()
        #expect(harness.take() == ["finished"])
        #expect(harness.deadline == nil)
        #expect(harness.violations == [])
    }
}
