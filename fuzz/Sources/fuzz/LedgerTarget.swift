@testable import BridgeCore

/// A segment of the ledger as it may stand in a damaged or forged database.
@Sendable func fuzzLedger(_ input: FuzzInput) {
    var input = input
    // Most inputs get the checksum that fits, or nothing would ever get past it.
    let isSealed = input.byte() != 0
    let count = input.number(below: 100)
    let body = input.rest
    let bytes = isSealed ? LedgerSegment.seal(body, count: count, hash: LedgerSegment.hash(body[...])) : body
    do throws(LedgerDamage) {
        let entries = try LedgerSegment.entries(of: bytes)
        require(entries.allSatisfy { $0.bounded == $0 }, "out of bounds: \(entries)")
        var segment = try LedgerSegment(decoding: bytes)
        require(segment.count == entries.count && segment.bytes == bytes, "another segment than was read")
        // It goes on where it ended.
        let next = LedgerEntry(
            direction: .in, id: input.integer(), topicHash: 7, size: 3, acceptedAt: input.integer(),
            storedAfter: input.integer(), givenAfter: input.integer(), finishedAfter: input.integer(),
            outcome: .refused("topic\u{e9}"))
        if segment.append(next) {
            require(try LedgerSegment.entries(of: segment.bytes) == entries + [next.bounded], "not what was appended")
        }
        // What was read can be written: the same entries, though perhaps in other bytes.
        var again = LedgerSegment()
        for (index, entry) in entries.enumerated() {
            guard again.append(entry) else { break }
            require(try LedgerSegment.entries(of: again.bytes) == Array(entries[...index]), "entry \(index)")
        }
    } catch {
        return
    }
}
