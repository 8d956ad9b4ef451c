import BridgeRuntime
import Control

/// How `pub` and `rr` publish.
struct Publication {
    /// More than any module carries, and less than a line of the control socket.
    static let limit = 65_536

    var topic = ""
    var qos = 0
    var retain = false
    /// Into the service's queue.
    var isQueued = false
    /// With `isQueued`: until it is known what became of it.
    var follows = false
    /// How long it may take to the remote broker; zero: any time.
    var expiry: Duration = .zero

    /// How long to stay for what becomes of a queued message: `wait`, and no less than the service takes to say that it
    /// expired when that is within it. The service counts whole seconds.
    func patience(_ wait: Duration) -> Duration {
        guard follows, expiry > .zero, expiry <= wait else { return wait }
        return max(wait, .seconds(wholeExpiry + 2))
    }

    private var wholeExpiry: Int64 { expiry.components.seconds + (expiry.components.attoseconds > 0 ? 1 : 0) }

    /// The request for one payload.
    func arguments(_ payload: [UInt8]) throws(CommandFailure) -> [JSONValue.Member] {
        guard payload.count <= Self.limit else {
            throw CommandFailure(.dataError, "refused: \(payload.count) bytes are more than any module carries")
        }
        var arguments: [JSONValue.Member] = [
            .init(name: "topic", value: .text(topic)),
            .init(name: "payload_base64", value: .text(Base64.encode(payload))),
            .init(name: "qos", value: .number(Int64(qos))), .init(name: "retain", value: .bool(retain)),
        ]
        if isQueued { arguments.append(.init(name: "queue", value: true)) }
        if follows { arguments.append(.init(name: "follow", value: true)) }
        if isQueued, expiry > .zero { arguments.append(.init(name: "expiry", value: .number(wholeExpiry))) }
        return arguments
    }
}
