import Configuration
import ModemCore
import Testing

@testable import BridgeRuntime

/// What a message costs over the socket link.
struct SocketUseTests {
    @Test func anAcknowledgedMessageOfEachFamily() {
        // 30 bytes out and 26 back, read on request where the module can.
        func use(_ profile: ModuleProfile, cached: Bool = true) -> LineUse {
            LineUse(sending: 30, receiving: 26, isCached: cached, profile: profile, baud: 115_200)
        }
        let cip = use(.air780ep)
        #expect(cip.sent == "AT+CIPSEND=30\r\n".utf8.count + 30 + "AT+CIPRXGET=2,1460\r\n".utf8.count)
        #expect(
            cip.received
                == "\r\n> \r\nDATA ACCEPT:30\r\n\r\n+CIPRXGET: 1\r\n\r\n+CIPRXGET: 2,26,0\r\n".utf8.count + 26
                + "\r\n\r\nOK\r\n".utf8.count)
        let pushed = use(.air780ep, cached: false)
        #expect(pushed.sent == "AT+CIPSEND=30\r\n".utf8.count + 30)
        #expect(pushed.received == "\r\n> \r\nDATA ACCEPT:30\r\n\r\n+IPD,26:".utf8.count + 26)
        let gsm = use(.quectelGSM)
        #expect(gsm.sent == "AT+QISEND=30\r\n".utf8.count + 30 + 2 * "AT+QIRD=0,1,0,1460\r\n".utf8.count)
        let narrow = use(.bc260y)
        #expect(narrow.sent == "AT+QISEND=0,30,".utf8.count + 60 + 2)
        #expect(
            narrow.received == "\r\nOK\r\n\r\nSEND OK\r\n\r\n+QIURC: \"recv\",0,26,\r\n".utf8.count + 52)
        #expect(cip.encoding == nil && cip.modeSwitch == 0)
    }

    @Test func aLongOneTakesSeveralSends() {
        let use = LineUse(sending: 3000, receiving: 0, isCached: true, profile: .air780e, baud: 9600)
        #expect(use.sent == 2 * ("AT+CIPSEND=1460\r\n".utf8.count + 1460) + "AT+CIPSEND=80\r\n".utf8.count + 80)
    }

    @Test func mqtt5AndTLS13InTheAir() {
        // One byte of properties, or six with an expiry; a record is 22 bytes longer than what is in it.
        let plain = AirUse(topic: 3, payload: 10, qos: 1, isTLS: false, own: 0)
        #expect(plain.publish == 2 + 2 + 3 + 2 + 1 + 10 && plain.tls == 0)
        #expect(AirUse(topic: 3, payload: 10, qos: 1, isTLS: false, own: 5).publish == plain.publish + 5)
        let secured = AirUse(topic: 3, payload: 10, qos: 1, isTLS: true, own: 0)
        #expect(secured.tls == 44 && secured.headers == plain.headers)
        #expect(secured.out(qos: 1, isTLS: true) == plain.publish + 22 && secured.answer(qos: 1, isTLS: true) == 26)
        #expect(
            secured.out(qos: 2, isTLS: true) == plain.publish + 22 + 26 && secured.answer(qos: 2, isTLS: true) == 52)
        #expect(AirUse(topic: 3, payload: 20_000, qos: 0, isTLS: true, own: 0).tls == 44)
    }

    private func explained(
        _ profile: Configuration.Module.Profile, _ link: Configuration.Remote.Link, way: TopicQuestion.Way = .out,
        size: Int = 100, qos: Int = 1
    ) throws -> TopicExplanation {
        var remote = Configuration.Remote(host: "broker", clientID: "box")
        remote.link = link
        let routes = [
            Configuration.Route(direction: .out, topic: Array("up/#".utf8)),
            Configuration.Route(direction: .in, topic: Array("down/#".utf8), qos: 2),
        ]
        let explainer = try TopicExplainer(
            Configuration(
                bridge: Configuration.Bridge(name: "box"),
                local: Configuration.Local(host: "localhost", port: 1883, clientID: "x"),
                module: Configuration.Module(profile: profile), remote: remote, routes: routes,
                queue: Configuration.Queue(path: "/q", maxBytes: 1 << 20, overflow: .dropOldest),
                control: Configuration.Control(socket: nil)))
        return explainer.explain(
            TopicQuestion(
                topic: Array((way == .out ? "up/x" : "down/x").utf8), way: way,
                payload: [UInt8](repeating: 0, count: size), qos: qos))
    }

    @Test(arguments: [
        (Configuration.Module.Profile.quectelGSM, Configuration.Remote.Link.automatic), (.bc260y, .socket),
        (.air780ep, .socket), (.automatic, .socket),
    ])
    func itIsExplained(_ profile: Configuration.Module.Profile, _ link: Configuration.Remote.Link) throws {
        guard case .taken(let crossing) = try explained(profile, link).outcome else {
            Issue.record("not taken")
            return
        }
        #expect(crossing.usesSocket && crossing.line.encoding == nil && !crossing.isEchoed)
        guard case .taken(let inbound) = try explained(profile, link, way: .in, qos: 2).outcome else {
            Issue.record("not taken")
            return
        }
        #expect(inbound.usesSocket && inbound.notes.contains { $0.contains("QoS 1") })
        // The local publish is as the route says, whatever came over the air.
        #expect(inbound.qos == 2)
    }

    @Test func limitsAreTheLinks() throws {
        guard case .taken = try explained(.ec716s, .socket, size: 262_144).outcome else {
            Issue.record("refused")
            return
        }
        guard case .refused(_, let code, _) = try explained(.ec716s, .socket, size: 262_145).outcome else {
            Issue.record("taken")
            return
        }
        #expect(code == "too-long")
        guard case .refused = try explained(.ec716s, .mqtt, size: 5000).outcome else {
            Issue.record("taken")
            return
        }
    }
}
