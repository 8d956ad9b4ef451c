import ATProtocol
import Testing

@testable import ModemCore

@Suite struct ClockTests {
    /// 2026-11-20 00:00:00 UTC.
    static let now: Int64 = 1_795_132_800
    static let year: Int64 = 31_536_000

    @Test(
        arguments: [
            (0, "1970-01-01 00:00:00 UTC"), (951_782_400, "2000-02-29 00:00:00 UTC"), (now, "2026-11-20 00:00:00 UTC"),
            (4_107_542_399, "2100-02-28 23:59:59 UTC"), (4_107_542_400, "2100-03-01 00:00:00 UTC"),
            (-1, "1969-12-31 23:59:59 UTC"),
        ] as [(Int64, String)])
    func datesComeBack(seconds: Int64, text: String) {
        #expect(UnixTime.text(seconds) == text)
        #expect(UnixTime.seconds(utc: UnixTime.parts(seconds)) == seconds)
    }

    @Test func everyDayOfTwoCenturiesComesBack() {
        for day: Int64 in 0..<73_000
        where UnixTime.seconds(utc: UnixTime.parts(day * 86400 + 3661)) != day * 86400 + 3661 {
            Issue.record("day \(day)")
        }
    }

    @Test func networkTimeIsUniversalAndClockTimeIsLocal() {
        // 07:00:02+32 arrived when the clock in UTC+8 read 15:00:03 (module-behaviour 2).
        let nitz = NetworkTime(year: 2024, month: 8, day: 22, hour: 7, minute: 0, second: 2, zoneQuarters: 32)
        let answer = GoodModule.answer("+CCLK: \"24/08/22,15:00:02+32\"")
        #expect(UnixTime.seconds(utc: nitz) == UnixTime.ofClockAnswer(answer))
    }

    @Test(arguments: [
        "+CCLK: \"26/13/01,00:00:00+00\"", "+CCLK: \"\"", "+CCLK", "", "+CCLK: \"26/11/20\"", ":::///,,+",
    ])
    func nonsenseIsNoTime(line: String) {
        #expect(UnixTime.ofClockAnswer(GoodModule.answer(line)) == nil)
    }

    // MARK: Setting

    static func settings() -> TLSSettings {
        var settings = TLSSettings(hostName: "broker")
        settings.facts.caValidity = .init(from: now - year, until: now + year)
        return settings
    }

    static func clock(_ nitz: NetworkTime? = nil, host: Int64? = nil) -> ClockSetting {
        ClockSetting(
            settings(), network: nitz.map { ($0, .zero) },
            host: host.map { HostClock(time: $0, at: .zero, isSynchronised: true) }, now: .seconds(10))
    }

    static let never = GoodModule.answer("+CCLK: \"00/01/01,00:00:05+00\"")
    static let right = GoodModule.answer("+CCLK: \"26/11/20,08:00:00+32\"")

    static func lines(_ next: ClockSetting.Next) -> String {
        switch next {
        case .submit(let command): command.text
        case .wait: "wait"
        case .done(let note): note
        case .failed(let failure): "\(failure)"
        }
    }

    @Test func aClockThatIsRightIsLeftAlone() {
        var clock = Self.clock()
        #expect(clock.first == .cclkQuery)
        #expect(
            clock.completed(Self.right, now: .seconds(10))
                == .done("the module's clock is right (2026-11-20 00:00:00 UTC)"))
    }

    @Test func theNetworkComesFirst() {
        let nitz = NetworkTime(year: 2026, month: 11, day: 20, hour: 1, minute: 2, second: 3, zoneQuarters: 32)
        var clock = Self.clock(nitz)
        let next = clock.completed(Self.never, now: .seconds(15))
        #expect(Self.lines(next) == "AT+CCLK=\"26/11/20,01:02:18+00\"", "UTC, and 15 s have passed")
        #expect(
            clock.completed(GoodModule.ok, now: .seconds(15))
                == .done("the module's clock was set from the network's time"))
    }

    @Test func aNetworkTimeThatCannotBeIsPassedOver() {
        let nitz = NetworkTime(year: 2019, month: 1, day: 1, hour: 0, minute: 0, second: 0, zoneQuarters: 0)
        var clock = Self.clock(nitz, host: Self.now)
        #expect(Self.lines(clock.completed(Self.never, now: .seconds(10))) == "AT+CCLK=\"26/11/20,00:00:10+00\"")
    }

    @Test func aPlausibleClockThatIsFarFromTheHostsIsSet() {
        var clock = Self.clock(host: Self.now + 5 * 86400)
        #expect(Self.lines(clock.completed(Self.right, now: .seconds(10))).hasPrefix("AT+CCLK=\"26/11/25"))
    }

    @Test(arguments: [true, false]) func anNTPServerIsAskedLast(early: Bool) {
        var clock = Self.clock()
        #expect(Self.lines(clock.completed(Self.never, now: .zero)) == "AT+CNTP=\"pool.ntp.org\",0")
        #expect(Self.lines(clock.completed(GoodModule.ok, now: .zero)) == "AT+CNTP")
        if early { #expect(clock.lineReceived(Array("+CNTP:1".utf8)) == nil) }
        let next = clock.completed(GoodModule.ok, now: .zero)
        if early {
            #expect(next == .submit(.cclkQuery))
        } else {
            #expect(next == .wait(ClockSetting.ntpTime))
            #expect(clock.lineReceived(Array("+OTHER: 1".utf8)) == nil)
            #expect(clock.lineReceived(Array("+CNTP: 1".utf8)) == .submit(.cclkQuery))
        }
        #expect(clock.completed(Self.right, now: .zero) == .done("the module's clock was set by NTP"))
    }

    @Test(arguments: [("+CNTP: 62", "NTP failed (62, DNS)"), ("", "NTP gave no answer")])
    func whenNothingHelpsTheClockIsNamed(line: String, why: String) {
        var clock = Self.clock()
        for result in [Self.never, GoodModule.ok, GoodModule.ok] { _ = clock.completed(result, now: .zero) }
        let next = line.isEmpty ? clock.deadlineReached() : clock.lineReceived(Array(line.utf8))
        let text = Self.lines(next ?? .done(""))
        #expect(
            text.contains("the module's clock is wrong") && text.contains(why) && text.contains("2000-01-01"), "\(text)"
        )
        #expect(text.contains("no +NITZ") && text.contains("not synchronised"))
    }

    @Test func aCertificateThatHasExpiredByATrustedClockIsNotTheClocksFault() {
        var clock = Self.clock(host: Self.now + 2 * Self.year)
        _ = clock.completed(Self.right, now: .zero)
        let next = clock.completed(CommandResult(final: .error), now: .zero)
        guard case .failed(.outOfDate(let text)) = next else {
            Issue.record("\(next)")
            return
        }
        #expect(text.contains("the CA certificate has expired on 2027-11-20"))
    }

    @Test func aModuleWithoutAClockIsNoReasonToStayOffline() {
        var clock = Self.clock()
        _ = clock.completed(CommandResult(final: .error), now: .zero)
        let text = Self.lines(clock.completed(CommandResult(final: .error), now: .zero))
        #expect(text.hasPrefix("the module's clock cannot be read"))
    }
}
