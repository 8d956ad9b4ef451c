/// What was sent one way and what the client at the other end saw: the verdict comes from here alone.
struct DemoLedger {
    /// What an arrival was.
    enum Arrival: Equatable {
        /// The first of this message, and how long it took.
        case first(number: Int, took: Duration)
        /// One that was there already.
        case again(number: Int)
        /// No message of ours: wrong topic or payload.
        case foreign
    }

    private var numbers: [[UInt8]: DemoMessage] = [:]
    private var sentAt: [Int: Duration] = [:]
    private var seen: Set<Int> = []
    private var highest = 0
    private var firstSent: Duration?
    private var lastArrival: Duration?
    private var mayDouble = false

    private(set) var doubled = 0
    private(set) var doubledBeforeBreak = 0
    private(set) var outOfOrder = 0
    private(set) var damaged = 0

    var sent: Int { sentAt.count }
    var arrived: Int { seen.count }
    var missing: Int { sent - arrived }
    /// From the first publish to the last arrival.
    var time: Duration { (lastArrival ?? .zero) - (firstSent ?? .zero) }
    /// Everything arrived, in order; duplicates only after a break.
    var isSound: Bool { sent > 0 && missing == 0 && outOfOrder == 0 && damaged == 0 && doubledBeforeBreak == 0 }

    /// A message is published now.
    mutating func sending(_ message: DemoMessage, now: Duration) {
        numbers[message.payload] = message
        sentAt[message.number] = now
        firstSent = firstSent ?? now
    }

    /// From here on at least once may mean twice.
    mutating func linkBroke() { mayDouble = true }

    /// The client at the far end got something.
    mutating func received(topic: [UInt8], payload: [UInt8], now: Duration) -> Arrival {
        guard let message = numbers[payload], message.arrivesAt == topic, let sent = sentAt[message.number] else {
            damaged += 1
            return .foreign
        }
        lastArrival = now
        guard seen.insert(message.number).inserted else {
            doubled += 1
            if !mayDouble { doubledBeforeBreak += 1 }
            return .again(number: message.number)
        }
        if message.number < highest { outOfOrder += 1 }
        highest = max(highest, message.number)
        return .first(number: message.number, took: now - sent)
    }
}
