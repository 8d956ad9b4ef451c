/// The far end of our MQTT client's connection: the bytes that it would send over a network, and those it would get.
/// A seam in front of the private unix socket.
public protocol ClientStream: AnyObject {
    /// Bytes of the client, while `mayRead`.
    var onBytes: ([UInt8]) -> Void { get set }
    /// The client has closed its end, or the socket failed; once, and not for `close`.
    var onClosed: (String) -> Void { get set }
    /// The client has taken all that was written.
    var onDrained: () -> Void { get set }
    /// While false the client's bytes wait at its end.
    var mayRead: Bool { get set }
    /// Bytes that the client has written and `onBytes` has not brought.
    var unreadBytes: Int { get }
    /// Gives the client bytes; false when they do not fit the bounded queue.
    func write(_ bytes: [UInt8]) -> Bool
    /// Lets the client know, after all that was written, that nothing more comes.
    func endInput()
    /// Bytes that the client has not taken.
    var pendingBytes: Int { get }
    /// Closes it; nothing is called afterwards.
    func close()
}

/// One connection of our MQTT client over a stream.
public struct StreamedClient {
    /// The client; not connected yet.
    public var broker: any BrokerConnection
    /// The stream that it connects to.
    public var stream: any ClientStream

    /// A client and its stream.
    public init(broker: any BrokerConnection, stream: any ClientStream) {
        self.broker = broker
        self.stream = stream
    }
}
