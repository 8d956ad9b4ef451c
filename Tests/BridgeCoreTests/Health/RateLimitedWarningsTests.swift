import BridgeCore
import Testing

@Suite struct RateLimitedWarningsTests {
    @Test func theFirstFiveAreToldAndTheRestSummedUp() {
        var warnings = RateLimitedWarnings()
        for second in 0..<5 { #expect(warnings.raised("too-long", now: .seconds(second)) == [.warning]) }
        #expect(warnings.deadline == nil, "nothing held back")
        for second in 5..<12 { #expect(warnings.raised("too-long", now: .seconds(second)) == []) }
        #expect(warnings.raised("expired", now: .seconds(12)) == [.warning], "another code")
        #expect(warnings.deadline == .seconds(60))
        #expect(warnings.deadlineReached(now: .seconds(59)) == [])
        #expect(warnings.deadlineReached(now: .seconds(60)) == [.summary(code: "too-long", more: 7)])
        #expect(warnings.deadline == nil)
        #expect(warnings.raised("too-long", now: .seconds(61)) == [.warning])
    }

    @Test func aLateWarningBringsTheSummaryFirst() {
        var warnings = RateLimitedWarnings(limit: 1, interval: .seconds(10))
        _ = warnings.raised("a", now: .zero)
        _ = warnings.raised("a", now: .zero)
        #expect(warnings.raised("a", now: .seconds(30)) == [.summary(code: "a", more: 1), .warning])
    }

    @Test func tooManyCodesShareOne() {
        var warnings = RateLimitedWarnings(limit: 1, maximumCodes: 2)
        #expect(warnings.raised("a", now: .zero) == [.warning])
        #expect(warnings.raised("b", now: .zero) == [.warning])
        #expect(warnings.raised("c", now: .zero) == [.warning])
        #expect(warnings.raised("d", now: .zero) == [])
        #expect(warnings.deadlineReached(now: .seconds(60)) == [.summary(code: "other", more: 1)])
    }

    @Test func countersNeverTrap() {
        var counters = Counters()
        counters.count(\.outAccepted)
        counters.count(\.outBytes, 12)
        counters.count(\.outBytes, -3)
        counters.breaks = .max
        counters.count(\.breaks)
        #expect(counters.outAccepted == 1 && counters.outBytes == 12 && counters.breaks == 0)
    }
}
