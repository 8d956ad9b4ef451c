import Glibc
import LinuxIO
import MosquittoClient
import Testing

/// Connections that do not come about, or end badly.
@Suite struct ConnectTests {
    @Test(
        arguments: [
            (MosquittoClient.ProtocolVersion.v5, [0x20, 3, 0, 0x84, 0], MosquittoClient.unsupportedVersion),
            (.v5, [0x20, 2, 0, 1], MosquittoClient.unsupportedVersion),
            (.v311, [0x20, 2, 0, 1], 1),
            (.v5, [0x20, 3, 0, 0x88, 0], 136),
            (.v311, [0x20, 2, 0, 5], 5),
        ] as [(MosquittoClient.ProtocolVersion, [UInt8], Int32)])
    func aRefusalIsOneEventWithTheReason(
        _ version: MosquittoClient.ProtocolVersion, _ answer: [UInt8], _ code: Int32
    ) throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        broker.onPacket = { broker, _ in broker.send(answer) }
        var options = MosquittoClient.Options.local(broker.port, "refused")
        options.protocolVersion = version
        let driven = try Driven(loop, options)
        driven.client.connect()
        loop.run { !driven.events.isEmpty }
        #expect(driven.refusal == code)
        #expect(driven.events.count == 1)
        // The handler of the refusal may have connected again; so may we.
        broker.onPacket = { broker, _ in broker.send(version == .v5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]) }
        #expect(try driven.connected() == false)
    }

    @Test func aSilentBrokerIsGivenUpAfterTheTimeout() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        var options = MosquittoClient.Options.local(broker.port, "silent")
        options.connectTimeout = .milliseconds(100)
        let driven = try Driven(loop, options)
        driven.client.connect()
        loop.run { driven.farewells.count == 1 }
        #expect(driven.farewells.first?.contains("no answer from the broker") == true)
    }

    @Test func aHostThatAnswersNoSYNDoesNotStopTheLoop() throws {
        let loop = try EventLoop()
        // A full accept queue: the kernel drops further SYNs.
        let (listener, port) = listenOnLoopback(backlog: 0)
        var fillers: [Int32] = []
        for _ in 0..<3 {
            let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            _ = unsafe withAddress(port) { unsafe connect(filler, $0, $1) }
            fillers.append(filler)
        }
        defer { for descriptor in fillers + [listener] { close(descriptor) } }
        var options = MosquittoClient.Options.local(port, "unanswered")
        options.connectTimeout = .milliseconds(200)
        let driven = try Driven(loop, options)
        var longest = Duration.zero
        var last = loop.now
        driven.client.connect()
        loop.run {
            longest = max(longest, loop.now - last)
            last = loop.now
            return driven.farewells.count == 1
        }
        #expect(driven.farewells.first?.contains("no TCP connection") == true)
        #expect(longest < .seconds(2))
    }

    @Test func aResetIsNoticedWhileReadingIsHeldBack() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        broker.onPacket = { broker, _ in broker.send([0x20, 3, 0, 0, 0]) }
        let driven = try Driven(loop, .local(broker.port, "held"))
        _ = try driven.connected()
        driven.client.mayRead = false
        driven.client.mayWrite = false
        broker.reset()
        loop.run { driven.farewells.count == 1 }
    }

    @Test func garbageEndsTheConnection() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        broker.onPacket = { broker, _ in broker.send([0x20, 3, 0, 0, 0] + (0..<64).map { UInt8($0) &* 37 &+ 3 }) }
        let driven = try Driven(loop, .local(broker.port, "garbage"))
        driven.client.connect()
        loop.run { driven.farewells.count == 1 }
    }

    @Test func theBrokersReasonForTheEndIsTold() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        broker.onPacket = { broker, _ in broker.send([0x20, 3, 0, 0, 0, 0xE0, 2, 0x8E, 0]) }
        let driven = try Driven(loop, .local(broker.port, "same"))
        driven.client.connect()
        loop.run { driven.farewells.count == 1 }
        #expect(
            driven.farewells == [
                "the broker ended the session: Session taken over (another client came with the same client_id; "
                    + "each bridge needs its own)"
            ])
    }

    @Test func theHandlerOfTheEndMayConnectAgain() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        var accepted = 0
        broker.onPacket = { broker, _ in
            accepted += 1
            if accepted < 3 { broker.reset() } else { broker.send([0x20, 3, 0, 0, 0]) }
        }
        let driven = try Driven(loop, .local(broker.port, "again"))
        driven.onEvent = { if case .disconnected = $0 { driven.client.connect() } }
        driven.client.connect()
        loop.run { driven.client.isConnected }
        #expect(driven.farewells.count == 2)
    }

    @Test func anUnknownNameSaysSo() throws {
        let loop = try EventLoop()
        var options = MosquittoClient.Options.local(1883, "lost")
        options.host = "no such host"
        let driven = try Driven(loop, options)
        driven.client.connect()
        loop.run { driven.farewells.count == 1 }
        #expect(driven.farewells.first?.hasPrefix("no such host:1883: Name or service not known") == true)
    }

    @Test func aDisconnectWhileConnectingIsToldOnce() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        let driven = try Driven(loop, .local(broker.port, "hasty"))
        driven.client.connect()
        driven.client.disconnect()
        driven.client.connect()
        loop.run { !driven.events.isEmpty }
        #expect(driven.events == [.disconnected(text: "closed on request")])
    }

    @Test func pingsKeepAQuietConnection() throws {
        let loop = try EventLoop()
        let broker = try FakeBroker(loop)
        broker.onPacket = { broker, packet in
            switch packet[0] {
            // CONNACK with a server keep-alive of one second: ours of 60 must not count.
            case 0x10: broker.send([0x20, 6, 0, 0, 3, 19, 0, 1])
            case 0xC0: broker.send([0xD0, 0])
            default: break
            }
        }
        let driven = try Driven(loop, .local(broker.port, "quiet"))
        _ = try driven.connected()
        loop.run { broker.count(0xC0) >= 1 }
        #expect(driven.client.isConnected)
    }
}
