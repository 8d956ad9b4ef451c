import BridgeCore

extension StoreDatabase {
    /// The next outbound messages by priority, then id; bounds as `MessageStore.loadOutbound` has them.
    func nextOutbound(_ request: LoadRequest) throws(SQLiteFailure) -> [OutboundRow] {
        var rows: [OutboundRow] = []
        for key in try next(.outOrder, request, isLeftOut: { state.aside[RowKey.id($0)] != nil }) {
            let statement = try connection.start(.outRow, [.integer(key)])
            defer { statement.reset() }
            if try statement.step() { rows.append(OutboundRow(statement)) }
        }
        return rows
    }

    /// The next inbound messages by id, bounded likewise.
    func nextInbound(_ request: LoadRequest) throws(SQLiteFailure) -> [InboundRow] {
        var rows: [InboundRow] = []
        for id in try next(.inOrder, request, isLeftOut: { _ in false }) {
            let statement = try connection.start(.inRow, [.integer(id)])
            defer { statement.reset() }
            if try statement.step() { rows.append(InboundRow(statement)) }
        }
        return rows
    }

    /// The keys of the next rows; an inbox row's key is its id.
    private func next(
        _ query: Query, _ request: LoadRequest, isLeftOut: (Int64) -> Bool
    ) throws(SQLiteFailure) -> [Int64] {
        let excluded = Set(request.excluding)
        var keys: [Int64] = []
        var bytes = 0
        let statement = try connection.start(query)
        defer { statement.reset() }
        while try statement.step() {
            let key = statement.integer(0)
            if excluded.contains(RowKey.id(key)) || isLeftOut(key) { continue }
            bytes += Account.bounded(Int(statement.integer(1)))
            if !keys.isEmpty, bytes > request.maximumBytes { break }
            keys.append(key)
            if keys.count >= request.limit { break }
        }
        return keys
    }

    /// The value stored under `key`.
    func meta(_ key: String) throws(SQLiteFailure) -> [UInt8]? {
        let statement = try connection.start(.meta, [.text(key)])
        defer { statement.reset() }
        return try statement.step() ? statement.bytes(0) : nil
    }

    /// The values whose names begin with `prefix`, by name.
    func metas(prefix: String) throws(SQLiteFailure) -> [StoreBatch.Meta] {
        var found: [StoreBatch.Meta] = []
        let statement = try connection.start(.metaFrom, [.text(prefix)])
        defer { statement.reset() }
        while try statement.step() {
            // By bytes: Swift's own comparison of text would take different bytes for equal.
            guard statement.bytes(0).starts(with: prefix.utf8) else { break }
            found.append(StoreBatch.Meta(key: statement.text(0), value: statement.bytes(1)))
        }
        return found
    }

    /// The echoes that were expected, by id.
    func echoes() throws(SQLiteFailure) -> [EchoRow] {
        var rows: [EchoRow] = []
        let statement = try connection.start(.echoes)
        defer { statement.reset() }
        while try statement.step() { rows.append(EchoRow(statement)) }
        return rows
    }

    /// The last refusals, newest first.
    func refusals(limit: Int) throws(SQLiteFailure) -> [Refusal] {
        var rows: [Refusal] = []
        let statement = try connection.start(.refusals, [.number(max(0, limit))])
        defer { statement.reset() }
        while try statement.step() { rows.append(Refusal(statement)) }
        return rows
    }
}
