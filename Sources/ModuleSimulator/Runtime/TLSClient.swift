import COpenSSL

/// One TLS connection of the module, by OpenSSL and between memory buffers: no socket, no waiting.
// SAFETY: `@safe` because the pointers live exactly as long as this object, which alone uses them.
@safe final class TLSClient {
    /// Why there is no connection (any more), in OpenSSL's words.
    struct Failure: Error, Equatable {
        var reason: String
    }

    private let context: TLSContextHandle
    private let connection: OpaquePointer
    private let incoming: OpaquePointer
    private let outgoing: OpaquePointer
    private(set) var isUp = false

    /// Reads the files and sets everything up; `advance` begins the handshake.
    init(_ request: TLSRequest) throws(Failure) {
        context = try TLSContextHandle(request)
        guard let connection = unsafe SSL_new(context.raw), let incoming = unsafe BIO_new(BIO_s_mem()),
            let outgoing = unsafe BIO_new(BIO_s_mem())
        else { throw Failure(reason: "OpenSSL has no memory") }
        unsafe (self.connection, self.incoming, self.outgoing) = (connection, incoming, outgoing)
        // The connection owns both from here on.
        unsafe SSL_set_bio(connection, incoming, outgoing)
        unsafe SSL_set_connect_state(connection)
        guard !request.hostName.isEmpty else { return }
        let parameters = unsafe SSL_get0_param(connection)
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, request.hostName) != 1 {
            guard unsafe cellbridge_tls_set_name(connection, request.hostName) == 1,
                unsafe X509_VERIFY_PARAM_set1_host(parameters, request.hostName, 0) == 1
            else { throw Failure(reason: "the host name \(request.hostName) cannot be used") }
        }
        ERR_clear_error()
    }

    deinit { unsafe SSL_free(connection) }

    /// `TLSv1.2 AES256-SHA256`.
    var summary: String {
        let version = unsafe String(cString: SSL_get_version(connection))
        let suite = unsafe SSL_CIPHER_get_name(SSL_get_current_cipher(connection)).map { unsafe String(cString: $0) }
        return version + " " + (suite ?? "")
    }

    /// Goes on with the handshake and returns whether it is over.
    func advance() throws(Failure) {
        guard !isUp else { return }
        ERR_clear_error()
        let result = unsafe SSL_do_handshake(connection)
        if result == 1 {
            isUp = true
        } else if unsafe SSL_get_error(connection, result) != SSL_ERROR_WANT_READ {
            throw failure()
        }
    }

    /// Takes what came over TCP and returns what it says; `isClosed` once the other side has said goodbye.
    func receive(_ bytes: [UInt8]) throws(Failure) -> (plain: [UInt8], isClosed: Bool) {
        if !bytes.isEmpty { _ = unsafe BIO_write(incoming, bytes, Int32(bytes.count)) }
        try advance()
        guard isUp else { return ([], false) }
        var plain: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            ERR_clear_error()
            let count = unsafe SSL_read(connection, &buffer, Int32(buffer.count))
            guard count <= 0 else {
                plain += buffer.prefix(Int(count))
                continue
            }
            switch unsafe SSL_get_error(connection, count) {
            case SSL_ERROR_WANT_READ: return (plain, false)
            case SSL_ERROR_ZERO_RETURN: return (plain, true)
            default: throw failure()
            }
        }
    }

    /// Encrypts; `takeOutput` has the result.
    func send(_ bytes: [UInt8]) {
        guard isUp, !bytes.isEmpty else { return }
        // A memory buffer takes everything.
        _ = unsafe SSL_write(connection, bytes, Int32(bytes.count))
    }

    /// Says goodbye; `takeOutput` has the result.
    func sayGoodbye() {
        if isUp { _ = unsafe SSL_shutdown(connection) }
    }

    /// What is to go out over TCP.
    func takeOutput() -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = unsafe cellbridge_tls_take(outgoing, &buffer, Int32(buffer.count))
            guard count > 0 else { return all }
            all += buffer.prefix(Int(count))
        }
    }

    /// The verdict on the certificate when there is a bad one, otherwise the library's last error.
    private func failure() -> Failure {
        let verdict = unsafe SSL_get_verify_result(connection)
        if verdict != Int(X509_V_OK), unsafe SSL_get_verify_mode(connection) != SSL_VERIFY_NONE {
            return Failure(reason: unsafe String(cString: X509_verify_cert_error_string(verdict)))
        }
        return Failure(reason: TLSContextHandle.lastError ?? "the connection broke off")
    }
}
