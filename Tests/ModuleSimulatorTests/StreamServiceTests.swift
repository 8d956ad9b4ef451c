import Glibc
import LinuxIO
import Testing

@testable import ModuleSimulator

/// The socket commands with a real TCP connection behind them.
@Suite(.serialized) struct StreamServiceTests {
    /// Boots, opens the port and connects to the peer.
    private func connect(
        _ rig: Rig, _ peer: TCPPeer, settings: [String] = ["AT+CIPRXGET=1"]
    ) -> Bool {
        rig.wait { rig.transcript.contains { $0.contains("+NITZ") } } && rig.openHost()
            && rig.wait { rig.transcript.contains("reader came") } && rig.say("ATE0") && rig.say("AT+CIPQSEND=1")
            && settings.allSatisfy { rig.say($0) } && rig.say("AT+CSTT") && rig.say("AT+CIICR")
            && rig.say("AT+CIFSR", "\r\n10.76.1.35\r\n")
            && rig.say("AT+CIPSTART=\"TCP\",\"127.0.0.1\",\(peer.port)", "\r\nOK\r\n\r\nCONNECT OK\r\n")
            && rig.wait { peer.isOpen }
    }

    private func send(_ rig: Rig, _ data: [UInt8]) -> Bool {
        guard rig.say("AT+CIPSEND=\(data.count)", "\r\n> ") else { return false }
        rig.write(data)
        return rig.wait { rig.has("\r\nDATA ACCEPT:\(data.count)\r\n") }
    }

