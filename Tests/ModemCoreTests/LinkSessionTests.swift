import ATProtocol
import ModemCore
import Testing

@Suite struct LinkSessionTests {
    static let refused =
        "the broker refused the session (user, password, client id or rights; the module does not say which)"
    static let restart = ["AT+MDISCONNECT", "AT+MIPCLOSE"]

    @Test func emptyCredentialsRefused() {
        let harness = LinkHarness.at("AT+MCONFIG")
        for _ in 0..<4 { harness.complete(GoodModule.cme(765)) }
        #expect(
            harness.take() == [
                "AT+MCONFIG=\"box\"", "AT+MCONFIG=\"box\",\"box\",\"\"", "AT+MCONFIG=\"box\",\"box\",\"box\"",
                "AT+MDISCONNECT",
            ])
        harness.go(to: "AT+MCONFIG")
        #expect(harness.outstanding == "AT+MCONFIG=\"box\",\"\",\"\"")
    }

    @Test func willIsNeverLeftOut() {
        let harness = LinkHarness.at("AT+MCONFIG") {
            $0.will = MqttWill(topic: Array("w".utf8), message: Array("gone".utf8), qos: 0, retain: false)
        }
        harness.complete(GoodModule.cme(765))
        harness.complete(GoodModule.cme(765))
        let will = ",0,0,\"w\",\"gone\""
        #expect(
            harness.take() == ["AT+MCONFIG=\"box\",\"box\",\"\"" + will, "AT+MCONFIG=\"box\",\"box\",\"box\"" + will])
        harness.complete(GoodModule.cme(765))
        #expect(harness.take() == ["AT+MDISCONNECT"])
    }

    @Test func configuredCredentialsAreNeverLeftOut() {
        let harness = LinkHarness.at("AT+MCONFIG") { $0.username = Array("me".utf8) }
        harness.complete(GoodModule.cme(765))
        #expect(harness.take() == ["AT+MDISCONNECT"])
        harness.go(to: "AT+MCONFIG")
        #expect(harness.outstanding == "AT+MCONFIG=\"box\",\"me\",\"\"")
    }

    @Test(arguments: [true, false]) func connectOutcomeBeforeAndAfterOK(early: Bool) {
        let harness = LinkHarness.at("AT+MIPSTART")
        if early { harness.urc(.outcome(.connectOK)) }
        #expect(harness.take() == [])
        harness.complete(GoodModule.ok)
        if !early {
            #expect(harness.take() == [])
            #expect(harness.deadline == harness.now + .seconds(10))
            harness.urc(.outcome(.connectOK))
        }
        #expect(harness.take() == ["AT+MCONNECT=0,120"])
    }

    /// The outcome comes while the module is asked whether it is still there.
    @Test(arguments: ["AT+MIPSTART", "AT+MCONNECT", "AT+MSUB"]) func outcomeDuringAttention(line: String) throws {
        for end in [Outcome.connectOK, .connectFail(state: nil)] {
            let harness = LinkHarness.at(line) { $0.acknowledgementTimeout = .seconds(60) }
            harness.complete(GoodModule.ok)
            harness.expire()
            #expect(harness.take() == ["AT"])
            let outcome = try #require(line == "AT+MIPSTART" ? end : GoodModule.outcome(of: line + "="))
            harness.urc(.outcome(outcome))
            #expect(harness.take() == [], "the command on the wire ends first")
            harness.complete(GoodModule.ok)
            let failed = outcome == .connectFail(state: nil)
            #expect(harness.reported("no TCP connection") == failed)
            #expect(!harness.take().isEmpty || failed)
            #expect(harness.behave(until: { $0.isOnline }))
            #expect(harness.violations == [])
        }
        let closed = LinkHarness.at(line) { $0.acknowledgementTimeout = .seconds(60) }
        closed.complete(GoodModule.ok)
        closed.expire()
        closed.urc(.closed)
        closed.complete(GoodModule.ok)
        #expect(closed.reported("closed the connection during") == (line != "AT+MIPSTART"))
        let silent = LinkHarness.at(line) { $0.acknowledgementTimeout = .seconds(60) }
        silent.complete(GoodModule.ok)
        silent.expire()
        silent.complete(CommandResult(final: .timedOut))
        silent.synchronisationFailed()
        #expect(silent.take().contains("blind AT+RESET"))
    }

    @Test(arguments: [0, 1, 2]) func alreadyConnected(order: Int) {
        let harness = LinkHarness.at("AT+MIPSTART")
        if order == 0 { harness.urc(.outcome(.alreadyConnect)) }
        harness.complete(order == 2 ? CommandResult(final: .text(Array("ALREADY CONNECT".utf8))) : GoodModule.ok)
        if order == 1 { harness.urc(.outcome(.alreadyConnect)) }
        #expect(harness.take() == ["AT+MDISCONNECT"])
        harness.go(to: "AT+MIPSTART")
        _ = harness.take()
        harness.complete(GoodModule.ok)
        harness.urc(.outcome(.alreadyConnect))
        #expect(harness.take() == ["AT+CIPSHUT"], "one retry, then the context")
    }

    @Test func alreadyConnectedAndNoOKAtAll() {
        let harness = LinkHarness.at("AT+MIPSTART")
        harness.urc(.outcome(.alreadyConnect))
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronised()
        #expect(harness.take() == ["AT+MDISCONNECT"])
    }

    @Test func connectFailSaysTheState() {
        let harness = LinkHarness.at("AT+MIPSTART")
        harness.complete(GoodModule.ok)
        harness.urc(.outcome(.connectFail(state: Array("IP CLOSED".utf8))))
        #expect(harness.take() == ["AT+MDISCONNECT"])
        #expect(harness.lastReport.contains("no TCP connection to broker.example:1883 (IP CLOSED)"))
    }

    @Test(arguments: ["AT+MIPSTART", "AT+MCONNECT", "AT+MSUB"]) func outcomeNeverComes(line: String) {
        let harness = LinkHarness.at(line)
        harness.complete(GoodModule.ok)
        let began = harness.now
        // Every 10 s AT finds out whether the module is still there.
        for _ in 0..<(line == "AT+MIPSTART" ? 5 : 0) {
            harness.expire()
            #expect(harness.take() == ["AT"])
            harness.complete(GoodModule.ok)
        }
        harness.expire()
        #expect(harness.now == began + .seconds(line == "AT+MIPSTART" ? 60 : 10))
        #expect(harness.take() == ["AT+MDISCONNECT"])
        // Too late: it belongs to nobody now.
        for outcome: Outcome in [.connectOK, .connackOK, .suback, .error(.error)] { harness.urc(.outcome(outcome)) }
        #expect(harness.take() == [])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test(arguments: [0, 1, 2, 3]) func refusedSession(way: Int) {
        let harness = LinkHarness.at("AT+MCONNECT")
        var pauses: [Duration] = []
        for _ in 0..<8 {
            switch way {
            case 0: harness.complete(CommandResult(final: .error))
            case 1: harness.complete(GoodModule.cme(3))
            case 2:
                harness.complete(GoodModule.ok)
                harness.urc(.outcome(.error(.error)))
            default:
                // CLOSED: the first may be the weather.
                harness.complete(GoodModule.ok)
                harness.urc(.closed)
                if pauses.isEmpty {
                    harness.go(to: "AT+MCONNECT")
                    harness.complete(GoodModule.ok)
                    harness.urc(.closed)
                }
            }
            #expect(harness.lastReport == Self.refused)
            pauses.append((harness.deadline ?? .zero) - harness.now)
            harness.go(to: "AT+MCONNECT")
        }
        #expect(pauses == [15, 30, 60, 120, 240, 480, 600, 600].map { .seconds($0) })
        #expect(!harness.take().contains { $0.hasPrefix("AT+CIPSHUT") || $0.hasPrefix("AT+CFUN") })
        #expect(harness.behave(until: { $0.isOnline }))
    }

    @Test func connectionGoneBeforeMCONNECT() {
        let harness = LinkHarness.at("AT+MCONNECT")
        harness.complete(GoodModule.cme(767))
        #expect(harness.take() == ["AT+MDISCONNECT"])
        #expect(!harness.reported(Self.refused))
    }

    @Test func refusedSubscription() {
        let harness = LinkHarness.at("AT+MSUB")
        harness.complete(GoodModule.ok)
        harness.urc(.outcome(.error(.error)))
        #expect(harness.take() == ["AT+MDISCONNECT"])
        #expect(harness.reported("subscription to site/cmd/# was refused"))
    }

    /// `ERROR`, an error line later, no UNSUBACK, no answer at all.
    @Test(arguments: 0..<4) func refusedUnsubscriptionIsNoReasonToStayOffline(way: Int) {
        let harness = LinkHarness.at("AT+MUNSUB") { $0.staleSubscriptions = [Array("old".utf8)] }
        harness.complete(CommandResult(final: way == 0 ? .error : way == 3 ? .timedOut : .ok))
        if way == 1 { harness.urc(.outcome(.error(.error))) }
        if way == 2 { harness.expire() }
        if way == 3 { harness.synchronised() }
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(!harness.take().contains { $0.hasPrefix("AT+MUNSUB") || $0.hasPrefix("unsubscribed") })
    }

    @Test func unsubscribedOnceOnly() {
        let harness = LinkHarness.online { $0.staleSubscriptions = [Array("old".utf8), Array("older".utf8)] }
        harness.urc(.pdpDeactivated)
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(!harness.take().contains { $0.hasPrefix("AT+MUNSUB") })
    }

    @Test func closedBeforeTheOKIsNotForgotten() {
        let harness = LinkHarness.at("AT+MSUB")
        harness.urc(.outcome(.suback))
        harness.urc(.closed)
        harness.complete(GoodModule.ok)
        #expect(harness.take() == ["AT+MDISCONNECT"])
    }

    @Test func closedOfAnEarlierConnectionMeansNothing() {
        let harness = LinkHarness.at("AT+MIPCLOSE")
        harness.urc(.closed)
        harness.complete(GoodModule.cme(767))
        harness.go(to: "AT+MIPSTART")
        harness.urc(.closed)
        #expect(harness.behave(until: { $0.isOnline }))
    }
}
