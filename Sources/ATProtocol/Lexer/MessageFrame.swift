/// One `+MSUB: …` being read. It is framed by its length, never by lines: the payload may hold anything.
///
/// The header cannot be told from topic and payload for sure, because topics may hold quotes, commas and digits. So
/// every place that could be the end of the topic is a reading, and a reading counts only when CRLF stands exactly
/// where it says the message ends.
struct MessageFrame {
    /// What came out.
    enum Verdict: Equatable {
        case message(topic: [UInt8], payload: [UInt8], length: Int, dialect: MessageDialect)
        case ambiguous(length: Int)
        case unmatched(length: Int)
        case unframed
        /// An ordinary line: the cache notice `+MSUB: 0`.
        case noMessage
    }

    private static let longestTopic = 1024

    /// Offsets are counted from the start of the line.
    private let textStart: Int
    private var position: Int
    private var validator = UTF8Validator()
    private var isScanned = false
    private var sawComma = false
    private var endedWithLine = false
    private var readings: [MessageReading] = []

    /// How far topic and header could reach; free of line ends.
    var headerLength: Int { position }

    init(textStart: Int = 0) {
        self.textStart = textStart
        position = textStart
    }

    /// Collects the readings as far as the bytes go. The topic is free of control bytes and wildcards and is sound
    /// UTF-8, so the first byte that is not ends the search: each byte is looked at once.
    mutating func scan(
        _ buffer: [UInt8], from head: Int, maximumPayload: Int, topicMatches: ([UInt8]) -> Bool
    ) {
        while !isScanned, head + position < buffer.count {
            let byte = buffer[head + position]
            if byte == 0x2C, validator.isAtBoundary {
                sawComma = true
                switch MessageHeader.parse(buffer, at: head + position) {
                case .tooEarly: return
                case .none: break
                case .header(let length, let unit, let size):
                    if length <= maximumPayload { addReading(buffer, head, length, unit, size, topicMatches) }
                }
            }
            if byte < 0x20 || byte == 0x7F || byte == 0x2B || byte == 0x23 || !validator.accepts(byte)
                || position - textStart > Self.longestTopic + 2
            {
                endedWithLine = byte == 0x0D || byte == 0x0A
                isScanned = true
            } else {
                position += 1
            }
        }
    }

    private mutating func addReading(
        _ buffer: [UInt8], _ head: Int, _ length: Int, _ unit: Bool, _ size: Int, _ topicMatches: ([UInt8]) -> Bool
    ) {
        var topic = buffer[(head + textStart)..<(head + position)]
        let quoted = topic.count >= 2 && topic.first == 0x22 && topic.last == 0x22
        if quoted { topic = topic.dropFirst().dropLast() }
        guard (1...Self.longestTopic).contains(topic.count) else { return }
        readings.append(
            MessageReading(
                topic: Array(topic), matches: topicMatches(Array(topic)), payloadStart: position + size,
                length: length, dialect: MessageDialect(quoted: quoted, unit: unit)))
    }

    /// The decision, `nil` while it is too early. It depends on the bytes alone, not on how they were split: each
    /// group of readings is only judged once all of the group are complete.
    func verdict(
        _ buffer: [UInt8], from head: Int, hexPossible: Bool, decideNow: Bool, dialect: MessageDialect?
    ) -> Verdict? {
        guard isScanned || decideNow else { return nil }
        if readings.isEmpty {
            return sawComma || (isScanned && !endedWithLine) ? .unframed : .noMessage
        }
        // True messages always read in the learnt way, so only they can be delivered once it is known; the rest is
        // tried for a module that changed its ways.
        for matching in [true, false] {
            for learnt in dialect.map({ [$0, nil] }) ?? [nil] {
                let judgement = judge(buffer, head, hexPossible, decideNow) { reading in
                    reading.matches == matching && (learnt == nil || reading.dialect == learnt)
                }
                switch judgement {
                case .tooEarly: return nil
                case .fits(let verdict): return verdict
                case .none: break
                }
            }
        }
        return .unframed
    }

    /// How far from the start of the line the payload of any reading would reach; nil without a reading.
    func reach(hexPossible: Bool) -> Int? {
        readings.map { $0.payloadStart + (hexPossible ? 2 : 1) * $0.length + 4 }.max()
    }

    private enum Judgement {
        case tooEarly
        case fits(Verdict)
        case none
    }

    private func judge(
        _ buffer: [UInt8], _ head: Int, _ hexPossible: Bool, _ decideNow: Bool, _ belongs: (MessageReading) -> Bool
    ) -> Judgement {
        var fitting: (reading: MessageReading, form: MessageReading.Form, end: Int)?
        var (count, longest) = (0, 0)
        for reading in readings where belongs(reading) {
            switch reading.fit(buffer, from: head, hexPossible: hexPossible) {
            case .tooEarly:
                if !decideNow { return .tooEarly }
            case .no: break
            case .yes(let form, let end):
                count += 1
                longest = max(longest, end)
                fitting = (reading, form, end)
            }
        }
        guard let fitting else { return .none }
        guard fitting.reading.matches else { return .fits(.unmatched(length: longest)) }
        // The longest reading is thrown away, so that nothing inside the true one is taken for a line.
        guard count == 1 else { return .fits(.ambiguous(length: longest)) }
        let payload = fitting.reading.payload(buffer, from: head, form: fitting.form)
        return .fits(
            .message(
                topic: fitting.reading.topic, payload: payload, length: fitting.end, dialect: fitting.reading.dialect))
    }
}
