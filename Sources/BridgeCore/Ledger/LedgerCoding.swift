/// What an entry of a segment is told against: the entry before it, and the words met so far.
struct LedgerContext: Sendable, Equatable {
    var lastOut: Int64 = 0
    var lastIn: Int64 = 0
    var acceptedAt: Int64 = 0
    /// Unix milliseconds.
    var finishedAt: Int64 = 0
    var size: Int64 = 0
    var topic = -1
    var topics: [UInt32] = []
    var codes: [[UInt8]] = []

    func last(_ direction: Refusal.Direction) -> Int64 { direction == .out ? lastOut : lastIn }

    /// What the next entry is told against once `entry`, whose topic has number `topic`, is written.
    mutating func move(to entry: LedgerEntry, topic: Int) {
        switch entry.direction {
        case .out: lastOut = entry.id
        case .in: lastIn = entry.id
        }
        acceptedAt = entry.acceptedAt
        finishedAt = entry.finishedAt
        size = Int64(entry.size)
        self.topic = topic
    }
}

/// The first byte of an entry: what follows, and what is as in the entry before.
enum LedgerFlag {
    static let inbound: UInt8 = 1
    /// The id follows that of the entry before of this direction.
    static let nextID: UInt8 = 2
    static let stored: UInt8 = 4
    static let given: UInt8 = 8
    static let refused: UInt8 = 16
    static let sameSize: UInt8 = 32
    static let sameSecond: UInt8 = 64
    static let sameTopic: UInt8 = 128
}

/// Bounds of what is written; sums and differences of bounded values cannot overflow.
enum LedgerBounds {
    static let id: ClosedRange<Int64> = 1...(1 << 40) - 1
    /// Unix seconds.
    static let time: ClosedRange<Int64> = -(1 << 40)...1 << 40
    /// Milliseconds.
    static let offset: ClosedRange<Int64> = -(1 << 48)...1 << 48
    static let size: ClosedRange<Int64> = 0...1 << 32
    static let code = 32
}

extension LedgerEntry {
    /// When it finished, Unix milliseconds; of a bounded entry.
    var finishedAt: Int64 { acceptedAt * 1000 + finishedAfter }

    /// The entry as the ledger can hold it: every value brought into range, a refusal's code cut to 32 bytes of ASCII.
    public var bounded: LedgerEntry {
        func within(_ value: Int64, _ range: ClosedRange<Int64>) -> Int64 {
            min(max(value, range.lowerBound), range.upperBound)
        }
        var entry = self
        entry.id = within(id, LedgerBounds.id)
        entry.size = Int(within(Int64(size), LedgerBounds.size))
        entry.acceptedAt = within(acceptedAt, LedgerBounds.time)
        entry.storedAfter = storedAfter.map { within($0, LedgerBounds.offset) }
        entry.givenAfter = givenAfter.map { within($0, LedgerBounds.offset) }
        entry.finishedAfter = within(finishedAfter, LedgerBounds.offset)
        if case .refused(let code) = outcome {
            let word = code.utf8.prefix(LedgerBounds.code).map { (0x20..<0x7F).contains($0) ? $0 : 0x3F }
            entry.outcome = .refused(String(decoding: word, as: UTF8.self))
        }
        return entry
    }
}

/// Appends numbers of any size, seven bits a byte, small ones in one byte.
struct LedgerOutput {
    var bytes: [UInt8] = []

    mutating func number(_ value: Int64) {
        var rest = UInt64(bitPattern: value)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A number that may be negative.
    mutating func signed(_ value: Int64) { number((value << 1) ^ (value >> 63)) }

    mutating func word(_ value: UInt32) {
        for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

/// Reads what `LedgerOutput` wrote, or anything else.
struct LedgerInput {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func byte() -> UInt8? { rest.popFirst() }

    /// A number; nil at the end, or with more than 63 bits.
    mutating func number() -> Int64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return Int64(bitPattern: value) }
        }
        return nil
    }

    mutating func signed() -> Int64? { number().map { ($0 >> 1) ^ -($0 & 1) } }

    mutating func word() -> UInt32? {
        guard let bytes = take(4) else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
