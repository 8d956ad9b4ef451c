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

    /// The real session in front of the machine: only bytes and time.
    private final class Bench {
        var link: LinkStateMachine
        var session = CommandSession(baud: 115_200)
        var now: Duration = .seconds(50)
        var lines: [String] = []
        /// From this command on (counted in the bring-up) nothing is answered.
        var muteAt: Int
        var mutedSince: Duration?
        var blindRestart: Duration?
        var hardwareReset: Duration?
        var isOnline = false
        var waits: Int
        private var waiting: ATCommand?

        init(_ settings: LinkSettings, muteAt: Int, waits: Int) {
            link = LinkStateMachine(settings)
            self.muteAt = muteAt
            self.waits = waits
        }

        func run(_ actions: [LinkAction]) {
            for action in actions {
                switch action {
                case .openPort:
                    run(session.portOpened(now: now))
                    run(link.portOpened(now: now))
                case .synchronise(let attempts, let interval):
                    run(session.synchronise(attempts: attempts, interval: interval, now: now))
                case .submit(let command): run(session.submit(command, now: now))
                case .restartBlindly: blindRestart = now
                case .resetHardware: hardwareReset = now
                case .online: isOnline = true
                case .recordManifest(_, let token): run(link.manifestRecorded(token: token, now: now))
                case .useSocketDialect, .streamOpened, .streamClosed: break
                case .closePort, .fillDataMode, .clearDataModeRecord, .offline, .confirmed, .subscribed, .unsubscribed,
                    .overwritten, .pinRefused, .textMode, .recordLadder, .gaveUp, .report, .finished:
                    break
                }
            }
        }

        func run(_ actions: [CommandSession.Action]) {
            for action in actions {
                switch action {
                case .write(let bytes):
                    run(session.written(now: now))
                    written(String(decoding: bytes.dropLast(2), as: UTF8.self))
                case .completed(let result): run(link.commandCompleted(result, now: now))
                case .urc(let urc): run(link.urcReceived(urc, now: now))
                case .synchronised: run(link.synchronised(now: now))
                case .synchronisationFailed, .dataModeUnknown: run(link.synchronisationFailed(now: now))
                case .message, .echoReturned, .discarded, .data, .dataDamaged: break
                }
            }
        }

        /// A good module's answer, unless it has fallen mute. At `waits`, an outcome is never told, and it falls mute then.
        private func written(_ line: String) {
            if line != "AT" { lines.append(line) }
            if mutedSince == nil, lines.count > muteAt { mutedSince = now }
            guard mutedSince == nil else { return }
            let result = line == "AT" ? GoodModule.ok : GoodModule.result(of: line)
            var text = result.lines.map { String(decoding: $0, as: UTF8.self) }
            switch result.final {
            case .ok: text.append("OK")
            case .text(let bytes): text.append(String(decoding: bytes, as: UTF8.self))
            default: break
            }
            if line == "AT+CMEE?" { text.insert("+CMEE: 1", at: 0) }
            say(text)
            guard let outcome = GoodModule.outcome(of: line) else { return }
            if lines.count == waits {
                mutedSince = now
            } else {
                say([["connectOK": "CONNECT OK", "connackOK": "CONNACK OK", "suback": "SUBACK"]["\(outcome)"] ?? ""])
            }
        }

        private var input: [UInt8] = []
        private func say(_ lines: [String]) { input += lines.flatMap { Array("\r\n\($0)\r\n".utf8) } }

        /// Delivers what was said, or goes to the next deadline.
        func step() -> Bool {
            if !input.isEmpty {
                let bytes = input
                input = []
                now += .milliseconds(3)
                link.bytesArrived()
                run(session.received(bytes, now: now))
                return true
            }
            guard let due = [session.deadline, link.deadline].compactMap({ $0 }).min() else { return false }
            now = max(now, due)
            if let due = session.deadline, due <= now { run(session.deadlineReached(now: now)) }
            if let due = link.deadline, due <= now { run(link.deadlineReached(now: now)) }
            return true
        }
    }

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
            let bench = Bench(
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
