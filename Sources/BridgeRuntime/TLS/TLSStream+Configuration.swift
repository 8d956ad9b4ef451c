import Configuration
import TLSStream

extension Configuration {
    /// The TLS that this host makes over the module's socket; nil for a plain connection.
    var streamTLS: TLSContext.Options? {
        guard let tls = remote.tls else { return nil }
        return TLSContext.Options(
            host: remote.host, hostname: tls.hostname, ca: tls.ca, certificate: tls.certificate, key: tls.key,
            pskIdentity: tls.pskIdentity, psk: tls.pskKey.map { String(decoding: $0, as: UTF8.self) }, alpn: tls.alpn,
            minimumVersion: tls.minimumVersion == .tls13 ? .tls13 : .tls12, verifies: tls.verify, ciphers: tls.ciphers)
    }
}
