import LinuxIO
import MosquittoClient

/// A client at one of the two brokers that knows nothing of the bridge: it publishes, and tells what it gets.
final class DemoClient {
    /// What arrived, in order.
    var onMessage: (_ topic: [UInt8], _ payload: [UInt8]) -> Void = { _, _ in }
    /// The connection was lost.
    var onLost: (String) -> Void = { _ in }
    /// Connected, and the subscription granted.
    private(set) var isReady = false
    /// How many publishes the broker has not acknowledged.
    private(set) var unacknowledged = 0
    private var client: MosquittoClient?
    private let filter: String

    /// Connects to the broker on `port` and subscribes to `filter`.
    init(_ name: String, port: Int, filter: String, loop: EventLoop) throws(MosquittoError) {
        self.filter = filter
        let options = MosquittoClient.Options(host: "127.0.0.1", port: port, clientID: name)
        let client = try MosquittoClient(options, loop: loop) { [weak self] event in self?.happened(event) }
        self.client = client
        client.connect()
    }

    /// Publishes with QoS 1; false when the connection does not take it.
    @discardableResult
    func publish(_ topic: [UInt8], _ payload: [UInt8]) -> Bool {
        guard let client, (try? client.publish(topic: topic, payload: payload, qos: 1, retain: false)) != nil else {
            return false
        }
        unacknowledged += 1
        return true
    }

    /// Ends the connection.
    func close() {
        onLost = { _ in }
        client?.disconnect()
        client = nil
    }

    private func happened(_ event: MosquittoClient.Event) {
        switch event {
        case .connected: if (try? client?.subscribe(filter, qos: 1)) == nil { onLost("cannot subscribe") }
        case .subscribed(_, let granted): isReady = granted == [1]
        case .published: unacknowledged -= 1
        case .message(let message): onMessage(message.topic, message.payload)
        case .refused(_, let text), .disconnected(let text): onLost(text)
        case .unsubscribed: break
        }
    }
}
