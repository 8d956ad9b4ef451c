import ATProtocol
import ModemCore
import Testing

/// A module that falls mute on a socket link is reset within 60 s, whatever was being asked of it.
@Suite struct SocketMutePromiseTests {
    /// Where the manuals grant the module more than a query takes.
    static let busy: [(prefix: String, limit: Duration)] =
        LinkMutePromiseTests.busy + [
            ("AT+CSTT", .seconds(60)), ("AT+CIICR", .seconds(90)), ("AT+QICLOSE", .seconds(90)),
            ("AT+QIDEACT", .seconds(150)),
        ]

    private static func bench(_ profile: ModuleProfile, muteAt: Int, waits: Int = -1) -> MuteBench {
        MuteBench(
            SocketLinkTests.settings(profile) {
                $0.hasHardwareReset = true
                $0.baudRate = 9600
                $0.accessPoint = .init(name: "private", username: "u", password: "p")
            }, muteAt: muteAt, waits: waits)
    }

    private static func run(_ bench: MuteBench) {
        bench.run(bench.link.start(dataModeRecord: nil, now: bench.now))
        var online = 0
        while bench.hardwareReset == nil, bench.now < .seconds(4000), bench.step() {
            if bench.isOnline, bench.mutedSince == nil { online += 1 }
            if online > 200 { break }
        }
    }

    private static func check(_ bench: MuteBench, _ line: String, limit: Duration) throws {
        let since = try #require(bench.mutedSince)
        let restart = try #require(bench.blindRestart, "\(line)")
        let reset = try #require(bench.hardwareReset, "\(line)")
        #expect(restart - since <= limit + .seconds(8), "\(line): \(restart - since)")
        #expect(reset - since <= limit + .seconds(28), "\(line): \(reset - since)")
        if limit == .seconds(20) { #expect(reset - since < .seconds(50), "\(line): leaves 10 s for the boot") }
    }

    @Test(arguments: SocketLinkTests.profiles) func muteAtEveryCommand(profile: ModuleProfile) throws {
        var seen: [String] = []
        for place in 0..<60 {
            let bench = Self.bench(profile, muteAt: place)
            Self.run(bench)
            guard bench.mutedSince != nil else { break }
            let line = try #require(bench.lines.dropFirst(place).first)
            seen.append(line)
            try Self.check(bench, line, limit: Self.busy.first { line.hasPrefix($0.prefix) }?.limit ?? .seconds(20))
        }
        let needed =
            switch profile.socket.dialect {
            case .cip: ["AT+CIPSTATUS", "AT+CIPRXGET=5", "AT+CSTT", "AT+CIICR", "AT+CIFSR", "AT+CIPSTART"]
            case .qi: ["AT+IPR=9600", "AT+QISTAT", "AT+QICSGP", "AT+QINDI=1", "AT+QIOPEN"]
            case .bc260y: ["AT+CGPADDR", "AT+QICLOSE=0", "AT+QISTATE", "AT+QICFG", "AT+QIOPEN"]
            }
        for line in needed { #expect(seen.contains { $0.hasPrefix(line) }, "\(line) of \(seen)") }
        let last = seen.last ?? ""
        #expect(["AT+CIPSTATUS", "AT+QISTAT", "AT+QISTATE=1,0"].contains(last), "a poll: \(last)")
    }

    /// Mute while `CONNECT OK` is due, and while the session over the connection is.
    @Test(arguments: SocketLinkTests.profiles, [false, true])
    func muteWhileSomethingIsDue(profile: ModuleProfile, stream: Bool) throws {
        let bench = Self.bench(profile, muteAt: .max)
        if stream {
            bench.isMuteWithAStream = true
        } else {
            // The command whose outcome never comes is found by trying.
            bench.waits = 1
            while bench.mutedSince == nil, bench.waits < 60 {
                let next = Self.bench(profile, muteAt: .max, waits: bench.waits)
                Self.run(next)
                if next.mutedSince != nil {
                    try Self.check(next, "CONNECT OK", limit: .seconds(20))
                    return
                }
                bench.waits += 1
            }
            Issue.record("no outcome was due")
        }
        Self.run(bench)
        try Self.check(bench, "the session", limit: .seconds(20))
    }
}
