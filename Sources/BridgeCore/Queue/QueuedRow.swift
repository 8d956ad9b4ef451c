/// What `QueueWindow` needs to know of a stored message.
public protocol QueuedRow: Sendable, Equatable {
    /// The store's number, rising in the order of acceptance.
    var id: Int64 { get set }
    /// 0...`priorities - 1`; lower goes first.
    var rank: Int { get }
    /// Bytes charged for it.
    var cost: Int { get }
    /// When it may no longer be sent, Unix seconds.
    var expiresAt: Int64? { get }
    /// When it was accepted, Unix seconds.
    var acceptedAt: Int64 { get }
    /// Its topic.
    var topic: [UInt8] { get }
    /// Its payload.
    var payload: [UInt8] { get }
    /// Which way it goes.
    static var direction: Refusal.Direction { get }
    /// How many ranks there are.
    static var ranks: Int { get }
}

extension OutboundRow: QueuedRow {
    /// The priority; what is out of bounds counts as the nearest.
    public var rank: Int { min(max(priority, 0), Self.ranks - 1) }
    /// Local to remote.
    public static var direction: Refusal.Direction { .out }
    /// High, normal, low.
    public static var ranks: Int { Route.Priority.allCases.count }
}

extension InboundRow: QueuedRow {
    /// Inbound messages have no priorities.
    public var rank: Int { 0 }
    /// Remote to local.
    public static var direction: Refusal.Direction { .in }
    /// One.
    public static var ranks: Int { 1 }
}

/// The part of the outbox that is in memory.
public typealias OutboxWindow = QueueWindow<OutboundRow>
/// The part of the inbox that is in memory.
public typealias InboxWindow = QueueWindow<InboundRow>
