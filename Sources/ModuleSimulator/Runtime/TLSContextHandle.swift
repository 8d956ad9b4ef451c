import COpenSSL

/// An `SSL_CTX` with the module's versions, suites and certificates.
// SAFETY: `@safe` because the pointers live exactly as long as this object, which alone uses them.
@safe final class TLSContextHandle {
    let raw: OpaquePointer

    init(_ request: TLSRequest) throws(TLSClient.Failure) {
        guard let raw = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw TLSClient.Failure(reason: "OpenSSL has no memory")
        }
        unsafe self.raw = raw
        try setProtocol(request)
        if let authorities = request.authorities {
            try setVerification(authorities, request)
        } else {
            unsafe SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nil)
        }
        if let certificate = request.certificate { try setCertificate(certificate, request.key) }
    }

    deinit { unsafe SSL_CTX_free(raw) }

    /// The newest error of this thread, in words.
    static var lastError: String? {
        let code = ERR_peek_last_error()
        guard code != 0 else { return nil }
        return unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) } ?? "OpenSSL error \(code)"
    }

    private func fail(_ what: String) -> TLSClient.Failure {
        TLSClient.Failure(reason: what + (Self.lastError.map { ": \($0)" } ?? ""))
    }

    private func setProtocol(_ request: TLSRequest) throws(TLSClient.Failure) {
        ERR_clear_error()
        let versions = [SSL3_VERSION, TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION]
        let isOne = versions.indices.contains(request.version)
        let lowest = isOne ? versions[request.version] : 0
        // The manual knows nothing newer than TLS 1.2.
        let highest = isOne ? lowest : request.offersAll ? 0 : TLS1_2_VERSION
        guard unsafe cellbridge_tls_set_versions(raw, lowest, highest) == 1 else {
            throw fail("sslversion \(request.version) cannot be had")
        }
        // @SECLEVEL=0: the library's own level refuses TLS 1.0 and 1.1, small keys and the older suites before they
        // are offered. A module does not: it takes whatever the manual lists.
        let suites = (request.offersAll ? "ALL" : request.suites.joined(separator: ":")) + ":@SECLEVEL=0"
        guard unsafe SSL_CTX_set_cipher_list(raw, suites) == 1 else {
            throw fail("no suite of \(request.suites.joined(separator: ", ")) can be had")
        }
    }

    private func setVerification(_ pem: [UInt8], _ request: TLSRequest) throws(TLSClient.Failure) {
        let store = unsafe SSL_CTX_get_cert_store(raw)
        let count = unsafe certificates(pem) { unsafe X509_STORE_add_cert(store, $0) == 1 }
        guard count > 0 else { throw TLSClient.Failure(reason: "the CA file holds no certificate") }
        unsafe SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nil)
        let parameters = unsafe SSL_CTX_get0_param(raw)
        if let time = request.time {
            unsafe X509_VERIFY_PARAM_set_time(parameters, Int(time))
        } else {
            _ = unsafe X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_NO_CHECK_TIME))
        }
        if request.trustsAnyListed {
            _ = unsafe X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        }
    }

    private func setCertificate(_ pem: [UInt8], _ key: [UInt8]?) throws(TLSClient.Failure) {
        var isFirst = true
        let count = unsafe certificates(pem) { certificate in
            defer { isFirst = false }
            return isFirst
                ? unsafe SSL_CTX_use_certificate(raw, certificate) == 1
                : unsafe cellbridge_tls_add_chain(raw, certificate) == 1
        }
        guard count > 0 else { throw TLSClient.Failure(reason: "the client certificate file holds no certificate") }
        guard let key else { throw TLSClient.Failure(reason: "no client key is set") }
        ERR_clear_error()
        let parsed = unsafe key.withUnsafeBytes { buffer -> OpaquePointer? in
            guard let source = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return nil }
            defer { unsafe BIO_free(source) }
            return unsafe cellbridge_tls_read_key(source)
        }
        guard let parsed = unsafe parsed else {
            throw TLSClient.Failure(reason: "the client key file holds no key that can be read without a password")
        }
        defer { unsafe EVP_PKEY_free(parsed) }
        guard unsafe SSL_CTX_use_PrivateKey(raw, parsed) == 1 else {
            throw fail("the client key does not go with the client certificate")
        }
    }

    /// Hands every certificate of a PEM file to `body` and returns how many it took.
    private func certificates(_ pem: [UInt8], _ body: (OpaquePointer) -> Bool) -> Int {
        var count = 0
        unsafe pem.withUnsafeBytes { buffer in
            guard let source = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return }
            defer { unsafe BIO_free(source) }
            while let certificate = unsafe PEM_read_bio_X509(source, nil, nil, nil) {
                if unsafe body(certificate) { count += 1 }
                unsafe X509_free(certificate)
            }
        }
        ERR_clear_error()
        return count
    }
}
