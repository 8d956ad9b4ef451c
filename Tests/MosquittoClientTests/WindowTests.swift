import LinuxIO
import MosquittoClient
import Testing

/// What is on the wire with a window, and what the broker says in words.
@Suite struct WindowTests {
    /// A broker of bare bytes whose CONNACK has these properties.
    private func broker(_ loop: EventLoop, _ properties: [UInt8]) throws -> FakeBroker {
        let broker = try FakeBroker(loop)
        broker.onPacket = { broker, packet in
            guard packet[0] == 0x10 else { return }
            broker.send([0x20, UInt8(3 + properties.count), 0, 0, UInt8(properties.count)] + properties)
        }
        return broker
    }

    private func driven(_ loop: EventLoop, _ broker: FakeBroker, window: Int) throws -> Driven {
        var options = MosquittoClient.Options.local(broker.port, "window")
        options.window = window
        let driven = try Driven(loop, options)
        _ = try driven.connected()
        return driven
    }

    @Test(arguments: [(30, nil, 30), (3, nil, 3), (30, UInt8(3), 3), (5, UInt8(100), 5), (60, UInt8(100), 60)])
    func everythingTakenIsOnTheWireAndNothingWaitsInside(_ window: Int, _ maximum: UInt8?, _ expected: Int) throws {
        let loop = try EventLoop()
        let broker = try broker(loop, maximum.map { [0x21, 0, $0] } ?? [])
        let driven = try driven(loop, broker, window: window)
        var refusal: MosquittoError?
        var taken: [Int32] = []
        for _ in 0..<200 where refusal == nil {
            do throws(MosquittoError) {
                taken.append(try driven.client.publish(topic: [0x74], payload: [1], qos: 1, retain: false))
            } catch {
                refusal = error
            }
        }
        #expect(refusal?.code == .windowFull)
        #expect(taken.count == expected)
        // All that was taken goes out without an acknowledgement: the library keeps none back.
        loop.run { broker.count(0x30) == expected }
        #expect(!driven.client.hasUnwritten)
        // One acknowledgement, one place; one with a word is one as well.
        broker.send([0x40, 2, UInt8(taken[0] >> 8), UInt8(taken[0] & 0xFF)])
        loop.run { driven.client.freeWindow == 1 }
        _ = try driven.client.publish(topic: [0x74], payload: [1], qos: 1, retain: false)
        #expect(driven.client.freeWindow == 0)
        loop.run { broker.count(0x30) == expected + 1 }
    }

    @Test func aReasonStringComesWithItsEvent() throws {
        let loop = try EventLoop()
        let broker = try broker(loop, [])
        let driven = try driven(loop, broker, window: 5)
        var words: [String?] = []
        driven.onEvent = { _ in words.append(driven.client.reasonString) }
        for _ in 0..<2 { _ = try driven.client.publish(topic: [0x74], payload: [1], qos: 1, retain: false) }
        loop.run { broker.count(0x30) == 2 }
        let text = Array("full\u{202E}!".utf8)
        broker.send([0x40, UInt8(7 + text.count), 0, 1, 151, UInt8(3 + text.count), 0x1F, 0, UInt8(text.count)] + text)
        broker.send([0x40, 3, 0, 2, 151])
        loop.run { words.count == 2 }
        #expect(words == ["full?!", nil])
        #expect(driven.client.reasonString == nil)
        #expect(driven.reasonCode(1) == 151 && driven.reasonCode(2) == 151)
        #expect(MosquittoClient.reasonText(151) == "Quota exceeded (a limit of the account or broker is reached)")
    }

    @Test func theLastWordsOfTheBrokerAreKept() throws {
        let loop = try EventLoop()
        let broker = try broker(loop, [0x27, 0, 0, 1, 0, 0x28, 0, 0x29, 0, 0x2A, 0])
        let driven = try driven(loop, broker, window: 5)
        var expected = MosquittoClient.Limits()
        expected.maximumPacketSize = 256
        (expected.wildcardSubscriptions, expected.subscriptionIdentifiers) = (false, false)
        expected.sharedSubscriptions = false
        #expect(driven.client.limits == expected)
        broker.send([0xE0, 9, 151, 7, 0x1F, 0, 4] + Array("gone".utf8))
        loop.run { driven.farewells.count == 1 }
        #expect(driven.client.endReason == 151)
        #expect(
            driven.farewells == [
                "the broker ended the session: Quota exceeded (a limit of the account or broker is reached)"
            ])
    }

    @Test func aWindowMustBeOne() throws {
        let loop = try EventLoop()
        for window in [0, -1, 65536] {
            var options = MosquittoClient.Options.local(1, "window")
            options.window = window
            let error = #expect(throws: MosquittoError.self) { try MosquittoClient(options, loop: loop) { _ in } }
            #expect(error?.description == "window: \(window) is not 1...65535")
        }
    }

    @Test func wordsForReasonCodes() {
        let texts = (0...162 as ClosedRange<Int32>).map { MosquittoClient.reasonText($0) }
        #expect(texts[0] == "success" && texts[16] == "no subscribers")
        #expect(texts[128] == "Unspecified error")
        #expect(
            texts[134] == "Bad user name or password (see username and password_file)"
                || texts[134].contains("see user"))
        #expect(!texts.contains { $0.isEmpty })
    }
}
