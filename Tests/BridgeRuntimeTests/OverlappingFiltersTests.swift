import BridgeCore
import LinuxIO
import MosquittoClient
import PrivateBroker
import Testing

@testable import BridgeRuntime

/// Filters that overlap in part, at a real Mosquitto, which sends a message once for each of them.
@Suite struct OverlappingFiltersTests {
    private final class Receiver: LocalDriverDelegate {
        var messages: [MosquittoClient.Message] = []
        var isConnected = false
        var counters = Counters()

        func localReceived(_ message: MosquittoClient.Message) { messages.append(message) }
        func localBatchEnded() {}
        func localConnected() { isConnected = true }
        func localDisconnected() { isConnected = false }
        func localPublished(_ mid: Int32, reasonCode: Int32) {}
        func localIsOldProtocol() {}
        func localUnsubscribed(_ filter: [UInt8]) {}
        func localDropped(_ count: UInt64) {}
        func localCounted(_ counter: WritableKeyPath<Counters, UInt64>) { counters.count(counter) }
    }

    @Test func aMessageForBothIsTakenOnce() throws {
        let broker = try BrokerProcess()
        let loop = try EventLoop()
        let receiver = Receiver()
        let driver = LocalDriver(name: "test", clock: LoopClock(loop), log: LogRecorder().log()) {
            (version, onEvent) throws(MosquittoError) in
            var options = MosquittoClient.Options(host: "127.0.0.1", port: broker.port, clientID: "overlap")
            options.protocolVersion = version
            options.cleanStart = false
            options.sessionExpiry = 60
            return try MosquittoClient(options, loop: loop, onEvent: onEvent)
        }
        driver.delegate = receiver
        let filters = try ["a/+/c", "a/b/#", "d"].map { try TopicFilter(bytes($0)) }
        driver.start(filters: filters, stale: [])
        #expect(runLoop(loop) { receiver.isConnected && driver.subscribing.isEmpty })

        var other: MosquittoClient!
        other = try MosquittoClient(
            MosquittoClient.Options(host: "127.0.0.1", port: broker.port, clientID: "other"), loop: loop
        ) { _ in }
        other.connect()
        #expect(runLoop(loop) { other.isConnected })
        for topic in ["a/b/c", "a/x/c", "a/b/x", "a/b/c", "d", "a/b"] {
            _ = try other.publish(topic: bytes(topic), payload: bytes(topic), qos: 1, retain: false)
        }
        #expect(runLoop(loop) { receiver.messages.count >= 6 && receiver.counters.copiesDropped >= 2 })
        #expect(
            receiver.messages.map(\.topic).sorted { $0.lexicographicallyPrecedes($1) }
                == ["a/b", "a/b/c", "a/b/c", "a/b/x", "a/x/c", "d"].map(bytes))
        #expect(receiver.counters.copiesDropped == 2)
        other.disconnect()
    }
}
