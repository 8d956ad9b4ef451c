import ATProtocol
import ModemCore
import Testing

@Suite struct PublishStateMachineTests {
    typealias Action = PublishStateMachine.Action
    static let ok = CommandResult(final: .ok)
    static let failures: [CommandResult.Final] = [
        .error, .cmeError(code: 767, text: []), .cmsError(code: nil, text: []),
    ]

    static func message(
        _ id: Int64 = 1, _ payload: [UInt8] = Array("21.5".utf8), qos: Int = 1, topic: String = "t",
        retain: Bool = false
    ) -> PublishStateMachine.Message {
        .init(id: id, topic: Array(topic.utf8), payload: payload, qos: qos, retain: retain)
    }

    static func machine(text: Bool? = true, _ profile: ModuleProfile = .ec716s) -> Publisher {
        Publisher(text: text, profile)
    }

    static func line(_ action: Action) -> String {
        if case .submit(let command) = action { command.text } else { "\(action)" }
    }

    // MARK: Encoding

    struct Row: Sendable {
        var payload: [UInt8]
        var profile: ModuleProfile
        var expected: PublishStateMachine.Encoding?

        init(_ payload: [UInt8], _ profile: ModuleProfile, _ expected: PublishStateMachine.Encoding?) {
            self.payload = payload
            self.profile = profile
            self.expected = expected
        }
        init(_ count: Int, of byte: UInt8, _ profile: ModuleProfile, _ expected: PublishStateMachine.Encoding?) {
            self.init(.init(repeating: byte, count: count), profile, expected)
        }
    }

    static let rows: [Row] = [
        Row([], .ec716s, .text), Row(Array("21.5".utf8), .ec716s, .text), Row([0xC3, 0xA9], .ec716s, .text),
        Row([0xFF, 0x80], .ec716s, .text), Row([0x0A], .ec716s, .hex), Row([0x00], .ec716s, .hex),
        Row([0x7F], .ec716s, .hex), Row([0x1A, 0x41], .ec716s, .hex), Row(2384, of: 0x41, .ec716s, .text),
        Row(2385, of: 0x41, .ec716s, nil),
        // 795 quotes are 2385 bytes once escaped.
        Row(794, of: 0x22, .ec716s, .text), Row(795, of: 0x22, .ec716s, .hex), Row(2384, of: 0, .ec716s, .hex),
        Row(2385, of: 0, .ec716s, nil), Row(2385, of: 0x41, .air780e, .data), Row(4100, of: 0, .air780e, .data),
        Row(4101, of: 0, .air780e, nil), Row(4100, of: 0, .air780ep, .hex), Row(4100, of: 0, .air724ug, .hex),
        Row(4101, of: 0x41, .air724ug, nil),
    ]

