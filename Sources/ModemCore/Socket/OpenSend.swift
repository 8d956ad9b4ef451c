/// A send over a socket that may still be open in the module: it counts bytes, and what is written next becomes part of
/// the stream.
public struct OpenSend: Equatable, Sendable {
    /// Bytes that were declared.
    public var bytes: Int
    /// Whether bytes of it were written: then the module most likely has all of them, and ends it by itself.
    public var isWritten: Bool
    /// Whether other bytes in their place cannot become part of a message: an MQTT packet begins with the first of them,
    /// or TLS would notice.
    public var isHarmless: Bool

    /// A send of so many bytes, none of which is written.
    public init(bytes: Int, isWritten: Bool = false, isHarmless: Bool) {
        self.bytes = bytes
        self.isWritten = isWritten
        self.isHarmless = isHarmless
    }
}
