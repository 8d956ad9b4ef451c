public import ATProtocol

/// What the link machine must know of the configuration.
public struct LinkSettings: Sendable, Equatable {
    /// The access point, when one is configured.
    public struct AccessPoint: Sendable, Equatable {
        /// The APN.
        public var name: String
        /// User name for PAP or CHAP, when the network asks for one.
        public var username: String?
        /// Its password.
        public var password: String?
        /// None, PAP or CHAP (YM310 AT manual 6.4).
        public var authentication: ATCommand.BearerAuthentication

        /// An access point. Without `authentication`, PAP is used when there is a user name: credentials that are
        /// configured are never left out.
        public init(
            name: String, username: String? = nil, password: String? = nil,
            authentication: ATCommand.BearerAuthentication? = nil
        ) {
            self.name = name
            self.username = username
            self.password = password
            self.authentication = authentication ?? (username == nil ? .none : .pap)
        }
    }

    /// A filter to subscribe to on the remote broker.
    public struct Subscription: Sendable, Equatable {
        /// The filter's bytes.
        public var filter: [UInt8]
        /// QoS, 0...2.
        public var qos: Int

        /// A subscription.
        public init(filter: [UInt8], qos: Int) {
            self.filter = filter
            self.qos = qos
        }
    }

    /// The profile to use whatever `ATI` says; `nil`: by `ATI`.
    public var profile: ModuleProfile?
    /// Which of the two links to use.
    public var linkChoice = LinkChoice.mqtt
    /// The SIM's PIN, when one is configured and was not refused before.
    public var pin: String?
    /// The access point to set, `nil`: whatever the module has.
    public var accessPoint: AccessPoint?
    /// The PDP context used, normally 1.
    public var contextID = 1
    /// The remote broker's name or address.
    public var host: String
    /// Its port.
    public var port: Int
    /// TLS; `nil`: a plain connection.
    public var tls: TLSSettings?
    /// The MQTT client id.
    public var clientID: [UInt8]
    /// User name at the remote broker; `nil`: none.
    public var username: [UInt8]?
    /// Password at the remote broker.
    public var password: [UInt8]?
    /// The will.
    public var will: MqttWill?
    /// MQTT clean session.
    public var cleanSession = false
    /// MQTT keep-alive in seconds.
    public var keepalive = 120
    /// How long CONNACK OK and SUBACK may take after the `OK`.
    public var acknowledgementTimeout: Duration = .seconds(10)
    /// `[remote] receive = "cached"`: messages wait in the module until `AT+MQTTMSGGET`.
    public var cachedReceive = false
    /// The same for the bytes of a socket link: they wait until they are read. `nil`: as `cachedReceive`.
    public var streamCachedReceive: Bool?
    /// MQTT keep-alive over a socket link in seconds; `nil`: as `keepalive`.
    public var streamKeepalive: Int?
    /// Whether the bytes of a socket link wait until they are read.
    public var readsStreamOnRequest: Bool { streamCachedReceive ?? cachedReceive }
    /// The inbound filters.
    public var subscriptions: [Subscription] = []
    /// Filters of earlier configurations that the remote session may still hold.
    public var staleSubscriptions: [[UInt8]] = []
    /// Whether TLS runs over the stream of a socket link, on this host: what gets into the stream by mistake is thrown
    /// away by the far side then. `tls` is the module's own and belongs to its MQTT client.
    public var streamIsSecured = false
    /// The baud rate in use, for modules that must be told to keep to it (Quectel GSM TCP/IP guide 2); `nil`: they are
    /// not told.
    public var baudRate: Int?
    /// Whether RTS/CTS is configured, so that the module must keep to it too.
    public var hardwareFlowControl = false
    /// Whether a hardware reset (command or line) is configured.
    public var hasHardwareReset = false
    /// Whether the module may still be booting because the host has just come up.
    public var mayBeBooting = false
    /// What the ladder remembers of earlier runs.
    public var ladderMemory = LadderMemory()
    /// Seed of the jitter in pauses.
    public var seed: UInt64 = 0

    /// Settings with the defaults of the configuration.
    public init(host: String, port: Int, clientID: [UInt8]) {
        self.host = host
        self.port = port
        self.clientID = clientID
    }
}
