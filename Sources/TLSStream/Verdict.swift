import COpenSSL

/// Why a certificate of the broker's chain was not accepted, with what is needed to say so.
struct Verdict {
    var code: Int32
    /// 0 is the broker's own, above that its issuers.
    var depth: Int32
    var subject: String
    var issuer: String
    var notBefore: String
    var notAfter: String
    /// The names it is good for.
    var names: String

    /// Reads the certificate that is being looked at.
    init(_ store: OpaquePointer) {
        unsafe code = X509_STORE_CTX_get_error(store)
        unsafe depth = X509_STORE_CTX_get_error_depth(store)
        let certificate = unsafe X509_STORE_CTX_get_current_cert(store)
        guard let certificate = unsafe certificate else {
            (subject, issuer, notBefore, notAfter, names) = ("", "", "", "", "")
            return
        }
        unsafe subject = printed { unsafe cellbridge_certificates_print_name($0, X509_get_subject_name(certificate)) }
        unsafe issuer = printed { unsafe cellbridge_certificates_print_name($0, X509_get_issuer_name(certificate)) }
        unsafe notBefore = printed { unsafe ASN1_TIME_print($0, X509_get0_notBefore(certificate)) }
        unsafe notAfter = printed { unsafe ASN1_TIME_print($0, X509_get0_notAfter(certificate)) }
        let place = unsafe X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)
        unsafe names =
            place < 0
            ? ""
            : printed { output in
                unsafe X509V3_EXT_print(output, X509_get_ext(certificate, place), 0, 0)
            }
        ERR_clear_error()
    }

    /// One line. `name`: the one that was expected; `usesKey`: a pre-shared key was, no certificate.
    func text(name: String, usesKey: Bool, hasOwnAuthorities: Bool) -> String {
        if usesKey {
            return """
                the broker showed a certificate (\(subject)) instead of using the pre-shared key; \
                does it know the identity?
                """
        }
        let whose = depth == 0 ? "the broker's certificate" : "the certificate of the broker's issuer"
        let trusted = hasOwnAuthorities ? "the ca file" : "the system's authorities"
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "\(whose) (\(subject)) expired on \(notAfter); renew it, or is this host's clock wrong?"
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "\(whose) (\(subject)) is not valid before \(notBefore); is this host's clock right?"
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            let own = names.isEmpty ? "no names but its subject \(subject)" : names
            return "\(whose) is not for \(name); it has \(own): use one of them as host, or set tls.hostname"
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "\(whose) (\(subject)) is signed by itself and not in \(trusted); to trust it, put it there"
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            return "\(whose) (\(subject)) is not in \(trusted); is it the right one for this broker?"
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
            return "\(whose) (\(subject)) was issued by \(issuer), which is not in \(trusted)"
        default:
            let words = unsafe String(cString: X509_verify_cert_error_string(Int(code)))
            return "\(whose) (\(subject)) was not accepted: \(words)"
        }
    }
}

/// What `print` writes, made harmless: printable ASCII, at most 200 characters.
private func printed(_ print: (OpaquePointer) -> Int32) -> String {
    guard let output = unsafe BIO_new(BIO_s_mem()) else { return "" }
    defer { unsafe BIO_free(output) }
    guard unsafe print(output) >= 0 else { return "" }
    var buffer = [UInt8](repeating: 0, count: 200)
    let count = unsafe cellbridge_tls_take(output, &buffer, Int32(buffer.count))
    let isCut = unsafe BIO_ctrl_pending(output) > 0
    let text = buffer.prefix(Int(count)).map { 0x20...0x7E ~= $0 ? $0 : UInt8(ascii: "?") }
    return String(decoding: text, as: UTF8.self) + (isCut ? "…" : "")
}

/// Notes the first complaint about a certificate for the stream; the answer stays OpenSSL's.
func verifyCallback(_ isGood: Int32, _ store: OpaquePointer?) -> Int32 {
    guard isGood != 1, let store = unsafe store else { return isGood }
    let connection = unsafe X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
    guard let connection = unsafe connection, let own = unsafe SSL_get_ex_data(OpaquePointer(connection), 0) else {
        return isGood
    }
    // SAFETY: set by the stream's `init`; callbacks come only from its own calls.
    let stream = unsafe Unmanaged<TLSStream>.fromOpaque(own).takeUnretainedValue()
    unsafe stream.note(Verdict(store))
    return isGood
}
