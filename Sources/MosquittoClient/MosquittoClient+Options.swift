extension MosquittoClient {
    /// The MQTT version to speak.
    public enum ProtocolVersion: Sendable, Equatable {
        case v5
        case v311
    }

    /// What the broker publishes for us when the connection is lost.
    public struct Will: Sendable, Equatable {
        /// Topic name, UTF-8 without wildcards.
        public var topic: [UInt8]
        /// Any bytes.
        public var payload: [UInt8]
        /// 0, 1 or 2.
        public var qos: Int
        /// Whether the broker keeps it.
        public var retain: Bool
        /// For how many seconds the broker waits with it, in case we come back. MQTT 5 only.
        public var delay: UInt32?
        /// For how many seconds the broker keeps it for those who are away; `nil`: for ever. MQTT 5 only.
        public var expiry: UInt32?

        /// A will.
        public init(
            topic: [UInt8], payload: [UInt8], qos: Int = 0, retain: Bool = false, delay: UInt32? = nil,
            expiry: UInt32? = nil
        ) {
            self.topic = topic
            self.payload = payload
            self.qos = qos
            self.retain = retain
            self.delay = delay
            self.expiry = expiry
        }
    }

    /// TLS to the broker (1.2 and above), the server always verified: by certificate, or by a pre-shared key.
    public struct TLS: Sendable, Equatable {
        /// PEM file with the authorities to trust; `nil`: those of the system in /etc/ssl/certs. Not used with a PSK.
        public var ca: String?
        /// PEM file with the client's certificate; needs `key`.
        public var certificate: String?
        /// PEM file with the client's private key, not encrypted.
        public var key: String?
        /// Identity for a pre-shared key; with `psk`, instead of certificates.
        public var pskIdentity: String?
        /// The pre-shared key in hexadecimal digits.
        public var psk: String?
        /// Whether any certificate is accepted: neither its signer, its dates nor its name is looked at.
        public var insecure: Bool

        /// TLS settings.
        public init(
            ca: String? = nil, certificate: String? = nil, key: String? = nil, pskIdentity: String? = nil,
            psk: String? = nil, insecure: Bool = false
        ) {
            self.ca = ca
            self.certificate = certificate
            self.key = key
            self.pskIdentity = pskIdentity
            self.psk = psk
            self.insecure = insecure
        }
    }

    /// Where and how to connect.
    public struct Options: Sendable, Equatable {
        /// Host name, numeric address, or (with port 0) the path of a Unix socket.
        public var host: String
        /// TCP port.
        public var port: Int
        /// Client identifier; never empty, the session hangs on it.
        public var clientID: String
        /// User name.
        public var username: String?
        /// Password, any bytes but NUL.
        public var password: [UInt8]?
        /// Keep-alive in seconds: 0 (none) or 5...65535.
        public var keepalive: Int
        /// The MQTT version to speak; there is no fall-back of its own.
        public var protocolVersion: ProtocolVersion
        /// Whether the broker forgets an earlier session (3.1.1: clean session).
        public var cleanStart: Bool
        /// How long the broker keeps the session, in seconds; 0xFFFFFFFF is for ever. MQTT 5 only.
        public var sessionExpiry: UInt32?
        /// How many unacknowledged messages the broker may have on the way to us (the library's own: 20). MQTT 5 only.
        public var receiveMaximum: UInt16?
        /// The broker drops messages for us whose packet is larger, in bytes. MQTT 5 only.
        public var maximumPacketSize: UInt32?
        /// How many publishes above QoS 0 may be without a `published` (fewer when the broker says so in its CONNACK),
        /// 1...65535: `publish` refuses more, so that none waits inside the library, whose queue has no bound. `nil`:
        /// the owner counts, up to the library's 20.
        public var window: Int?
        /// The will.
        public var will: Will?
        /// TLS, when wanted.
        public var tls: TLS?
        /// How long a connection may take, from `connect()` to CONNACK.
        public var connectTimeout: Duration = .seconds(10)

        /// Options; MQTT 5 with a clean start unless said otherwise.
        public init(
            host: String, port: Int, clientID: String, username: String? = nil, password: [UInt8]? = nil,
            keepalive: Int = 60, protocolVersion: ProtocolVersion = .v5, cleanStart: Bool = true,
            sessionExpiry: UInt32? = nil, receiveMaximum: UInt16? = nil, maximumPacketSize: UInt32? = nil,
            will: Will? = nil, tls: TLS? = nil, window: Int? = nil
        ) {
            self.host = host
            self.port = port
            self.clientID = clientID
            self.username = username
            self.password = password
            self.keepalive = keepalive
            self.protocolVersion = protocolVersion
            self.cleanStart = cleanStart
            self.sessionExpiry = sessionExpiry
            self.receiveMaximum = receiveMaximum
            self.maximumPacketSize = maximumPacketSize
            self.will = will
            self.tls = tls
            self.window = window
        }
    }

    /// The options of an MQTT 5 subscription; a 3.1.1 connection ignores them.
    public struct SubscribeOptions: Sendable, Equatable {
        /// Whether our own publishes are kept from coming back. Does not hold for retained messages on subscribing.
        public var noLocal: Bool
        /// Whether the retain flag arrives as it was published.
        public var retainAsPublished: Bool
        /// Retained messages on subscribing: 0 always, 1 only when the subscription is new, 2 never.
        public var retainHandling: Int
        /// Comes back with each message of this subscription, 1...268435455; `nil`: none.
        public var identifier: UInt32?

        /// Options of a subscription.
        public init(
            noLocal: Bool = false, retainAsPublished: Bool = false, retainHandling: Int = 0, identifier: UInt32? = nil
        ) {
            self.noLocal = noLocal
            self.retainAsPublished = retainAsPublished
            self.retainHandling = retainHandling
            self.identifier = identifier
        }

        var bits: Int32 { (noLocal ? 0x04 : 0) | (retainAsPublished ? 0x08 : 0) | Int32(retainHandling) << 4 }
    }
}
