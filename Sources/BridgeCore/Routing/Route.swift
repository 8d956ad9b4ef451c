/// One `[[route]]`: which topics cross, which way, and what becomes of them.
///
/// As in mosquitto.conf, `topic` is relative: it is written behind each side's prefix, and what matches gets one prefix
/// replaced by the other. An empty `topic` carries one single topic: that named by the prefix.
public struct Route: Sendable, Equatable {
    /// Which way messages go.
    public enum Direction: String, Sendable, Equatable, CaseIterable {
        /// Local to remote.
        case out
        /// Remote to local.
        case `in`
        /// Both ways.
        case both
    }

    /// What becomes of the retain flag.
    public enum Retain: String, Sendable, Equatable, CaseIterable {
        /// Out: as the message has it. In: set, since the module does not say what the message had.
        case keep
        /// Never set.
        case clear
    }

    /// Which messages go first.
    public enum Priority: Int, Sendable, Equatable, CaseIterable {
        /// Before all others.
        case high = 0
        /// After high.
        case normal = 1
        /// Last.
        case low = 2
    }

    /// Which way messages go.
    public var direction: Direction
    /// The filter without the prefixes; may be empty.
    public var topic: [UInt8]
    /// What stands before `topic` on the local side; no wildcards.
    public var localPrefix: [UInt8]
    /// What stands before `topic` on the remote side; no wildcards.
    public var remotePrefix: [UInt8]
    /// Out: the highest QoS that is passed on. In: the QoS of the `MSUB` and of the local publish. 0...2.
    public var qos: Int
    /// Out: the QoS of the remote publish whatever the message had, 0...2; `nil`: as `qos` says.
    public var publishQoS: Int?
    /// The retain flag of the remote publish.
    public var retainOut: Retain
    /// The retain flag of the local publish.
    public var retainIn: Retain
    /// How long a message may wait, in seconds; `nil`: for ever.
    public var expirySeconds: Int64?
    /// Which messages go first.
    public var priority: Priority

    /// A route; `retain` holds for both ways, without it the flag is kept on the way out and cleared on the way in.
    public init(
        direction: Direction, topic: [UInt8], localPrefix: [UInt8] = [], remotePrefix: [UInt8] = [], qos: Int = 1,
        publishQoS: Int? = nil, retain: Retain? = nil, expirySeconds: Int64? = nil, priority: Priority = .normal
    ) {
        self.direction = direction
        self.topic = topic
        self.localPrefix = localPrefix
        self.remotePrefix = remotePrefix
        self.qos = qos
        self.publishQoS = publishQoS
        retainOut = retain ?? .keep
        retainIn = retain ?? .clear
        self.expirySeconds = expirySeconds
        self.priority = priority
    }

    /// The filter on the local broker, as written; `RoutingTable` validates it.
    public var localFilter: [UInt8] { localPrefix + topic }
    /// The filter on the remote broker, as written; `RoutingTable` validates it.
    public var remoteFilter: [UInt8] { remotePrefix + topic }
    /// Whether messages go from the local to the remote broker.
    public var goesOut: Bool { direction != .in }
    /// Whether messages go from the remote to the local broker.
    public var goesIn: Bool { direction != .out }
}

/// A route that cannot work, found when the table is made.
public struct RouteProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// Which part of the route is at fault, by the name its key has in the configuration.
    public enum Key: String, Sendable, Equatable {
        /// `topic`, alone or together with a prefix.
        case topic
        /// `local_prefix`.
        case localPrefix = "local_prefix"
        /// `remote_prefix`.
        case remotePrefix = "remote_prefix"
        /// `qos`.
        case qos
        /// `publish_qos`.
        case publishQoS = "publish_qos"
        /// `expire`.
        case expire
    }

    /// The index of the route, from 0, in the order of the configuration.
    public var index: Int
    /// The key at fault.
    public var key: Key
    /// What is wrong, for people.
    public var why: String

    /// A problem with one route.
    public init(index: Int, key: Key, why: String) {
        self.index = index
        self.key = key
        self.why = why
    }

    /// `route 2: topic: …`, counted from 1.
    public var description: String { "route \(index + 1): \(key.rawValue): \(why)" }
}
