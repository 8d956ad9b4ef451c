import COpenSSL

/// An X.509 certificate as a value: what a person asks of it, read with OpenSSL. Any thread.
public struct Certificate: Sendable, Equatable {
    /// The subject, `CN = box-17, O = Example`.
    public let subject: String
    /// The issuer, likewise.
    public let issuer: String
    /// First second it is valid, Unix time.
    public let notBefore: Int64
    /// Last second it is valid, Unix time.
    public let notAfter: Int64
    /// Its public key.
    public let key: KeyKind
    /// SHA-256 of its DER form.
    public let digest: [UInt8]
    /// Its DER form.
    let encoded: [UInt8]

    /// Every certificate of a PEM file, in order; at least one.
    public static func all(inPEM bytes: [UInt8]) throws(CertificateProblem) -> [Certificate] {
        guard let bio = MemoryBIO(bytes) else { throw .damaged(expected: "certificate", detail: "out of memory") }
        var found: [Certificate] = []
        ERR_clear_error()
        while let handle = unsafe CertificateHandle(PEM_read_bio_X509(bio.pointer, nil, nil, nil)) {
            guard let certificate = Certificate(handle) else {
                throw .damaged(expected: "certificate", detail: openSSLError())
            }
            found.append(certificate)
        }
        let blocks = PEMText.count(bytes, endingWith: "CERTIFICATE")
        guard blocks > 0 else { throw .notPEM(expected: "certificate", found: PEMText.guess(bytes)) }
        guard found.count == blocks else { throw .damaged(expected: "certificate", detail: openSSLError()) }
        ERR_clear_error()
        return found
    }

    private init?(_ handle: borrowing CertificateHandle) {
        let certificate = unsafe handle.pointer
        guard let from = unsafe Self.time(X509_get0_notBefore(certificate)),
            let until = unsafe Self.time(X509_get0_notAfter(certificate)),
            let key = unsafe KeyHandle(X509_get_pubkey(certificate)),
            let subject = unsafe Self.text(X509_get_subject_name(certificate)),
            let issuer = unsafe Self.text(X509_get_issuer_name(certificate))
        else { return nil }
        let length = unsafe i2d_X509(certificate, nil)
        guard length > 0 else { return nil }
        var encoded = [UInt8](repeating: 0, count: Int(length))
        // SAFETY: i2d_X509 writes exactly `length` bytes to the pointer it is given and moves a copy of that pointer.
        let written = unsafe encoded.withUnsafeMutableBufferPointer { buffer in
            var end = buffer.baseAddress
            return unsafe i2d_X509(certificate, &end)
        }
        guard written == length, let digest = Digest.sha256(encoded) else { return nil }
        (self.subject, self.issuer) = (subject, issuer)
        (notBefore, notAfter) = (from, until)
        self.key = key.kind
        self.digest = digest
        self.encoded = encoded
    }

    /// Whether it is valid at this Unix time.
    public func isValid(at time: Int64) -> Bool { notBefore <= time && time <= notAfter }

    /// Whole days until it expires; negative when it has.
    public func daysLeft(at time: Int64) -> Int {
        let seconds = notAfter - time
        return Int(seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400)
    }

    /// Whether `authority` signed it: the names fit and the signature is sound.
    public func isIssued(by authority: Certificate) -> Bool {
        defer { ERR_clear_error() }
        guard let own = handle, let other = authority.handle,
            let key = unsafe KeyHandle(X509_get_pubkey(other.pointer))
        else { return false }
        return unsafe X509_check_issued(other.pointer, own.pointer) == X509_V_OK
            && X509_verify(own.pointer, key.pointer) == 1
    }

    /// The certificate for OpenSSL.
    var handle: CertificateHandle? {
        // SAFETY: d2i_X509 copies what it reads and moves a copy of the pointer.
        unsafe CertificateHandle(
            encoded.withUnsafeBufferPointer { buffer in
                var start = buffer.baseAddress
                return unsafe d2i_X509(nil, &start, buffer.count)
            })
    }

    private static func time(_ value: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var parts = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(value, &parts) == 1 else { return nil }
        return unsafe Int64(timegm(&parts))
    }

    private static func text(_ name: OpaquePointer?) -> String? {
        guard let bio = MemoryBIO() else { return nil }
        guard unsafe cellbridge_certificates_print_name(bio.pointer, name) >= 0 else { return nil }
        return bio.text
    }
}
