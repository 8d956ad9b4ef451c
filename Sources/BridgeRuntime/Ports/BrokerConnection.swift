public import MosquittoClient

/// A connection to an MQTT broker: a seam in front of libmosquitto.
public protocol BrokerConnection: AnyObject {
    /// Whether requests can be made.
    var isConnected: Bool { get }
    /// What the broker has said about itself in its CONNACK.
    var limits: MosquittoClient.Limits { get }
    /// While false nothing is written: no PUBACK leaves.
    var mayWrite: Bool { get set }
    /// While false nothing is read.
    var mayRead: Bool { get set }
    /// Called after each batch of reads that delivered a message.
    var onBatchEnd: () -> Void { get set }
    /// Starts a connection; the outcome is an event.
    func connect()
    /// Subscribes to one filter.
    func subscribe(_ filter: String, qos: Int, options: MosquittoClient.SubscribeOptions) throws(MosquittoError)
        -> Int32
    /// Unsubscribes one filter.
    func unsubscribe(_ filter: String) throws(MosquittoError) -> Int32
    /// Publishes; the message id. `expiry`: the message expiry interval of MQTT 5 in seconds.
    func publish(topic: [UInt8], payload: [UInt8], qos: Int, retain: Bool, expiry: UInt32?) throws(MosquittoError)
        -> Int32
    /// Ends the connection in order.
    func disconnect()
}

extension BrokerConnection {
    /// The protocol's defaults.
    public var limits: MosquittoClient.Limits { MosquittoClient.Limits() }
}

extension MosquittoClient: BrokerConnection {}
