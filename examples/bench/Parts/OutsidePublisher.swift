import LinuxIO
import MosquittoClient

/// A client of its own at the local broker that publishes as fast as the broker acknowledges.
final class OutsidePublisher {
    private static let window = 20
    private var client: MosquittoClient?
    private var waiting: ArraySlice<(topic: [UInt8], payload: [UInt8])> = []
    private var open = 0

    /// Connects; `isConnected` says when.
    init(port: Int, loop: EventLoop) throws {
        let options = MosquittoClient.Options(host: "127.0.0.1", port: port, clientID: "bench-publisher")
        let client = try MosquittoClient(options, loop: loop) { [weak self] event in
            if case .published = event { self?.acknowledged() }
        }
        self.client = client
        client.connect()
    }

    /// Whether messages can be published.
    var isConnected: Bool { client?.isConnected ?? false }

    /// Whether all has been acknowledged by the broker.
    var isDone: Bool { waiting.isEmpty && open == 0 }

    /// Publishes numbered messages at QoS 1, each `size` bytes of text that begins with its number.
    func publish(_ count: Int, topic: String, size: Int) {
        let name = Array(topic.utf8)
        waiting += (0..<count).map { (name, Payload.text(number: $0, size: size)) }
        pump()
    }

    private func acknowledged() {
        open -= 1
        pump()
    }

    private func pump() {
        while open < Self.window, let next = waiting.first {
            guard (try? client?.publish(topic: next.topic, payload: next.payload, qos: 1, retain: false)) != nil else {
                return
            }
            open += 1
            waiting = waiting.dropFirst()
        }
    }
}

/// What the messages consist of.
enum Payload {
    /// `size` printable bytes, eight digits of `number` in front.
    static func text(number: Int, size: Int) -> [UInt8] {
        let digits = Array(String(number).utf8)
        let padded = [UInt8](repeating: UInt8(ascii: "0"), count: max(0, 8 - digits.count)) + digits
        return padded + (0..<max(0, size - padded.count)).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    }

    /// The number in front.
    static func number(_ payload: [UInt8]) -> Int? { Int(String(decoding: payload.prefix(8), as: UTF8.self)) }
}
