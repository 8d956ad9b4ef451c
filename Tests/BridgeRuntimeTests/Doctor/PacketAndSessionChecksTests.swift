import Control
import Testing

@testable import BridgeRuntime

/// Attach, address, names, connection, session and what the service tells of them.
struct PacketAndSessionChecksTests {
    @Test func attach() {
        #expect(PacketChecks.attach(Answer(["+CGATT: 1"]), tried: nil).outcome == .ok)
        #expect(PacketChecks.attach(Answer(["+CGATT:0"]), tried: nil).causes.first == .noData)
        let refused = PacketChecks.attach(Answer(["+CGATT: 0"]), tried: Answer([], "+CME ERROR: 107"))
        #expect(
            refused.text == "not attached; AT+CGATT=1 was answered +CME ERROR: 107" && refused.causes.first == .noData)
        let apn = PacketChecks.attach(Answer(["+CGATT: 0"]), tried: Answer([], "+CME ERROR: 149"))
        #expect(apn.causes == [.privateAPN])
        #expect(PacketChecks.attach(Answer([], "ERROR"), tried: nil).text.contains("ERROR"))
    }

    @Test(
        arguments: [
            ("+CGPADDR: 1,\"10.76.1.35\"", "10.76.1.35"), ("+CGPADDR: 1,10.76.1.35", "10.76.1.35"),
            ("+CGPADDR: 1,\"0.0.0.0\"", nil), ("+CGPADDR: 2,\"10.76.1.35\"", nil), ("+CGPADDR: 1", nil),
            ("+CGPADDR: 1,\"2408:84e5::1\"", "2408:84e5::1"), ("", nil),
        ] as [(String, String?)])
    func address(line: String, address: String?) {
        #expect(PacketChecks.address(Answer([line]), cid: 1) == address)
    }

    @Test func addressFindings() {
        let typed = FullWidth.causes(["[module] apn name": "“cmnet”"])
        #expect(typed.first?.text.contains("“") == true)
        let none = PacketChecks.address(
            nil, apn: "cmnet", cid: 1, refusal: Answer([], "+CME ERROR: 148"), typed: typed)
        #expect(none.text == "no address with APN cmnet; AT+CGACT=1,1 was answered +CME ERROR: 148")
        #expect(none.causes.first == typed.first && none.causes.contains(.privateAPN))
        #expect(PacketChecks.address("1.2.3.4", apn: nil, cid: 1, refusal: nil, typed: []).text == "1.2.3.4")
        #expect(
            PacketChecks.apn(Answer(["+CGDCONT: 1,\"IP\",\"cmnet.mnc000.gprs\",\"\",0,0"]), cid: 1)
                == "cmnet.mnc000.gprs")
        #expect(PacketChecks.isSame("CMNET.mnc000.gprs", "cmnet") && !PacketChecks.isSame("cmnet2", "cmnet"))
    }

    @Test(
        arguments: [
            ("+CDNSGIP: 1,\"b.example\",\"221.179.180.76\"", .ok, "b.example is 221.179.180.76"),
            ("+CDNSGIP:1,\"b.example\",\"221.179.180.76\"", .ok, "b.example is 221.179.180.76"),
            ("+CDNSGIP: 0,14", .failed, "b.example: no such name (14)"),
            ("+CDNSGIP: 0,12", .failed, "b.example: no name server (12)"),
            ("+CDNSGIP: 0,77", .failed, "b.example: the module does not find it (77)"),
            ("+CDNSGIP: 0", .failed, "b.example: the module does not find it (no code)"),
            (nil, .failed, "b.example: no answer"),
        ] as [(String?, Finding.Outcome, String)])
    func dns(line: String?, outcome: Finding.Outcome, text: String) {
        let finding = PacketChecks.dns(line.map { Array($0.utf8) }, host: "b.example", typed: [])
        #expect(finding.outcome == outcome && finding.text == text)
        #expect((outcome == .ok) == finding.causes.isEmpty)
    }

    @Test(arguments: [("1.2.3.4", true), ("::1", true), ("1.2.3", false), ("1.2.3.400", false), ("a.b.c.d", false)])
    func whatIsAnAddress(host: String, isAddress: Bool) { #expect(PacketChecks.isAddress(host) == isAddress) }

    @Test(arguments: ["“x", "x，y", "ｈost", "a　b", "a\u{200B}b", "d—e", "it’s"])
    func fullWidth(text: String) { #expect(FullWidth.first(in: text) != nil) }

    @Test(arguments: ["cmnet", "a-b.c_d", "Grüße", "温度", ""])
    func plain(text: String) { #expect(FullWidth.first(in: text) == nil) }

    @Test func connection() {
        var checks = SessionChecks(host: "b.example", port: 8883, hasTLS: false)
        #expect(checks.noTCP("CONNECT FAIL").causes.first == .tlsPort)
        #expect(checks.noTCP("+CME ERROR: 3").causes.contains(.wrongName))
        checks.hostCauses = FullWidth.causes(["[remote] host": "ｂ"])
        #expect(checks.noTCP("CONNECT FAIL").causes.first == checks.hostCauses.first)
        let tls = SessionChecks(host: "b.example", port: 1883, hasTLS: true)
        let none = tls.noTLS("CONNECT FAIL", told: nil)
        #expect(none.stage == .tls && none.causes.contains(.plainPort) && none.causes.contains(.suites))
        #expect(none.causes.contains(.moduleClock))
        #expect(tls.tls.outcome == .ok && checks.tls.outcome == .skipped)
        #expect(tls.tlsSetup("TLS: x").stage == .tls)
    }

    @Test func session() {
        var checks = SessionChecks(host: "b", port: 1883, hasTLS: false)
        #expect(checks.noSession(.refused("ERROR")).causes == [.credentials, .sameClientID])
        checks.sameID = false
        #expect(checks.noSession(.closed).causes.contains(.boundClientID))
        #expect(checks.noSession(.connection("CONNECT FAIL")).stage == .tcp)
        #expect(checks.noSession(.configuration("+CME ERROR: 53")).stage == .mqtt)
        #expect(checks.noSession(.subscription("ERROR")).stage == .publish)
        #expect(checks.silence.stage == .mqtt && checks.silence.causes.first == .tlsPort)
        #expect(checks.noPublish("t", "no PUBACK").causes.first == .topicRights)
        #expect(SessionChecks.publish("t", milliseconds: 5).text == "back after 5 ms")
    }

    @Test(
        arguments: [
            ("no TCP connection to h:1883 (TCP CLOSED)", .tcp),
            ("AT+MIPSTART was answered ERROR: does the name h resolve, is port 1 plain MQTT?", .tcp),
            ("no CONNECT OK within 60 s", .tcp), ("no TLS connection to h:8883", .tls), ("TLS: the clock", .tls),
            ("AT+SSLMIPSTART was answered ERROR", .tls), ("the broker refused the session", .mqtt),
            ("no CONNACK within [remote] ack_timeout", .mqtt), ("AT+MCONFIG was answered ERROR: check", .mqtt),
            ("no SUBACK within [remote] ack_timeout", .publish), ("no address from the network", .address),
            ("not attached to the packet network", .attach), ("no registration within 10 minutes", .registration),
            ("no SIM card is seen", .card), ("something else", nil),
        ] as [(String, DoctorStage?)])
    func reasons(reason: String, stage: DoctorStage?) { #expect(ServiceChecks.stage(of: reason) == stage) }

    @Test func service() {
        let session = SessionChecks(host: "h", port: 1883, hasTLS: false)
        func checks(_ at: String, _ reason: JSONValue = .null, online: Bool = false) -> ServiceChecks {
            ServiceChecks(.members(["link": online ? "online" : "offline", "at": .text(at), "reason": reason]))
        }
        #expect(checks("online", online: true).isOnline && checks("online", online: true).port("/dev/x").outcome == .ok)
        #expect(checks("waiting for the port").port("/dev/x").outcome == .failed)
        #expect(checks("the module is mute").rate(9600)?.stage == .rate && checks("online").rate(9600) == nil)
        let refused = checks("pausing", "the broker refused the session").stuck(session)
        #expect(refused.stage == .mqtt && refused.text == "the service: the broker refused the session")
        #expect(checks("pausing", "no TCP connection to h").stuck(session).stage == .tcp)
        #expect(checks("pausing", "no SUBACK within").stuck(session).stage == .publish)
        #expect(checks("opening the TCP connection").stuck(session).causes.first?.next.contains("journalctl") == true)
        #expect(ServiceChecks("x").isOnline == false)
    }

    @Test func stages() {
        #expect(DoctorStage.allCases.map(\.exitStatus.rawValue) == Array(10...24))
        #expect(Set(DoctorStage.allCases.map(\.name)).count == 15)
        let finding = Finding.failed(.card, "x", [.unpaid], facts: [.number("n", 1)])
        #expect(finding.json["next"]?.string == Cause.unpaid.next && finding.json["stage"] == "sim")
    }
}
