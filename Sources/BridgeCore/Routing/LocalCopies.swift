/// Takes one copy of a local message that matches several of our local filters.
///
/// Filters that cover each other are subscribed once, but `a/+/c` and `a/b/#` only overlap. With MQTT 5 Mosquitto sends
/// a message on `a/b/c` once for each of the two (seen with 2.0.11; with MQTT 3.1.1 it sends one). Each copy carries the
/// identifier its filter was subscribed with, so the copy of the first filter that matches is taken and the others are
/// acknowledged and forgotten.
///
/// The identifiers are made from the whole list. Copies that waited at the broker from before a change of the list carry
/// others, and are all taken: which filters were subscribed at that time is not known. In doubt a message is taken.
public struct LocalCopies: Sendable, Equatable {
    private let filters: [TopicFilter]
    /// The subscription identifier for each filter, in their order (MQTT 5.0, section 3.8.2.1.2); `nil`: none.
    public let identifiers: [UInt32?]
    /// Whether any two of the filters overlap; if not, no identifiers are needed.
    public let areNeeded: Bool

    /// Identifiers for `RoutingTable.localFilters`.
    public init(filters: [TopicFilter]) {
        self.filters = filters
        let list = digest(filters.map(\.bytes).joined(separator: [0]))
        // 28 bits: 16 of the list, 12 of the place in it, counted from 1.
        let base = UInt32(truncatingIfNeeded: (list ^ (list >> 32)) & 0xFFFF) << 12
        identifiers = filters.indices.map { $0 < 0xFFF ? base | UInt32($0 + 1) : nil }
        areNeeded = filters.indices.contains { index in
            filters[(index + 1)...].contains { filters[index].overlaps($0) }
        }
    }

    /// Whether this copy of a message is the one to take. `carried`: the subscription identifiers that came with it.
    /// `refused`: indices of filters that the broker refused to subscribe.
    public func takes(topic: [UInt8], carried: [UInt32], refused: Set<Int> = []) -> Bool {
        let known = identifiers.indices.filter { index in identifiers[index].map(carried.contains) ?? false }
        guard !known.isEmpty, known.count == Set(carried).count else { return true }
        let first = filters.indices.first { !refused.contains($0) && filters[$0].matches(topic) }
        return first.map { known.contains($0) || identifiers[$0] == nil } ?? true
    }
}
