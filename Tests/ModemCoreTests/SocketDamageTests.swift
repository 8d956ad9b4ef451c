import ATProtocol
import ModemCore
import Testing

/// What the link machine makes of lines that nobody but a stranger wrote.
@Suite struct SocketDamageTests {
    /// Outcomes of the module's own client, and of an opening, that stood in a frame which came damaged: while the session is
    /// due, with an AT on the wire, online, and during a poll.
    @Test(arguments: SocketLinkTests.profiles, 0..<4) func outcomesFromADamagedFrame(profile: ModuleProfile, stage: Int)
    {
        let harness = stage < 2 ? SocketLinkTests.pending(profile) : SocketLinkTests.online(profile)
        if stage % 2 == 1 { harness.expire() }
        _ = harness.take()
        let deadline = harness.deadline
        let outcomes: [Outcome] = [
            .connackOK, .connectOK, .alreadyConnect, .connectFail(state: Array("STATE: TCP CLOSED".utf8)), .suback,
            .unsuback, .puback, .error(.error),
        ]
        for outcome in outcomes { harness.urc(.outcome(outcome)) }
        #expect(harness.take() == [] && harness.hasStream && harness.isOnline == (stage >= 2))
        #expect(harness.deadline == deadline)
        // Nor is anything of it remembered.
        harness.establishes = true
        if stage < 2 { harness.established() }
        #expect(harness.behave(until: { $0.isOnline }) && harness.hasStream && harness.violations == [])
    }
}
