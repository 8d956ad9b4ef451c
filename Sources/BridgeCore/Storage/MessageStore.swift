/// What is to be written in one transaction.
public struct StoreBatch: Sendable, Equatable {
    /// New outbound messages, in order. Their ids are the caller's, rising without gaps; 0: the store assigns one.
    public var appendOut: [OutboundRow] = []
    /// New inbound messages, in order; ids likewise.
    public var appendIn: [InboundRow] = []
    /// Outbound messages that were acknowledged by the remote broker, or refused. One that is in `appendOut` too is not
    /// written.
    public var removeOut: [Int64] = []
    /// Inbound messages that were acknowledged by the local broker, or refused; likewise.
    public var removeIn: [Int64] = []
    /// Echoes to expect.
    public var addEchoes: [EchoRow] = []
    /// Echoes that came or lapsed.
    public var removeEchoes: [Int64] = []
    /// Refusals for the list.
    public var refusals: [Refusal] = []
    /// Small named values; `nil` removes.
    public var setMeta: [Meta] = []
    /// Outbound ids that drop-oldest must leave alone: they are with the module.
    public var protected: [Int64] = []
    /// What became of messages that are finished, in the order they finished. Those the store itself refuses or pushes
    /// out get their entries from the store, and one here for an id it has pushed out is left out.
    public var ledger: [LedgerEntry] = []
    /// The last ids accepted. Every id up to them must be a row or a ledger entry of this batch or an earlier one.
    public var acceptedThrough: AcceptedThrough?
    /// Outbound rows to keep out of the way; unknown ids are left out. After `appendOut`.
    public var setAside: [SetAside] = []
    /// Outbound ids that go back into the queue now, whatever their time. After `setAside`.
    public var retryAside: [Int64] = []
    /// The same for all that are aside.
    public var retriesAllAside = false
    /// What to take out of the queue; after all else, so that what came in this batch may be meant.
    public var purge: QueuePurge?
    /// Lets what is due by this time, Unix seconds, go back into the queue.
    public var releaseAside: Int64?

    /// One named value.
    public struct Meta: Sendable, Equatable {
        /// The name.
        public var key: String
        /// The value; `nil` removes it.
        public var value: [UInt8]?
        /// A named value.
        public init(key: String, value: [UInt8]?) {
            self.key = key
            self.value = value
        }
    }

    /// An empty batch.
    public init() {}

    /// Whether there is nothing to write.
    public var isEmpty: Bool {
        appendOut.isEmpty && appendIn.isEmpty && removeOut.isEmpty && removeIn.isEmpty && addEchoes.isEmpty
            && removeEchoes.isEmpty && refusals.isEmpty && setMeta.isEmpty && ledger.isEmpty && acceptedThrough == nil
            && setAside.isEmpty && retryAside.isEmpty && !retriesAllAside && purge == nil && releaseAside == nil
    }
}

/// What a committed batch did.
public struct StoreReceipt: Sendable, Equatable {
    /// The ids of `appendOut`, in its order; `nil` where the new message was not written: refused by the byte cap, or
    /// removed by the same batch.
    public var outIDs: [Int64?] = []
    /// The ids of `appendIn`, in its order; `nil` likewise.
    public var inIDs: [Int64?] = []
    /// Outbound ids that drop-oldest pushed out, or `purge` took out.
    public var droppedOut: [Int64] = []
    /// Inbound ids that `purge` took out.
    public var droppedIn: [Int64] = []
    /// What `purge` did.
    public var purged: QueuePurge.Done?
    /// Ids that were aside and that `retryAside` or `retriesAllAside` made due.
    public var retried: [Int64] = []
    /// What the byte cap refused or pushed out and what was purged, already on the list.
    public var refusals: [Refusal] = []
    /// Messages waiting in the outbox after this batch.
    public var outDepth = 0
    /// Messages waiting in the inbox after this batch.
    public var inDepth = 0
    /// Bytes counted against the cap after this batch, both ways together.
    public var bytes = 0
    /// Whether the byte cap is reached and the policy says to stop reading.
    public var isFull = false
    /// Messages set aside after this batch; they are among `outDepth`.
    public var asideCount = 0
    /// When the first of them is due, Unix seconds; `nil`: none is aside.
    public var nextRelease: Int64?
    /// Rows that went back into the queue, by id. They may be older than all the caller has in memory, and a load brings
    /// them too. At most `SetAside.releaseLimit` at a time, the first due first: `nextRelease` in the past says that
    /// there are more, for the next commit with `releaseAside`.
    public var released: [OutboundRow] = []

    /// An empty receipt.
    public init() {}
}

/// What a store reports; each carries the token of the call it answers.
public enum StoreEvent: Sendable, Equatable {
    /// The batch is on disk.
    case committed(token: Int, StoreReceipt)
    /// The next outbound messages, in the order they must go.
    case outbound(token: Int, [OutboundRow])
    /// The next inbound messages, in the order they came.
    case inbound(token: Int, [InboundRow])
    /// Nothing of the call happened; why, and what to do.
    case failed(token: Int, String)
}

/// A durable place for what waits: the seam between the dispatcher and the disk.
///
/// Calls return at once; outcomes come as `StoreEvent`, in the order of the calls.
public protocol MessageStore: AnyObject {
    /// Writes a batch as one transaction.
    func commit(_ batch: StoreBatch, token: Int)
    /// Reads the next outbound messages by priority, then id, leaving out `excluding`; at least one row when there is
    /// one, however large, else up to `limit` rows and `maximumBytes` of cost.
    func loadOutbound(excluding: [Int64], limit: Int, maximumBytes: Int, token: Int)
    /// Reads the next inbound messages by id, leaving out `excluding`, bounded likewise.
    func loadInbound(excluding: [Int64], limit: Int, maximumBytes: Int, token: Int)
    /// Finishes what was called before, then closes. Blocks until done.
    func close()
}

/// What happens to a message that would take the queue over its byte cap.
public enum OverflowPolicy: String, Sendable, Equatable {
    /// The oldest waiting messages of the lowest priority make room.
    case dropOldest = "drop-oldest"
    /// The new message is refused.
    case dropNewest = "drop-newest"
    /// The message is kept and reading from the local broker stops until there is room.
    case stopReading = "stop-reading"
}
