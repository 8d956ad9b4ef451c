/// The alerts of TLS (RFC 8446 section 6, RFC 5246 section 7.2) as the other side sends them.
enum Alert {
    /// `unknown_ca`, and what it means for us.
    static func text(_ number: Int, showsCertificate: Bool, usesKey: Bool) -> String {
        let name = names[number] ?? "number \(number)"
        let advice: String? =
            switch number {
            case 20 where usesKey, 47 where usesKey, 51 where usesKey:
                "are the pre-shared key and its identity the broker's?"
            case 40:
                usesKey
                    ? "it does not know the identity of the pre-shared key, or there is no suite in common"
                    : showsCertificate
                        ? "no suite, group or signature in common, or it does not like our certificate"
                        : "no suite or group in common, or it wants a client certificate"
            case 42, 43, 46: "it does not like our certificate"
            case 44: "our certificate has been revoked"
            case 45: "our certificate has expired, or the broker's clock is wrong"
            case 48: "it does not trust who issued our certificate"
            case 49: "our certificate is good but has no access"
            case 51: "is the private key the certificate's?"
            case 70: "it does not speak the TLS versions offered; see the minimum version"
            case 71: "it wants stronger suites or keys"
            case 80: "the broker has a problem of its own; see its log"
            case 112: "it has no certificate for this host name"
            case 115: "it does not know the identity of the pre-shared key"
            case 116: "it wants a client certificate"
            case 120: "it speaks none of the ALPN protocols offered"
            default: nil
            }
        return "the broker refused TLS with the alert \(name)" + (advice.map { ": \($0)" } ?? "")
    }

    /// Whether an alert after the handshake says that a record came damaged: unexpected_message, bad_record_mac,
    /// decryption_failed, record_overflow, decode_error.
    static func isDamage(_ number: Int) -> Bool { [10, 20, 21, 22, 50].contains(number) }

    /// The same in words.
    static func damage(_ number: Int) -> String {
        "a TLS record of ours was damaged on its way (the broker's alert \(names[number] ?? "number \(number)"))"
    }

    private static let names: [Int: String] = [
        10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
        30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
        43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
        46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied",
        50: "decode_error", 51: "decrypt_error", 60: "export_restriction", 70: "protocol_version",
        71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
        100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension",
        111: "certificate_unobtainable", 112: "unrecognized_name", 113: "bad_certificate_status_response",
        114: "bad_certificate_hash_value", 115: "unknown_psk_identity", 116: "certificate_required",
        120: "no_application_protocol",
    ]
}