    @Test(arguments: rows) func encoding(row: Row) {
        #expect(
            PublishStateMachine.encoding(of: row.payload, topic: [0x74], profile: row.profile) == row.expected)
    }

    @Test func lineLimitRulesHexOut() {
        var profile = ModuleProfile.ec716s
        profile.lineLimit = 1000
        func encoding(_ count: Int, _ byte: UInt8) -> PublishStateMachine.Encoding? {
            PublishStateMachine.encoding(of: .init(repeating: byte, count: count), topic: [0x74], profile: profile)
        }
        #expect(encoding(489, 0) == .hex && encoding(490, 0) == .data)
        #expect(encoding(979, 0x41) == .text && encoding(980, 0x41) == .data)
    }

    @Test func refusals() {
        let machine = Self.machine()
        let long = machine.begin(Self.message(7, .init(repeating: 0x41, count: 3000)), now: .zero)
        #expect(long == .refused(id: 7, code: "too-long", reason: "3000 bytes is over the module's limit of 2384"))
        for topic in ["a\"b", "a\\b", "a\u{1}", "", String(repeating: "x", count: 257)] {
            guard case .refused(8, "topic", let reason) = machine.begin(Self.message(8, topic: topic), now: .zero)
            else {
                Issue.record("\(topic) was not refused")
                continue
            }
            #expect(reason.contains("topic"))
            #expect(machine.isIdle)
        }
        #expect(
            Self.line(machine.begin(Self.message(topic: "ü; a,b c"), now: .zero)) == "AT+MPUB=\"ü; a,b c\",1,0,\"21.5\""
        )
    }

    @Test func modeIsSwitchedOnlyWhenTheKindChanges() {
        let machine = Self.machine(text: nil)
        var lines: [String] = []
        let payloads: [[UInt8]] = [[0x41], [0x42], [], [0x00], [0x01], [], [0x41], []]
        for payload in payloads {
            var action = machine.begin(Self.message(1, payload, qos: 0), now: .zero)
            while case .submit(let command) = action {
                lines.append(command.text)
                action = machine.commandCompleted(Self.ok, now: .zero)
            }
            #expect(action == .acknowledged(id: 1, wasData: false))
        }
        #expect(
            lines == [
                "AT+MQTTMODE=0", "AT+MPUB=\"t\",0,0,\"A\"", "AT+MPUB=\"t\",0,0,\"B\"", "AT+MPUB=\"t\",0,0,\"\"",
                "AT+MQTTMODE=1", "AT+MPUB=\"t\",0,0,\"00\"", "AT+MPUB=\"t\",0,0,\"01\"", "AT+MPUB=\"t\",0,0,\"\"",
                "AT+MQTTMODE=0", "AT+MPUB=\"t\",0,0,\"A\"", "AT+MPUB=\"t\",0,0,\"\"",
            ])
    }

    @Test func retainAndEscapes() {
        let machine = Self.machine()
        let message = Self.message(1, Array("a\"b\\c".utf8), qos: 2, retain: true)
        #expect(Self.line(machine.begin(message, now: .zero)) == "AT+MPUB=\"t\",2,1,\"a\\22b\\5Cc\"")
    }

    @Test(arguments: failures) func modeRefused(final: CommandResult.Final) {
        let machine = Self.machine()
        _ = machine.begin(Self.message(3, [0]), now: .zero)
        guard case .rejected(3, _) = machine.commandCompleted(CommandResult(final: final), now: .zero) else {
            Issue.record("not rejected")
            return
        }
        #expect(
            Self.line(machine.begin(Self.message(3, [0x41]), now: .zero)) == "AT+MQTTMODE=0",
            "the mode is not known now")
    }

    // MARK: Outcomes

    @Test func levelZeroIsDoneAtOK() {
        let machine = Self.machine()
        _ = machine.begin(Self.message(1, qos: 0), now: .zero)
        for outcome: Outcome in [.puback, .pubrec, .pubcomp] {
            #expect(machine.outcomeReceived(outcome, now: .zero) == .stray)
        }
        #expect(machine.commandCompleted(Self.ok, now: .zero) == .acknowledged(id: 1, wasData: false))
        #expect(machine.isIdle && machine.deadline == nil && machine.openMessage == nil)
    }

    @Test(arguments: [(1, Outcome.puback), (2, .pubcomp)]) func outcomeAfterOK(qos: Int, outcome: Outcome) {
        let machine = Self.machine()
        _ = machine.begin(Self.message(1, qos: qos), now: .zero)
        #expect(machine.isOnTheWire && machine.openMessage == 1)
        #expect(machine.commandCompleted(Self.ok, now: .seconds(1)) == .none)
        #expect(machine.deadline == .seconds(11) && !machine.isOnTheWire)
        #expect(machine.outcomeReceived(qos == 1 ? .pubcomp : .puback, now: .seconds(2)) == .stray)
        #expect(machine.outcomeReceived(outcome, now: .seconds(2)) == .acknowledged(id: 1, wasData: false))
        #expect(machine.outcomeReceived(outcome, now: .seconds(2)) == .stray)
    }

    @Test(arguments: [(1, Outcome.puback), (2, .pubcomp)]) func outcomeBeforeOK(qos: Int, outcome: Outcome) {
        let machine = Self.machine()
        _ = machine.begin(Self.message(1, qos: qos), now: .zero)
        if qos == 2 { #expect(machine.outcomeReceived(.pubrec, now: .zero) == .none) }
        #expect(machine.outcomeReceived(outcome, now: .zero) == .none)
        #expect(machine.outcomeReceived(outcome, now: .zero) == .stray, "only one of them is ours")
        #expect(machine.commandCompleted(Self.ok, now: .zero) == .acknowledged(id: 1, wasData: false))
    }

    @Test func receivedGivesTheSecondHalfItsOwnTimeOnce() {
        let machine = Self.machine()
        _ = machine.begin(Self.message(1, qos: 2), now: .zero)
        _ = machine.commandCompleted(Self.ok, now: .zero)
        #expect(machine.outcomeReceived(.pubrec, now: .seconds(8)) == .none)
        #expect(machine.outcomeReceived(.pubrec, now: .seconds(16)) == .none)
        #expect(machine.deadline == .seconds(18))
        #expect(machine.deadlineReached(now: .seconds(17)) == .none)
        #expect(machine.deadlineReached(now: .seconds(18)) == .late(id: 1, what: "PUBCOMP"))
        #expect(machine.outcomeReceived(.pubcomp, now: .seconds(19)) == .stray)
    }

    @Test func lateAcknowledgementIsNeverCreditedToTheNext() {
        let machine = Self.machine()
        _ = machine.begin(Self.message(1), now: .zero)
        _ = machine.commandCompleted(Self.ok, now: .zero)
        #expect(machine.deadlineReached(now: .seconds(10)) == .late(id: 1, what: "PUBACK"))
        #expect(machine.outcomeReceived(.puback, now: .seconds(11)) == .stray)
        #expect(machine.linkBroke() == nil)
        #expect(Self.line(machine.begin(Self.message(1), now: .seconds(20))) == "AT+MQTTMODE=0")
        #expect(machine.outcomeReceived(.puback, now: .seconds(20)) == .stray, "nothing is published yet")
    }

    @Test(arguments: failures) func rejected(final: CommandResult.Final) {
        let machine = Self.machine()
        _ = machine.begin(Self.message(5), now: .zero)
        guard case .rejected(5, _) = machine.commandCompleted(CommandResult(final: final), now: .zero) else {
            Issue.record("not rejected")
            return
        }
        #expect(machine.isIdle)
        #expect(
            Self.line(machine.begin(Self.message(5), now: .zero)) == "AT+MPUB=\"t\",1,0,\"21.5\"", "the mode stands")
    }

    @Test(arguments: [CommandResult.Final.timedOut, .noPrompt]) func timedOut(final: CommandResult.Final) {
        for payload: [UInt8] in [[0x41], [0x00]] {
            let machine = Self.machine()
            _ = machine.begin(Self.message(6, payload), now: .zero)
            #expect(machine.commandCompleted(CommandResult(final: final), now: .zero) == .timedOut(id: 6))
            #expect(machine.isIdle)
            #expect(Self.line(machine.begin(Self.message(6), now: .zero)) == "AT+MQTTMODE=0")
        }
    }

    // MARK: Data mode

    @Test func dataModeNeedsItsRecordFirst() {
        let machine = Self.machine(text: false, .air780e)
        let payload = [UInt8](repeating: 0, count: 3000)
        #expect(Self.line(machine.begin(Self.message(9, payload), now: .zero)) == "AT+MQTTMODE=0")
        #expect(machine.commandCompleted(Self.ok, now: .zero) == .record(bytes: 3000))
        #expect(!machine.isOnTheWire && machine.openMessage == 9)
        guard case .submit(let command) = machine.recorded() else {
            Issue.record("nothing submitted")
            return
        }
        #expect(command.text == "AT+MPUBEX=\"t\",1,0,3000" && command.data == payload)
        #expect(machine.commandCompleted(Self.ok, now: .zero) == .none)
        #expect(machine.outcomeReceived(.puback, now: .zero) == .acknowledged(id: 9, wasData: true))
        #expect(machine.recorded() == .none)
    }

    // MARK: The link breaks

    /// In each state the open message comes back, and what was still to come belongs to nobody.
    @Test(arguments: 0..<5, [false, true]) func linkBroke(state: Int, portLost: Bool) {
        let machine = Self.machine(text: true, .air780e)
        let payloads: [[UInt8]] = [[0x41], [0x00], .init(repeating: 0, count: 3000), [0x41], [0x41]]
        if state > 0 { _ = machine.begin(Self.message(4, payloads[state]), now: .zero) }
        if state == 4 { _ = machine.commandCompleted(Self.ok, now: .zero) }
        if portLost { #expect(machine.commandCompleted(CommandResult(final: .portLost), now: .zero) == .none) }
        #expect(machine.linkBroke() == (state == 0 ? nil : 4))
        #expect(machine.isIdle && machine.deadline == nil)
        #expect(machine.recorded() == .none)
        #expect(machine.commandCompleted(Self.ok, now: .zero) == .none)
        #expect(machine.outcomeReceived(.puback, now: .zero) == .stray)
        #expect(machine.linkBroke() == nil)
    }

    @Test func onlyOneIsOpen() {
        let machine = Self.machine()
        _ = machine.begin(Self.message(1), now: .zero)
        #expect(machine.begin(Self.message(2), now: .zero) == .none)
        #expect(machine.openMessage == 1)
    }

    @Test func outcomesOfTheLinkAreNotItsBusiness() {
        let machine = Self.machine()
        for outcome: Outcome in [.connectOK, .alreadyConnect, .connectFail(state: nil), .connackOK, .suback, .unsuback]
        {
            #expect(machine.outcomeReceived(outcome, now: .zero) == .none)
        }
    }
}
