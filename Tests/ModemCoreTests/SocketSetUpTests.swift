import ATProtocol
import ModemCore
import Testing

/// What counts as a refusal by the broker, and what as a broken link.
@Suite struct SocketSetUpTests {
    static let profiles = SocketLinkTests.profiles

    /// A connection that is lost before the session stands is tried again at once; only one that never gets further is
    /// taken for the broker's answer.
    @Test(arguments: profiles) func lostInTheSetUpIsABrokenLink(profile: ModuleProfile) {
        let harness = SocketLinkTests.pending(profile)
        for _ in 0..<4 {
            harness.urc(.closed)
            harness.sessionFailed(.broken("a send of 517 bytes was answered +CME ERROR: 3"))
            #expect(!harness.hasStream)
            let since = harness.now
            #expect(harness.behave(until: { $0.hasStream }))
            #expect(harness.now - since < .seconds(6), "the pauses of the link: 0, 1, 2, 4 s")
        }
        #expect(!harness.reported("the broker ended the session"))
        harness.establishes = true
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test(arguments: profiles) func closedWithoutAWordTheSecondTime(profile: ModuleProfile) {
        let harness = SocketLinkTests.pending(profile)
        for _ in 0..<2 {
            harness.urc(.closed)
            harness.expire()
            let since = harness.now
            #expect(harness.behave(until: { $0.hasStream }))
            #expect(harness.now - since < .seconds(2))
        }
    }

    @Test(arguments: profiles) func neverGetsFurther(profile: ModuleProfile) {
        let harness = SocketLinkTests.pending(profile)
        var closes = 0
        while !harness.reported("the broker ended the session"), closes < 100 {
            closes += 1
            harness.sessionFailed(.closed("the broker closed the connection"))
            if harness.hasStream { harness.expire() }
            if !harness.reported("the broker ended the session") { #expect(harness.behave(until: { $0.hasStream })) }
        }
        #expect(closes == 8)
        let since = harness.now
        #expect(harness.behave(until: { $0.hasStream }))
        #expect(harness.now - since >= .seconds(15), "a handshake is not free")
        harness.establishes = true
        #expect(harness.behave(until: { $0.isOnline }))
        harness.delivered()
        harness.establishes = false
        harness.sessionFailed(.broken("SEND FAIL"))
        #expect(harness.behave(until: { $0.hasStream }))
        let again = harness.now
        harness.sessionFailed(.closed("the broker closed the connection"))
        #expect(harness.behave(until: { $0.hasStream }))
        #expect(harness.now - again < .seconds(6), "a session that stood ends the series")
        #expect(harness.violations == [])
    }

    /// Our own records were damaged on the line: the broker says so and closes.
    @Test(arguments: profiles, [false, true]) func anAlertOfASessionThatStoodIsABreak(
        profile: ModuleProfile, polls: Bool
    ) {
        let harness = SocketLinkTests.online(profile)
        if polls { harness.expire() }
        harness.sockets.state = "IP CLOSE"
        let since = harness.now
        harness.sessionFailed(.tls("the broker refused TLS with the alert bad_record_mac"))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.now - since < .seconds(2))
        #expect(harness.violations == [])
    }
}
