import ATProtocol
import ModemCore
import Testing

@Suite struct LinkBringUpTests {
    static let introduction = [
        "ATE0", "AT+CMEE=1", "ATI", "AT+CGMR", "AT+CGSN", "AT+ICCID", "AT+CIMI", "AT+CPIN?", "AT+CGEREP=1",
        "AT+CEREG=1", "AT+CGREG=1", "AT+CEREG?", "AT+CGATT?",
    ]
    static let session = [
        "AT+CGPADDR=1", "AT+CSQ", "AT+CIPMUX=0", "AT+MQTTMSGSET=0", "AT+MQTTMODE=0", "text mode", "AT+MDISCONNECT",
        "AT+MIPCLOSE", "AT+MCONFIG=\"box\",\"\",\"\"", "AT+MIPSTART=\"broker.example\",\"1883\"", "AT+MCONNECT=0,120",
        "AT+MSUB=\"site/cmd/#\",1", "subscribed site/cmd/#", "online",
    ]

    @Test(arguments: [
        ("YM310.X09_AT.U60_R2.0.0.240820", "ec716s"), ("AirM2M_780E_V1169_LTE_AT", "air780e"),
        ("AirM2M_780EP_V1010_LTE_AT", "air780ep"), ("AirM2M_780EPV_V1007_LTE_AT", "air780ep"),
        ("AirM2M_780EG_V1169_LTE_AT", "air780e"), ("AirM2M_Air724UG_V409_LTE_AT", "air724ug"),
    ])
    func wholeBringUp(identity: String, profile: String) {
        let harness = LinkHarness(LinkHarness.settings())
        harness.start()
        #expect(harness.take() == ["open"])
        harness.portOpened()
        #expect(harness.take() == ["sync 15"])
        while !harness.isOnline {
            guard harness.behave({ GoodModule.result(of: $0, identity: identity) }) else { break }
        }
        #expect(harness.take() == Self.introduction + Self.session)
        #expect(harness.profile.name == profile)
        #expect(harness.deadline == harness.now + .seconds(10))
        #expect(harness.violations == [])
    }

    @Test func theModuleIsToldOfTheHandshake() {
        var settings = LinkHarness.settings()
        settings.hardwareFlowControl = true
        let harness = LinkHarness(settings)
        harness.start()
        harness.portOpened()
        while !harness.isOnline {
            guard harness.behave({ GoodModule.result(of: $0, identity: "YM310") }) else { break }
        }
        #expect(harness.take().contains("AT+IFC=2,2"))
        #expect(harness.isOnline)
    }

    @Test func everythingConfigured() {
        let harness = LinkHarness.at("AT+CGDCONT?") {
            $0.accessPoint = .init(name: "iot", username: "u", password: "p", authentication: .chap)
            $0.username = Array("me".utf8)
            $0.password = Array("secret".utf8)
            $0.will = MqttWill(topic: Array("w".utf8), message: Array("gone".utf8), qos: 1, retain: true)
            $0.cleanSession = true
            $0.keepalive = 300
            $0.cachedReceive = true
            $0.subscriptions.append(.init(filter: Array("x".utf8), qos: 2))
            $0.staleSubscriptions = [Array("old".utf8)]
        }
        _ = harness.behave(until: { $0.isOnline })
        let lines: [String] = [
            "AT+CGDCONT=1,\"IP\",\"iot\"", "AT+CGAUTH=1,2,\"u\",\"p\"", "AT+CGATT=0", "AT+CGATT=1", "AT+CGATT?",
            "AT+CGPADDR=1", "AT+CSQ", "AT+CIPMUX=0", "AT+MQTTMSGSET=1", "AT+MQTTMODE=0", "text mode",
            "AT+MDISCONNECT", "AT+MIPCLOSE", "AT+MCONFIG=\"box\",\"me\",\"secret\",1,1,\"w\",\"gone\"",
            "AT+MIPSTART=\"broker.example\",\"1883\"", "AT+MCONNECT=1,300", "AT+MSUB=\"site/cmd/#\",1",
            "subscribed site/cmd/#", "AT+MSUB=\"x\",2", "subscribed x", "AT+MUNSUB=\"old\"", "unsubscribed old",
            "online", "AT+MQTTMSGGET",
        ]
        #expect(harness.take() == lines)
        #expect(harness.violations == [])
    }

    @Test func sameAccessPointIsLeftAlone() {
        let harness = LinkHarness.at("AT+CGDCONT?") { $0.accessPoint = .init(name: "CMNET") }
        harness.complete(GoodModule.answer("+CGDCONT: 1,\"IP\",\"cmnet.mnc000.mcc460.gprs\",\"10.0.0.1\",0,0"))
        #expect(harness.take() == ["AT+CGPADDR=1"])
    }

    @Test func otherAccessPointIsSetOnceOnly() {
        let harness = LinkHarness.at("AT+CGDCONT?") { $0.accessPoint = .init(name: "iot") }
        for line in ["AT+CGDCONT=1", "AT+CGATT=0", "AT+CGATT=1", "AT+CGATT?", "AT+CGPADDR=1"] {
            harness.behave()
            #expect(harness.outstanding?.hasPrefix(line) == true)
        }
    }

    @Test func credentialsAreTriedWhenTheAccessPointIsRightAndNoAddressComes() {
        let harness = LinkHarness.at("AT+CGPADDR") {
            $0.accessPoint = .init(name: "cmnet", username: "u", password: "p")
        }
        harness.complete(GoodModule.answer("+CGPADDR: 1,\"0.0.0.0\""))
        #expect(harness.take() == ["AT+CGAUTH=1,1,\"u\",\"p\""])
    }

    @Test func privateCard() {
        let harness = LinkHarness.at("AT+CGPADDR") { $0.accessPoint = .init(name: "cmnet") }
        harness.complete(GoodModule.answer("+CGPADDR: 1"))
        harness.complete(CommandResult(final: .error))
        #expect(harness.take() == ["AT+CGACT=1,1", "AT+CPNETAPN=2,\"cmnet\",\"\",\"\",0"])
        harness.complete(GoodModule.ok)
        harness.expire()
        #expect(harness.take() == ["AT+CEREG?"])
    }

    @Test func bootingHostGivesNinetySeconds() {
        let harness = LinkHarness(LinkHarness.settings { $0.mayBeBooting = true })
        harness.start()
        harness.portOpened()
        #expect(harness.take() == ["open", "sync 180"])
    }

    @Test func unknownModuleGetsTheCarefulProfile() {
        let harness = LinkHarness.at("ATI")
        harness.complete(GoodModule.answer("Something else"))
        #expect(harness.profile == .ec716s)
        #expect(harness.reported("set [module] profile"))
    }

    @Test func configuredProfileWins() {
        let harness = LinkHarness.at("AT+CGMR") { $0.profile = .air724ug }
        #expect(harness.profile == .air724ug)
    }

    @Test func valueThatCannotBeCarriedEndsItWithAReason() {
        let harness = LinkHarness.at("AT+MIPCLOSE") { $0.username = Array("a\"b".utf8) }
        harness.behave()
        #expect(harness.take() == ["finished"])
        #expect(harness.lastReport.contains("cellbridge check"))
    }
}
