import ATProtocol
import Control
import ModemCore
import Testing

@testable import BridgeRuntime

/// What doctor makes of a module that is used through its TCP socket.
struct SocketChecksTests {
    private func lines(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    private func checks(_ socket: SocketDialect, tls: Bool = false, host: String = "b.example") -> SessionChecks {
        var checks = SessionChecks(host: host, port: tls ? 8883 : 1883, hasTLS: tls)
        checks.socket = socket
        return checks
    }

    // MARK: Names and addresses

    @Test func nameOfTheNarrowbandModule() {
        #expect(!PacketChecks.isWhole([]) && !PacketChecks.isWhole(lines("+QIDNSGIP: 0,1,0")))
        let good = lines("+QIDNSGIP: 0,1,0", "+QIDNSGIP: \"203.0.113.5\"")
        #expect(PacketChecks.isWhole(good))
        #expect(PacketChecks.dns(good, host: "b", typed: []).text == "b is 203.0.113.5")
        let unknown = lines("+QIDNSGIP: 565")
        #expect(PacketChecks.isWhole(unknown))
        let finding = PacketChecks.dns(unknown, host: "b", typed: [])
        #expect(finding.text == "b: the name could not be resolved (565)" && finding.causes.first == .wrongName)
        #expect(PacketChecks.dns([], host: "b", typed: []).text == "b: no answer")
    }

    @Test func anyContextIsItsOwn() {
        // BC260Y-CN TCP/IP guide 4.1.1: context 5.
        let answer = Answer(["+CGPADDR: 5,\"10.177.135.245\",\"36.14.1.0.0.64.29.216.0.1.0.2.236.156.25.48\""])
        #expect(PacketChecks.address(answer, cid: nil) == "10.177.135.245")
        #expect(PacketChecks.address(answer, cid: 1) == nil)
    }

    @Test func registrationOfGSM() {
        let home = RadioChecks.registration(Answer(["+CREG: 0,1"]))
        #expect(home?.isRegistered == true)
        let network = Answer(["+COPS: 0,0,\"CHN-CMCC\",0"])
        #expect(RadioChecks.network(network, isGSM: true).outcome == .ok)
        #expect(RadioChecks.network(network).outcome == .warning)
    }

    @Test func aModuleWithoutClient() {
        let found = Finding.ok(.identity, "Quectel_M26, profile quectel-gsm")
        let finding = PortChecks.noClient(found, .quectelGSM)
        #expect(finding.outcome == .failed && finding.text.contains("link is \"mqtt\""))
        #expect(finding.causes.first?.next.contains("link = \"socket\"") == true)
    }

    // MARK: The connection

    @Test(
        arguments: [
            (SocketDialect.bc260y, "+QIOPEN: 0,573 (no APN is configured)", Cause.noAPN),
            (.bc260y, "+QIOPEN: 0,565 (the name could not be resolved)", .wrongName),
            (.bc260y, "no TCP connection to b.example:1883: the port is busy (574)", .portBusy),
            (.bc260y, "+QIOPEN: 0,570 (the PDP context broke down)", .privateAPN),
            (.cip, "CONNECT FAIL (TCP ERROR 6: the host cannot be reached)", .notPublic),
            (.cip, "no answer in time (TCP ERROR 5: network error)", .stuckContext),
            (.qi, "CONNECT FAIL", .bearerWithConnection),
        ])
    func numbers(_ socket: SocketDialect, _ words: String, _ cause: Cause) {
        #expect(checks(socket).noTCP(words).causes.first == cause)
    }

    @Test func otherNumbersAddNothing() {
        let plain = SessionChecks(host: "b.example", port: 1883, hasTLS: false).noTCP("x").causes
        #expect(checks(.bc260y).noTCP("+QIOPEN: 0,566 (the connection could not be made)").causes == plain)
        #expect(checks(.cip).noTCP("CONNECT FAIL (TCP ERROR 11: the host refused the connection)").causes == plain)
        #expect(checks(.bc260y).noTCP("+QIOPEN: 0,99999999999999999999").causes == plain)
        var known = checks(.qi, host: "192.0.2.1")
        known.hasAddress = true
        #expect(!known.noTCP("CONNECT FAIL").causes.contains(.bearerWithConnection))
    }

    @Test(
        arguments: [
            (["AT+CIPSTART=\"TCP\",\"h\",1", "OK", "CONNECT OK"], nil, true, ""),
            (["AT+QIOPEN=\"TCP\",\"h\",\"1\"", "OK", "CONNECT FAIL"], .connection("CONNECT FAIL"), false, ""),
            (["AT+QIOPEN=0,0,\"TCP\",\"h\",1", "OK", "+QIOPEN: 0,0"], nil, true, ""),
            (
                ["AT+QIOPEN=0,0,\"TCP\",\"h\",1", "OK", "+QIOPEN: 0,566"],
                .connection("+QIOPEN: 0,566 (the connection could not be made)"), false, ""
            ),
            (
                ["AT+CIPSTART=\"TCP\",\"h\",1", "OK", "TCP ERROR:12", "CONNECT FAIL"],
                .connection("CONNECT FAIL (TCP ERROR 12: timed out)"), false, " (TCP ERROR 12: timed out)"
            ),
            (
                ["AT+CIPSTART=\"TCP\",\"h\",1", "OK", "TCP ERROR:12"], nil, false, " (TCP ERROR 12: timed out)"
            ),
        ] as [([String], SessionWatch.Failure?, Bool, String)])
    func wayToTheConnection(_ steps: [String], failure: SessionWatch.Failure?, isConnected: Bool, tcpError: String) {
        for cut in [1, 5, 1000] {
            var watch = SessionWatch()
            for step in steps {
                guard !step.hasPrefix("AT") else {
                    watch.sent(step)
                    continue
                }
                var rest = Array("\r\n\(step)\r\n".utf8)[...]
                while !rest.isEmpty {
                    watch.received(Array(rest.prefix(cut)))
                    rest = rest.dropFirst(cut)
                }
            }
            #expect(watch.failure == failure && watch.isConnected == isConnected && watch.tcpError == tcpError)
        }
    }

    // MARK: TLS of this host

    @Test(
        arguments: [
            (
                "TLS: the broker's certificate (CN = b) expired on Jan 1; renew it, or is this host's clock wrong?",
                Cause.hostClock
            ),
            ("TLS: the broker's certificate is not for b.example; it has DNS:c: use one of them", .brokerName),
            ("TLS: the broker's certificate (CN = b) was issued by CN = x, which is not in the ca file", .brokerCA),
            ("TLS: the broker's certificate (CN = b) is signed by itself and not in the ca file", .brokerCA),
            (
                "TLS: the broker refused TLS with the alert certificate_required: it wants a client certificate",
                .ownCertificate
            ),
            (
                "TLS: the broker refused TLS with the alert unknown_psk_identity: it does not know the identity of the pre-shared key",
                .preSharedKey
            ),
            (
                "TLS: the broker refused TLS with the alert protocol_version: it does not speak the TLS versions offered",
                .versions
            ),
            ("TLS: what came back is no TLS; is this the broker's TLS port?", .plainPort),
            ("the broker ended the session: the connection was closed before the session stood", .plainPort),
        ])
    func tlsCauses(_ text: String, _ cause: Cause) {
        let finding = checks(.qi, tls: true).noTLS(text, told: text)
        #expect(finding.stage == .tls && finding.causes.first == cause)
        #expect(!finding.text.contains("TLS: "))
        // What the module cannot do is nobody's fault here.
        #expect(!finding.causes.contains(.suites) && !finding.causes.contains(.moduleClock))
    }

    @Test func tlsThatStands() {
        var tls = checks(.cip, tls: true)
        tls.security = "TLSv1.3, TLS_AES_128_GCM_SHA256"
        #expect(tls.tls.text == "negotiated by this host: TLSv1.3, TLS_AES_128_GCM_SHA256")
        #expect(checks(.cip).tls.outcome == .skipped)
    }

    // MARK: The session

    @Test func session() {
        var plain = checks(.cip)
        let refused = plain.noOwnSession("the broker refused the session: not authorised")
        #expect(refused.stage == .mqtt && refused.causes == [.ownCredentials, .sameClientID])
        plain.sameID = false
        let closed = plain.noOwnSession("the broker ended the session: the connection was closed")
        #expect(closed.causes == [.tlsPort, .ownCredentials, .boundClientID])
        #expect(
            plain.noOwnSession("no MQTT session over the connection within 90 s").causes == [.tlsPort, .slowBroker])
        #expect(plain.noPublish("t", "x").causes.first == .ownTopicRights)
    }

    @Test(
        arguments: [
            ("no TCP connection to h:1883: the connection could not be made (566)", DoctorStage.tcp),
            ("no CONNECT OK for h:1883", .tcp), ("the host reset the connection (TCP ERROR 14)", .tcp),
            ("AT+CIICR was answered ERROR: check [module] apn", .address), ("the module reports no bearer", .address),
            ("the broker ended the session: closed", .mqtt), ("no MQTT session over the connection within 90 s", .mqtt),
            ("TLS: the broker's certificate is not for h", .tls),
        ])
    func stages(_ reason: String, _ stage: DoctorStage) {
        #expect(ServiceChecks.stage(of: reason) == stage)
        let told = ServiceChecks(
            .members(["link": "offline", "at": "pausing", "reason": .text(reason), "link_kind": "socket"]))
        #expect(told.usesSocket == true)
        let stuck = told.stuck(checks(.bc260y, tls: true))
        #expect(stuck.text == "the service: \(reason)" && !stuck.causes.contains(.suites))
    }
}
