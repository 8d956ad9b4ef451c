import ATProtocol

/// Gets the module's clock right before certificates are checked against it: reads it, and sets it from the network's
/// time, the host's, or an NTP server's, the first that fits.
struct ClockSetting {
    /// What comes next.
    enum Next: Equatable {
        case submit(ATCommand)
        /// `+CNTP:` is due.
        case wait(Duration)
        /// The clock will do; how it was found, for reports.
        case done(String)
        case failed(TLSFailure)
    }

    /// How long `+CNTP:` may take.
    static let ntpTime: Duration = .seconds(30)

    private enum Phase: Equatable { case reading, setting(String), namingServer, asking, awaitingNTP, readingAgain }

    private let facts: TLSFacts
    private let server: String
    private let candidates: [(source: String, time: Int64)]
    /// What can be trusted, to see a clock that is plausible and yet far off.
    private let trusted: Int64?
    private let startedAt: Duration
    private var phase = Phase.reading
    private var found: Int64?
    private var isReadable = true
    private var earlyCode: Int?
    private var notes: [String] = []

    /// `network`: the last `+NITZ` and when it came.
    init(
        _ settings: TLSSettings, network: (time: NetworkTime, at: Duration)?, host: HostClock?, now: Duration
    ) {
        facts = settings.facts
        server = settings.ntpServer
        startedAt = now
        var candidates: [(String, Int64)] = []
        if let network {
            let time = UnixTime.seconds(utc: network.time) + (now - network.at).components.seconds
            candidates.append(("the network's time", time))
        } else {
            notes.append("the network sent no +NITZ")
        }
        if let host, host.isSynchronised {
            trusted = host.time(now: now)
            candidates.append(("the host's clock", host.time(now: now)))
        } else {
            trusted = nil
            notes.append("the host's clock is not synchronised")
        }
        self.candidates = candidates
    }

    var first: ATCommand { .cclkQuery }

    mutating func completed(_ result: CommandResult, now: Duration) -> Next {
        switch phase {
        case .reading:
            found = UnixTime.ofClockAnswer(result)
            isReadable = result.isSuccess && found != nil
            if let found, isRight(found) { return .done("the module's clock is right (\(UnixTime.text(found)))") }
            return set(now: now)
        case .setting(let source):
            if result.isSuccess { return .done("the module's clock was set from \(source)") }
            notes.append("AT+CCLK= was answered \(result.final.wireText)")
            return askServer()
        case .namingServer:
            guard result.isSuccess else { return ntpFailed("AT+CNTP= was answered \(result.final.wireText)") }
            phase = .asking
            return .submit(.cntp)
        case .asking:
            guard result.isSuccess else { return ntpFailed("AT+CNTP was answered \(result.final.wireText)") }
            if let code = earlyCode ?? result.lines.first.flatMap(Self.code) { return ntpAnswered(code) }
            phase = .awaitingNTP
            return .wait(now + Self.ntpTime)
        case .awaitingNTP:
            return .wait(now + Self.ntpTime)
        case .readingAgain:
            found = UnixTime.ofClockAnswer(result)
            if let found, isRight(found) { return .done("the module's clock was set by NTP") }
            return ntpFailed("NTP set the module's clock to \(found.map(UnixTime.text) ?? "nothing that can be read")")
        }
    }

    /// A line nobody asked for; `nil`: not ours.
    mutating func lineReceived(_ line: [UInt8]) -> Next? {
        guard let code = Self.code(line) else { return nil }
        switch phase {
        case .asking:
            earlyCode = code
            return nil
        case .awaitingNTP: return ntpAnswered(code)
        case .reading, .setting, .namingServer, .readingAgain: return nil
        }
    }

    mutating func deadlineReached() -> Next { ntpFailed("NTP gave no answer") }

    // MARK: Steps

    private mutating func set(now: Duration) -> Next {
        let passed = (now - startedAt).components.seconds
        for candidate in candidates where isPlausible(candidate.time) {
            guard let command = try? ATCommand.cclkSet(UnixTime.parts(candidate.time + passed)) else { continue }
            phase = .setting(candidate.source)
            return .submit(command)
        }
        for candidate in candidates {
            notes.append("\(candidate.source) says \(UnixTime.text(candidate.time))")
        }
        return askServer()
    }

    private mutating func askServer() -> Next {
        guard let command = try? ATCommand.cntpServer(server) else { return ntpFailed("no NTP server is known") }
        phase = .namingServer
        return .submit(command)
    }

    private mutating func ntpAnswered(_ code: Int) -> Next {
        guard code == 1 else {
            let meaning = [61: "network", 62: "DNS", 63: "connection", 64: "server", 65: "time-out"][code] ?? "unknown"
            return ntpFailed("NTP failed (\(code), \(meaning))")
        }
        phase = .readingAgain
        return .submit(.cclkQuery)
    }

    private mutating func ntpFailed(_ why: String) -> Next {
        notes.append(why)
        // By a clock that something keeps right the certificate itself is at fault.
        if let trusted, trusted >= UnixTime.earliest, let problem = facts.problem(at: trusted) {
            return .failed(.outOfDate("\(problem), and by the host's clock it is \(UnixTime.text(trusted))"))
        }
        if !isReadable {
            // No clock to read and none to set: whether dates are checked at all is the firmware's secret.
            return .done("the module's clock cannot be read; \(notes.joined(separator: "; "))")
        }
        let shown = found.map(UnixTime.text) ?? "nothing"
        let why = found.flatMap { $0 < UnixTime.earliest ? "it was never set" : facts.problem(at: $0) }
        return .failed(
            .clock(
                "it shows \(shown)" + (why.map { ", \($0)" } ?? "") + "; \(notes.joined(separator: "; ")); "
                    + "synchronise the host's clock or let the module reach \(server)"))
    }

    private func isPlausible(_ time: Int64) -> Bool { time >= UnixTime.earliest && facts.problem(at: time) == nil }

    private func isRight(_ time: Int64) -> Bool {
        guard isPlausible(time) else { return false }
        // A day is more than any doubt about zones.
        return trusted.map { abs(time - $0) <= 86400 } ?? true
    }

    private static func code(_ line: [UInt8]) -> Int? {
        guard line.starts(with: "+CNTP".utf8) else { return nil }
        let digits = line.drop { $0 != 0x3A }.dropFirst().drop { $0 == 0x20 }
        guard (1...3).contains(digits.count), digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
