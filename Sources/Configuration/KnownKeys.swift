/// The keys of the file, by table, from the one list that also says what they mean.
enum KnownKeys {
    static let tables: [(table: String, keys: [String])] = documented.map { ($0.name, $0.keys.map(\.name)) }

    static func keys(of table: String) -> [String] {
        tables.first { $0.table == table }?.keys ?? []
    }

    /// The nearest key of the same table, or the same word in another table when nothing here is close.
    static func nearest(to key: String, in table: String) -> (path: String, isClose: Bool) {
        let word = String(decoding: key.utf8.prefix(64), as: UTF8.self)
        let ranked = keys(of: table).map { (key: $0, distance: editDistance(word, $0)) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return ("", false) }
        if best.distance <= max(1, best.key.utf8.count / 3) { return (path(table, best.key), true) }
        if let other = tables.first(where: { $0.keys.contains(word) }) { return (path(other.table, word), true) }
        return (path(table, best.key), false)
    }

    private static func path(_ table: String, _ key: String) -> String {
        table.isEmpty ? key : table + "." + key
    }
}

extension Configuration {
    /// Every table and key of the file, with what they mean.
    package static var documentedTables: [DocumentedTable] { KnownKeys.documented }
}
