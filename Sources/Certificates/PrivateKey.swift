import COpenSSL

/// A private key, looked at and not kept: only what may be shown.
public struct PrivateKey: Sendable, Equatable {
    /// What kind it is.
    public let kind: KeyKind

    /// Reads the key of a PEM file and checks that it belongs to `certificate`.
    public init(pem bytes: [UInt8], of certificate: Certificate) throws(CertificateProblem) {
        guard let bio = MemoryBIO(bytes), let owner = certificate.handle else {
            throw .damaged(expected: "key", detail: "out of memory")
        }
        ERR_clear_error()
        defer { ERR_clear_error() }
        let labels = PEMText.labels(bytes)
        guard labels.contains(where: { $0.hasSuffix("PRIVATE KEY") }) else {
            throw .notPEM(expected: "private key", found: PEMText.guess(bytes))
        }
        // Without a callback OpenSSL would ask at the terminal.
        // SAFETY: the callback captures nothing and writes nothing.
        let pointer = unsafe PEM_read_bio_PrivateKey(bio.pointer, nil, { _, _, _, _ in 0 }, nil)
        guard let key = unsafe KeyHandle(pointer) else {
            if labels.contains("ENCRYPTED PRIVATE KEY") || PEMText.contains(bytes, "Proc-Type: 4,ENCRYPTED") {
                throw .encryptedKey
            }
            throw .damaged(expected: "private key", detail: openSSLError())
        }
        guard unsafe X509_check_private_key(owner.pointer, key.pointer) == 1 else { throw .keyMismatch }
        kind = key.kind
    }
}
