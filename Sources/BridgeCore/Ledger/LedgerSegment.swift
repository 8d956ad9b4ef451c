/// A piece of the ledger: up to some ninety entries in at most `maximumBytes`, each told as its difference from the one
/// before. At volume an entry takes seven to eleven bytes.
///
/// Head: version, number of entries (two bytes), checksum of what follows (four bytes; both lowest byte first). An
/// entry: `LedgerFlag`, then as the flags say id, second of acceptance, the moment it finished (against the entry
/// before), how long after acceptance it was stored, how long before its end it was given, its refusal's code, its size
/// and its topic. Codes and topics are numbered in the order they are met in the segment.
public struct LedgerSegment: Sendable, Equatable {
    /// What a segment's bytes come to at most: with its row's other values it fills one page of 1024 bytes.
    public static let maximumBytes = 930
    static let version: UInt8 = 1
    static let headSize = 7

    /// Entries in it.
    public private(set) var count = 0
    private var body: [UInt8] = []
    private var hash = LedgerSegment.hashStart
    private var context = LedgerContext()

    /// An empty segment.
    public init() {}

    /// A segment to go on with.
    public init(decoding bytes: [UInt8]) throws(LedgerDamage) {
        self.init()
        context = try Self.read(bytes) { _ in count += 1 }
        body = Array(bytes.dropFirst(Self.headSize))
        hash = Self.hash(body[...])
    }

