/// Why the bytes of a ledger segment cannot be read.
public enum LedgerDamage: Error, Sendable, Equatable {
    /// It is shorter than its head.
    case tooShort
    /// A version this code does not know.
    case version(UInt8)
    /// The checksum does not fit what follows it.
    case checksum
    /// It ends in the middle of entry `index`.
    case cutOff(index: Int)
    /// Entry `index` has a value that was never written.
    case value(index: Int)
    /// The head tells another number of entries than there are.
    case count(told: Int, found: Int)
}
