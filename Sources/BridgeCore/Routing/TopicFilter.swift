/// A topic filter of MQTT (5.0, section 4.7): levels separated by `/`, `+` for any one level, a last `#` for the rest.
public struct TopicFilter: Hashable, Sendable, CustomStringConvertible {
    /// The filter as written.
    public let bytes: [UInt8]

    /// A filter; throws what is wrong with it.
    public init(_ text: [UInt8]) throws(TopicError) {
        if let problem = Topic.textProblem(text) { throw problem }
        for (index, byte) in text.enumerated() where byte == Topic.plus || byte == Topic.hash {
            let startsLevel = index == 0 || text[index - 1] == Topic.slash
            let isLast = index == text.count - 1
            if byte == Topic.hash {
                guard startsLevel && isLast else { throw .misplacedHash }
            } else {
                guard startsLevel && (isLast || text[index + 1] == Topic.slash) else { throw .misplacedPlus }
            }
        }
        bytes = text
    }

    /// Whether a message on `topic` is for this filter.
    ///
    /// `a/#` matches `a` too; a leading wildcard does not match a topic that starts with `$` (section 4.7.2).
    public func matches(_ topic: [UInt8]) -> Bool {
        if topic.isEmpty || (topic[0] == Topic.dollar && startsWithWildcard) { return false }
        var own = 0
        var its = 0
        while true {
            // Both stand at the beginning of a level.
            if own < bytes.count && bytes[own] == Topic.hash { return true }
            if own < bytes.count && bytes[own] == Topic.plus {
                own += 1
                while its < topic.count && topic[its] != Topic.slash { its += 1 }
            } else {
                while own < bytes.count && its < topic.count && bytes[own] == topic[its] && bytes[own] != Topic.slash {
                    own += 1
                    its += 1
                }
            }
            if its == topic.count {
                return own == bytes.count
                    || (own + 2 == bytes.count && bytes[own] == Topic.slash && bytes[own + 1] == Topic.hash)
            }
            guard own < bytes.count && bytes[own] == Topic.slash && topic[its] == Topic.slash else { return false }
            own += 1
            its += 1
        }
    }

    /// Whether every topic that `other` matches is matched by this filter.
    public func covers(_ other: TopicFilter) -> Bool {
        if self == other { return true }
        if startsWithWildcard && other.bytes[0] == Topic.dollar { return false }
        // `a/#` includes `a`, so `+/#` is another way to write `#`.
        if bytes == Self.everythingInTwoLevels && other.bytes == [Topic.hash] { return true }
        let own = levels
        let its = other.levels
        for index in 0...its.count {
            if index < own.count && own[index] == [Topic.hash] { return true }
            guard index < own.count && index < its.count else { return index == own.count && index == its.count }
            if its[index] == [Topic.hash] { return false }
            guard own[index] == [Topic.plus] || own[index] == its[index] else { return false }
        }
        return false
    }

    /// Whether there is a topic that both match.
    public func overlaps(_ other: TopicFilter) -> Bool {
        if startsWithWildcard && other.bytes[0] == Topic.dollar { return false }
        if other.startsWithWildcard && bytes[0] == Topic.dollar { return false }
        let own = levels
        let its = other.levels
        for index in 0...max(own.count, its.count) {
            if index < own.count && own[index] == [Topic.hash] { return true }
            if index < its.count && its[index] == [Topic.hash] { return true }
            guard index < own.count && index < its.count else { return index == own.count && index == its.count }
            let isWild = own[index] == [Topic.plus] || its[index] == [Topic.plus]
            guard isWild || own[index] == its[index] else { return false }
        }
        return false
    }

    /// The filters that remain when those covered by another are left out, in their first order.
    public static func minimal(_ filters: [TopicFilter]) -> [TopicFilter] {
        var kept: [TopicFilter] = []
        for filter in filters where !kept.contains(where: { $0.covers(filter) }) {
            kept.removeAll { filter.covers($0) }
            kept.append(filter)
        }
        return kept
    }

    /// The filter for people; bytes are UTF-8.
    public var description: String { String(decoding: bytes, as: UTF8.self) }

    private var startsWithWildcard: Bool { bytes[0] == Topic.plus || bytes[0] == Topic.hash }

    private var levels: [ArraySlice<UInt8>] {
        bytes.split(separator: Topic.slash, omittingEmptySubsequences: false)
    }

    private static let everythingInTwoLevels: [UInt8] = [Topic.plus, Topic.slash, Topic.hash]
}
