/// What goes wrong with TLS that this host makes: OpenSSL says what, so that the causes go by its words.
enum OwnTLSChecks {
    /// The likely causes behind a text of TLS, the likeliest first. `port` is the broker's.
    static func causes(_ text: String, port: Int) -> [Cause] {
        func says(_ words: String...) -> Bool { words.contains { text.firstRange(of: $0) != nil } }
        if says("expired on", "not valid before") { return [.hostClock, .brokerExpired] }
        if says("is not for") { return [.brokerName] }
        if says("not in the ca file", "not in the system's authorities", "signed by itself") { return [.brokerCA] }
        if says("pre-shared key", "the identity") { return [.preSharedKey] }
        if says("certificate_required", "wants a client certificate", "our certificate", "access_denied", "unknown_ca")
        {
            return [.ownCertificate]
        }
        if says("ALPN") { return [.applicationProtocol] }
        if says("protocol_version", "handshake_failure", "insufficient_security", "in common") {
            return [.versions, .ownCertificate]
        }
        // Closed, or silent, before there was any TLS.
        if says("closed", "within") { return [.plainPort, .versions, .ownCertificate] }
        if says("no TLS", "wrong version number", "unexpected message") || port == 1883 { return [.plainPort] }
        return [.brokerCA, .versions] + (port == 1883 ? [.plainPort] : [])
    }
}

extension Cause {
    /// Certificates are checked against this host's clock.
    static let hostClock = Cause(
        "this host's clock is wrong", try: "date; timedatectl status: an NTP client that has synchronised")
    static let brokerExpired = Cause("the broker's certificate is over", try: "a new one at the broker")
    static let brokerName = Cause(
        "[remote] host is another name than those in the broker's certificate",
        try: "one of its names as [remote] host; or [remote] tls hostname = \"NAME\" where host is an address")
    static let brokerCA = Cause(
        "who signed the broker's certificate is not known here",
        try:
            "from elsewhere: openssl s_client -connect HOST:PORT -showcerts; its last issuer belongs into [remote] tls ca"
    )
    static let ownCertificate = Cause(
        "the broker wants a client certificate, or does not take ours",
        try: "cellbridge certs verify; [remote] tls certificate and key; the broker's log")
    static let preSharedKey = Cause(
        "the pre-shared key or its identity is not the broker's", try: "[remote] tls psk_identity and psk_file")
    static let applicationProtocol = Cause(
        "the broker has none of the protocols offered by ALPN", try: "[remote] tls alpn; most brokers want none")
    static let versions = Cause(
        "broker and host have no version or suite of TLS in common",
        try: "[remote] tls min_version and ciphers; from elsewhere: openssl s_client -connect HOST:PORT")
}
