import ATProtocol
import ModemCore
import Testing

@Suite struct LinkCardTests {
    static let pinWanted = GoodModule.answer("+CPIN: SIM PIN")

    @Test func pinOnceAndNeverAgain() {
        let harness = LinkHarness.at("AT+CPIN?") { $0.pin = "1234" }
        harness.complete(Self.pinWanted)
        #expect(harness.take() == ["AT+CPIN=\"1234\""])
        harness.complete(GoodModule.cme(16))
        #expect(harness.take() == ["PIN refused"])
        #expect(harness.deadline == harness.now + .seconds(60))
        for _ in 0..<20 {
            harness.expire()
            harness.complete(Self.pinWanted)
        }
        harness.urc(.banner(kind: .ready))
        harness.go(to: "AT+CPIN?")
        harness.complete(Self.pinWanted)
        #expect(!harness.take().contains { $0.hasPrefix("AT+CPIN=") || $0 == "PIN refused" })
        #expect(harness.violations == [])
    }

    @Test func acceptedPINIsSentAgainAfterARestartOnly() {
        let harness = LinkHarness.at("AT+CPIN?") { $0.pin = "1234" }
        harness.complete(Self.pinWanted)
        harness.complete(GoodModule.ok)
        for _ in 0..<5 {
            harness.expire()
            harness.complete(Self.pinWanted)
        }
        #expect(harness.take().filter { $0.hasPrefix("AT+CPIN=") }.count == 1)
        harness.urc(.banner(kind: .bootROM))
        harness.go(to: "AT+CPIN?")
        _ = harness.take()
        harness.complete(Self.pinWanted)
        #expect(harness.take() == ["AT+CPIN=\"1234\""])
    }

    @Test func acceptedPINAndTheCardDoesNotGetReady() {
        let harness = LinkHarness.at("AT+CPIN?") { $0.pin = "1234" }
        harness.complete(Self.pinWanted)
        harness.complete(GoodModule.ok)
        harness.expire()
        harness.complete(Self.pinWanted)
        harness.pass(.seconds(121))
        harness.expire()
        harness.complete(Self.pinWanted)
        #expect(harness.outstanding == "AT+CFUN=0")
        harness.go(to: "AT+CPIN?")
        harness.complete(Self.pinWanted)
        #expect(harness.outstanding == "AT+CPIN=\"1234\"", "the card starts anew")
    }

    @Test func unansweredPINIsTriedOnceMore() {
        let harness = LinkHarness.at("AT+CPIN?") { $0.pin = "1234" }
        for _ in 0..<2 {
            harness.complete(Self.pinWanted)
            #expect(harness.outstanding == "AT+CPIN=\"1234\"")
            harness.complete(CommandResult(final: .timedOut))
            harness.go(to: "AT+CPIN?")
        }
        _ = harness.take()
        harness.complete(Self.pinWanted)
        #expect(harness.take() == ["PIN refused"])
    }

    @Test func noPINConfigured() {
        let harness = LinkHarness.at("AT+CPIN?")
        harness.complete(Self.pinWanted)
        #expect(harness.take() == [])
        #expect(harness.lastReport.contains("set [module] pin_file"))
        #expect(harness.deadline == harness.now + .seconds(30))
    }

    @Test(arguments: [
        (GoodModule.cme(14), Duration.seconds(1), ""), (GoodModule.cme(10), .seconds(10), "no SIM card"),
        (GoodModule.cme(13), .seconds(5), "AT+CPIN? was answered"),
        (GoodModule.answer("+CPIN: SIM PUK"), .seconds(60), "unlock it in a phone"),
        (GoodModule.answer("+CPIN: SIM REMOVED 0"), .seconds(10), "no SIM card"),
    ])
    func waitsForTheCard(result: CommandResult, delay: Duration, report: String) {
        let harness = LinkHarness.at("AT+CPIN?")
        harness.complete(result)
        #expect(harness.take() == [])
        #expect(harness.deadline == harness.now + delay)
        #expect(report.isEmpty || harness.lastReport.contains(report))
        let said = harness.reports.count
        harness.expire()
        harness.complete(result)
        #expect(harness.reports.count == said, "said once")
        harness.expire()
        #expect(harness.take() == ["AT+CPIN?", "AT+CPIN?"])
        harness.complete(GoodModule.answer("+CPIN: READY"))
        #expect(harness.take() == ["AT+CGEREP=1"])
    }

    @Test func aCardThatIsNotReadyAtOnceIsNoErrorYet() {
        let harness = LinkHarness.at("AT+CPIN?")
        func ask() {
            harness.complete(GoodModule.cme(4))
            harness.expire()
        }
        let before = harness.reports.count
        for _ in 0..<3 { ask() }
        #expect(harness.reports.count == before + 1 && harness.reports.last?.level == .info)
        #expect(harness.lastReport.contains("AT+CPIN? was answered +CME ERROR: 4, as is usual"))
        for _ in 0..<6 { ask() }
        #expect(harness.reports.count == before + 2 && harness.reports.last?.level == .error)
        #expect(harness.lastReport == "AT+CPIN? was answered +CME ERROR: 4")
    }

    @Test(arguments: [(14, 121), (13, 121), (10, 301)]) func staysBadForLong(code: Int, seconds: Int) {
        let harness = LinkHarness.at("AT+CPIN?")
        harness.complete(GoodModule.cme(code))
        harness.pass(.seconds(seconds))
        harness.expire()
        harness.complete(GoodModule.cme(code))
        #expect(harness.take() == ["AT+CPIN?", "AT+CFUN=0"])
        #expect(harness.behave(until: { $0.isOnline }))
    }

    @Test func removedWhileOnline() {
        let harness = LinkHarness.online()
        // In the order of a real removal: PDN, detach, card, detach again (module-behaviour 2).
        harness.urc(.cgev(.pdnDeactivated(cid: 1)))
        harness.urc(.cgev(.detached))
        #expect(harness.take() == ["offline", "AT+CIPSHUT"])
        harness.urc(.simRemoved)
        harness.complete(GoodModule.result(of: "AT+CIPSHUT"))
        #expect(harness.take() == ["AT+CFUN=0"])
        harness.go(to: "AT+CPIN?")
        harness.complete(GoodModule.cme(10))
        harness.urc(.cgev(.detached))
        #expect(harness.deadline == harness.now + .seconds(10))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }
}
