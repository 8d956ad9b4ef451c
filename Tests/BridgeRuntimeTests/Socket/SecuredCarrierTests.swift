import ATProtocol
import BridgeTestKit
import LinuxIO
import ModemCore
import MosquittoClient
import TLSStream
import Testing

@testable import BridgeRuntime

/// TLS from this process to the broker, over the same line.
@Suite struct CarrierTLSTests {
    let certificates: TestCertificates
    let authority: TestCertificates.Identity

    init() throws {
        certificates = try TestCertificates()
        authority = try certificates.authority(key: .ec)
    }

    private func broker(_ server: TestCertificates.Identity) throws -> BrokerProcess {
        var options = BrokerProcess.Options()
        options.extraLines = [
            "cafile \(authority.certificate)", "certfile \(server.certificate)", "keyfile \(server.key)",
        ]
        return try BrokerProcess(options)
    }

    private func context(_ host: String = "broker.example") throws -> TLSContext {
        try TLSContext(TLSContext.Options(host: host, ca: authority.certificate))
    }

    private func good() throws -> TestCertificates.Identity {
        try certificates.server(["broker.example"], issuer: authority, key: .ec)
    }

    @Test func messagesCrossAndTheSecondConnectionIsResumed() throws {
        let broker = try broker(try good())
        let harness = try CarrierHarness(tls: try context()) { _ in
        } values: {
            $0.take(["both/#"])
        }
        harness.line.delay = 1
        harness.line.pieces = 1...200
        try harness.up(broker.port)
        #expect(harness.reports.count == 1)
        #expect(harness.reports.last?.contains("TLSv1.3") == true)
        for id in 1...100 {
            let payload = (0..<(id * 7)).map { UInt8(truncatingIfNeeded: $0 + id) }
            harness.publish(Int64(id), "both/x", payload)
        }
        harness.run(limit: .seconds(60)) { harness.acknowledged.count == 100 && harness.received.count == 100 }
        #expect(harness.received.map(\.payload.count) == (1...100).map { $0 * 7 })
        #expect(harness.mostWaiting <= SocketCarrier.outgoingLimit + 4096 + 256)
        harness.cut()
        try harness.up(broker.port)
        #expect(harness.reports.last?.contains("resumed") == true)
        harness.publish(101, "both/x", [], qos: 0)
        harness.run { harness.acknowledged.contains(101) }
    }

    @Test func aWrongNameIsRefused() throws {
        let broker = try broker(try certificates.server(["other.example"], issuer: authority, key: .ec))
        try expectRefusal(broker, "other.example")
    }

    @Test func anExpiredCertificateIsRefused() throws {
        let server = try certificates.server(["broker.example"], issuer: authority, key: .ec, validity: .expired)
        try expectRefusal(try broker(server), "expired")
    }

    private func expectRefusal(_ broker: BrokerProcess, _ word: String) throws {
        let harness = try CarrierHarness(tls: try context())
        try harness.open(broker.port)
        harness.run { !harness.failures.isEmpty }
        guard case .tls(let text) = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
        #expect(text.contains(word), "\(text)")
        #expect(harness.failures.count == 1)
        #expect(harness.sessions == 0)
        // Not a byte of CONNECT went out.
        #expect(harness.carrier.plainRead == 0)
    }

    @Test func aCutInTheHandshakeIsNoMatterOfTLS() throws {
        let harness = try CarrierHarness(tls: try context())
        let broker = try ScriptedBroker(harness.loop)
        broker.greeting = []
        try harness.open(broker.port)
        harness.run { harness.sent > 100 && broker.connections == 1 }
        broker.hangUp()
        harness.run { !harness.failures.isEmpty }
        #expect(harness.failures == [.closed("the broker closed the connection")])
        #expect(harness.carrier.plainRead == 0)
    }

    @Test func damageOnTheLineIsNoMatterOfTheCertificate() throws {
        let broker = try broker(try good())
        let harness = try CarrierHarness(tls: try context())
        try harness.up(broker.port)
        harness.carrier.received([0x17, 3, 3, 0, 20] + [UInt8](repeating: 9, count: 20))
        harness.run { !harness.failures.isEmpty }
        guard case .broken = harness.failures.first else {
            Issue.record("\(harness.failures)")
            return
        }
    }

    @Test func finishSaysGoodbyeOnBothLevels() throws {
        let broker = try broker(try good())
        let harness = try CarrierHarness(tls: try context())
        try harness.up(broker.port)
        harness.publish(1)
        let before = harness.sent
        harness.carrier.finish()
        harness.run { harness.farewells == 1 }
        harness.run { broker.log.contains("Received DISCONNECT from box") }
        // PUBLISH and DISCONNECT may share a record (22 bytes each and what they hold); close_notify has one of 24.
        #expect(harness.sent - before >= 22 + 12 + 24)
    }
}
