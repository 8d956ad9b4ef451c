import COpenSSL
import Glibc

// SAFETY: `@safe` because the pointers live exactly as long as this object, which alone (with its streams, which keep
// it) uses them.
/// What all connections to one broker share: settings, trust, our identity, and the session to resume.
///
/// A resumed session leaves out the certificates, which are most of a handshake's bytes. One thread at a time.
@safe public final class TLSContext {
    /// The longest pre-shared key and identity, in bytes (OpenSSL's bounds).
    public static let longestKey = 512
    /// See `longestKey`.
    public static let longestIdentity = 256

    let raw: OpaquePointer
    let options: Options
    /// The name (or address) to expect in the certificate, as OpenSSL wants it.
    let name: String
    private(set) var session: OpaquePointer?
    private let key: [UInt8]
    private var askedForPassword = false

    /// Reads the files and checks the settings.
    public init(_ options: Options) throws(TLSError) {
        self.options = options
        name = try Self.name(of: options)
        key = try Self.key(of: options)
        ERR_clear_error()
        guard let raw = unsafe SSL_CTX_new(TLS_client_method()) else {
            throw TLSError(.settings, OpenSSLErrors.take("OpenSSL cannot be had"))
        }
        unsafe self.raw = raw
        unsafe SSL_CTX_set_ex_data(raw, 0, Unmanaged.passUnretained(self).toOpaque())
        unsafe cellbridge_tls_set_habits(raw)
        try setVersionsAndSuites()
        if options.psk == nil { try setTrust() } else { try setKey() }
        if let certificate = options.certificate { try setIdentity(certificate) }
        try setProtocols()
        // A handshake with a pre-shared key is as short as a resumed one.
        unsafe cellbridge_tls_keep_sessions(raw, options.psk == nil ? 1 : 0)
        unsafe SSL_CTX_sess_set_new_cb(raw) { connection, session in
            guard let context = unsafe context(SSL_get_SSL_CTX(connection)) else { return 0 }
            context.forgetSession()
            unsafe context.session = unsafe session
            return 1
        }
        ERR_clear_error()
    }

    deinit {
        unsafe SSL_SESSION_free(session)
        unsafe SSL_CTX_free(raw)
    }

    /// Whether the next connection offers to resume an earlier session.
    public var hasSession: Bool { unsafe session.map { unsafe SSL_SESSION_is_resumable($0) == 1 } ?? false }

    /// The next handshake is a full one.
    public func forgetSession() {
        unsafe SSL_SESSION_free(session)
        unsafe session = nil
    }

    // MARK: Setting up

