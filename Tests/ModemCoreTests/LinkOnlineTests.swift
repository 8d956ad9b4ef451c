import ATProtocol
import ModemCore
import Testing

@Suite struct LinkOnlineTests {
    static func status(_ digit: Int) -> CommandResult { GoodModule.answer("+MQTTSTATU :\(digit)") }

    @Test(arguments: [
        (0, ["offline", "AT+MIPCLOSE", "AT+MCONFIG=\"box\",\"\",\"\"", "AT+MIPSTART=\"broker.example\",\"1883\""]),
        (2, ["offline", "AT+MCONNECT=0,120"]), (1, []),
    ])
    func closedThenStatus(digit: Int, expected: [String]) {
        let harness = LinkHarness.online()
        harness.urc(.closed)
        #expect(harness.take() == ["AT+MQTTSTATU"], "MQTTSTATU decides before anything is taken back")
        harness.complete(Self.status(digit))
        for _ in expected.dropFirst(2) { harness.complete(GoodModule.ok) }
        #expect(harness.take() == expected)
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func closedDuringStatusAsksAgain() {
        let harness = LinkHarness.online()
        harness.expire()
        harness.urc(.closed)
        harness.complete(Self.status(1))
        #expect(harness.take() == ["AT+MQTTSTATU", "AT+MQTTSTATU"])
        harness.complete(Self.status(0))
        #expect(harness.take() == ["offline", "AT+MIPCLOSE"])
    }

    @Test(arguments: [
        CommandResult(final: .error), GoodModule.cme(767), GoodModule.ok, GoodModule.answer("+MQTTSTATU :x"),
    ])
    func statusThatSaysNothing(result: CommandResult) {
        let harness = LinkHarness.online()
        harness.expire()
        harness.complete(result)
        #expect(harness.take() == ["AT+MQTTSTATU", "offline", "AT+MDISCONNECT"])
    }

    @Test func trafficPutsThePollOff() {
        let harness = LinkHarness.online()
        harness.pass(.seconds(9))
        harness.delivered()
        #expect(harness.deadline == harness.now + .seconds(10))
        harness.expire()
        harness.complete(Self.status(1))
        #expect(harness.take() == ["AT+MQTTSTATU"])
        #expect(harness.deadline == harness.now + .seconds(10))
    }

    @Test func refusedPublishIsConfirmedByStatus() {
        let harness = LinkHarness.online()
        harness.publishRefused()
        harness.complete(Self.status(1))
        #expect(harness.take() == ["AT+MQTTSTATU", "confirmed"])
        harness.expire()
        harness.publishRefused()
        harness.complete(Self.status(2))
        #expect(harness.take() == ["AT+MQTTSTATU", "offline", "AT+MCONNECT=0,120"])
        harness.publishRefused()
        #expect(harness.behave(until: { $0.isOnline }))
        harness.expire()
        harness.complete(Self.status(1))
        #expect(!harness.take().contains("confirmed"), "a refusal from before the break is forgotten")
    }

    @Test(arguments: [false, true]) func lateAcknowledgementEndsTheSession(busy: Bool) {
        let harness = LinkHarness.online()
        if busy { harness.expire() }
        harness.acknowledgementLate()
        if busy { harness.complete(Self.status(1)) }
        #expect(harness.take() == (busy ? ["AT+MQTTSTATU"] : []) + ["offline", "AT+MDISCONNECT"])
        harness.acknowledgementLate()
        #expect(harness.take() == [])
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test(arguments: [false, true]) func publishTimedOut(queued: Bool) {
        let harness = LinkHarness.online()
        if queued { harness.expire() }
        _ = harness.take()
        harness.publishTimedOut()
        harness.synchronised()
        #expect(harness.take() == ["offline", "AT+MDISCONNECT"])
        #expect(harness.violations == [])
    }

    // MARK: Cache

    static func cached() -> LinkHarness {
        let harness = LinkHarness.online { $0.cachedReceive = true }
        harness.complete(GoodModule.ok)
        _ = harness.take()
        return harness
    }

    static func read(_ harness: LinkHarness, messages: Int) {
        for _ in 0..<messages { harness.cachedMessage() }
        harness.complete(GoodModule.ok)
    }

    @Test func noticeIsReadAtOnce() {
        let harness = Self.cached()
        harness.urc(.cacheNotice(slot: 0))
        Self.read(harness, messages: 1)
        #expect(harness.take() == ["AT+MQTTMSGGET"])
    }

    /// Notices before the command, before the printing (while it waits behind a publish), after it; messages printed
    /// by the first and the second reading; what must be said to be lost.
    @Test(arguments: [
        (1, 0, 0, 1, 0, 0), (1, 1, 0, 2, 0, 0), (1, 0, 1, 1, 1, 0), (1, 4, 0, 4, 0, 1), (1, 5, 0, 4, 0, 2),
        (1, 4, 1, 4, 1, 1), (1, 4, 1, 4, 0, 2), (1, 0, 5, 1, 4, 1), (1, 0, 1, 4, 1, 0), (1, 0, 0, 0, 0, 1),
    ])
    func overwritten(first: Int, before: Int, after: Int, read: Int, again: Int, lost: Int) {
        let harness = Self.cached()
        for _ in 0..<(first + before) { harness.urc(.cacheNotice(slot: 0)) }
        for _ in 0..<read { harness.cachedMessage() }
        for _ in 0..<after { harness.urc(.cacheNotice(slot: 0)) }
        harness.complete(GoodModule.ok)
        if harness.outstanding != nil { Self.read(harness, messages: again) }
        #expect(harness.outstanding == nil)
        let said = harness.take().compactMap { $0.hasPrefix("overwritten ") ? Int($0.dropFirst(12)) : nil }
        #expect(said.reduce(0, +) == lost)
    }

    @Test func leftOversOfAnEarlierRunHideNothing() {
        let harness = LinkHarness.online { $0.cachedReceive = true }
        #expect(harness.outstanding == "AT+MQTTMSGGET")
        for _ in 0..<3 { harness.cachedMessage() }
        harness.urc(.cacheNotice(slot: 3))
        harness.complete(GoodModule.ok)
        #expect(harness.take() == ["AT+MQTTMSGGET"], "the new one may still wait")
    }

    @Test func readingFails() {
        let harness = Self.cached()
        harness.urc(.cacheNotice(slot: 0))
        harness.complete(CommandResult(final: .error))
        #expect(harness.deadline == harness.now + .seconds(1))
        harness.expire()
        harness.complete(Self.status(1))
        #expect(harness.take() == ["AT+MQTTMSGGET", "AT+MQTTSTATU", "AT+MQTTMSGGET"])
        harness.cachedMessage()
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronised()
        harness.complete(Self.status(1))
        #expect(harness.take() == ["AT+MQTTSTATU"], "what was printed before the time-out counts as read")
        harness.urc(.cacheNotice(slot: 0))
        harness.complete(CommandResult(final: .timedOut))
        harness.synchronised()
        #expect(harness.take() == ["AT+MQTTMSGGET", "offline", "AT+MDISCONNECT"])
    }

    @Test func readingIsRefusedThreeTimes() {
        let harness = Self.cached()
        for _ in 0..<3 {
            harness.urc(.cacheNotice(slot: 0))
            harness.complete(CommandResult(final: .error))
        }
        #expect(harness.take() == ["AT+MQTTMSGGET", "AT+MQTTMSGGET", "AT+MQTTMSGGET", "offline", "AT+MDISCONNECT"])
    }

    @Test func closedDuringReading() {
        let harness = Self.cached()
        harness.urc(.cacheNotice(slot: 0))
        harness.urc(.closed)
        Self.read(harness, messages: 1)
        #expect(harness.take() == ["AT+MQTTMSGGET", "AT+MQTTSTATU"])
    }
}
