import BridgeCore

/// Messages that are kept out of the way.
extension StoreDatabase {
    /// Sets aside, and lets go back into the queue what a batch says.
    func setAside(_ batch: StoreBatch, _ receipt: inout StoreReceipt) throws(SQLiteFailure) {
        for entry in batch.setAside where try outKey(entry.id) != nil {
            let reason = String(decoding: entry.reason.utf8.prefix(200), as: UTF8.self)
            try connection.run(.setAside, [.integer(entry.id), .integer(entry.until), .text(reason)])
            state.aside[entry.id] = entry.until
        }
        let wanted = batch.retriesAllAside ? state.aside.keys.sorted() : batch.retryAside
        for id in wanted where state.aside[id] != nil {
            try connection.run(.postpone, [.integer(id), .integer(0)])
            state.aside[id] = 0
            receipt.retried.append(id)
        }
        if !state.aside.isEmpty {
            let byTime = state.aside.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
            let over = state.aside.count - limits.asideMessages
            for (index, entry) in byTime.prefix(SetAside.releaseLimit).enumerated() {
                guard index < over || entry.value <= batch.releaseAside ?? 0 else { break }
                try connection.run(.deleteAside, [.integer(entry.key)])
                state.aside[entry.key] = nil
                if let row = try outRow(entry.key) { receipt.released.append(row) }
            }
            receipt.released.sort { $0.id < $1.id }
        }
        receipt.asideCount = state.aside.count
        receipt.nextRelease = state.aside.values.min()
    }

    /// Lets these, or all, go back into the queue; returns which did. For a store whose queue nobody holds in memory.
    func retryAside(_ ids: [Int64]?) throws(SQLiteFailure) -> [Int64] {
        try transaction { () throws(SQLiteFailure) in
            let known = (ids.map { Array(Set($0)) } ?? Array(state.aside.keys)).filter { state.aside[$0] != nil }
                .sorted()
            for id in known {
                try connection.run(.deleteAside, [.integer(id)])
                state.aside[id] = nil
            }
            return known
        }
    }

    private func outKey(_ id: Int64) throws(SQLiteFailure) -> Int64? {
        guard RowKey.ids.contains(id) else { return nil }
        let statement = try connection.start(.findOut, RowKey.keys(id))
        defer { statement.reset() }
        return try statement.step() ? statement.integer(0) : nil
    }

    private func outRow(_ id: Int64) throws(SQLiteFailure) -> OutboundRow? {
        guard let key = try outKey(id) else { return nil }
        let statement = try connection.start(.outRow, [.integer(key)])
        defer { statement.reset() }
        return try statement.step() ? OutboundRow(statement) : nil
    }
}
