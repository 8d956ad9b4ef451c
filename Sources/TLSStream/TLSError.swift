/// Why there is no TLS (any more). The text says what happened and what to do; it never holds a secret.
public struct TLSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of thing it is.
    public enum Kind: Equatable, Sendable {
        /// A setting or a file of ours: nothing was sent.
        case settings
        /// The broker's certificate was not accepted.
        case certificate
        /// The broker refused us, with an alert.
        case refused
        /// The two do not get on, or what came is no TLS.
        case broken
        /// A bound was reached; nothing was taken and the stream lives on.
        case overflow
        /// The stream is over.
        case closed
    }

    /// What kind of thing it is.
    public var kind: Kind
    /// One line for people.
    public var description: String

    /// An error.
    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
