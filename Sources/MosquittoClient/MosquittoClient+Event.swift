extension MosquittoClient {
    /// A message from the broker.
    public struct Message: Sendable, Equatable {
        /// Topic name; valid UTF-8 without NUL (the library checks).
        public var topic: [UInt8]
        /// Any bytes, none included.
        public var payload: [UInt8]
        /// 0, 1 or 2.
        public var qos: Int
        /// The retain flag as it arrived.
        public var retain: Bool
        /// The identifiers of the subscriptions it came for (MQTT 5, for those subscribed with one).
        public var subscriptionIdentifiers: [UInt32]
        /// For how many seconds it is still good (MQTT 5); `nil`: for ever.
        public var expiry: UInt32?

        /// A message.
        public init(
            topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, subscriptionIdentifiers: [UInt32] = [],
            expiry: UInt32? = nil
        ) {
            self.topic = topic
            self.payload = payload
            self.qos = qos
            self.retain = retain
            self.subscriptionIdentifiers = subscriptionIdentifiers
            self.expiry = expiry
        }
    }

    /// What the client tells its owner. Each `connect()` ends in exactly one `refused` or `disconnected`.
    public enum Event: Equatable, Sendable {
        /// The broker accepted us; `sessionPresent`: it kept our subscriptions and what came for them.
        case connected(sessionPresent: Bool)
        /// The broker answered, but not with success (CONNACK). `reasonCode`: an MQTT 5 reason (128 and above), or on a
        /// 3.1.1 connection a return code (1 to 5). `unsupportedVersion` when a 3.1.1 broker was asked for MQTT 5.
        case refused(reasonCode: Int32, text: String)
        /// The connection, or the attempt at one, is over.
        case disconnected(text: String)
        /// A message; it is acknowledged by the first write after `onBatchEnd`, see `mayWrite`.
        case message(Message)
        /// A publish is done: written (QoS 0), or acknowledged (PUBACK, PUBCOMP, a refusing PUBREC). Reason codes below
        /// 128 are success (16: nobody had subscribed); 135 is an ACL's no. Always 0 on a 3.1.1 connection.
        case published(mid: Int32, reasonCode: Int32)
        /// SUBACK: the QoS granted, or 128 and above for a refusal.
        case subscribed(mid: Int32, granted: [Int32])
        /// UNSUBACK.
        case unsubscribed(mid: Int32)
    }

    /// The reason code of `refused` when the broker does not speak the version asked for with MQTT 5; a 3.1.1 connection
    /// gets 1 for the same.
    public static let unsupportedVersion: Int32 = 132
}
