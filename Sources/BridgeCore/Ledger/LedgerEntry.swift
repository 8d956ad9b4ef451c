/// What became of one message that is finished: its line in the delivery ledger.
///
/// A message that was never written to disk has one too. Offsets are milliseconds after `acceptedAt`; a clock that was
/// set meanwhile may make them negative. What the coding cannot hold is brought into range (`bounded`).
public struct LedgerEntry: Sendable, Equatable {
    /// How a message ended.
    public enum Outcome: Sendable, Equatable {
        /// The other side's broker has it (QoS 0: the module took it).
        case acknowledged
        /// It was not carried; a word of bounded variety as `Refusal.code` has it, at most 32 bytes.
        case refused(String)
    }

    /// Which way it was going.
    public var direction: Refusal.Direction
    /// The dispatcher's number, 1 or more, rising without gaps within a direction.
    public var id: Int64
    /// A short hash of its topic: `LedgerEntry.hash(_:)`.
    public var topicHash: UInt32
    /// The payload's length in bytes.
    public var size: Int
    /// When it was accepted, Unix seconds.
    public var acceptedAt: Int64
    /// When it was on disk; `nil`: it never was. 0 where it was, and the time is not known any more.
    public var storedAfter: Int64?
    /// When it was last given to the module (inbound: to the local broker); `nil`: it never was.
    public var givenAfter: Int64?
    /// When it was acknowledged or refused.
    public var finishedAfter: Int64
    /// How it ended.
    public var outcome: Outcome

    /// An entry.
    public init(
        direction: Refusal.Direction, id: Int64, topicHash: UInt32, size: Int, acceptedAt: Int64,
        storedAfter: Int64? = nil, givenAfter: Int64? = nil, finishedAfter: Int64, outcome: Outcome
    ) {
        self.direction = direction
        self.id = id
        self.topicHash = topicHash
        self.size = size
        self.acceptedAt = acceptedAt
        self.storedAfter = storedAfter
        self.givenAfter = givenAfter
        self.finishedAfter = finishedAfter
        self.outcome = outcome
    }

    /// The hash of a topic as entries carry it.
    public static func hash(_ topic: [UInt8]) -> UInt32 {
        let whole = digest(topic)
        return UInt32(truncatingIfNeeded: whole ^ (whole >> 32))
    }
}

/// The last ids that were accepted, each way: every id up to them is a row or has a ledger entry.
public struct AcceptedThrough: Sendable, Equatable {
    /// Outbound; 0: none yet.
    public var out: Int64
    /// Inbound; 0: none yet.
    public var `in`: Int64

    /// High-water marks.
    public init(out: Int64 = 0, in: Int64 = 0) {
        self.out = out
        self.in = `in`
    }
}
