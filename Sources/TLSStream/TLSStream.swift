import COpenSSL

// SAFETY: `@safe` because the pointers live exactly as long as this object, which alone uses them.
/// One TLS connection of a client, between memory buffers: no socket, no waiting, no thread.
///
/// Ciphertext of the other side goes into `receive`, plaintext comes out of it; plaintext goes into `send`, and
/// ciphertext is fetched with `takeCiphertext`, also after an error (the alert that tells the other side) and after
/// `close`. One thread at a time.
@safe public final class TLSStream {
    /// How much plaintext is kept until the handshake is over, in bytes.
    public static let earlyLimit = 65536
    /// How much ciphertext may wait to be fetched, in bytes.
    public static let ciphertextLimit = 1 << 20
    /// The largest piece OpenSSL is given at once.
    private static let pieceSize = 16384

    /// Whether the handshake is over: both sides are who they should be.
    public private(set) var isEstablished = false
    /// Whether the other side has said (close_notify) that nothing more comes. A TCP connection that ends without it
    /// was cut.
    public private(set) var isClosedByPeer = false

    private let context: TLSContext
    private let connection: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private var early: [UInt8] = []
    private var isClosed = false
    private var failure: TLSError?
    private var verdict: Verdict?

    /// A connection that has not begun; `start` makes the first bytes.
    public init(_ context: TLSContext) throws(TLSError) {
        self.context = context
        ERR_clear_error()
        guard let connection = unsafe SSL_new(context.raw) else {
            throw TLSError(.settings, OpenSSLErrors.take("OpenSSL has no connection"))
        }
        guard let incoming = unsafe BIO_new(BIO_s_mem()), let outgoing = unsafe BIO_new(BIO_s_mem()) else {
            unsafe SSL_free(connection)
            throw TLSError(.settings, "OpenSSL has no memory")
        }
        unsafe (self.connection, self.incoming, self.outgoing) = (connection, incoming, outgoing)
        // The connection owns both from here on.
        unsafe SSL_set_bio(connection, incoming, outgoing)
        unsafe SSL_set_connect_state(connection)
        unsafe SSL_set_ex_data(connection, 0, Unmanaged.passUnretained(self).toOpaque())
        try setName()
        if let session = unsafe context.session, context.hasSession { unsafe SSL_set_session(connection, session) }
        ERR_clear_error()
    }

    deinit {
        // A link that was cut must not spoil its session: OpenSSL does not resume one without a goodbye.
        if failure == nil { unsafe SSL_set_shutdown(connection, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN) }
        unsafe SSL_free(connection)
    }

