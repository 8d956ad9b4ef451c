/// A message on its way from the local broker to the remote one, as the outbox keeps it.
public struct OutboundRow: Sendable, Equatable {
    /// The dispatcher's number, rising without gaps in the order of acceptance; 0: the store assigns one.
    public var id: Int64
    /// The topic on the remote broker.
    public var topic: [UInt8]
    /// The payload, any bytes.
    public var payload: [UInt8]
    /// The QoS of the remote publish, 0...2.
    public var qos: Int
    /// Whether the remote publish carries the retain flag.
    public var retain: Bool
    /// Lower goes first: 0 high, 1 normal, 2 low.
    public var priority: Int
    /// When it was accepted, Unix seconds.
    public var acceptedAt: Int64
    /// When it may no longer be sent, Unix seconds; `nil`: never.
    public var expiresAt: Int64?
    /// Whether the remote broker will send it back to us (a `both` route whose inbound filter matches).
    public var expectsEcho: Bool
    /// The index of the route that took it, in the order of the configuration.
    public var route: Int

    /// A row; `id` 0 means that it has none yet.
    public init(
        id: Int64 = 0, topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, priority: Int = 1, acceptedAt: Int64,
        expiresAt: Int64? = nil, expectsEcho: Bool = false, route: Int = 0
    ) {
        self.id = id
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.priority = priority
        self.acceptedAt = acceptedAt
        self.expiresAt = expiresAt
        self.expectsEcho = expectsEcho
        self.route = route
    }

    /// The `route` of a message that came by none: from the control socket.
    public static let noRoute = -1

    /// What it counts against the byte cap.
    public var cost: Int { topic.count + payload.count + rowOverhead }
}

/// A message on its way from the remote broker to the local one, as the inbox keeps it.
public struct InboundRow: Sendable, Equatable {
    /// The dispatcher's number, rising without gaps in the order of arrival; 0: the store assigns one.
    public var id: Int64
    /// The topic on the local broker.
    public var topic: [UInt8]
    /// The payload, any bytes.
    public var payload: [UInt8]
    /// The QoS of the local publish, 0...2.
    public var qos: Int
    /// Whether the local publish carries the retain flag.
    public var retain: Bool
    /// When it came from the module, Unix seconds.
    public var acceptedAt: Int64
    /// When it may no longer be delivered, Unix seconds; `nil`: never.
    public var expiresAt: Int64?

    /// A row; `id` 0 means that it has none yet.
    public init(
        id: Int64 = 0, topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, acceptedAt: Int64,
        expiresAt: Int64? = nil
    ) {
        self.id = id
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.acceptedAt = acceptedAt
        self.expiresAt = expiresAt
    }

    /// What it counts against the byte cap.
    public var cost: Int { topic.count + payload.count + rowOverhead }
}

/// Bytes a stored row costs beside its topic and payload, as charged against `[queue] max_bytes`.
public let rowOverhead = 64

/// An echo of our own publish that the remote broker is expected to send back (product promise "Delivery").
public struct EchoRow: Sendable, Equatable {
    /// The id of the outbox row that was published.
    public var id: Int64
    /// The topic on the remote broker.
    public var topic: [UInt8]
    /// The payload's full length in bytes.
    public var length: Int
    /// The first bytes of a payload longer than the module can receive, up to `EchoLedger.prefixLimit`; else empty.
    public var prefix: [UInt8]
    /// A hash of the whole payload (FNV-1a, 64 bits).
    public var digest: UInt64
    /// When the publish was acknowledged, Unix seconds.
    public var acknowledgedAt: Int64

    /// An expected echo.
    public init(id: Int64, topic: [UInt8], length: Int, prefix: [UInt8], digest: UInt64, acknowledgedAt: Int64) {
        self.id = id
        self.topic = topic
        self.length = length
        self.prefix = prefix
        self.digest = digest
        self.acknowledgedAt = acknowledgedAt
    }
}

/// A message that was not carried, and why: counted, listed and logged, never silent.
public struct Refusal: Sendable, Equatable {
    /// Which way it was going.
    public enum Direction: Int, Sendable {
        /// Local to remote.
        case out = 0
        /// Remote to local.
        case `in` = 1
    }

    /// Which way it was going.
    public var direction: Direction
    /// Its topic, cut to 256 bytes.
    public var topic: [UInt8]
    /// The payload's length in bytes.
    public var size: Int
    /// A word of bounded variety for counters: `too-long`, `expired`, `overflow`, `topic`, `denied`.
    public var code: String
    /// The reason for people: `3000 bytes is over the module's limit of 2384`.
    public var reason: String
    /// When, Unix seconds.
    public var at: Int64

    /// A refusal; the topic is cut to 256 bytes.
    public init(direction: Direction, topic: [UInt8], size: Int, code: String, reason: String, at: Int64) {
        self.direction = direction
        self.topic = Array(topic.prefix(256))
        self.size = size
        self.code = code
        self.reason = reason
        self.at = at
    }
}