    private static func name(of options: Options) throws(TLSError) -> String {
        var name = options.hostname ?? options.host
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        if name.hasSuffix(".") { name.removeLast() }
        guard !name.isEmpty, name.utf8.count <= 253, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw TLSError(.settings, "the host name cannot be used; expected a name of 1 to 253 printable characters")
        }
        return name
    }

    private static func key(of options: Options) throws(TLSError) -> [UInt8] {
        guard (options.psk == nil) == (options.pskIdentity == nil) else {
            throw TLSError(.settings, "the pre-shared key and its identity go together; only one of them is set")
        }
        guard let psk = options.psk, let identity = options.pskIdentity else { return [] }
        guard options.certificate == nil, options.ca == nil else {
            throw TLSError(.settings, "a pre-shared key takes the place of certificates; set only one of the two")
        }
        guard 1..<longestIdentity ~= identity.utf8.count, !identity.utf8.contains(0) else {
            throw TLSError(.settings, "the identity of the pre-shared key must have 1 to \(longestIdentity - 1) bytes")
        }
        let digits = psk.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == psk.utf8.count, digits.count.isMultiple(of: 2), 1...longestKey ~= digits.count / 2 else {
            throw TLSError(
                .settings, "the pre-shared key must be 2 to \(longestKey * 2) hexadecimal digits, two a byte")
        }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private func setVersionsAndSuites() throws(TLSError) {
        var lowest = options.minimumVersion == .tls13 ? TLS1_3_VERSION : TLS1_2_VERSION
        var highest: Int32 = 0
        var list = options.psk == nil ? nil : "kECDHEPSK:kDHEPSK:kPSK:!eNULL"
        if let ciphers = options.ciphers {
            let names = ciphers.split(separator: ":")
            let new = names.filter { $0.hasPrefix("TLS_") }
            let old = names.filter { !$0.hasPrefix("TLS_") }
            if new.isEmpty { highest = TLS1_2_VERSION }
            if old.isEmpty { lowest = TLS1_3_VERSION } else { list = old.joined(separator: ":") }
            let isKnown = unsafe new.isEmpty || SSL_CTX_set_ciphersuites(raw, new.joined(separator: ":")) == 1
            guard isKnown, !names.isEmpty, highest == 0 || lowest <= highest else {
                throw TLSError(.settings, "no suite of \"\(ciphers)\" can be had; expected names of `openssl ciphers`")
            }
        }
        if let list, unsafe SSL_CTX_set_cipher_list(raw, list) != 1 {
            throw TLSError(.settings, "no suite of \"\(list)\" can be had; expected names of `openssl ciphers`")
        }
        guard unsafe cellbridge_tls_set_versions(raw, lowest, highest) == 1 else {
            throw TLSError(.settings, OpenSSLErrors.take("the TLS version cannot be had"))
        }
    }

    private func setTrust() throws(TLSError) {
        guard options.verifies else { return unsafe SSL_CTX_set_verify(raw, SSL_VERIFY_NONE, nil) }
        unsafe SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, verifyCallback)
        guard let ca = options.ca else {
            guard unsafe SSL_CTX_set_default_verify_paths(raw) == 1 else {
                throw TLSError(.settings, OpenSSLErrors.take("the system's authorities cannot be read"))
            }
            return
        }
        try check(ca)
        guard unsafe SSL_CTX_load_verify_file(raw, ca) == 1 else {
            throw TLSError(.settings, OpenSSLErrors.take("\(ca) holds no certificate to trust; expected PEM text"))
        }
        // Whoever lists an intermediate authority or the broker's own certificate means to trust it.
        _ = unsafe X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(raw), UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }

    private func setIdentity(_ certificate: String) throws(TLSError) {
        guard let key = options.key else {
            throw TLSError(.settings, "the client's certificate is set without its private key; set both")
        }
        try check(certificate)
        try check(key)
        guard unsafe SSL_CTX_use_certificate_chain_file(raw, certificate) == 1 else {
            throw TLSError(.settings, OpenSSLErrors.take("\(certificate) holds no certificate that can be used"))
        }
        ERR_clear_error()
        unsafe SSL_CTX_set_default_passwd_cb_userdata(raw, Unmanaged.passUnretained(self).toOpaque())
        // Without this OpenSSL asks at the terminal.
        unsafe SSL_CTX_set_default_passwd_cb(raw) { _, _, _, own in
            if let own = unsafe own {
                unsafe Unmanaged<TLSContext>.fromOpaque(own).takeUnretainedValue().askedForPassword = true
            }
            return 0
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(raw, key, SSL_FILETYPE_PEM) != 1 else { return }
        if askedForPassword {
            throw TLSError(.settings, "\(key) has a password; expected a key without one (openssl pkey -in … -out …)")
        }
        if OpenSSLErrors.first.isMismatch {
            throw TLSError(.settings, "\(key) does not belong to \(certificate); expected the key it was made with")
        }
        throw TLSError(.settings, OpenSSLErrors.take("\(key) holds no private key that can be used"))
    }

    private func setKey() throws(TLSError) {
        // Nothing is trusted: a broker that shows a certificate instead of knowing the key is refused.
        unsafe SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, verifyCallback)
        unsafe SSL_CTX_set_psk_client_callback(raw) { connection, _, identity, identitySize, key, keySize in
            guard let context = unsafe context(SSL_get_SSL_CTX(connection)), let identity = unsafe identity,
                let key = unsafe key, let text = context.options.pskIdentity
            else { return 0 }
            guard text.utf8.count < identitySize, context.key.count <= keySize else { return 0 }
            for (index, byte) in text.utf8.enumerated() { unsafe identity[index] = CChar(bitPattern: byte) }
            unsafe identity[text.utf8.count] = 0
            for (index, byte) in context.key.enumerated() { unsafe key[index] = byte }
            return UInt32(context.key.count)
        }
    }

    private func setProtocols() throws(TLSError) {
        guard !options.alpn.isEmpty else { return }
        guard options.alpn.allSatisfy({ 1...255 ~= $0.utf8.count }), options.alpn.count <= 16 else {
            throw TLSError(.settings, "ALPN: expected at most 16 names of 1 to 255 bytes")
        }
        let list = options.alpn.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        // The one call of OpenSSL that returns 0 for success.
        guard unsafe SSL_CTX_set_alpn_protos(raw, list, UInt32(list.count)) == 0 else {
            throw TLSError(.settings, OpenSSLErrors.take("the ALPN names cannot be used"))
        }
    }

    private func check(_ path: String) throws(TLSError) {
        guard unsafe access(path, R_OK) != 0 else { return }
        throw TLSError(.settings, "\(path): \(unsafe String(cString: strerror(errno)))")
    }
}

/// The context of an SSL_CTX.
private func context(_ raw: OpaquePointer?) -> TLSContext? {
    // SAFETY: set in `init`; a stream, whose calls alone lead to callbacks, keeps the context.
    guard let own = unsafe SSL_CTX_get_ex_data(raw, 0) else { return nil }
    return unsafe Unmanaged<TLSContext>.fromOpaque(own).takeUnretainedValue()
}