    private func setName() throws(TLSError) {
        let parameters = unsafe SSL_get0_param(connection)
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, context.name) == 1 { return }
        unsafe X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard unsafe X509_VERIFY_PARAM_set1_host(parameters, context.name, 0) == 1,
            unsafe cellbridge_tls_set_name(connection, context.name) == 1
        else { throw TLSError(.settings, OpenSSLErrors.take("the host name \(context.name) cannot be used")) }
    }

    // MARK: The handshake

    /// Makes the ClientHello.
    public func start() throws(TLSError) { try advance() }

    /// Goes on with the handshake, and sends what waited for its end.
    private func advance() throws(TLSError) {
        if let failure { throw failure }
        guard !isEstablished, !isClosed else { return }
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(connection)
        guard result == 1 else {
            if unsafe SSL_get_error(connection, result) == SSL_ERROR_WANT_READ { return }
            // Whatever it was: the next attempt should not stumble over the same session.
            context.forgetSession()
            throw fail()
        }
        isEstablished = true
        let waiting = early
        early = []
        try encrypt(waiting)
    }

    // MARK: Bytes

    /// Takes what came from the other side, any piece of any size, and returns what it says. The handshake goes on with
    /// it. What comes after the other side's goodbye is ignored.
    public func receive(_ ciphertext: [UInt8]) throws(TLSError) -> [UInt8] {
        if let failure { throw failure }
        var plaintext: [UInt8] = []
        var rest = ciphertext[...]
        repeat {
            guard !isClosedByPeer, !isClosed else { break }
            let piece = Array(rest.prefix(Self.pieceSize))
            rest = rest.dropFirst(Self.pieceSize)
            if !piece.isEmpty, unsafe BIO_write(incoming, piece, Int32(piece.count)) != Int32(piece.count) {
                throw fail(TLSError(.broken, "OpenSSL has no memory for what the broker sends"))
            }
            try advance()
            if isEstablished { try decrypt(into: &plaintext) }
        } while !rest.isEmpty
        // Only somebody who asks for new keys without end gets here.
        if pendingCiphertext > 2 * Self.ciphertextLimit {
            throw fail(TLSError(.broken, "the broker asks for more answers than can be sent"))
        }
        return plaintext
    }

    private func decrypt(into plaintext: inout [UInt8]) throws(TLSError) {
        var buffer = [UInt8](repeating: 0, count: Self.pieceSize)
        while true {
            ERR_clear_error()
            let count = unsafe SSL_read(connection, &buffer, Int32(buffer.count))
            guard count <= 0 else {
                plaintext += buffer.prefix(Int(count))
                continue
            }
            switch unsafe SSL_get_error(connection, count) {
            case SSL_ERROR_WANT_READ: return
            case SSL_ERROR_ZERO_RETURN:
                isClosedByPeer = true
                return
            default: throw fail()
            }
        }
    }

    /// Encrypts. Before the handshake is over, up to `earlyLimit` bytes are kept and sent after it. A bound that is
    /// reached is a `.overflow`: nothing was taken.
    public func send(_ plaintext: [UInt8]) throws(TLSError) {
        if let failure { throw failure }
        guard !isClosed else { throw TLSError(.closed, "the TLS connection is closed") }
        guard isEstablished else {
            guard early.count + plaintext.count <= Self.earlyLimit else {
                throw TLSError(.overflow, "more than \(Self.earlyLimit) bytes wait for the end of the TLS handshake")
            }
            early += plaintext
            return
        }
        guard pendingCiphertext + plaintext.count <= Self.ciphertextLimit else {
            throw TLSError(.overflow, "more than \(Self.ciphertextLimit) bytes wait to be sent")
        }
        try encrypt(plaintext)
    }

    private func encrypt(_ plaintext: [UInt8]) throws(TLSError) {
        var rest = plaintext[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(Self.pieceSize))
            rest = rest.dropFirst(Self.pieceSize)
            ERR_clear_error()
            // A memory buffer takes everything.
            guard unsafe SSL_write(connection, piece, Int32(piece.count)) == Int32(piece.count) else { throw fail() }
        }
    }

    /// How much ciphertext waits for `takeCiphertext`, in bytes.
    public var pendingCiphertext: Int { unsafe Int(clamping: BIO_ctrl_pending(outgoing)) }

    /// The next bytes for the other side, at most `max`; empty when there are none.
    public func takeCiphertext(_ max: Int) -> [UInt8] {
        let count = min(max, pendingCiphertext, Int(Int32.max))
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let taken = unsafe cellbridge_tls_take(outgoing, &bytes, Int32(count))
        return taken == count ? bytes : Array(bytes.prefix(Int(taken)))
    }

    /// Says goodbye (close_notify); nothing is sent or received after it.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        early = []
        ERR_clear_error()
        if isEstablished, failure == nil { _ = unsafe SSL_shutdown(connection) }
        ERR_clear_error()
    }

    // MARK: What it is

    /// `TLSv1.3, TLS_AES_256_GCM_SHA384, X25519, resumed`; empty before the handshake is over.
    public var summary: String {
        guard isEstablished else { return "" }
        var parts = [unsafe String(cString: SSL_get_version(connection))]
        if let suite = unsafe SSL_CIPHER_get_name(SSL_get_current_cipher(connection)) {
            parts.append(unsafe String(cString: suite))
        }
        var group = [CChar](repeating: 0, count: 64)
        let length = unsafe cellbridge_tls_group(connection, &group, group.count)
        if length > 0 {
            parts.append(String(decoding: group.prefix(length).map(UInt8.init(bitPattern:)), as: UTF8.self))
        }
        if let selected = selectedProtocol { parts.append("ALPN \(selected)") }
        if context.options.psk != nil {
            parts.append("pre-shared key")
        } else {
            if isResumed { parts.append("resumed") }
            if !context.options.verifies { parts.append("not verified") }
        }
        return parts.joined(separator: ", ")
    }

    /// Whether an earlier session was resumed; then no certificate crossed the line.
    public var isResumed: Bool { unsafe isEstablished && SSL_session_reused(connection) == 1 }

    /// The ALPN protocol the other side chose; `nil` when it ignored the offer.
    public var selectedProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        unsafe SSL_get0_alpn_selected(connection, &name, &length)
        guard let name = unsafe name, length > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }

    // MARK: Failures

    func note(_ verdict: Verdict) {
        if self.verdict == nil { self.verdict = verdict }
    }

    /// Ends it with this error, or with the one of OpenSSL's queue; every further call throws the same.
    private func fail(_ error: TLSError? = nil) -> TLSError {
        defer { ERR_clear_error() }
        let failure = error ?? reason(OpenSSLErrors.first)
        self.failure = failure
        early = []
        return failure
    }

    private func reason(_ entry: OpenSSLErrors.Entry) -> TLSError {
        let options = context.options
        if let verdict, !isEstablished {
            let text = verdict.text(
                name: context.name, usesKey: options.psk != nil, hasOwnAuthorities: options.ca != nil)
            return TLSError(.certificate, text)
        }
        if let alert = entry.alert {
            // We are through: what it does not like is what came of our records on the way.
            if isEstablished, Alert.isDamage(alert) { return TLSError(.broken, Alert.damage(alert)) }
            let text = Alert.text(alert, showsCertificate: options.certificate != nil, usesKey: options.psk != nil)
            return TLSError(.refused, text)
        }
        switch Int32(entry.reason) {
        case SSL_R_WRONG_VERSION_NUMBER where !isEstablished, SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST:
            return TLSError(.broken, "what came back is no TLS; is this the broker's TLS port?")
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_WRONG_SSL_VERSION:
            return TLSError(.broken, "the broker speaks no TLS version that is allowed; see the minimum version")
        case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
            return TLSError(.broken, "a TLS record was damaged on its way")
        default:
            let when = isEstablished ? "the TLS connection broke" : "the TLS handshake broke"
            return TLSError(.broken, OpenSSLErrors.take(when))
        }
    }
}
