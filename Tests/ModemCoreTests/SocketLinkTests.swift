import ATProtocol
import ModemCore
import Testing

/// The bring-up of each family over its sockets, and the stage between connection and session.
@Suite struct SocketLinkTests {
    static func settings(
        _ profile: ModuleProfile?, _ change: (inout LinkSettings) -> Void = { _ in }
    ) -> LinkSettings {
        LinkHarness.settings {
            $0.profile = profile
            $0.linkChoice = .socket
            $0.subscriptions = []
            $0.cachedReceive = true
            change(&$0)
        }
    }

    static func harness(
        _ profile: ModuleProfile?, _ change: (inout LinkSettings) -> Void = { _ in }
    ) -> LinkHarness {
        LinkHarness(settings(profile, change))
    }

    /// The commands from this one on, until online.
    static func lines(_ harness: LinkHarness, from: String) -> [String] {
        harness.start()
        #expect(harness.behave(until: { $0.isOnline }))
        let log = harness.take()
        #expect(harness.violations == [])
        return Array(log.drop { !$0.hasPrefix(from) })
    }

    static func online(_ profile: ModuleProfile, _ change: (inout LinkSettings) -> Void = { _ in }) -> LinkHarness {
        let harness = harness(profile, change)
        harness.start()
        _ = harness.behave(until: { $0.isOnline })
        _ = harness.take()
        return harness
    }

    /// With the stream open and no session yet.
    static func pending(_ profile: ModuleProfile, _ change: (inout LinkSettings) -> Void = { _ in }) -> LinkHarness {
        let harness = harness(profile, change)
        harness.establishes = false
        harness.start()
        _ = harness.behave(until: { $0.hasStream })
        _ = harness.take()
        return harness
    }

    static let profiles: [ModuleProfile] = [.ec716s, .quectelGSM, .bc260y]

    // MARK: Bring-up

