/// What makes a stream of bytes secret and sound: a seam in front of TLS in memory.
public protocol StreamSecurity: AnyObject {
    /// Begins the handshake.
    func start() throws(StreamSecurityFailure)
    /// Bytes of the network; what of them is for the client.
    func receive(_ ciphertext: [UInt8]) throws(StreamSecurityFailure) -> [UInt8]
    /// Bytes of the client.
    func send(_ plaintext: [UInt8]) throws(StreamSecurityFailure)
    /// Bytes for the network.
    var pendingCiphertext: Int { get }
    /// Takes at most so many of them.
    func takeCiphertext(_ limit: Int) -> [UInt8]
    /// Whether the handshake is done and the peer is who it should be.
    var isEstablished: Bool { get }
    /// Whether the peer has said that nothing more comes.
    var isClosedByPeer: Bool { get }
    /// Version, suite and key exchange, for the log.
    var summary: String { get }
    /// Says that nothing more comes.
    func close()
}

/// Why a stream cannot be secured.
public struct StreamSecurityFailure: Error, Equatable {
    /// What happened and what to do.
    public var text: String
    /// Whether the bytes are to blame, not who sent them: another connection may do.
    public var isDamage: Bool

    /// A failure.
    public init(_ text: String, isDamage: Bool = false) {
        self.text = text
        self.isDamage = isDamage
    }
}
