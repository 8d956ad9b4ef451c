/// The one TCP connection of the module's socket commands: bytes in order, nothing known about them.
///
/// It stands beside the MQTT client's connection and has a number of the same series. How the bytes get to and from
/// the host is the family's affair (`Families`); what a network may do to them is in `Stream.swift`.
struct StreamState: Equatable {
    enum Link: Equatable { case closed, connecting, open }

    var link = Link.closed
    /// The number of the current (or last) connection; 0 while there was none.
    var connection = 0
    /// Came from the far side and was not handed to the host yet; bounded by the profile's `receiveBuffer`, plus what
    /// was on its way when it filled up.
    var received: [UInt8] = []
    /// Bytes from the far side that are still on their way to the module (network latency, a frozen network).
    var underWay = 0
    /// Bytes of this connection that the host handed over.
    var sent = 0
    /// How many of them the far side's TCP has.
    var acknowledged = 0
    /// Bytes of this connection that came from the far side.
    var arrived = 0
    var lastTraffic = Duration.zero
    /// The connection only looks alive: nothing leaves, nothing comes, nobody is told.
    var isBlackHole = false
    /// What the host handed over meanwhile; TCP sends it again when the network is back.
    var withheld: [UInt8] = []
    /// What happened on the network meanwhile.
    var missed: [SimulatedModule.NetworkEvent] = []

    /// Bytes in the send buffer: handed over and not acknowledged.
    var unacknowledged: Int { sent - acknowledged }
}

/// What a family hears of its connection.
enum StreamEvent: Equatable {
    /// TCP is up.
    case opened
    /// It could not be opened.
    case failed
    /// There is more in `stream.received`.
    case received
    /// `stream.acknowledged` has grown.
    case acknowledged
    /// The far side has closed (or the network has lost) the connection; `received` may still be read.
    case closed
    /// The bearer is gone, and the connection with it; it is told by the bearer's own words.
    case bearerLost
}
