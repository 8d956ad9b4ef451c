/// A message that the module received for one of our subscriptions.
public struct ReceivedMessage: Equatable, Sendable {
    /// Topic, as the broker sent it.
    public var topic: [UInt8]
    /// Payload, decoded when it came as hexadecimal digits.
    public var payload: [UInt8]
    /// Whether it was read from the module's cache (it came while AT+MQTTMSGGET ran).
    public var fromCache: Bool

    /// A message.
    public init(topic: [UInt8], payload: [UInt8], fromCache: Bool) {
        self.topic = topic
        self.payload = payload
        self.fromCache = fromCache
    }
}
