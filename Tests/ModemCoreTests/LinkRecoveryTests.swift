import ATProtocol
import ModemCore
import Testing

@Suite struct LinkRecoveryTests {
    static let losses: [URC] = [
        .pdpDeactivated, .cgev(.pdnDeactivated(cid: 1)), .cgev(.pdnDeactivated(cid: nil)), .cgev(.detached),
    ]

    @Test(arguments: losses) func contextLostOnline(urc: URC) {
        let harness = LinkHarness.online()
        harness.urc(urc)
        harness.urc(urc)
        harness.complete(GoodModule.result(of: "AT+CIPSHUT"))
        harness.complete(GoodModule.answer("+CGATT: 0"))
        harness.urc(urc)
        harness.expire()
        harness.complete(GoodModule.answer("+CGATT: 1"))
        harness.complete(GoodModule.ok)
        #expect(harness.take() == ["offline", "AT+CIPSHUT", "AT+CGATT?", "AT+CGATT?", "AT+CGACT=1,1", "AT+CGPADDR=1"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func theRungIsKnownUntilItHasHelped() {
        let harness = LinkHarness.online()
        #expect(harness.recovery == nil)
        harness.urc(.pdpDeactivated)
        #expect(harness.recovery == Recovery(rung: .context))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.recovery == nil)
        let failing = LinkHarness.at("AT+MIPSTART=\"broker.example\",\"1883\"")
        failing.complete(GoodModule.cme(3))
        #expect(failing.recovery?.rung == .link)
        #expect(failing.recovery?.reason?.contains("AT+MIPSTART was answered") ?? false)
    }

    @Test func lossOfAnotherContextMeansNothing() {
        let harness = LinkHarness.online()
        harness.urc(.cgev(.pdnDeactivated(cid: 2)))
        harness.urc(.cgev(.pdnActivated(cid: 1)))
        #expect(harness.take() == [])
    }