    /// The entries that `bytes` hold, in order; for any bytes.
    public static func entries(of bytes: [UInt8]) throws(LedgerDamage) -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        _ = try read(bytes) { entries.append($0) }
        return entries
    }

    /// The segment as it is stored.
    public var bytes: [UInt8] { Self.seal(body, count: count, hash: hash) }

    /// Adds an entry, brought into range; false: the segment is full, and nothing was added. An empty one takes any.
    public mutating func append(_ entry: LedgerEntry) -> Bool {
        let entry = entry.bounded
        var next = context
        let piece = Self.piece(entry, &next)
        guard Self.headSize + body.count + piece.count <= Self.maximumBytes, count < Int(UInt16.max) else {
            return false
        }
        context = next
        body += piece
        hash = Self.hash(piece[...], after: hash)
        count += 1
        return true
    }

    // MARK: Writing

    private static func piece(_ entry: LedgerEntry, _ context: inout LedgerContext) -> [UInt8] {
        let topic = context.topics.firstIndex(of: entry.topicHash) ?? context.topics.count
        var flags: UInt8 = entry.direction == .in ? LedgerFlag.inbound : 0
        let idStep = entry.id - context.last(entry.direction)
        if idStep == 1 { flags |= LedgerFlag.nextID }
        if entry.storedAfter != nil { flags |= LedgerFlag.stored }
        if entry.givenAfter != nil { flags |= LedgerFlag.given }
        if entry.outcome != .acknowledged { flags |= LedgerFlag.refused }
        if Int64(entry.size) == context.size { flags |= LedgerFlag.sameSize }
        if entry.acceptedAt == context.acceptedAt { flags |= LedgerFlag.sameSecond }
        if topic == context.topic { flags |= LedgerFlag.sameTopic }

        var output = LedgerOutput()
        output.bytes.append(flags)
        if flags & LedgerFlag.nextID == 0 { output.signed(idStep) }
        if flags & LedgerFlag.sameSecond == 0 { output.signed(entry.acceptedAt - context.acceptedAt) }
        output.signed(entry.finishedAt - context.finishedAt)
        if let stored = entry.storedAfter { output.signed(stored) }
        if let given = entry.givenAfter { output.signed(entry.finishedAfter - given) }
        if case .refused(let code) = entry.outcome {
            let word = Array(code.utf8)
            let index = context.codes.firstIndex(of: word) ?? context.codes.count
            output.number(Int64(index))
            if index == context.codes.count {
                output.number(Int64(word.count))
                output.bytes += word
                context.codes.append(word)
            }
        }
        if flags & LedgerFlag.sameSize == 0 { output.number(Int64(entry.size)) }
        if flags & LedgerFlag.sameTopic == 0 {
            output.number(Int64(topic))
            if topic == context.topics.count {
                output.word(entry.topicHash)
                context.topics.append(entry.topicHash)
            }
        }
        context.move(to: entry, topic: topic)
        return output.bytes
    }

    /// Head and body in one; tests seal bodies that no writer makes.
    static func seal(_ body: [UInt8], count: Int, hash: UInt64) -> [UInt8] {
        var output = LedgerOutput(bytes: [
            version, UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8),
        ])
        output.word(UInt32(truncatingIfNeeded: hash ^ (hash >> 32)))
        return output.bytes + body
    }

    // MARK: Reading

    private static func read(_ bytes: [UInt8], _ take: (LedgerEntry) -> Void) throws(LedgerDamage) -> LedgerContext {
        guard bytes.count >= headSize else { throw .tooShort }
        guard bytes[0] == version else { throw .version(bytes[0]) }
        let told = Int(bytes[1]) | Int(bytes[2]) << 8
        let body = bytes.dropFirst(headSize)
        guard bytes.starts(with: seal([], count: told, hash: hash(body))) else { throw .checksum }
        var input = LedgerInput(body)
        var context = LedgerContext()
        var index = 0
        while !input.isAtEnd {
            take(try entry(from: &input, &context, index))
            index += 1
        }
        guard index == told else { throw .count(told: told, found: index) }
        return context
    }

    private static func entry(
        from input: inout LedgerInput, _ context: inout LedgerContext, _ index: Int
    ) throws(LedgerDamage) -> LedgerEntry {
        // Every sum is of values within LedgerBounds and one of at most 62 bits: it cannot overflow.
        func within(_ value: Int64?, _ range: ClosedRange<Int64>, after base: Int64 = 0) throws(LedgerDamage) -> Int64 {
            guard let value else { throw .cutOff(index: index) }
            let sum = base + value
            guard range.contains(sum) else { throw .value(index: index) }
            return sum
        }
        guard let flags = input.byte() else { throw .cutOff(index: index) }
        func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
        let direction = has(LedgerFlag.inbound) ? Refusal.Direction.in : .out
        let step = has(LedgerFlag.nextID) ? 1 : input.signed()
        let id = try within(step, LedgerBounds.id, after: context.last(direction))
        let second = has(LedgerFlag.sameSecond) ? 0 : input.signed()
        let acceptedAt = try within(second, LedgerBounds.time, after: context.acceptedAt)
        let finishedAfter = try within(
            input.signed(), LedgerBounds.offset, after: context.finishedAt - acceptedAt * 1000)
        let storedAfter = has(LedgerFlag.stored) ? try within(input.signed(), LedgerBounds.offset) : nil
        var givenAfter: Int64?
        if has(LedgerFlag.given) {
            guard let before = input.signed() else { throw .cutOff(index: index) }
            givenAfter = try within(-before, LedgerBounds.offset, after: finishedAfter)
        }
        let outcome: LedgerEntry.Outcome =
            has(LedgerFlag.refused) ? .refused(try code(from: &input, &context, index)) : .acknowledged
        let size = has(LedgerFlag.sameSize) ? context.size : try within(input.number(), LedgerBounds.size)
        let topic = has(LedgerFlag.sameTopic) ? context.topic : Int(try within(input.number(), 0...1 << 16))
        if topic == context.topics.count {
            guard let hash = input.word() else { throw .cutOff(index: index) }
            context.topics.append(hash)
        }
        guard context.topics.indices.contains(topic) else { throw .value(index: index) }
        let entry = LedgerEntry(
            direction: direction, id: id, topicHash: context.topics[topic], size: Int(size), acceptedAt: acceptedAt,
            storedAfter: storedAfter, givenAfter: givenAfter, finishedAfter: finishedAfter, outcome: outcome)
        context.move(to: entry, topic: topic)
        return entry
    }

    private static func code(
        from input: inout LedgerInput, _ context: inout LedgerContext, _ index: Int
    ) throws(LedgerDamage) -> String {
        guard let number = input.number() else { throw .cutOff(index: index) }
        if number == context.codes.count {
            guard let length = input.number() else { throw .cutOff(index: index) }
            guard length <= LedgerBounds.code else { throw .value(index: index) }
            guard let word = input.take(Int(length)) else { throw .cutOff(index: index) }
            guard word.allSatisfy({ (0x20..<0x7F).contains($0) }) else { throw .value(index: index) }
            context.codes.append(Array(word))
        }
        guard number < context.codes.count else { throw .value(index: index) }
        return String(decoding: context.codes[Int(number)], as: UTF8.self)
    }

    // MARK: Checksum

    static let hashStart: UInt64 = 0xCBF2_9CE4_8422_2325

    /// FNV-1a as `digest` has it, which can go on where it ended.
    static func hash(_ bytes: ArraySlice<UInt8>, after start: UInt64 = hashStart) -> UInt64 {
        bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
