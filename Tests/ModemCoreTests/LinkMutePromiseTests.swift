import ATProtocol
import ModemCore
import Testing

/// A module that falls mute is reset within 60 s, whatever was being asked of it.
@Suite struct LinkMutePromiseTests {
    /// What has no limit of its own in the manual, and those that make the network or the card do something: there the
    /// module is busy for as long as the manual grants it, and cannot be told from a mute one.
    static let busy: [(prefix: String, limit: Duration)] = [
        ("AT+CPIN=", .seconds(180)), ("AT+CGATT=", .seconds(108)), ("AT+CGACT=", .seconds(108)),
        ("AT+CIPSHUT", .seconds(90)), ("AT+CFUN=", .seconds(45)),
    ]

    static func settings() -> LinkSettings {
        LinkHarness.settings {
            $0.hasHardwareReset = true
            $0.hardwareFlowControl = true
            $0.accessPoint = .init(name: "private", username: "u", password: "p")
            $0.staleSubscriptions = [Array("old".utf8)]
            $0.acknowledgementTimeout = .seconds(120)
        }
    }

    /// Every command of the bring-up, then five of the online state; and every outcome that is due.
    @Test(arguments: [false, true]) func muteAtEveryCommand(atOutcome: Bool) throws {
        var place = 0
        var seen: [String] = []
        while true {
            let bench = MuteBench(
                Self.settings(), muteAt: atOutcome ? .max : place, waits: atOutcome ? place + 1 : -1)
            bench.run(bench.link.start(dataModeRecord: nil, now: bench.now))
            var online = 0
            while bench.hardwareReset == nil, bench.now < .seconds(4000), bench.step() {
                if bench.isOnline, bench.mutedSince == nil { online += 1 }
                if online > 400 { break }
            }
            // No such command, or no outcome belongs to it.
            if bench.mutedSince == nil {
                if place > 60 { break }
                place += 1
                continue
            }
            let line = try #require(bench.lines.dropFirst(place).first ?? bench.lines.last)
            let since = try #require(bench.mutedSince)
            let restart = try #require(bench.blindRestart, "\(line)")
            let reset = try #require(bench.hardwareReset, "\(line)")
            seen.append(line)
            let limit = Self.busy.first { line.hasPrefix($0.prefix) && !atOutcome }?.limit ?? .seconds(20)
            #expect(restart - since <= limit + .seconds(8), "\(line): \(restart - since)")
            #expect(reset - since <= limit + .seconds(28), "\(line): \(reset - since)")
            if limit == .seconds(20) { #expect(reset - since < .seconds(50), "\(line): leaves 10 s for the boot") }
            place += 1
            if place > 60 { break }
        }
        if atOutcome {
            #expect(seen.count == 4, "\(seen)")
        } else {
            for line in [
                "AT+CPIN?", "AT+CGATT?", "AT+CGATT=1", "AT+CEREG?", "AT+MCONFIG", "AT+MIPSTART", "AT+MQTTSTATU",
            ] {
                #expect(seen.contains { $0.hasPrefix(line) }, "\(line)")
            }
        }
    }
}