    @Test func bytesCrossBothWaysAndAreAcknowledged() throws {
        let rig = try Rig(Rig.quick())
        let peer = try TCPPeer(rig.loop)
        try #require(connect(rig, peer))
        let data = (0..<1460).map { UInt8(truncatingIfNeeded: $0 * 7) }
        for _ in 0..<4 { #expect(send(rig, data)) }
        #expect(rig.wait { peer.received.count == 4 * 1460 })
        let isWhole = peer.received == data + data + data + data
        #expect(isWhole)
        #expect(rig.wait { rig.service.acknowledged == 5840 })
        #expect(rig.say("AT+CIPACK", "+CIPACK: 5840,5840,0\r\n"))

        rig.clear()
        peer.send((0...255).map { UInt8($0) })
        #expect(rig.wait { rig.has("\r\n+CIPRXGET: 1\r\n") })
        #expect(rig.say("AT+CIPRXGET=3,256", "+CIPRXGET: 3,256,0\r\n0001020304"))
        #expect(rig.say("AT+CIPCLOSE", "CLOSE OK"))
        #expect(rig.wait { peer.hasEnded })
    }

    @Test func aHostThatDoesNotReadStopsTheFarSide() throws {
        var options = Rig.quick()
        options.profile.receiveBuffer = 4096
        let rig = try Rig(options)
        let peer = try TCPPeer(rig.loop, smallBuffers: true)
        try #require(connect(rig, peer))
        let total = 8 << 20
        peer.send([UInt8](repeating: 0x41, count: total))
        #expect(rig.wait { rig.has("\r\n+CIPRXGET: 1\r\n") && rig.service.waitingForHost >= 4096 })
        var before = -1
        #expect(
            rig.wait {
                defer { before = peer.sent }
                return peer.sent == before
            })
        #expect(peer.sent < total)
        #expect(rig.service.waitingForHost <= 4096 + 1460)
        // Each read makes room for more.
        let stopped = peer.sent
        for _ in 0..<1000 where peer.sent == stopped { #expect(rig.say("AT+CIPRXGET=2,1460")) }
        #expect(peer.sent > stopped)
    }

    @Test func aFarSideThatDoesNotReadFillsTheSendBufferAndNoMore() throws {
        var options = Rig.quick()
        options.profile.sendBuffer = 4 << 20
        options.dialect = Dialect([.failsWhenFull])
        let rig = try Rig(options)
        let peer = try TCPPeer(rig.loop, smallBuffers: true)
        try #require(connect(rig, peer))
        peer.setReading(false)
        let data = [UInt8](repeating: 0x42, count: 1460)
        // Until the peer's window closes: what is sent is no longer acknowledged.
        for _ in 0..<2000 where rig.service.unacknowledged < 65536 { #expect(send(rig, data)) }
        #expect(rig.service.unacknowledged >= 65536)
        peer.setReading(true)
        #expect(rig.wait { rig.service.unacknowledged == 0 })
        let isWhole = peer.received.count % 1460 == 0 && peer.received.allSatisfy { $0 == 0x42 }
        #expect(isWhole)
    }

    @Test func endsAreTold() throws {
        let rig = try Rig(Rig.quick())
        let peer = try TCPPeer(rig.loop)
        try #require(connect(rig, peer))
        rig.clear()
        peer.send(ascii("bye"))
        peer.close()
        #expect(rig.wait { rig.has("\r\n+CIPRXGET: 1\r\n\r\nCLOSED\r\n") })
        #expect(rig.say("AT+CIPRXGET=2,100", "+CIPRXGET: 2,3,0\r\nbye\r\n"))
        #expect(rig.say("AT+CIPSTART=TCP,127.0.0.1,\(peer.port)", "\r\nCONNECT OK\r\n"))
        #expect(rig.wait { peer.isOpen })
        rig.clear()
        peer.close(abortively: true)
        #expect(rig.wait { rig.has("\r\nCLOSED\r\n") })
    }

    @Test func nobodyListeningIsAFailure() throws {
        let rig = try Rig(Rig.quick())
        var peer: TCPPeer? = try TCPPeer(rig.loop)
        let port = peer?.port ?? 0
        peer = nil
        #expect(rig.wait { rig.transcript.contains { $0.contains("+NITZ") } } && rig.openHost())
        #expect(rig.say("AT+CIPSTART=TCP,127.0.0.1,\(port)", "\r\nSTATE: TCP CLOSED\r\n\r\nCONNECT FAIL\r\n"))
    }

    @Test func faultsAreGivenAsLines() throws {
        let rig = try Rig(Rig.quick())
        let peer = try TCPPeer(rig.loop)
        try #require(connect(rig, peer))
        #expect(rig.service.command("send-fail") == "ok")
        #expect(rig.say("AT+CIPSEND=1", "\r\n> "))
        rig.write([1])
        #expect(rig.wait { rig.has("SEND FAIL") })
        #expect(rig.service.command("half-open") == "ok")
        #expect(send(rig, [2]))
        peer.send(ascii("unheard"))
        #expect(rig.say("AT+CIPACK", "+CIPACK: 1,0,1\r\n"))
        #expect(peer.received == [])
        rig.clear()
        #expect(rig.service.command("heal") == "ok")
        #expect(rig.wait { peer.received == [2] && rig.has("+CIPRXGET: 1") })
        rig.clear()
        #expect(rig.service.command("drop-tcp") == "ok")
        #expect(rig.wait { rig.has("CLOSED") && peer.hasEnded })
    }

    @Test func thePushedBytesOfAStreamSurviveASlowLine() throws {
        var options = Rig.quick()
        options.baud = 921_600
        options.profile.receiveBuffer = 2048
        let rig = try Rig(options)
        let peer = try TCPPeer(rig.loop)
        try #require(connect(rig, peer, settings: ["AT+CIPHEAD=1", "AT+CIPRXF=1"]))
        rig.clear()
        let data = (0..<20000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        peer.send(data)
        #expect(rig.wait { Self.pushed(rig.received).count >= data.count })
        let isWhole = Self.pushed(rig.received) == data
        #expect(isWhole)
    }

    /// The data of `+IPD,n:` frames.
    private static func pushed(_ bytes: [UInt8]) -> [UInt8] {
        var data: [UInt8] = []
        var rest = bytes[...]
        while rest.starts(with: ascii("\r\n+IPD,")), let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
            let count = Int(String(decoding: rest[(rest.startIndex + 7)..<colon], as: UTF8.self)) ?? 0
            data += rest[(colon + 1)...].prefix(count)
            rest = rest[(colon + 1)...].dropFirst(count)
        }
        return data
    }
}
