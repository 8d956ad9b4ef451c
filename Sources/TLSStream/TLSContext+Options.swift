extension TLSContext {
    /// The lowest version that is spoken; what is newer is always offered.
    public enum Version: Sendable, Equatable {
        case tls12
        case tls13
    }

    /// Whom to speak to, whom to trust, and who we are.
    public struct Options: Sendable, Equatable {
        /// Host name or numeric address of the broker, as connected to.
        public var host: String
        /// The name expected in the certificate (and asked for by SNI) when it is not `host`.
        public var hostname: String?
        /// PEM file with what to trust: authorities, or the broker's own certificate; `nil`: the system's authorities.
        public var ca: String?
        /// PEM file with the client's certificate, further ones of its chain behind it; needs `key`.
        public var certificate: String?
        /// PEM file with the client's private key of any type, without a password.
        public var key: String?
        /// Identity for a pre-shared key; with `psk`, instead of certificates.
        public var pskIdentity: String?
        /// The pre-shared key in hexadecimal digits.
        public var psk: String?
        /// Application protocols to offer, the preferred one first.
        public var alpn: [String]
        /// The lowest version.
        public var minimumVersion: Version
        /// Whether the broker's certificate is verified: signer, dates and name. A pre-shared key proves the broker
        /// whatever this says.
        public var verifies: Bool
        /// OpenSSL's names of the suites to offer, separated by colons; those of TLS 1.3 begin with `TLS_`. A version
        /// without a suite here is not offered. `nil`: the library's choice.
        public var ciphers: String?

        /// Options; TLS 1.2 and above, verified, with the system's authorities unless said otherwise.
        public init(
            host: String, hostname: String? = nil, ca: String? = nil, certificate: String? = nil, key: String? = nil,
            pskIdentity: String? = nil, psk: String? = nil, alpn: [String] = [], minimumVersion: Version = .tls12,
            verifies: Bool = true, ciphers: String? = nil
        ) {
            self.host = host
            self.hostname = hostname
            self.ca = ca
            self.certificate = certificate
            self.key = key
            self.pskIdentity = pskIdentity
            self.psk = psk
            self.alpn = alpn
            self.minimumVersion = minimumVersion
            self.verifies = verifies
            self.ciphers = ciphers
        }
    }
}
