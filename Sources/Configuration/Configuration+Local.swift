extension Configuration {
    /// `[local]`: the broker on this host.
    public struct Local: Sendable, Equatable {
        /// Name or address; default `localhost`.
        public var host: String
        /// 1 ... 65535; default 1883, with `tls` 8883.
        public var port: Int
        /// Default `cellbridge-<bridge.name>`.
        public var clientID: String
        /// nil when not configured.
        public var username: String?
        /// From `password_file`; nil when not configured or when secrets were not read.
        public var password: [UInt8]? {
            get { secret?.bytes }
            set { secret = Secret(newValue) }
        }
        /// nil for a plain connection.
        public var tls: LocalTLS?

        private var secret: Secret?

        /// Takes the values as they are.
        public init(
            host: String, port: Int, clientID: String, username: String? = nil, password: [UInt8]? = nil,
            tls: LocalTLS? = nil
        ) {
            self.host = host
            self.port = port
            self.clientID = clientID
            self.username = username
            self.tls = tls
            secret = Secret(password)
        }
    }

    /// `[local] tls`: as libmosquitto offers it; either certificates or a pre-shared key.
    public struct LocalTLS: Sendable, Equatable {
        /// `ca`: path of the PEM file of the CA; nil only with a pre-shared key.
        /// Default without one: the system's, `/etc/ssl/certs/ca-certificates.crt`.
        public var ca: String?
        /// `certificate`: path of our PEM certificate; nil when not configured.
        public var certificate: String?
        /// `key`: path of the PEM key to `certificate`; there when that is.
        public var key: String?
        /// `psk_identity`; there exactly when a pre-shared key is used.
        public var pskIdentity: String?
        /// From `psk_file`: hexadecimal digits, as libmosquitto wants them; nil when secrets were not read.
        public var pskKey: [UInt8]? {
            get { secret?.bytes }
            set { secret = Secret(newValue) }
        }
        /// `verify`: whether the broker's certificate and its name are checked; default true.
        public var verify: Bool

        private var secret: Secret?

        /// Takes the values as they are.
        public init(
            ca: String? = nil, certificate: String? = nil, key: String? = nil, pskIdentity: String? = nil,
            pskKey: [UInt8]? = nil, verify: Bool = true
        ) {
            self.ca = ca
            self.certificate = certificate
            self.key = key
            self.pskIdentity = pskIdentity
            self.verify = verify
            secret = Secret(pskKey)
        }
    }
}
