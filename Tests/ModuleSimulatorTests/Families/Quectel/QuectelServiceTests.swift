import Testing

@testable import ModuleSimulator

/// The Quectel modules on a PTY, with a real TCP server.
@Suite(.serialized) struct QuectelServiceTests {
    private static let all = (0...255).map { UInt8($0) }

    private static func rig(_ profile: ModuleProfile, _ traits: Set<Dialect.Trait> = []) throws -> Rig {
        var options = Rig.quick(profile)
        options.dialect = Dialect(traits)
        options.deactivation = .milliseconds(5)
        return try Rig(options)
    }

    /// Waits for registration, and for the rate where that has to be found.
    private static func boot(_ rig: Rig) -> Bool {
        guard rig.openHost(), rig.wait(until: { rig.transcript.contains("reader came") }) else { return false }
        // What is sent while the module boots or finds the rate is lost.
        let isHeard = (0..<50).contains { _ in rig.say("ATE0", within: .milliseconds(100)) }
        return isHeard && (0..<200).contains { _ in rig.say("AT+CGATT?") && rig.has("+CGATT: 1") }
    }

    private static func open(_ rig: Rig, _ server: PeerServer) -> Bool {
        rig.say("AT+QIDNSIP=1") && rig.say("AT+QINDI=1")
            && rig.say("AT+QIOPEN=\"TCP\",\"localhost\",\"\(server.port)\"", "\r\nOK\r\n\r\nCONNECT OK\r\n")
    }

    /// The data of a complete answer to QIRD; nil while something is missing.
    private static func data(_ answer: [UInt8]) -> [UInt8]? {
        guard let start = answer.firstRange(of: ascii(",TCP,"))?.upperBound,
            let end = answer[start...].firstIndex(of: 0x0D),
            let count = Int(String(decoding: answer[start..<end], as: UTF8.self)), answer.count >= end + 2 + count + 6
        else { return nil }
        return Array(answer[(end + 2)..<(end + 2 + count)])
    }

    @Test func bytesCrossARealConnectionOfAGSMModule() throws {
        let rig = try Self.rig(.quectelGSM)
        let server = try PeerServer(rig.loop)
        #expect(Self.boot(rig) && Self.open(rig, server))

        #expect(rig.say("AT+QISEND=256", "\r\n>"))
        rig.write(Self.all)
        #expect(rig.wait { rig.has("\r\nSEND OK\r\n") && server.received.count == 256 })
        let isSame = server.received == Self.all
        #expect(isSame)
        // Loopback acknowledges at once, and the simulator looks.
        #expect((0..<200).contains { _ in rig.say("AT+QISACK") && rig.has("+QISACK: 256,256,0") })

        server.send(Self.all)
        #expect(rig.wait { rig.has("\r\n+QIRDI: 0,1,0\r\n") })
        #expect(rig.say("AT+QIRD=0,1,0,1500", "TCP,256\r\n"))
        let expected = ascii("\r\n+QIRD: 127.0.0.1:\(server.port),TCP,256\r\n") + Self.all + ascii("\r\nOK\r\n")
        #expect(rig.wait { rig.received.count >= expected.count })
        let isWhole = rig.received == expected
        #expect(isWhole)

        server.hangUp()
        #expect(rig.wait { rig.has("\r\nCLOSED\r\n") })
        #expect(rig.say("AT+QIDEACT", "\r\nDEACT OK\r\n"))
        #expect(Self.open(rig, server))
        #expect(rig.say("AT+QICLOSE", "\r\nCLOSE OK\r\n"))
        #expect(rig.wait { !server.isConnected })
    }

    @Test func aHostThatDoesNotReadHoldsARealServerBack() throws {
        let rig = try Self.rig(.quectelGSM)
        let server = try PeerServer(rig.loop)
        #expect(Self.boot(rig) && Self.open(rig, server))
        let data = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        server.send(data)
        #expect(rig.wait { rig.has("+QIRDI") })
        var read: [UInt8] = []
        for _ in 0..<20 {
            rig.received.removeAll()
            rig.write(ascii("AT+QIRD=0,1,0,1500\r\n"))
            #expect(rig.wait { rig.received == ascii("\r\nOK\r\n") || Self.data(rig.received) != nil })
            read += Self.data(rig.received) ?? []
        }
        #expect(read.count > 7300)
        let isInOrder = read[...] == data.prefix(read.count)
        #expect(isInOrder)
        #expect(server.backlog > 0)
    }
}
