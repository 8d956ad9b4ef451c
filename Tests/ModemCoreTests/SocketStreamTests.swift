import ATProtocol
import ModemCore
import Testing

/// The session over the stream: how it comes about, how it ends, and what that leads to.
@Suite struct SocketStreamTests {
    static let profiles = SocketLinkTests.profiles
    /// What closes the connection of a family.
    static func close(_ profile: ModuleProfile) -> String {
        switch profile.socket.dialect {
        case .cip: "AT+CIPCLOSE"
        case .qi: "AT+QICLOSE"
        case .bc260y: "AT+QICLOSE=0"
        }
    }

    static func state(_ profile: ModuleProfile) -> String {
        switch profile.socket.dialect {
        case .cip: "AT+CIPSTATUS"
        case .qi: "AT+QISTAT"
        case .bc260y: "AT+QISTATE=1,0"
        }
    }

    // MARK: The stage

    @Test func establishedWhileATIsOnTheWire() {
        let harness = SocketLinkTests.pending(.ec716s)
        harness.expire()
        #expect(harness.take() == ["AT"])
        harness.established()
        #expect(harness.take() == [])
        harness.complete(GoodModule.ok)
        #expect(harness.take() == ["online"])
        #expect(harness.violations == [])
    }

    @Test(arguments: profiles) func stageIsBounded(profile: ModuleProfile) {
        let harness = SocketLinkTests.pending(profile)
        let since = harness.now
        while harness.hasStream { harness.behave() }
        #expect(harness.now - since == .seconds(90))
        #expect(harness.reported("no MQTT session over the connection within 90 s"))
        harness.establishes = true
        #expect(harness.behave(until: { $0.isOnline }) && harness.violations == [])
    }

    @Test(arguments: [false, true]) func refused(whileATRuns: Bool) {
        let harness = SocketLinkTests.pending(.ec716s)
        if whileATRuns {
            harness.expire()
            _ = harness.take()
        }
        harness.sessionFailed(.refused("not authorised"))
        if whileATRuns { harness.complete(GoodModule.ok) }
        #expect(harness.take() == ["stream closed", "AT+CIPCLOSE"])
        harness.behave()
        #expect(harness.deadline == harness.now + .seconds(15), "a growing pause")
        #expect(harness.reported("the broker refused the session: not authorised"))
        for pause in [30, 60] {
            #expect(harness.behave(until: { $0.hasStream }))
            harness.sessionFailed(.tls("the certificate is for another name"))
            harness.behave()
            #expect(harness.deadline == harness.now + .seconds(pause))
        }
        harness.establishes = true
        #expect(harness.behave(until: { $0.isOnline }))
        harness.sessionFailed(.refused("not authorised"))
        #expect(harness.take().suffix(3) == ["stream closed", "offline", "AT+CIPCLOSE"])
        harness.behave()
        #expect(harness.deadline == harness.now + .seconds(15), "a session that stood ends the series")
        #expect(harness.violations == [])
    }

    /// The broker says why it closes, and closes: what it said may still lie in the module.
    @Test func lastWordsAreHeard() {
        let harness = SocketLinkTests.pending(.ec716s)
        harness.urc(.closed)
        #expect(harness.take() == [] && harness.hasStream)
        harness.established()
        #expect(!harness.isOnline)
        harness.sessionFailed(.refused("not authorised"))
        #expect(harness.reported("not authorised"))
        #expect(harness.take() == ["stream closed", "AT+CIPCLOSE"])
        #expect(harness.violations == [])
    }

    // MARK: Online

    @Test(arguments: profiles) func pollOfAStandingConnection(profile: ModuleProfile) {
        let harness = SocketLinkTests.online(profile)
        let since = harness.now
        harness.expire()
        #expect(harness.now == since + .seconds(10))
        #expect(harness.take() == [Self.state(profile)])
        harness.behave()
        #expect(harness.take() == [] && harness.isOnline)
        #expect(harness.deadline == harness.now + .seconds(10))
        harness.pass(.seconds(4))
        harness.delivered()
        #expect(harness.deadline == harness.now + .seconds(10))
    }

