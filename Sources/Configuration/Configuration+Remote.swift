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
        /// Seconds, 1 ... 65535; default 120.
        public var keepalive: Int
        /// Default false.
        public var cleanSession: Bool
        /// How long `PUBACK`, `SUBACK` and `CONNACK OK` may take, 1 s ... 5 min; default 10 s.
        public var ackTimeout: Duration
        /// Default `direct`.
        public var receive: Receive
        /// nil for a plain connection.
        public var tls: RemoteTLS?
        /// nil when not configured.
        public var will: Will?
        /// nil for `heartbeat = false`; there by default.
        public var heartbeat: Heartbeat?

        private var secret: Secret?

        /// Takes the values as they are.
        public init(
            host: String, port: Int = 1883, clientID: String, username: String? = nil, password: [UInt8]? = nil,
            keepalive: Int = 120, cleanSession: Bool = false, ackTimeout: Duration = .seconds(10),
            receive: Receive = .direct, tls: RemoteTLS? = nil, will: Will? = nil, heartbeat: Heartbeat? = nil
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
            secret = Secret(password)
        }
    }

    /// `[remote] tls`: the module's context 88 (YM310 AT manual 9.7).
    public struct RemoteTLS: Sendable, Equatable {
        /// `sslversion`; the raw value is the module's number.
        public enum Version: Int, Sendable, Equatable, CaseIterable {
            /// `"ssl3.0"`.
            case ssl3 = 0
            /// `"tls1.0"`.
            case tls10 = 1
            /// `"tls1.1"`.
            case tls11 = 2
            /// `"tls1.2"`.
            case tls12 = 3
            /// `"all"`.
            case all = 4
        }

        /// `ca`: path of the PEM file; nil only with `verify = false`.
        public var ca: String?
        /// `certificate`: path of our PEM certificate; nil when not configured.
        public var certificate: String?
        /// `key`: path of the PEM key to `certificate`; there when that is.
        public var key: String?
        /// `verify`: false is `seclevel` 0; default true.
        public var verify: Bool
        /// `hostname`: the name the certificate must have; default `remote.host`.
        public var hostname: String
        /// `sslversion`: by name or by the module's number; default TLS 1.2.
        public var version: Version
        /// `ciphersuite`: the module's number, 0xFFFF for all; nil when not configured: as the profile has it.
        public var cipherSuite: UInt16?
        /// `ignorelocaltime`: true accepts expired certificates; default false.
        public var ignoreLocalTime: Bool
        /// `negotiatetimeout`: 10 s ... 300 s; nil when not configured: as the profile has it.
        public var negotiateTimeout: Duration?
        /// `verifymode`: 0 root certificate, 1 other certificate; nil when not configured: as the profile has it.
        public var verifyMode: Int?

        /// The suites of the manual by name.
        public static let cipherSuites: [String: UInt16] = [
            "TLS_RSA_WITH_AES_256_CBC_SHA": 0x0035, "TLS_RSA_WITH_AES_128_CBC_SHA": 0x002F,
            "TLS_RSA_WITH_RC4_128_SHA": 0x0005, "TLS_RSA_WITH_RC4_128_MD5": 0x0004,
            "TLS_RSA_WITH_3DES_EDE_CBC_SHA": 0x000A, "TLS_RSA_WITH_AES_256_CBC_SHA256": 0x003D, "all": 0xFFFF,
        ]

        /// Takes the values as they are.
        public init(
            ca: String? = nil, certificate: String? = nil, key: String? = nil, verify: Bool = true, hostname: String,
            version: Version = .tls12, cipherSuite: UInt16? = nil, ignoreLocalTime: Bool = false,
            negotiateTimeout: Duration? = nil, verifyMode: Int? = nil
        ) {
            self.ca = ca
            self.certificate = certificate
            self.key = key
            self.verify = verify
            self.hostname = hostname
            self.version = version
            self.cipherSuite = cipherSuite
            self.ignoreLocalTime = ignoreLocalTime
            self.negotiateTimeout = negotiateTimeout
            self.verifyMode = verifyMode
        }
    }
}
