extension Configuration {
    /// One `[[route]]`.
    public struct Route: Sendable, Equatable {
        /// `direction`.
        public enum Direction: String, Sendable, Equatable, CaseIterable {
            /// Local to remote.
            case out
            /// Remote to local.
            case `in`
            /// Both ways.
            case both
        }

        /// `retain`: what becomes of the retain flag.
        public enum Retain: String, Sendable, Equatable, CaseIterable {
            /// It is passed on.
            case keep
            /// It is cleared.
            case clear
        }

        /// `priority`: what leaves the outbox first.
        public enum Priority: String, Sendable, Equatable, CaseIterable {
            /// Before everything else.
            case high
            /// The default.
            case normal
            /// When nothing else waits.
            case low
        }

        /// Default `out`, as in mosquitto.conf.
        public var direction: Direction
        /// The filter relative to the prefixes; empty only when both prefixes are there.
        public var topic: [UInt8]
        /// Local filter = this + topic; default empty.
        public var localPrefix: [UInt8]
        /// Remote filter = this + topic, at most 256 bytes together; default empty.
        public var remotePrefix: [UInt8]
        /// 0 ... 2; default 1.
        public var qos: Int
        /// `publish_qos`: the QoS towards the remote, whatever it was locally; nil when not configured.
        public var publishQoS: Int?
        /// nil when not configured: keep for what goes out, clear for what comes in.
        public var retain: Retain?
        /// 1 s or more; nil: never.
        public var expire: Duration?
        /// Default `normal`.
        public var priority: Priority

        /// Takes the values as they are.
        public init(
            direction: Direction, topic: [UInt8], localPrefix: [UInt8] = [], remotePrefix: [UInt8] = [], qos: Int = 1,
            publishQoS: Int? = nil, retain: Retain? = nil, expire: Duration? = nil, priority: Priority = .normal
        ) {
            self.direction = direction
            self.topic = topic
            self.localPrefix = localPrefix
            self.remotePrefix = remotePrefix
            self.qos = qos
            self.publishQoS = publishQoS
            self.retain = retain
            self.expire = expire
            self.priority = priority
        }
    }
}