    /// YM310 AT manual 9.40, 9.42.
    @Test func cip() {
        let harness = Self.harness(.ec716s) { $0.accessPoint = .init(name: "cmnet", username: "u", password: "p") }
        let lines = Self.lines(harness, from: "AT+CIPSTATUS")
        #expect(
            lines == [
                "AT+CIPSTATUS", "AT+CIPMUX=0", "AT+CIPMODE=0", "AT+CIPSSL=0", "AT+CIPQSEND=1", "AT+CIPSPRT=1",
                "AT+CIPSHOWTP=0", "AT+CIPSRIP=0", "AT+CIPHEAD=1", "AT+CIPRXGET=5", "AT+CIPTKA=1,180,75,6",
                "AT+CSTT=\"cmnet\",\"u\",\"p\"", "AT+CIICR", "AT+CIFSR", "AT+CIPSTART=\"TCP\",\"broker.example\",1883",
                "stream", "online",
            ])
        #expect(harness.dialect == .cip)
    }

    @Test func cipPushed() {
        let harness = Self.harness(.ec716s) { $0.cachedReceive = false }
        let lines = Self.lines(harness, from: "AT+CIPSTATUS")
        #expect(lines.contains("AT+CIPRXGET=0") && lines.contains("AT+CIPHEAD=1") && lines.contains("AT+CSTT"))
        #expect(!lines.contains("AT+CIPRXGET=5"))
        // 9.12: what is pushed ends with a line end, which shows that nothing of it was lost on the line.
        #expect(lines.contains("AT+CIPRXF=0"))
    }

    /// Firmware before V867 knows the first notice only.
    @Test func cipOldNotice() {
        let harness = Self.harness(.air724ug)
        harness.start()
        harness.go(to: "AT+CIPRXGET=5")
        harness.complete(CommandResult(final: .error))
        #expect(harness.outstanding == "AT+CIPRXGET=1")
        harness.complete(CommandResult(final: .error))
        #expect(harness.reported("AT+CIPRXGET=5 was answered ERROR"))
        #expect(harness.recovery != nil && !harness.hasStream)
        #expect(harness.behave(until: { $0.isOnline }))
    }

    /// Quectel GSM TCP/IP guide 2, 3.
    @Test func qi() {
        let harness = Self.harness(.quectelGSM) {
            $0.accessPoint = .init(name: "CMNET")
            $0.baudRate = 9600
        }
        let lines = Self.lines(harness, from: "AT+CGATT?")
        #expect(
            lines == [
                "AT+CGATT?", "AT+CSQ", "AT+IPR?", "AT+IPR=9600&W", "AT+QISTAT", "AT+QIFGCNT=0", "AT+QICSGP=1,\"CMNET\"",
                "AT+QIMUX=0", "AT+QIMODE=0", "AT+QIDNSIP=1", "AT+QINDI=1",
                "AT+QIOPEN=\"TCP\",\"broker.example\",\"1883\"", "stream", "online",
            ])
        #expect(harness.dialect == .qi)
    }

    @Test func qiAtItsRateAndANumericHost() {
        let harness = Self.harness(.quectelGSM) {
            $0.baudRate = 115_200
            $0.host = "10.1.2.3"
        }
        let lines = Self.lines(harness, from: "AT+IPR?")
        #expect(!lines.contains { $0.hasPrefix("AT+IPR=") } && lines.contains("AT+QIDNSIP=0"))
    }

    /// BC260Y-CN TCP/IP guide 4.1.
    @Test func bc260y() {
        let harness = Self.harness(.bc260y)
        let lines = Self.lines(harness, from: "AT+CGPADDR")
        #expect(
            lines == [
                "AT+CGPADDR", "AT+CSQ", "AT+QICLOSE=0", "AT+QISTATE=1,0", "AT+QICFG=\"dataformat\",1,1",
                "AT+CPSMS=0",
                "AT+QIOPEN=0,0,\"TCP\",\"broker.example\",1883", "stream", "online",
            ])
        #expect(harness.dialect == .bc260y)
    }

    @Test func bc260yWaitsForItsAddress() {
        let harness = Self.harness(.bc260y)
        harness.start()
        harness.go(to: "AT+CGPADDR")
        harness.complete(GoodModule.ok)
        _ = harness.take()
        harness.urc(.socket(.networkReady))
        #expect(harness.deadline == harness.now)
        harness.expire()
        #expect(harness.take() == ["AT+CGPADDR"])
        harness.complete(GoodModule.answer("+CGPADDR: 5,\"10.177.135.245\",\"36.14.1.0.0.64.29.216\""))
        #expect(harness.take() == ["AT+CSQ"])
    }

    // MARK: Which link

    @Test(arguments: [
        ("YM310.X09_AT.U60_R2.0.0.240820", "ec716s", LinkKind.mqtt), ("AirM2M_780EP_V1010_LTE_AT", "air780ep", .mqtt),
        ("Quectel_Ltd Quectel_M35 Revision: M35FAR01A01", "quectel-gsm", .socket), ("M66", "quectel-gsm", .socket),
        ("Quectel_MC60 Revision: MC60CAR01A01", "quectel-gsm", .socket),
        ("Quectel_Ltd Quectel_BC260Y-CN Revision: BC260YCNAAR01A01", "bc260y", .socket),
    ])
    func automatic(identity: String, name: String, kind: LinkKind) {
        let harness = Self.harness(nil) { $0.linkChoice = .automatic }
        harness.start()
        harness.go(to: "ATI")
        #expect(harness.dialect == nil)
        harness.complete(GoodModule.answer(identity))
        #expect(harness.profile.name == name && harness.kind == kind)
        #expect((harness.dialect == nil) == (kind == .mqtt))
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }

    @Test func mqttAtAModuleWithoutIt() {
        let harness = Self.harness(nil) { $0.linkChoice = .mqtt }
        harness.start()
        harness.go(to: "ATI")
        harness.complete(GoodModule.answer("Quectel_M95"))
        #expect(harness.isFinished)
        #expect(harness.reported("set link = \"socket\""))
    }

    // MARK: Leftovers

    @Test(arguments: [
        ("CONNECT OK", ["AT+CIPSTATUS", "AT+CIPCLOSE", "AT+CIPSTATUS", "AT+CIPSHUT", "AT+CIPMUX=0"]),
        ("TCP CONNECTING", ["AT+CIPSTATUS", "AT+CIPCLOSE", "AT+CIPSTATUS", "AT+CIPSHUT", "AT+CIPMUX=0"]),
        ("PDP DEACT", ["AT+CIPSTATUS", "AT+CIPSHUT", "AT+CIPMUX=0"]),
        ("IP STATUS", ["AT+CIPSTATUS", "AT+CIPSHUT", "AT+CIPMUX=0"]),
        ("IP PROCESSING", ["AT+CIPSTATUS", "AT+CIPSHUT", "AT+CIPMUX=0"]),
        ("IP INITIAL", ["AT+CIPSTATUS", "AT+CIPMUX=0"]),
    ])
    func leftovers(state: String, lines: [String]) {
        let harness = Self.harness(.ec716s)
        harness.sockets.state = state
        #expect(Array(Self.lines(harness, from: "AT+CIPSTATUS").prefix(lines.count)) == lines)
    }

    @Test(arguments: [
        ("TCP CONNECTING", ["AT+QISTAT", "AT+QICLOSE", "AT+QISTAT", "AT+QIDEACT", "AT+QIFGCNT=0"]),
        ("IP GPRSACT", ["AT+QISTAT", "AT+QIDEACT", "AT+QIFGCNT=0"]),
    ])
    func leftoversOfGSM(state: String, lines: [String]) {
        let harness = Self.harness(.quectelGSM)
        harness.sockets.state = state
        #expect(Array(Self.lines(harness, from: "AT+QISTAT").prefix(lines.count)) == lines)
    }

    @Test(arguments: profiles) func moduleThatKeepsItsConnection(profile: ModuleProfile) {
        let harness = Self.harness(profile)
        harness.start()
        var left = 400
        while left > 0, !harness.reported("keeps an old TCP connection"), !harness.reported("does not close") {
            left -= 1
            if harness.outstanding == "AT+CIPSTATUS" || harness.outstanding == "AT+QISTAT" {
                harness.complete(GoodModule.answer("STATE: CONNECT OK"))
            } else if harness.outstanding == "AT+QISTATE=1,0" {
                harness.complete(GoodModule.answer("+QISTATE: 0,\"TCP\",\"h\",1,0,4,0,1"))
            } else if harness.outstanding?.hasPrefix("AT+CIPSTART") == true
                || harness.outstanding?.hasPrefix("AT+QIOPEN") == true
            {
                harness.complete(CommandResult(final: .text(Array("ALREADY CONNECT".utf8))))
            } else {
                harness.behave()
            }
        }
        #expect(left > 0)
        #expect(harness.behave(until: { $0.isOnline }))
        #expect(harness.violations == [])
    }
}
