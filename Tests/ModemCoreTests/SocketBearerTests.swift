import ATProtocol
import ModemCore
import Testing

/// A connection that fails on a GSM module: because of its bearer, or of the way behind it (Quectel GSM TCP/IP guide 3, 7).
@Suite struct SocketBearerTests {
    /// No connection comes about: `CONNECT FAIL` leaves this state, and `AT+QIDEACT` takes so long. The commands and the
    /// time until one that begins like this.
    private func fails(
        _ harness: LinkHarness, leaving state: String, release: Duration, until end: String
    ) -> (lines: [String], time: Duration) {
        let since = harness.now
        for _ in 0..<2000 {
            let line = harness.outstanding ?? ""
            if line.hasPrefix(end) { break }
            if line.hasPrefix("AT+QIOPEN") {
                harness.complete(GoodModule.ok)
                harness.sockets.state = state
                harness.urc(.outcome(.connectFail(state: nil)))
            } else {
                if line == "AT+QIDEACT" { harness.pass(release) }
                if line == "AT+CFUN=0" { harness.sockets.state = "IP INITIAL" }
                harness.behave()
            }
        }
        #expect(harness.violations == [])
        return (harness.take(), harness.now - since)
    }

    private func broken() -> LinkHarness {
        let harness = SocketLinkTests.online(.quectelGSM)
        harness.sockets.state = "IP CLOSE"
        harness.urc(.closed)
        return harness
    }

    /// Guide 3: after `CONNECT FAIL` the state is asked for; any but TCP CONNECTING means that the bearer did not come up.
    @Test func theStateTellsTheBearerFromThePath() {
        let bearer = broken()
        let lines = fails(bearer, leaving: "IP CONFIG", release: .seconds(3), until: "AT+QIDEACT").lines
        #expect(lines.suffix(2) == ["AT+QISTAT", "AT+QIDEACT"])
        #expect(bearer.reported("(STATE: IP CONFIG); next: PDP context, now"))
        let path = broken()
        let opened = fails(path, leaving: "TCP CONNECTING", release: .seconds(3), until: "AT+QICLOSE").lines
        #expect(!opened.contains("AT+QIDEACT"))
        #expect(path.reported("(STATE: TCP CONNECTING); next: TCP link"))
    }

    /// A bearer that is released in time and does not come up: the ladder of the context.
    @Test func aBearerThatDoesNotComeUp() {
        let harness = broken()
        let (lines, time) = fails(harness, leaving: "IP CONFIG", release: .seconds(3), until: "AT+CFUN=0")
        #expect(lines.count { $0 == "AT+QIDEACT" } == 4)
        #expect(time < .seconds(30), "\(time)")
        let rest = fails(harness, leaving: "IP CONFIG", release: .seconds(3), until: "AT+CFUN=1,1")
        #expect(rest.time < .seconds(120), "\(rest.time)")
        #expect(harness.behave(until: { $0.isOnline }))
    }

    /// Guide 7: 2 to 5 s are usual. One that takes longer is not tried again and again.
    @Test func aBearerThatIsSlowToRelease() {
        let harness = broken()
        let (lines, time) = fails(harness, leaving: "IP CONFIG", release: .seconds(37), until: "AT+CFUN=0")
        #expect(lines.count { $0 == "AT+QIDEACT" } == 1)
        #expect(time < .seconds(45), "\(time)")
        let rest = fails(harness, leaving: "IP CONFIG", release: .seconds(37), until: "AT+CFUN=1,1")
        #expect(rest.time < .seconds(60), "\(rest.time)")
        let later = fails(harness, leaving: "IP CONFIG", release: .seconds(37), until: "AT+CFUN=1,1")
        #expect(later.time < .seconds(60), "it has just been given")
        #expect(harness.behave(until: { $0.isOnline }))
    }

    /// No answer to `AT+QIOPEN` in time is treated like `CONNECT FAIL` (guide 3).
    @Test func noOutcome() {
        let harness = broken()
        harness.go(to: "AT+QIOPEN")
        harness.complete(GoodModule.ok)
        harness.sockets.state = "IP GPRSACT"
        #expect(harness.behave(until: { $0.outstanding == "AT+QISTAT" }))
        harness.behave()
        #expect(harness.outstanding == "AT+QIDEACT")
    }

    /// Guide 7: one minute at most, then the module is restarted.
    @Test func aReleaseThatDoesNotEnd() {
        let harness = broken()
        _ = fails(harness, leaving: "IP CONFIG", release: .zero, until: "AT+QIDEACT")
        #expect(ATCommand.qideact.timeout == .seconds(60))
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronised()
        #expect(harness.outstanding == "AT+CFUN=1,1")
    }
}
