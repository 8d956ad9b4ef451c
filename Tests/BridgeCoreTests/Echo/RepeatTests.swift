import BridgeCore
import Testing

/// The remote broker repeats retained messages after each subscribe.
@Suite struct RepeatTests {
    private func online(limits: EchoLedger.Limits = .init(), receiveLimit: Int = 1360) -> EchoLedger {
        var ledger = EchoLedger(receiveLimit: receiveLimit, limits: limits)
        ledger.linkCameUp(now: .zero)
        return ledger
    }

    private func judge(
        _ ledger: inout EchoLedger, _ payload: String = "on", topic: String = "lamp", at seconds: Int,
        isBoth: Bool = true
    ) -> EchoVerdict {
        ledger.judge(topic: bytes(topic), payload: bytes(payload), isBoth: isBoth, now: .seconds(seconds))
    }

    private let everything = try? TopicFilter(bytes("#"))

    @Test func aRepeatIsDroppedForTenSecondsAfterTheSubscribe() throws {
        var ledger = online()
        #expect(judge(&ledger, at: 1) == .deliver)
        #expect(judge(&ledger, at: 2) == .deliver, "no subscribe, no repeat")
        ledger.subscribed(try #require(everything), now: .seconds(100))
        #expect(judge(&ledger, at: 109) == .dropRepeat)
        #expect(judge(&ledger, at: 109) == .dropRepeat)
        #expect(judge(&ledger, at: 110) == .deliver)
    }

    @Test func onlyTheLastMessageOfTheTopicCounts() throws {
        var ledger = online()
        #expect(judge(&ledger, "on", at: 1) == .deliver)
        #expect(judge(&ledger, "off", at: 1) == .deliver)
        ledger.subscribed(try #require(everything), now: .seconds(2))
        #expect(judge(&ledger, "on", at: 3) == .deliver)
        #expect(judge(&ledger, "off", at: 4) == .deliver, "now the last is on")
        #expect(judge(&ledger, "off", at: 4) == .dropRepeat)
        #expect(judge(&ledger, "off", topic: "lamp2", at: 4) == .deliver)
    }

    @Test func whatWentOutCrossedToo() throws {
        var ledger = online()
        ledger.published(outRow(1, echo: true, topic: "lamp", payload: bytes("on")), now: .zero)
        ledger.acknowledged(1, now: .zero, wallClock: 0)
        ledger.linkBroke()
        ledger.linkCameUp(now: .seconds(100))
        ledger.subscribed(try #require(everything), now: .seconds(125))
        #expect(judge(&ledger, at: 126) == .dropEcho(id: 1))
        #expect(judge(&ledger, at: 131) == .dropRepeat, "the echo has lapsed, the retained message comes")
    }

    @Test func onlyTheFilterThatWasSubscribed() throws {
        var ledger = online()
        #expect(judge(&ledger, topic: "a/x", at: 1) == .deliver)
        #expect(judge(&ledger, topic: "b/x", at: 1) == .deliver)
        ledger.subscribed(try TopicFilter(bytes("a/#")), now: .seconds(2))
        #expect(judge(&ledger, topic: "a/x", at: 3) == .dropRepeat)
        #expect(judge(&ledger, topic: "b/x", at: 3) == .deliver)
        ledger.subscribed(try TopicFilter(bytes("a/#")), now: .seconds(20))
        #expect(judge(&ledger, topic: "a/x", at: 29) == .dropRepeat, "subscribed again: ten seconds again")
    }

    @Test func routesThatGoOneWayAreLeftAlone() throws {
        var ledger = online()
        #expect(judge(&ledger, at: 1, isBoth: false) == .deliver)
        ledger.subscribed(try #require(everything), now: .seconds(2))
        #expect(judge(&ledger, at: 3, isBoth: false) == .deliver)
    }

    @Test func aBreakEndsTheTenSeconds() throws {
        var ledger = online()
        #expect(judge(&ledger, at: 1) == .deliver)
        ledger.subscribed(try #require(everything), now: .seconds(2))
        ledger.linkBroke()
        #expect(judge(&ledger, at: 3) == .deliver)
    }

    @Test func aCutRepeatIsKnown() throws {
        var ledger = online(receiveLimit: 4)
        ledger.published(outRow(1, echo: true, topic: "lamp", payload: bytes("abcdefgh")), now: .zero)
        ledger.withdrawn(1)
        ledger.subscribed(try #require(everything), now: .seconds(2))
        #expect(judge(&ledger, "abcx", at: 3) == .deliver)
        ledger.published(outRow(2, echo: true, topic: "lamp", payload: bytes("abcdefgh")), now: .zero)
        ledger.withdrawn(2)
        #expect(judge(&ledger, "abcd", at: 3) == .dropRepeat)
    }

    @Test func theLeastRecentlyUsedTopicIsForgottenFirst() throws {
        var limits = EchoLedger.Limits()
        limits.crossings = 2
        var ledger = online(limits: limits)
        ledger.subscribed(try #require(everything), now: .zero)
        #expect(judge(&ledger, topic: "a", at: 1) == .deliver)
        #expect(judge(&ledger, topic: "b", at: 1) == .deliver)
        #expect(judge(&ledger, topic: "a", at: 1) == .dropRepeat)
        #expect(judge(&ledger, topic: "c", at: 1) == .deliver)
        #expect(judge(&ledger, topic: "a", at: 2) == .dropRepeat)
        #expect(judge(&ledger, topic: "b", at: 2) == .deliver)
    }
}
