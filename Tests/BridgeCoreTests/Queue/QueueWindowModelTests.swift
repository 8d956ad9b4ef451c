import BridgeCore
import Testing

/// Seeded random walks of a window beside a store that answers late, as the writer thread does.
@Suite struct QueueWindowModelTests {
    /// A store in memory whose events wait to be fetched, in the order of the calls.
    private struct Store {
        enum Event {
            case committed(rows: [OutboundRow], ids: [Int64?], dropped: [Int64], removed: [Int64])
            case loaded([OutboundRow])
            case loadFailed
        }

        var rows: [OutboundRow] = []
        var lastID: Int64 = 0
        var calls: [(inout Store) -> Event] = []

        mutating func run() -> Event? { calls.isEmpty ? nil : calls.removeFirst()(&self) }

        mutating func commit(_ new: [OutboundRow], remove: [Int64], dropTo limit: Int?, protected: [Int64]) {
            calls.append { store in
                store.rows.removeAll { remove.contains($0.id) }
                var ids: [Int64?] = []
                for row in new {
                    var stored = row
                    if row.id == 0 { stored.id = store.lastID + 1 }
                    store.lastID = stored.id
                    store.rows.append(stored)
                    ids.append(stored.id)
                }
                var dropped: [Int64] = []
                while let limit, store.rows.count > limit,
                    let victim = store.rows.filter({ !protected.contains($0.id) })
                        .max(by: { ($0.priority, -$0.id) < ($1.priority, -$1.id) })
                {
                    dropped.append(victim.id)
                    store.rows.removeAll { $0.id == victim.id }
                }
                return .committed(rows: new, ids: ids, dropped: dropped, removed: remove)
            }
        }

        mutating func load(_ request: OutboxWindow.LoadRequest, fails: Bool) {
            calls.append { store in
                if fails { return .loadFailed }
                let sorted = store.rows.filter { !request.excluding.contains($0.id) }
                    .sorted { ($0.priority, $0.id) < ($1.priority, $1.id) }
                var answer: [OutboundRow] = []
                var bytes = 0
                for row in sorted {
                    if answer.count == request.limit || (!answer.isEmpty && bytes + row.cost > request.maximumBytes) {
                        break
                    }
                    answer.append(row)
                    bytes += row.cost
                }
                return .loaded(answer)
            }
        }
    }

    /// From seed 24 on rows are accepted first, and committed later or never.
    @Test(arguments: 0..<96)
    func everyRowGoesOnceInOrder(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var window = OutboxWindow(
            maximumRows: Int.random(in: 1...6, using: &random), maximumBytes: Int.random(in: 100...900, using: &random),
            maximumInFlight: Int.random(in: 1...3, using: &random))
        let dropTo = seed % 3 == 0 ? 12 : nil
        let ranks = seed % 4 == 0 ? 0...0 : 0...2
        var store = Store()
        var acknowledged: Set<Int64> = []
        var dropped: Set<Int64> = []
        var visible: [Int64: Int] = [:]  // id to rank, of rows whose commit was told
        var appended = 0
        var pending: [OutboundRow] = []
        let total = 120
        var steps = 0
        /// What is finished leaves the store, or never gets there.
        func commit(_ new: [OutboundRow]) {
            pending += new
            let removals = takeRemovals()
            if pending.isEmpty && removals.isEmpty { return }
            store.commit(pending, remove: removals, dropTo: dropTo, protected: window.protectedIDs)
            pending = []
        }
        func takeRemovals() -> [Int64] {
            window.takeRemovals().ids.filter { id in
                guard let place = pending.firstIndex(where: { $0.id == id }) else { return true }
                pending.remove(at: place)
                window.neverWritten([id])
                return false
            }
        }
        while steps < 20_000 && (appended < total || !window.isDrained || !store.calls.isEmpty) {
            steps += 1
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where appended < total && seed >= 24:
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    appended += 1
                    let row = outRow(
                        Int64(appended), priority: Int.random(in: ranks, using: &random),
                        size: Int.random(in: 0...200, using: &random))
                    window.accepted(row)
                    pending.append(row)
                    visible[row.id] = row.priority
                }
            case 1 where seed >= 24 && (seed % 2 == 0 || window.needsCommit):
                commit([])
            case 0 where appended < total && seed < 24, 1 where appended < total && seed < 24 && seed % 2 == 0:
                let new = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    outRow(
                        priority: Int.random(in: ranks, using: &random), size: Int.random(in: 0...200, using: &random))
                }
                appended += new.count
                commit(new)
            case 2:
                commit([])
            case 3:
                if let request = window.loadRequest() {
                    store.load(request, fails: Int.random(in: 0..<8, using: &random) == 0)
                }
            case 4, 5:
                switch store.run() {
                case .committed(let rows, let ids, let gone, let removed):
                    window.committed(rows, ids: ids, dropped: gone)
                    window.removalsCommitted(removed)
                    for (row, id) in zip(rows, ids) {
                        if let id, !acknowledged.contains(id) { visible[id] = row.priority }
                    }
                    for id in gone { visible[id] = nil }
                    dropped.formUnion(gone)
                case .loaded(let rows): window.loaded(rows)
                case .loadFailed: window.loadFailed()
                case nil: break
                }
            case 6:
                if let row = window.next(wallClock: 0) {
                    if acknowledged.contains(row.id) { Issue.record("seed \(seed): \(row.id) went twice") }
                    let underWay = Set(window.inFlight.map(\.id))
                    let before = visible.filter { id, rank in
                        !underWay.contains(id) && (rank, id) < (row.priority, row.id)
                    }
                    if !before.isEmpty { Issue.record("seed \(seed): \(row.id) went before \(before.keys.sorted())") }
                }
            case 7:
                if let row = window.inFlight.randomElement(using: &random), window.acknowledged(row.id) {
                    acknowledged.insert(row.id)
                    visible[row.id] = nil
                }
            default:
                if Int.random(in: 0..<6, using: &random) == 0 { window.linkBroke() }
            }
            if seed % 5 == 0, case let removals = takeRemovals(), !removals.isEmpty {
                store.commit([], remove: removals, dropTo: dropTo, protected: window.protectedIDs)
            }
        }
        #expect(window.isDrained, "seed \(seed): stuck")
        #expect(acknowledged.union(dropped) == Set(1...Int64(appended)), "seed \(seed)")
    }
}
