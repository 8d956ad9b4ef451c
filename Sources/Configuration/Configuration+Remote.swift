extension Configuration {
    /// `[remote]`: the broker behind the module. What goes into `AT+MCONFIG` keeps the limits of YM310 AT manual 13.1
    /// and has no quotation mark, backslash or control byte.
    public struct Remote: Sendable, Equatable {
        /// `receive`: how the module hands messages over.
        public enum Receive: String, Sendable, Equatable, CaseIterable {
            /// In the URC (`AT+MQTTMSGSET=0`).
            case direct
            /// From its four slots (`AT+MQTTMSGSET=1`, `AT+MQTTMSGGET`).
            case cached
        }

        /// `link`: which way the messages go.
        public enum Link: String, Sendable, Equatable, CaseIterable {
            /// What the module's profile has, its MQTT client first.
            case automatic = "auto"
            /// The module's own MQTT client.
            case mqtt
            /// Our MQTT client, over the module's TCP socket.
            case socket
        }

        /// `will`: what the broker publishes when we vanish.
        public struct Will: Sendable, Equatable {
            /// 1 ... 256 bytes, no wildcards.
            public var topic: [UInt8]
            /// At most 1360 bytes; default empty.
            public var message: [UInt8]
            /// 0 ... 2; default 0.
            public var qos: Int
            /// Default false.
            public var retain: Bool

            /// Takes the values as they are.
            public init(topic: [UInt8], message: [UInt8], qos: Int = 0, retain: Bool = false) {
                self.topic = topic
                self.message = message
                self.qos = qos
                self.retain = retain
            }
        }

        /// `heartbeat`: a QoS 1 message that proves the link when nothing else does.
        public struct Heartbeat: Sendable, Equatable {
            /// Default `cellbridge/<bridge.name>/heartbeat`.
            public var topic: [UInt8]
            /// 1 s ... 1 d; default 1.5 keep-alives.
            public var every: Duration

            /// Takes the values as they are.
            public init(topic: [UInt8], every: Duration) {
                self.topic = topic
                self.every = every
            }
        }

        /// DNS name or IPv4 address; no default.
        public var host: String
        /// 1 ... 65535; default 1883, with `tls` 8883.
        public var port: Int
        /// 1 ... 256 bytes; default `cellbridge-<host name>`.
        public var clientID: String
        /// 1 ... 256 bytes; nil when not configured.
        public var username: String?
        /// From `password_file`, at most 256 bytes; nil when not configured or when secrets were not read.
        public var password: [UInt8]? {
            get { secret?.bytes }
            set { secret = Secret(newValue) }
        }
        /// Default `automatic`.
        public var link: Link
        /// How many messages may be without an acknowledgement on the socket link, 1 ... 100; default 20.
        public var window: Int
        /// That of the module's MQTT client: seconds, 1 ... 65535; default 120.
        public var keepalive: Int
        /// That of the socket link: seconds, 5 ... 65535; default 300.
        public var socketKeepalive: Int
        /// Default false.
        public var cleanSession: Bool
        /// How long `PUBACK`, `SUBACK` and `CONNACK OK` may take, 1 s ... 5 min; default 10 s.
        public var ackTimeout: Duration
        /// How the module's MQTT client hands messages over; default `direct`.
        public var receive: Receive
        /// How the module hands over the bytes of its socket: pushed or, `cached`, read on request; default `cached`.
        public var socketReceive: Receive
        /// nil for a plain connection.
        public var tls: RemoteTLS?
        /// nil when not configured.
        public var will: Will?
        /// That of the module's MQTT client: nil for `heartbeat = false`; there by default.
        public var heartbeat: Heartbeat?
        /// That of the socket link, which has MQTT's own pings: nil unless configured.
        public var socketHeartbeat: Heartbeat?

        private var secret: Secret?

        /// Takes the values as they are.
        public init(
            host: String, port: Int = 1883, clientID: String, username: String? = nil, password: [UInt8]? = nil,
            keepalive: Int = 120, cleanSession: Bool = false, ackTimeout: Duration = .seconds(10),
            receive: Receive = .direct, tls: RemoteTLS? = nil, will: Will? = nil, heartbeat: Heartbeat? = nil,
            link: Link = .automatic, window: Int = 20, socketKeepalive: Int? = nil, socketReceive: Receive? = nil,
            socketHeartbeat: Heartbeat? = nil
        ) {
            self.host = host
            self.port = port
            self.clientID = clientID
            self.username = username
            self.keepalive = keepalive
            self.cleanSession = cleanSession
            self.ackTimeout = ackTimeout
            self.receive = receive
            self.tls = tls
            self.will = will
            self.heartbeat = heartbeat
            self.link = link
            self.window = window
            self.socketKeepalive = socketKeepalive ?? Self.standardSocketKeepalive
            self.socketReceive = socketReceive ?? .cached
            self.socketHeartbeat = socketHeartbeat
            secret = Secret(password)
        }
    }
}
