package import Configuration
package import ModemCore

/// From `[remote] tls` to what the link machine needs.
extension Configuration {
    /// The settings of the module's TLS; nil for a plain connection, and where this host makes it. `manifests`: what is known of the modules, from the store.
    package func tlsSettings(_ certificates: RemoteCertificates?, manifests: TLSManifests) -> TLSSettings? {
        guard let tls = remote.tls, !tls.isOurs else { return nil }
        var settings = TLSSettings(hostName: tls.hostname)
        settings.verify = tls.verify
        settings.version = tls.version.rawValue
        settings.cipherSuite = tls.cipherSuite
        settings.ignoreLocalTime = tls.ignoreLocalTime
        settings.negotiateTimeout = tls.negotiateTimeout.map { Int($0.components.seconds) }
        settings.verifyMode = tls.verifyMode
        settings.files = certificates?.files ?? [:]
        settings.facts = certificates?.facts ?? TLSFacts()
        settings.manifests = manifests
        // Twice what the largest file takes at the line's rate, and some.
        settings.uploadSeconds = max(15, 2 * 10 * 10240 / max(module.baud, 1) + 5)
        return settings
    }
}
