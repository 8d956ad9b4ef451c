/// Takes every trace of every message in, in any order, and judges them together.
public struct LedgerAudit: Sendable {
    private struct Item: Comparable {
        let id: Int64
        /// 0 acknowledged, 1 refused, 2 waiting, 3 set aside.
        let kind: UInt8

        static func < (left: Item, right: Item) -> Bool { (left.id, left.kind) < (right.id, right.kind) }
    }

    private struct Side {
        var items: [Item] = []
        var floor: Int64 = 0
        var last: Int64 = 0
        /// The lowest id accepted at `since` or later.
        var firstSince: Int64?
    }

    private let since: Int64?
    private var out = Side()
    private var `in` = Side()
    private var damaged: [StoreVerification.Damaged] = []
    private var damagedCount = 0
    private var oldest: Int64?
    private var newest: Int64?
    private var verification: StoreVerification?

    /// An audit of what was accepted at `since`, Unix seconds, or later; `nil`: of all that is known.
    ///
    /// Ids above `floor` must be accounted for; the ledger has forgotten of some below.
    public init(accepted: AcceptedThrough, floor: AcceptedThrough, since: Int64? = nil) {
        self.since = since
        out.last = Self.bounded(accepted.out)
        `in`.last = Self.bounded(accepted.in)
        out.floor = Self.bounded(floor.out)
        `in`.floor = Self.bounded(floor.in)
    }

    /// A mark as it can be: a tampered one must not make sums overflow.
    private static func bounded(_ mark: Int64) -> Int64 { min(max(mark, 0), LedgerBounds.id.upperBound) }

    /// A segment of the ledger; one that cannot be read is noted.
    public mutating func add(segment: Int64, _ bytes: [UInt8]) {
        do {
            for entry in try LedgerSegment.entries(of: bytes) { add(entry) }
        } catch {
            damagedCount += 1
            if damaged.count < StoreVerification.detailLimit {
                damaged.append(StoreVerification.Damaged(segment: segment, damage: error))
            }
        }
    }

    /// A finished message.
    public mutating func add(_ entry: LedgerEntry) {
        let entry = entry.bounded
        let finished = entry.acceptedAt + entry.finishedAfter / 1000
        oldest = min(oldest ?? entry.acceptedAt, entry.acceptedAt)
        note(entry.direction, Item(id: entry.id, kind: entry.outcome == .acknowledged ? 0 : 1), entry.acceptedAt)
        newest = max(newest ?? finished, finished)
    }

    /// A message that waits.
    public mutating func add(waiting id: Int64, _ direction: Refusal.Direction, acceptedAt: Int64, isAside: Bool) {
        note(direction, Item(id: id, kind: isAside ? 3 : 2), acceptedAt)
    }

    private mutating func note(_ direction: Refusal.Direction, _ item: Item, _ acceptedAt: Int64) {
        newest = max(newest ?? acceptedAt, acceptedAt)
        let isCounted = since.map { acceptedAt >= $0 } ?? true
        switch direction {
        case .out: Self.note(item, isCounted, &out)
        case .in: Self.note(item, isCounted, &`in`)
        }
    }

    private static func note(_ item: Item, _ isCounted: Bool, _ side: inout Side) {
        side.items.append(item)
        if isCounted { side.firstSince = min(side.firstSince ?? item.id, item.id) }
    }

    /// Judges once all is added; returns whether there are doubled messages, of which `explain` can tell more.
    public mutating func judge() -> Bool {
        var verification = StoreVerification(out: judge(&out), in: judge(&`in`))
        verification.damaged = damaged
        verification.damagedCount = damagedCount
        verification.reachesBackTo = oldest
        verification.newest = newest
        self.verification = verification
        return verification.out.doubledCount + verification.in.doubledCount > 0
    }

    /// Puts what a segment has of doubled messages beside what waits; after `judge`, with every segment once.
    public mutating func explain(_ bytes: [UInt8]) {
        guard let entries = try? LedgerSegment.entries(of: bytes) else { return }
        for entry in entries { explain(entry) }
    }

    /// The same for one entry.
    public mutating func explain(_ entry: LedgerEntry) {
        switch entry.direction {
        case .out: verification?.out.explain(entry)
        case .in: verification?.in.explain(entry)
        }
    }

    /// The judgement.
    public mutating func finish() -> StoreVerification {
        if verification == nil { _ = judge() }
        return verification ?? StoreVerification(out: judge(&out), in: judge(&`in`))
    }

    private func judge(_ side: inout Side) -> StoreVerification.Way {
        side.items.sort()
        // Nothing accepted since then: nothing is judged.
        let since = self.since == nil ? 0 : side.firstSince ?? side.last + 1
        var way = StoreVerification.Way(first: max(side.floor + 1, since), last: side.last)
        var expected = way.first
        var index = side.items.startIndex
        while index < side.items.endIndex {
            let id = side.items[index].id
            let end = side.items[index...].firstIndex { $0.id != id } ?? side.items.endIndex
            let items = side.items[index..<end]
            index = end
            if items.count > 1 { way.add(doubled: id, items.map(\.kind)) }
            if id > way.last {
                way.unacceptedCount += 1
                if way.unaccepted.count < StoreVerification.detailLimit { way.unaccepted.append(id) }
            } else if id >= way.first {
                way.add(missing: expected, before: id)
                expected = id + 1
                for item in items { way.count(item.kind) }
            } else if self.since == nil {
                way.waitingEarlier += items.count { $0.kind > 1 }
            }
        }
        way.add(missing: expected, before: way.last + 1)
        return way
    }
}

extension StoreVerification.Way {
    fileprivate mutating func count(_ kind: UInt8) {
        switch kind {
        case 0: acknowledged += 1
        case 1: refused += 1
        case 2: waiting += 1
        default:
            waiting += 1
            aside += 1
        }
    }

    fileprivate mutating func add(missing start: Int64, before end: Int64) {
        guard start < end else { return }
        missingCount += Int(end - start)
        if missing.count < StoreVerification.detailLimit { missing.append(start...end - 1) }
    }

    fileprivate mutating func add(doubled id: Int64, _ kinds: [UInt8]) {
        doubledCount += 1
        guard doubled.count < StoreVerification.detailLimit else { return }
        let waiting = kinds.filter { $0 > 1 }.prefix(StoreVerification.detailLimit)
        doubled.append(.init(id: id, traces: waiting.map { $0 == 3 ? .aside : .waiting }))
    }

    fileprivate mutating func explain(_ entry: LedgerEntry) {
        guard let index = doubled.firstIndex(where: { $0.id == entry.id }),
            doubled[index].traces.count < StoreVerification.detailLimit
        else { return }
        doubled[index].traces.append(.finished(entry))
    }
}
