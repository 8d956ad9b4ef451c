/// An outbound message that is kept out of the way of the others: it broke the link each time it was sent (poison).
///
/// Its row stays in the outbox and counts against the byte cap; it is not loaded until its time comes or it is retried.
public struct SetAside: Sendable, Equatable {
    /// The outbox row.
    public var id: Int64
    /// When it may be tried again, Unix seconds.
    public var until: Int64
    /// Why, for people; at most 200 bytes are kept.
    public var reason: String

    /// A message to set aside.
    public init(id: Int64, until: Int64, reason: String) {
        self.id = id
        self.until = until
        self.reason = reason
    }

    /// Messages that may be aside; one more lets that which is due first go back into the queue.
    public static let limit = 1000
    /// Messages that go back into the queue with one commit; the rest comes with the next.
    public static let releaseLimit = 16
}
