/// What kind of public key a certificate or key has.
public enum KeyKind: Equatable, Sendable, CustomStringConvertible {
    /// RSA with this many bits.
    case rsa(bits: Int)
    /// An elliptic curve with this many bits; RSA key exchange, all these modules have, cannot use it.
    case ellipticCurve(bits: Int)
    /// Anything else, by OpenSSL's number.
    case other(Int)

    /// As people name it.
    public var description: String {
        switch self {
        case .rsa(let bits): "RSA, \(bits) bits"
        case .ellipticCurve(let bits): "EC, \(bits) bits"
        case .other(let number): "of type \(number)"
        }
    }

    /// Whether the module's suites can use it.
    public var fitsRSAKeyExchange: Bool {
        if case .rsa = self { true } else { false }
    }
}