    /// During each command: those before the context take no notice, the others end first.
    @Test(arguments: LinkBringUpTests.introduction + LinkBringUpTests.session.filter { $0.hasPrefix("AT") })
    func contextLostDuring(line: String) {
        let harness = LinkHarness.at(line)
        harness.urc(.pdpDeactivated)
        harness.urc(.cgev(.detached))
        #expect(harness.take() == [])
        harness.complete(GoodModule.result(of: line))
        let needsIt = LinkBringUpTests.session.contains(line)
        #expect((harness.outstanding == "AT+CIPSHUT") == needsIt, "\(line)")
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test(arguments: ["AT+MIPSTART", "AT+MCONNECT", "AT+MSUB"]) func contextLostWhileAnOutcomeIsDue(line: String) {
        let harness = LinkHarness.at(line)
        harness.complete(GoodModule.ok)
        harness.urc(.pdpDeactivated)
        harness.urc(.pdpDeactivated)
        #expect(harness.take() == ["AT+CIPSHUT"])
    }

    @Test func contextLostWhileResting() {
        let harness = LinkHarness.at("AT+MCONNECT")
        harness.complete(CommandResult(final: .error))
        harness.urc(.pdpDeactivated)
        harness.expire()
        #expect(harness.take() == ["AT+CIPSHUT"])
    }

    @Test func contextLostWhileResynchronising() {
        let harness = LinkHarness.online()
        harness.expire()
        harness.complete(CommandResult(final: .timedOut))
        harness.urc(.pdpDeactivated)
        harness.synchronised()
        #expect(harness.take() == ["AT+MQTTSTATU", "offline", "AT+CIPSHUT"])
    }

    @Test func spareContextThenRadio() {
        let harness = LinkHarness.online { $0.accessPoint = .init(name: "cmnet") }
        harness.urc(.pdpDeactivated)
        harness.go(to: "AT+CGACT=1,1")
        _ = harness.take()
        harness.complete(CommandResult(final: .error))
        harness.complete(GoodModule.ok)
        harness.complete(GoodModule.ok)
        #expect(harness.take() == ["AT+CGDCONT=5,\"IP\",\"cmnet\"", "AT+CGACT=1,5", "AT+CIPMUX=0"])
        #expect(harness.behave(until: { $0.isOnline }))
        harness.urc(.cgev(.pdnDeactivated(cid: 1)))
        #expect(harness.isOnline)
        harness.urc(.cgev(.pdnDeactivated(cid: 5)))
        #expect(!harness.isOnline)
        harness.go(to: "AT+CGACT=1,1")
        harness.complete(CommandResult(final: .error))
        harness.complete(CommandResult(final: .error))
        harness.expire()
        #expect(harness.outstanding == "AT+CFUN=0")
    }

    /// What may be the module's own fault is tried once; then the broker is waited for, and nothing is worn out.
    @Test func brokerThatIsNotThereForDays() {
        let harness = LinkHarness(LinkHarness.settings { $0.hasHardwareReset = true })
        harness.start()
        var rungs: [String] = []
        var counts: [String: Int] = [:]
        while harness.now < .seconds(3 * 86400 - 3600), harness.violations.isEmpty {
            harness.behave { $0.hasPrefix("AT+MIPSTART") ? CommandResult(final: .error) : GoodModule.result(of: $0) }
            for line in harness.take() {
                if line.hasPrefix("AT+MIPSTART") { counts["dial", default: 0] += 1 }
                guard ["AT+CIPSHUT", "AT+CFUN=0", "AT+RESET", "reset hardware"].contains(line) else { continue }
                counts[line, default: 0] += 1
                if !rungs.contains(line) { rungs.append(line) }
            }
        }
        #expect(rungs == ["AT+CIPSHUT", "AT+CFUN=0", "AT+RESET"])
        #expect(counts["AT+RESET"] == 5, "at once, after 1 h, after 6 h, then one a day")
        #expect(counts["AT+CFUN=0", default: 0] <= 3 * 24 + 4)
        #expect(
            (3 * 1200...3 * 1800).contains(counts["dial", default: 0]), "a call a minute, not one a second: \(counts)")
        #expect(harness.gaveUp == [])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    /// The network has lost us, and the connection with it: nothing but the wait for registration.
    @Test func connectionLostWithoutRegistration() {
        let harness = LinkHarness.online()
        harness.urc(.registration(domain: .cereg, status: 2))
        harness.expire()
        harness.complete(LinkOnlineTests.status(0))
        #expect(harness.take() == ["AT+MQTTSTATU", "offline", "AT+CPIN?"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    /// A module whose commands go unanswered again and again, although `AT` is: every rung, and then the service.
    @Test(arguments: [false, true]) func moduleThatDoesNotWork(hardware: Bool) throws {
        let harness = LinkHarness(LinkHarness.settings { $0.hasHardwareReset = hardware })
        harness.start()
        var seen: [String] = []
        while harness.gaveUp.isEmpty, harness.now < .seconds(86400), harness.violations.isEmpty {
            harness.behave {
                $0.hasPrefix("AT+MIPSTART") ? CommandResult(final: .timedOut) : GoodModule.result(of: $0)
            }
            for line in harness.take() where ["AT+CIPSHUT", "AT+CFUN=0", "AT+RESET", "reset hardware"].contains(line) {
                if !seen.contains(line) { seen.append(line) }
            }
        }
        #expect(seen == ["AT+CIPSHUT", "AT+CFUN=0", "AT+RESET"] + (hardware ? ["reset hardware"] : []))
        let end = try #require(harness.gaveUp.first)
        #expect(end > .seconds(2400) && end < .seconds(7200), "\(end)")
        #expect(harness.recovery?.rung == .service)
        #expect(harness.behave(until: { $0.isOnline }), "who is not stopped goes on")
        #expect(harness.violations == [])
    }

    /// A module that fell off the bus: the port's absence is answered by the hardware rung, and only by that.
    @Test(arguments: [false, true]) func portThatDoesNotComeBack(hardware: Bool) {
        let harness = LinkHarness.online { $0.hasHardwareReset = hardware }
        let began = harness.now
        harness.portClosed()
        var resets: [Duration] = []
        while harness.now < began + .seconds(3000), harness.violations.isEmpty {
            if harness.isOpening { harness.portClosed() }
            if harness.isResetting {
                resets.append(harness.now - began)
                harness.resetFinished(true)
            }
            harness.expire()
        }
        #expect(resets.count == (hardware ? 3 : 0))
        #expect(resets.first.map { $0 >= .seconds(90) && $0 < .seconds(91) } ?? !hardware)
        #expect(harness.gaveUp == [])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func modulesBannerInEveryState() {
        let lines = LinkBringUpTests.introduction + LinkBringUpTests.session.filter { $0.hasPrefix("AT") }
        for line in lines {
            let harness = LinkHarness.at(line)
            harness.urc(.banner(kind: .bootROM))
            harness.urc(.banner(kind: .ready))
            harness.urc(.banner(kind: .ready))
            #expect(harness.take() == ["sync 180"], "\(line)")
            harness.synchronised()
            // RDY again, 0.74 s later: this ATE0 will not be answered.
            harness.urc(.banner(kind: .ready))
            #expect(harness.take() == ["ATE0", "sync 180"])
            #expect(harness.behave(until: { $0.isOnline }))
            #expect(harness.violations == [])
        }
        let online = LinkHarness.online()
        online.echo()
        #expect(online.take() == ["offline", "sync 180"])
        #expect(!online.reported("echo is on again"), "`offline` has said it")
    }

    @Test func bannerWhileSynchronisingGivesMoreTimeOnce() {
        let harness = LinkHarness(LinkHarness.settings())
        harness.start()
        harness.portOpened()
        harness.urc(.banner(kind: .bootROM))
        harness.urc(.banner(kind: .ready))
        #expect(harness.take() == ["open", "sync 15", "sync 180"])
    }

    @Test func portGoneInEveryState() {
        let lines = LinkBringUpTests.introduction + LinkBringUpTests.session.filter { $0.hasPrefix("AT") }
        for line in lines + ["AT+MQTTSTATU"] {
            let harness = line == "AT+MQTTSTATU" ? LinkHarness.online() : LinkHarness.at(line)
            if line == "AT+MQTTSTATU" { harness.expire() }
            _ = harness.take()
            let wasOnline = harness.isOnline
            harness.urc(.pdpDeactivated)
            _ = harness.take()
            harness.portClosed()
            #expect(harness.take() == [], "\(line) \(wasOnline)")
            #expect(harness.deadline == harness.now + .milliseconds(250))
            for _ in 0..<3 {
                harness.expire()
                harness.portClosed()
            }
            harness.expire()
            harness.portOpened()
            harness.synchronised()
            #expect(harness.take() == ["open", "open", "open", "open", "sync 180", "ATE0"])
            // A loss noticed before the port went must not be acted on now.
            harness.complete(GoodModule.ok)
            #expect(harness.take() == ["AT+CMEE=1"])
            #expect(harness.behave(until: { $0.isOnline }))
            #expect(harness.violations == [])
        }
    }
}
