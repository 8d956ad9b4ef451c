import BridgeRuntime
import Control
import Glibc

/// A message that came from the remote broker, as `sub` and `rr` show it.
struct ArrivedMessage: Equatable {
    var topic: [UInt8]
    var payload: [UInt8]
    /// When this process got it: Unix seconds, and nanoseconds into that second.
    var seconds = 0
    var nanoseconds = 0

    /// What an event of `subscribe` tells; nil when it is another one.
    init?(_ event: JSONValue) {
        let name = event["topic"]?.string.map { Array($0.utf8) } ?? event["topic_base64"]?.string.flatMap(Base64.decode)
        guard let name, let payload = event["payload_base64"]?.string.flatMap(Base64.decode) else { return nil }
        self.init(topic: name, payload: payload)
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        (seconds, nanoseconds) = (time.tv_sec, time.tv_nsec)
    }

    /// A message.
    init(topic: [UInt8], payload: [UInt8]) {
        self.topic = topic
        self.payload = payload
    }

    /// The payload, or the topic, as a text that a JSON string can carry; nil when it is none.
    static func text(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self)
        return text.utf8.elementsEqual(bytes) && !bytes.contains(0) ? text : nil
    }

    /// `--json`: the time, the topic and the payload; in base64 what is no text.
    var json: JSONValue {
        func member(_ name: String, _ bytes: [UInt8]) -> JSONValue.Member {
            if let text = Self.text(bytes) { return .init(name: name, value: .text(text)) }
            return .init(name: name + "_base64", value: .text(Base64.encode(bytes)))
        }
        let fraction = String(nanoseconds / 1_000_000 + 1000).dropFirst()
        return .object([
            .init(name: "time", value: .text("\(time("%FT%T", inUTC: true)).\(fraction)Z")), member("topic", topic),
            member("payload", payload),
        ])
    }

    /// The time by strftime(3), in the reader's zone unless `inUTC`.
    func time(_ format: String, inUTC: Bool = false) -> String {
        var moment = time_t(seconds)
        var parts = unsafe tm()
        if inUTC { _ = unsafe gmtime_r(&moment, &parts) } else { _ = unsafe localtime_r(&moment, &parts) }
        var text = [CChar](repeating: 0, count: 100)
        let count = unsafe strftime(&text, text.count, format, &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
