/// Why a file is no certificate or no key, with what to do.
public enum CertificateProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// There is no PEM block of the wanted kind.
    case notPEM(expected: String, found: String?)
    /// There is a PEM block and what is in it makes no sense; what OpenSSL says.
    case damaged(expected: String, detail: String)
    /// The key asks for a password.
    case encryptedKey
    /// The key is not that of the certificate.
    case keyMismatch

    /// One line for people: what is wrong, then what was expected.
    public var description: String {
        switch self {
        case .notPEM(let expected, let found):
            "holds no \(expected)\(found.map { " but \($0)" } ?? ""); expected PEM text"
        case .damaged(let expected, let detail):
            "holds a damaged \(expected) (\(detail)); expected a whole PEM file"
        case .encryptedKey:
            """
            holds a key with a password, which the module cannot be given; expected a key without one \
            (openssl rsa -in key -out plain.key)
            """
        case .keyMismatch: "does not belong to the certificate; expected the key it was made with"
        }
    }
}
