/// What waits, counted in memory; a value, so that a transaction that fails puts the old one back.
struct Account: Equatable {
    /// Outbound messages waiting.
    private(set) var outDepth = 0
    /// Inbound messages waiting.
    private(set) var inDepth = 0
    /// Bytes they count for together.
    private(set) var bytes = 0

    /// An account of what a database holds.
    init(outDepth: Int = 0, outBytes: Int = 0, inDepth: Int = 0, inBytes: Int = 0) {
        self.outDepth = outDepth
        self.inDepth = inDepth
        bytes = Self.bounded(outBytes) + Self.bounded(inBytes)
    }

    /// One more outbound message.
    mutating func addOut(_ cost: Int) {
        outDepth += 1
        bytes += Self.bounded(cost)
    }

    /// One more inbound message.
    mutating func addIn(_ cost: Int) {
        inDepth += 1
        bytes += Self.bounded(cost)
    }

    /// One outbound message less.
    mutating func removeOut(_ cost: Int) {
        outDepth = max(0, outDepth - 1)
        bytes = max(0, bytes - Self.bounded(cost))
    }

    /// One inbound message less.
    mutating func removeIn(_ cost: Int) {
        inDepth = max(0, inDepth - 1)
        bytes = max(0, bytes - Self.bounded(cost))
    }

    /// A cost that sums cannot overflow with, whatever a tampered row says.
    static func bounded(_ cost: Int) -> Int { min(max(0, cost), 1 << 48) }
}