    @Test(arguments: profiles) func pollOfOneThatIsGone(profile: ModuleProfile) {
        let harness = SocketLinkTests.online(profile)
        harness.sockets.state = "IP CLOSE"
        harness.expire()
        harness.behave()
        #expect(harness.take().prefix(3) == [Self.state(profile), "stream closed", "offline"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    /// Whatever takes the connection away: the stream is closed before `offline`, and it comes back.
    @Test(arguments: profiles, 0..<9) func losses(profile: ModuleProfile, way: Int) {
        let harness = SocketLinkTests.online(profile) { $0.contextID = 1 }
        harness.sockets.state = "IP CLOSE"
        switch way {
        case 0: harness.urc(.closed)
        case 1: harness.urc(.pdpDeactivated)
        case 2: harness.urc(.cgev(.detached))
        case 3: harness.urc(.banner(kind: .ready))
        case 4: harness.urc(.socket(.tcpError(code: 14)))
        case 5: harness.portClosed()
        case 6: harness.publishTimedOut()
        case 7: harness.sessionFailed(.silent("no PINGRESP"))
        default: harness.sessionFailed(.broken("SEND FAIL"))
        }
        #expect(harness.take().prefix(2) == ["stream closed", "offline"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    /// The same while `CIPSTATUS` is on the wire: nothing is given before it ends.
    @Test(arguments: profiles, 0..<5) func lossesDuringAPoll(profile: ModuleProfile, way: Int) {
        let harness = SocketLinkTests.online(profile)
        harness.expire()
        _ = harness.take()
        switch way {
        case 0: harness.urc(.closed)
        case 1: harness.urc(.pdpDeactivated)
        case 2: harness.sessionFailed(.closed("DISCONNECT"))
        case 3: harness.sessionFailed(.broken("a frame was damaged"))
        default: harness.sessionFailed(.refused("not authorised"))
        }
        #expect(harness.take() == ["stream closed", "offline"])
        harness.complete(GoodModule.answer("STATE: CONNECT OK", "+QISTATE: 0,\"TCP\",\"h\",1,0,2,0,1"))
        #expect(!harness.isOnline)
        if way == 4 { #expect(harness.outstanding == Self.close(profile)) }
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    /// A closed connection is opened anew on the standing bearer; a lost bearer is released first.
    @Test func rungs() {
        let cip = SocketLinkTests.online(.ec716s)
        cip.sockets.state = "TCP CLOSED"
        cip.urc(.closed)
        #expect(cip.behave(until: { $0.isOnline }))
        let connect = "AT+CIPSTART=\"TCP\",\"broker.example\",1883"
        #expect(
            cip.take() == ["stream closed", "offline", "AT+CIPSTATUS", connect, "stream", "online"])
        cip.sockets.state = "PDP DEACT"
        cip.urc(.pdpDeactivated)
        #expect(cip.behave(until: { $0.isOnline }))
        #expect(
            cip.take() == [
                "stream closed", "offline", "AT+CIPSHUT", "AT+CGATT?", "AT+CGPADDR=1", "AT+CSQ",
                "AT+CIPSTATUS",
                "AT+CSTT", "AT+CIICR", "AT+CIFSR", connect, "stream", "online",
            ])
        let gsm = SocketLinkTests.online(.quectelGSM)
        gsm.urc(.pdpDeactivated)
        #expect(gsm.behave(until: { $0.isOnline }))
        #expect(
            gsm.take() == [
                "stream closed", "offline", "AT+QIDEACT", "AT+CGATT?", "AT+CSQ", "AT+QISTAT",
                "AT+QIOPEN=\"TCP\",\"broker.example\",\"1883\"", "stream", "online",
            ])
        let iot = SocketLinkTests.online(.bc260y)
        iot.urc(.cgev(.detached))
        #expect(iot.behave(until: { $0.isOnline }))
        #expect(
            iot.take() == [
                "stream closed", "offline", "AT+CGATT=0", "AT+CGATT=1", "AT+CGATT?", "AT+CGPADDR", "AT+CSQ",
                "AT+QICLOSE=0", "AT+QISTATE=1,0", "AT+QIOPEN=0,0,\"TCP\",\"broker.example\",1883", "stream",
                "online",
            ])
    }

