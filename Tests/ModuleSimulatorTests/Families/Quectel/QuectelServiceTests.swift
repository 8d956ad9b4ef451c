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

    private static func open(_ rig: Rig, _ server: TCPPeer) -> Bool {
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
        let server = try TCPPeer(rig.loop)
        #expect(Self.boot(rig) && Self.open(rig, server))

        #expect(rig.say("AT+QISEND=256", "\r\n>"))
        rig.write(Self.all)
        #expect(rig.wait { rig.has("\r\nSEND OK\r\n") && server.received.count == 256 })
        let isSame = server.received == Self.all
        #expect(isSame)
        // Loopback acknowledges at once, and the simulator looks.
        #expect((0..<200).contains { _ in rig.say("AT+QISACK") && rig.has("+QISACK: 256,256,0") })

        rig.clear()
        server.send(Self.all)
        #expect(rig.wait { rig.has("\r\n+QIRDI: 0,1,0\r\n") })
        #expect(rig.say("AT+QIRD=0,1,0,1500", "+QIRD: 127.0.0.1:\(server.port),TCP,256\r\n"))
        #expect(rig.wait { Self.data(rig.received) != nil })
        let isWhole = Self.data(rig.received) == Self.all
        #expect(isWhole)

        server.close()
        #expect(rig.wait { rig.has("\r\nCLOSED\r\n") })
        #expect(rig.say("AT+QIDEACT", "\r\nDEACT OK\r\n"))
        #expect(Self.open(rig, server))
        #expect(rig.say("AT+QICLOSE", "\r\nCLOSE OK\r\n"))
        #expect(rig.wait { server.hasEnded })
    }

    @Test func aHostThatDoesNotReadHoldsARealServerBack() throws {
        let rig = try Self.rig(.quectelGSM)
        let server = try TCPPeer(rig.loop, smallBuffers: true)
        #expect(Self.boot(rig) && Self.open(rig, server))
        let data = (0..<4_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        server.send(data)
        #expect(rig.wait { rig.has("+QIRDI") && rig.service.waitingForHost >= 7300 })
        var read: [UInt8] = []
        for _ in 0..<20 {
            rig.clear()
            rig.write(ascii("AT+QIRD=0,1,0,1500\r\n"))
            #expect(rig.wait { rig.received == ascii("\r\nOK\r\n") || Self.data(rig.received) != nil })
            read += Self.data(rig.received) ?? []
        }
        #expect(read.count > 7300)
        let isInOrder = read[...] == data.prefix(read.count)
        #expect(isInOrder)
        #expect(server.sent < data.count && rig.service.waitingForHost <= 7300 + 1460)
    }

    @Test func bytesCrossARealConnectionOfABC260Y() throws {
        let rig = try Self.rig(.bc260y)
        let server = try TCPPeer(rig.loop)
        #expect(Self.boot(rig) && rig.say("AT+QICFG=\"dataformat\",1,1"))
        #expect(rig.say("AT+QIOPEN=0,0,\"TCP\",\"127.0.0.1\",\(server.port)", "\r\nOK\r\n\r\n+QIOPEN: 0,0\r\n"))
        let digits = String(decoding: Self.all.flatMap { hex($0) }, as: UTF8.self)
        #expect(rig.say("AT+QISEND=0,256,\(digits)", "\r\nOK\r\n\r\nSEND OK\r\n"))
        #expect(rig.wait { server.received.count == 256 })
        let isSame = server.received == Self.all
        #expect(isSame)
        #expect((0..<200).contains { _ in rig.say("AT+QISEND=0,0") && rig.has("+QISEND: 256,256,0") })
        rig.clear()
        server.send(Self.all)
        #expect(rig.wait { rig.has("\r\n+QIURC: \"recv\",0,256,\(digits)\r\n") })
        server.close()
        #expect(rig.wait { rig.has("\r\n+QIURC: \"closed\",0\r\n") })
        #expect(rig.say("AT+QICLOSE=0", "\r\nOK\r\n\r\nCLOSE OK\r\n"))
    }

    @Test func aPortNobodyListensOnIsAFailure() throws {
        for profile in [ModuleProfile.quectelGSM, .bc260y] {
            let rig = try Self.rig(profile)
            var server: TCPPeer? = try TCPPeer(rig.loop)
            let port = server?.port ?? 0
            server = nil
            #expect(Self.boot(rig))
            if profile == .bc260y {
                #expect(rig.say("AT+QIOPEN=0,0,\"TCP\",\"127.0.0.1\",\(port)", "\r\n+QIOPEN: 0,566\r\n"))
            } else {
                #expect(rig.say("AT+QIOPEN=\"TCP\",\"127.0.0.1\",\"\(port)\"", "\r\nCONNECT FAIL\r\n"))
            }
        }
    }
}
