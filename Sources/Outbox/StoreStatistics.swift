/// Figures of a store, as of its last transaction.
public struct StoreStatistics: Equatable, Sendable {
    /// Outbound messages waiting.
    public var outDepth: Int
    /// Inbound messages waiting.
    public var inDepth: Int
    /// Bytes counted against the cap, both ways together.
    public var bytes: Int
    /// Messages set aside; they are among `outDepth`.
    public var asideCount: Int
    /// When the first of those is due, Unix seconds; `nil`: none is aside.
    public var nextRelease: Int64?
    /// Transactions committed since the store was opened.
    public var transactions: Int
    /// Batches committed since the store was opened; several may share a transaction.
    public var batches = 0

    init(_ database: StoreDatabase) {
        outDepth = database.account.outDepth
        inDepth = database.account.inDepth
        bytes = database.account.bytes
        asideCount = database.state.aside.count
        nextRelease = database.state.aside.values.min()
        transactions = database.transactions
    }
}