    // MARK: Connections that fail

    @Test func tcpErrorInWords() {
        let harness = SocketLinkTests.harness(.ec716s)
        harness.start()
        harness.go(to: "AT+CIPSTART")
        harness.complete(GoodModule.ok)
        harness.urc(.socket(.tcpError(code: 11)))
        #expect(harness.deadline == harness.now + .seconds(5), "CONNECT FAIL follows, or nothing does")
        harness.urc(.outcome(.connectFail(state: Array("STATE: TCP CLOSED".utf8))))
        #expect(harness.reported("the host refused the connection (TCP ERROR 11)"))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test(arguments: ["STATE: PDP DEACT", "STATE: IP INITIAL"]) func failureOfTheBearer(state: String) {
        let harness = SocketLinkTests.harness(.ec716s)
        harness.start()
        harness.go(to: "AT+CIPSTART")
        harness.complete(GoodModule.ok)
        harness.urc(.outcome(.connectFail(state: Array(state.utf8))))
        #expect(harness.outstanding == "AT+CIPSHUT")
    }

    /// BC260Y-CN TCP/IP guide 3: the close comes first, and a port in use is left alone for 120 s.
    @Test(arguments: [
        (566, "the connection could not be made"), (565, "resolved"), (574, "the port is busy"),
    ])
    func errorNumbers(code: Int, words: String) {
        let harness = SocketLinkTests.harness(.bc260y)
        harness.start()
        harness.go(to: "AT+QIOPEN")
        harness.complete(GoodModule.ok)
        _ = harness.take()
        harness.urc(.outcome(.connectFail(state: Array("+QIOPEN: 0,\(code)".utf8))))
        #expect(harness.reported(words))
        if code == 574 {
            #expect(harness.deadline == harness.now + .seconds(120))
            harness.expire()
        }
        #expect(harness.take() == ["AT+QICLOSE=0"])
        #expect(harness.behave(until: { $0.isOnline }))
    }

    @Test func contextOfTheIoTModule() {
        let harness = SocketLinkTests.harness(.bc260y)
        harness.start()
        harness.go(to: "AT+QIOPEN")
        harness.complete(GoodModule.ok)
        harness.urc(.outcome(.connectFail(state: Array("570".utf8))))
        #expect(harness.outstanding == "AT+CGATT=0")
    }

    /// Quectel GSM TCP/IP guide 7, 9: no answer to QIDEACT calls for a restart.
    @Test func bearerThatDoesNotClose() {
        let harness = SocketLinkTests.online(.quectelGSM)
        harness.urc(.pdpDeactivated)
        _ = harness.take()
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronised()
        #expect(harness.take() == ["AT+CFUN=1,1"])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    // MARK: Stop

    @Test(arguments: [
        (ModuleProfile.ec716s, ["AT+CIPCLOSE", "AT+CIPSHUT"]),
        (.quectelGSM, ["AT+QICLOSE", "AT+QIDEACT"]),
        (.bc260y, ["AT+QICLOSE=0"]),
    ])
    func stop(profile: ModuleProfile, lines: [String]) {
        for pending in [false, true] {
            let harness = pending ? SocketLinkTests.pending(profile) : SocketLinkTests.online(profile)
            harness.stop()
            while !harness.isFinished, harness.behave() {}
            #expect(
                harness.take() == ["stream closed"] + (pending ? [] : ["offline"]) + lines + ["finished"])
            #expect(harness.violations == [])
        }
    }

    @Test func stopDuringAPoll() {
        let harness = SocketLinkTests.online(.ec716s)
        harness.expire()
        harness.stop()
        #expect(harness.take() == ["AT+CIPSTATUS", "stream closed", "offline"])
        while !harness.isFinished, harness.behave() {}
        #expect(harness.take() == ["AT+CIPCLOSE", "AT+CIPSHUT", "finished"])
        #expect(harness.violations == [])
    }
}
