extension Configuration {
    /// `[remote] tls`: the module's context 88 (YM310 AT manual 9.7) or, on the socket link, TLS that this host makes.
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

        /// Lowest version that this host speaks on the socket link.
        public enum MinimumVersion: String, Sendable, Equatable, CaseIterable {
            /// TLS 1.2 or 1.3.
            case tls12 = "tls1.2"
            /// TLS 1.3 only.
            case tls13 = "tls1.3"
        }

        /// Whether this host makes it, the module never: the link is, or can only be, the socket link.
        public var isOurs: Bool
        /// `ca`: path of the PEM file; nil only with `verify = false` and, where this host makes it, for the system's
        /// authorities or with a pre-shared key.
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

        /// `psk_identity`, on the socket link; there exactly when a pre-shared key is used.
        public var pskIdentity: String?
        /// From `psk_file`: hexadecimal digits; nil when secrets were not read.
        public var pskKey: [UInt8]? {
            get { secret?.bytes }
            set { secret = Secret(newValue) }
        }
        /// `alpn`, on the socket link: application protocols to offer; default none.
        public var alpn: [String]
        /// `min_version`, on the socket link; default TLS 1.2.
        public var minimumVersion: MinimumVersion
        /// `ciphers`, on the socket link: OpenSSL's names; nil when not configured.
        public var ciphers: String?

        private var secret: Secret?

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
            negotiateTimeout: Duration? = nil, verifyMode: Int? = nil, isOurs: Bool = false,
            pskIdentity: String? = nil, pskKey: [UInt8]? = nil, alpn: [String] = [],
            minimumVersion: MinimumVersion = .tls12, ciphers: String? = nil
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
            self.isOurs = isOurs
            self.pskIdentity = pskIdentity
            self.alpn = alpn
            self.minimumVersion = minimumVersion
            self.ciphers = ciphers
            secret = Secret(pskKey)
        }
    }
}
