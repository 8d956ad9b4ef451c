/// What happened to one message on its way out.
struct OutboundTrail {
    /// The remote topic.
    var topic: [UInt8]
    var payload: [UInt8]
    /// The flow it belongs to, by its index in the plan.
    var flow: Int
    /// Whether it must arrive: QoS 1 locally and at least that to the remote broker.
    var isSure: Bool
    /// Over the module's limit.
    var isTooLong: Bool
    /// When it was published.
    var publishedAt: Duration
    /// How often the bridge has read it from the local broker.
    var readings = 0
    /// Its rows on disk.
    var rows = 0
    /// The bridge has acknowledged it to the local broker.
    var isAcknowledgedLocally = false
    /// Arrivals at the remote broker.
    var arrivals = 0
    /// Breaks counted when it last arrived.
    var arrivedInEpoch = 0
    var arrivedAt: Duration = .zero
    /// The remote broker has sent an acknowledgement for it.
    var isAcknowledgedRemotely = false
    /// Its echo was damaged on the line, so it cannot be known for one.
    var isEchoSpoiled = false
    /// The bridge holds it for acknowledged.
    var isCredited = false
    /// It was refused for one of the reasons the product has.
    var isExcused = false

    /// Nothing more is expected of it.
    var isDone: Bool { arrivals > 0 || isExcused || isTooLong || !isSure }
}

/// What happened to one message on its way in.
struct InboundTrail {
    /// The local topic.
    var topic: [UInt8]
    var payload: [UInt8]
    var flow: Int
    /// Breaks counted when it was published.
    var publishedInEpoch: Int
    /// Over what the module prints whole.
    var isTooLong: Bool
    /// Whether it must arrive: the remote broker keeps it until the bridge has acknowledged it.
    var isSure: Bool
    /// When it was published.
    var publishedAt: Duration
    /// It came through to a process, whole; when, and in which process.
    var handedOverAt: Duration?
    /// It was damaged or lost on the line at least once.
    var isSpoiled = false
    /// Rows on disk.
    var rows = 0
    /// It was on disk once.
    var wasKept = false
    /// Arrivals at the local broker.
    var arrivals = 0
    var isExcused = false
}

/// A payload's mark: `o17 ` or `i17 ` at its beginning, so that it says which message it is.
enum Mark {
    static func write(_ letter: Character, _ number: Int) -> [UInt8] { Array("\(letter)\(number) ".utf8) }

    /// The number, when the payload begins with such a mark.
    static func number(_ letter: Character, in payload: [UInt8]) -> Int? {
        guard payload.count > 2, payload[0] == letter.asciiValue else { return nil }
        var number = 0
        for index in 1..<min(payload.count, 12) {
            let byte = payload[index]
            if byte == 0x20 { return index > 1 ? number : nil }
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            number = number * 10 + Int(byte - 0x30)
        }
        return nil
    }
}
