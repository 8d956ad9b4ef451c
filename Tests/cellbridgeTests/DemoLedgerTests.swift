import BridgeRuntime
import Testing

@testable import cellbridge

struct DemoLedgerTests {
    private func ledger(_ arrivals: [Int], sent: Int = 3, breakBefore: Int? = nil) -> DemoLedger {
        var ledger = DemoLedger()
        for number in 1...sent { ledger.sending(DemoMessage(.out, number), now: .seconds(number)) }
        for (index, number) in arrivals.enumerated() {
            if index == breakBefore { ledger.linkBroke() }
            let message = DemoMessage(.out, number)
            _ = ledger.received(topic: message.arrivesAt, payload: message.payload, now: .seconds(10 + index))
        }
        return ledger
    }

    @Test func allInOrderIsSound() {
        let ledger = ledger([1, 2, 3])
        #expect(ledger.isSound)
        #expect(ledger.time == .seconds(11))
    }

    @Test func nothingSentIsNotSound() {
        #expect(!DemoLedger().isSound)
    }

    @Test func aMissingOneIsNotSound() {
        let ledger = ledger([1, 3])
        #expect(ledger.missing == 1)
        #expect(!ledger.isSound)
    }

    @Test func disorderIsCounted() {
        let ledger = ledger([1, 3, 2])
        #expect(ledger.outOfOrder == 1)
        #expect(!ledger.isSound)
    }

    @Test func aDuplicateIsSoundOnlyAfterABreak() {
        #expect(!ledger([1, 1, 2, 3]).isSound)
        let after = ledger([1, 2, 2, 3], breakBefore: 2)
        #expect(after.isSound)
        #expect(after.doubled == 1)
        #expect(after.outOfOrder == 0)
    }

    @Test func aRepeatOfAnEarlierOneIsNoDisorder() {
        #expect(ledger([1, 2, 1, 3], breakBefore: 2).isSound)
    }

    @Test func aDifferentPayloadOrTopicIsDamage() {
        var ledger = ledger([1, 2, 3])
        let message = DemoMessage(.out, 1)
        #expect(ledger.received(topic: message.topic, payload: message.payload, now: .zero) == .foreign)
        #expect(ledger.received(topic: message.arrivesAt, payload: [1], now: .zero) == .foreign)
        #expect(!ledger.isSound)
    }

    @Test func noTwoMessagesAreAlike() {
        let all = (1...DemoRun.count).map { DemoMessage(.in, $0).payload }
        #expect(Set(all).count == DemoRun.count)
    }

    @Test(arguments: [
        ("<6>online", 6, "online"), ("<4>x", 4, "x"), ("<9>x", 3, "<9>x"), ("Fatal error", 3, "Fatal error"),
        ("", 3, ""),
    ])
    func aLogLineIsTakenApart(_ line: String, _ level: Int, _ text: String) {
        let parsed = DemoLogLine(Array(line.utf8))
        #expect(parsed.level.rawValue == level)
        #expect(parsed.text == text)
    }
}
