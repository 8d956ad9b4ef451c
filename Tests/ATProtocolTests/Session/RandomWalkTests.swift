import ATProtocol
import Testing

/// Random dialogues with a module that may say anything: whatever happens, the session keeps its promises.
@Suite("Random walks")
struct RandomWalkTests {
    /// Checks every action against what a driver of the port may be asked.
    struct Referee {
        enum Phase { case closed, idle, running, synchronising, unusable }
        var phase = Phase.closed
        var command: ATCommand?
        var lineWritten = false
        var dataWritten = false
        var completions = 0
        var submissions = 0
        var synchronisations = 0
        var messages = 0

        mutating func take(_ actions: [CommandSession.Action], _ note: String) {
            for action in actions {
                switch action {
                case .write(let written): wrote(written, note)
                case .completed(let result):
                    #expect(command != nil, "completed with nothing in flight: \(note)")
                    completions += 1
                    switch result.final {
                    case .timedOut: phase = command?.data == nil ? .synchronising : .unusable
                    case .noPrompt: phase = .unusable
                    case .portLost: phase = .closed
                    case .ok, .text, .error, .cmeError, .cmsError: phase = .idle
                    }
                    if result.final == .noPrompt { #expect(!dataWritten, "\(note)") }
                    if case .ok = result.final, command?.data != nil { #expect(dataWritten, "\(note)") }
                    command = nil
                case .synchronised:
                    #expect(phase == .synchronising, "\(note)")
                    synchronisations += 1
                    phase = .idle
                case .synchronisationFailed:
                    #expect(phase == .synchronising, "\(note)")
                    phase = .unusable
                case .dataModeUnknown: #expect(phase == .unusable, "\(note)")
                case .discarded(let discard): #expect(discard.excerpt.count <= 64, "\(note)")
                case .message: messages += 1
                case .urc, .echoReturned, .data, .dataDamaged: break
                }
            }
        }

        private mutating func wrote(_ written: [UInt8], _ note: String) {
            switch phase {
            case .running:
                if !lineWritten {
                    #expect(written == (command?.line ?? []) + [0x0D, 0x0A], "\(note)")
                    lineWritten = true
                } else {
                    #expect(written == command?.data && !dataWritten, "\(note)")
                    dataWritten = true
                }
            case .synchronising:
                let allowed = written == bytes("AT\r\n") || written == bytes("AT+CMEE?\r\n")
                #expect(allowed, "\(note)")
            case .closed, .idle, .unusable: Issue.record("wrote \(shown(written)) while \(phase): \(note)")
            }
        }
    }

    static let commands: [ATCommand] = [
        .at, .ate0, .csq, .ati, .cifsr, .cipshut, .ceregQuery, .mqttMessageGet, .mqttMode(1), .mqttMode(0), .mqttStatus,
        ATCommand(line: bytes("AT+MPUBEX=\"t\",0,0,5"), data: bytes("a\r\nAT")),
    ]

    static let sayings: [String] = [
        "OK\r\n", "OK\r\n", "OK\r\n", "OK\r\n", "ERROR\r\n", "+CME ERROR: 767\r\n", "SHUT OK\r\n", "> ", ">", "\r\n",
        "+CSQ: 20,99\r\n", "+CMEE: 1\r\n", "+CMEE :1\r\n", "+CEREG: 0,1\r\n", "+CEREG: 1\r\n", "10.0.0.1\r\n",
        "PUBACK\r\n",
        "CONNECT OK\r\n", "STATE: X\r\n", "CONNECT FAIL\r\n", "CLOSED\r\n", "RDY\r\n", "AT\r\r\n", "ATE0\r\r\n",
        "+MSUB: \"t\",3 byte,abc\r\n", "+MSUB: t,6,313233\r\n", "+MSUB: \"t\",3 byte,313233\r\n", "+MSUB: 1\r\n",
        "+MSUB: \"t\",4 byte,\r\nOK\r\n", "+MSUB: \"t\",900 byte,abc", "+MQTTSTATU :1\r\n", "\u{0}\u{1}", "O", "K\r",
        "+", "\"",
        "+CGEV: ME PDN ACT 1\r\n", "+MSUB: ",
    ]

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `every command ends once and nothing is written out of turn`(_ seed: UInt64) {
        var random = Seeded(seed)
        var session = CommandSession(baud: [9600, 115200].randomElement(using: &random) ?? 9600)
        session.topicMatches = { _ in true }
        var referee = Referee()
        var now: Duration = .zero
        var owed = false
        for step in 0..<400 {
            let note = "seed \(seed) step \(step)"
            now += .milliseconds(Int.random(in: 0...20, using: &random))
            var actions: [CommandSession.Action] = []
            switch Int.random(in: 0..<100, using: &random) {
            case 0 where referee.phase != .closed:
                if referee.command == nil { referee.phase = .closed }
                actions = session.portClosed(now: now)
                owed = false
                referee.take(actions, note)
                referee.phase = .closed
                #expect(referee.command == nil, "\(note)")
                continue
            case 1 where referee.phase == .idle || referee.phase == .unusable:
                referee.phase = .synchronising
                actions = session.synchronise(attempts: 3, interval: .milliseconds(500), now: now)
            case 2..<30:
                if referee.phase == .closed {
                    actions = session.portOpened(now: now)
                    referee.phase = .idle
                } else if session.isIdle {
                    #expect(referee.phase == .idle && referee.command == nil, "\(note)")
                    let command = Self.commands.randomElement(using: &random) ?? .at
                    (referee.phase, referee.command) = (.running, command)
                    (referee.lineWritten, referee.dataWritten) = (false, false)
                    referee.submissions += 1
                    actions = session.submit(command, now: now)
                }
            case 30..<40:
                now += .milliseconds(Int.random(in: 0...4000, using: &random))
                actions = session.deadlineReached(now: now)
            case 40..<60:
                if owed {
                    owed = false
                    actions = session.written(now: now)
                }
            case 60..<65:
                let noise = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                actions = session.received(noise, now: now)
            default: actions = session.received(bytes(Self.sayings.randomElement(using: &random) ?? ""), now: now)
            }
            referee.take(actions, note)
            if actions.contains(where: { if case .write = $0 { true } else { false } }) { owed = true }
            #expect(session.isIdle == (referee.phase == .idle), "\(note)")
        }
        // Left alone it comes to rest: idle, or unusable and saying so.
        var rounds = 0
        while let deadline = session.deadline {
            now = max(now, deadline)
            referee.take(session.deadlineReached(now: now), "seed \(seed) at the end")
            rounds += 1
            guard rounds < 200 else {
                Issue.record("seed \(seed) does not come to rest")
                break
            }
        }
        #expect(referee.command == nil && referee.completions == referee.submissions, "seed \(seed)")
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `the cuts between reads change nothing`(_ seed: UInt64) {
        var random = Seeded(seed)
        var input: [UInt8] = []
        for _ in 0..<30 { input += bytes(Self.sayings.randomElement(using: &random) ?? "") }
        let command = Self.commands.randomElement(using: &random) ?? .at
        let hex = Bool.random(using: &random)
        func run(_ size: () -> Int) -> [String] {
            let dialogue = Dialogue()
            dialogue.session.hexMode = hex
            dialogue.submit(command)
            var rest = input[...]
            while !rest.isEmpty {
                let count = size()
                dialogue.receive(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            dialogue.pass(.seconds(60))
            return dialogue.take().map(\.summary)
        }
        // Data is written in the middle of a read here, so its answer would come too early in a longer one.
        guard command.data == nil else { return }
        let whole = run { input.count }
        #expect(run { 1 } == whole)
        #expect(run { Int.random(in: 1...9, using: &random) } == whole)
    }
}
