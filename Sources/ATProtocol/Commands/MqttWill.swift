/// The will that the broker publishes when the session breaks (YM310 AT manual 13.1).
public struct MqttWill: Equatable, Sendable {
    /// Topic, at most 256 bytes.
    public var topic: [UInt8]
    /// Message, at most 1360 bytes, without quotes, backslashes or control bytes.
    public var message: [UInt8]
    /// 0, 1 or 2.
    public var qos: Int
    /// Whether the broker keeps it.
    public var retain: Bool

    /// A will.
    public init(topic: [UInt8], message: [UInt8], qos: Int, retain: Bool) {
        self.topic = topic
        self.message = message
        self.qos = qos
        self.retain = retain
    }
}
