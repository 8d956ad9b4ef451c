/// What happened since the start, for the status and the log.
public struct Counters: Sendable, Equatable {
    /// Local messages taken by a route and committed.
    public var outAccepted: UInt64 = 0
    /// Local messages that no route takes.
    public var outUnrouted: UInt64 = 0
    /// Copies of local messages that match several of our filters, dropped.
    public var copiesDropped: UInt64 = 0
    /// Messages the remote broker has acknowledged (QoS 0: the module).
    public var outAcknowledged: UInt64 = 0
    /// Payload bytes of those.
    public var outBytes: UInt64 = 0
    /// Heartbeats the remote broker has acknowledged; they are no messages.
    public var heartbeats: UInt64 = 0
    /// Outbound messages refused, for any reason.
    public var outRefused: UInt64 = 0
    /// Outbound messages set aside because they break the link.
    public var outSetAside: UInt64 = 0
    /// Publish commands for a message that had one before.
    public var outRetried: UInt64 = 0
    /// Messages read from the module.
    public var inReceived: UInt64 = 0
    /// Messages the local broker has acknowledged.
    public var inDelivered: UInt64 = 0
    /// Payload bytes of those.
    public var inBytes: UInt64 = 0
    /// Messages from the module that no route takes.
    public var inUnrouted: UInt64 = 0
    /// Inbound messages refused, for any reason.
    public var inRefused: UInt64 = 0
    /// Local publishes for a message that had one before.
    public var inRetried: UInt64 = 0
    /// `+MSUB` lines that no reading fits.
    public var inUnframed: UInt64 = 0
    /// Messages that the module's cache must have overwritten.
    public var inOverwritten: UInt64 = 0
    /// Echoes of our own publishes, dropped.
    public var echoesDropped: UInt64 = 0
    /// Repeats after a subscribe, dropped.
    public var repeatsDropped: UInt64 = 0
    /// Echoes no longer looked for because too many were expected.
    public var echoesForgotten: UInt64 = 0
    /// Acknowledgements with no publish open.
    public var strayAcknowledgements: UInt64 = 0
    /// Acknowledgements that did not come within `ack_timeout`.
    public var lateAcknowledgements: UInt64 = 0
    /// MQTT sessions begun on the module.
    public var sessions: UInt64 = 0
    /// Sessions that ended against our will.
    public var breaks: UInt64 = 0
    /// `AT+RESET` and the hardware rung.
    public var moduleRestarts: UInt64 = 0
    /// Commands that timed out.
    public var commandTimeouts: UInt64 = 0
    /// Input of the module thrown away: overlong or garbled.
    public var inputDiscarded: UInt64 = 0
    /// Times the port was gone.
    public var portLosses: UInt64 = 0
    /// Connections to the local broker that were lost.
    public var localBreaks: UInt64 = 0
    /// Batches committed.
    public var commits: UInt64 = 0
    /// Batches that failed.
    public var commitFailures: UInt64 = 0

    /// All zero.
    public init() {}

    /// Adds one, without ever trapping.
    public mutating func count(_ counter: WritableKeyPath<Counters, UInt64>, _ amount: Int = 1) {
        self[keyPath: counter] &+= UInt64(max(amount, 0))
    }
}
