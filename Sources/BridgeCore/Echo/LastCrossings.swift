/// The last message that crossed on each topic, either way, by hashes; the least recently used topic is forgotten first.
struct LastCrossings: Sendable {
    private struct Crossing: Sendable {
        var length: Int
        var whole: UInt64
        /// The digest of what is left when the module cuts the payload at its receive limit.
        var cut: UInt64
        var used: UInt64
    }

    private let limit: Int
    private var byTopic: [UInt64: Crossing] = [:]
    private var clock: UInt64 = 0

    init(limit: Int) { self.limit = max(limit, 1) }

    var count: Int { byTopic.count }

    mutating func note(topic: [UInt8], payload: [UInt8], receiveLimit: Int) {
        clock += 1
        let key = digest(topic)
        if byTopic[key] == nil && byTopic.count >= limit,
            let oldest = byTopic.min(by: { $0.value.used < $1.value.used })
        {
            byTopic[oldest.key] = nil
        }
        let whole = digest(payload)
        let cut = payload.count > receiveLimit ? digest(payload.prefix(max(receiveLimit, 0))) : whole
        byTopic[key] = Crossing(length: payload.count, whole: whole, cut: cut, used: clock)
    }

    mutating func isLast(topic: [UInt8], payload: [UInt8], receiveLimit: Int) -> Bool {
        let key = digest(topic)
        guard let last = byTopic[key] else { return false }
        let received = digest(payload)
        let isWhole = last.length == payload.count && last.whole == received
        let isCut = payload.count == receiveLimit && last.length > receiveLimit && last.cut == received
        guard isWhole || isCut else { return false }
        clock += 1
        byTopic[key]?.used = clock
        return true
    }
}
