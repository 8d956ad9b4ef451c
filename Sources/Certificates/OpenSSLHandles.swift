import COpenSSL

/// Owns an `X509`.
@safe struct CertificateHandle: ~Copyable {
    let pointer: OpaquePointer

    /// Takes ownership; nil when there is nothing to own.
    init?(_ pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        unsafe self.pointer = pointer
    }

    deinit { unsafe X509_free(pointer) }
}

/// Owns an `EVP_PKEY`.
@safe struct KeyHandle: ~Copyable {
    let pointer: OpaquePointer

    /// Takes ownership; nil when there is nothing to own.
    init?(_ pointer: OpaquePointer?) {
        guard let pointer = unsafe pointer else { return nil }
        unsafe self.pointer = pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    var kind: KeyKind {
        let bits = Int(unsafe EVP_PKEY_get_bits(pointer))
        switch unsafe EVP_PKEY_get_base_id(pointer) {
        case EVP_PKEY_RSA: return .rsa(bits: bits)
        case EVP_PKEY_EC: return .ellipticCurve(bits: bits)
        case let number: return .other(Int(number))
        }
    }
}

/// Owns a memory `BIO`.
@safe struct MemoryBIO: ~Copyable {
    let pointer: OpaquePointer

    /// An empty one to write to.
    init?() {
        guard let pointer = unsafe BIO_new(BIO_s_mem()) else { return nil }
        unsafe self.pointer = pointer
    }

    /// One with a copy of these bytes to read.
    init?(_ bytes: [UInt8]) {
        guard let pointer = unsafe BIO_new(BIO_s_mem()) else { return nil }
        // SAFETY: BIO_write copies the bytes before it returns; what it could not take is missing and so is damaged.
        _ = unsafe bytes.withUnsafeBytes { unsafe BIO_write(pointer, $0.baseAddress, Int32(clamping: $0.count)) }
        unsafe self.pointer = pointer
    }

    deinit { unsafe BIO_free(pointer) }

    /// What was written to it, at most 4 KiB.
    var text: String {
        var bytes = [UInt8](repeating: 0, count: 4096)
        // SAFETY: BIO_read gets an array that outlives the call, and its length.
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe BIO_read(pointer, $0.baseAddress, Int32($0.count)) }
        return String(decoding: bytes.prefix(Int(max(0, count))), as: UTF8.self)
    }
}

/// OpenSSL's last error in words; its queue is empty afterwards.
func openSSLError() -> String {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0, let text = unsafe ERR_reason_error_string(code) else { return "not readable" }
    return unsafe String(cString: text)
}
