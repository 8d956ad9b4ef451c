/// The statements of the store, each prepared once.
enum Query: String {
    case begin = "BEGIN IMMEDIATE"
    case beginReading = "BEGIN"
    case commit = "COMMIT"

    case insertOut = """
        INSERT INTO outbox(key, flags, accepted_at, expires_at, route, topic, payload) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """
    case insertIn = """
        INSERT INTO inbox(id, flags, accepted_at, expires_at, topic, payload) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
        """
    // The cost of a row is what `rowOverhead` makes of its lengths.
    case deleteOut = """
        DELETE FROM outbox WHERE key IN (?1, ?2, ?3)
        RETURNING length(topic) + length(payload) + 64, topic, length(payload), accepted_at
        """
    case deleteIn = "DELETE FROM inbox WHERE id = ?1 RETURNING length(topic) + length(payload) + 64"

    // Lengths are in a row's head: of rows that are left out no large payload is read.
    case outOrder = "SELECT key, length(topic) + length(payload) + 64 FROM outbox ORDER BY key"
    case outOrderWithin = """
        SELECT key, length(topic) + length(payload) + 64 FROM outbox WHERE key > ?1 AND key < ?2 ORDER BY key
        """
    case inOrder = "SELECT id, length(topic) + length(payload) + 64 FROM inbox ORDER BY id"
    case outRow = "SELECT key, flags, accepted_at, expires_at, route, topic, payload FROM outbox WHERE key = ?1"
    case inRow = "SELECT id, flags, accepted_at, expires_at, topic, payload FROM inbox WHERE id = ?1"
    case findOut = "SELECT key FROM outbox WHERE key IN (?1, ?2, ?3)"
    case lastOut = "SELECT max(key) FROM outbox WHERE key > ?1 AND key < ?2"
    case lastIn = "SELECT max(id) FROM inbox"
    case sumOut = "SELECT count(*), total(length(topic) + length(payload) + 64) FROM outbox"
    case sumIn = "SELECT count(*), total(length(topic) + length(payload) + 64) FROM inbox"

    case setAside = "INSERT OR REPLACE INTO aside(id, until, reason) VALUES(?1, ?2, ?3)"
    case postpone = "UPDATE aside SET until = ?2 WHERE id = ?1"
    case deleteAside = "DELETE FROM aside WHERE id = ?1"
    case aside = "SELECT id, until, reason FROM aside ORDER BY until, id"

    case writeSegment = """
        INSERT OR REPLACE INTO ledger(segment, finished_at, out_through, in_through, out_floor, in_floor, out_depth,
            in_depth, bytes, entries)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
        """
    case deleteSegment = "DELETE FROM ledger WHERE segment = ?1"
    case firstSegment = "SELECT segment, finished_at, out_through, in_through, entries FROM ledger ORDER BY segment"
    case lastSegment = """
        SELECT segment, finished_at, out_through, in_through, out_floor, in_floor, out_depth, in_depth, bytes, entries
        FROM ledger ORDER BY segment DESC
        """
    case segments = "SELECT segment, entries FROM ledger ORDER BY segment"
    case waitingOut = "SELECT key, accepted_at FROM outbox"
    case waitingIn = "SELECT id, accepted_at FROM inbox"
    case listOut = "SELECT key, accepted_at, expires_at, topic, length(payload), route FROM outbox ORDER BY key"
    case listIn = "SELECT id, accepted_at, expires_at, topic, length(payload) FROM inbox ORDER BY id"
    case rowsOut = """
        SELECT key, flags, accepted_at, expires_at, route, topic, payload FROM outbox WHERE key > ?1 ORDER BY key
        """
    case rowsIn = """
        SELECT id, flags, accepted_at, expires_at, topic, payload FROM inbox WHERE id > ?1 ORDER BY id
        """
    case oldestOut = "SELECT min(accepted_at) FROM outbox"
    case oldestIn = "SELECT min(accepted_at) FROM inbox"

    case scanOut = """
        SELECT key, accepted_at, topic, length(payload), route FROM outbox WHERE key > ?1 ORDER BY key
        """
    case scanIn = """
        SELECT id, accepted_at, topic, length(payload), -1 FROM inbox WHERE id > ?1 ORDER BY id
        """

    case insertEcho = """
        INSERT OR REPLACE INTO echoes(id, topic, length, prefix, digest, acknowledged_at)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6)
        """
    case deleteEcho = "DELETE FROM echoes WHERE id = ?1"
    case echoes = "SELECT id, topic, length, prefix, digest, acknowledged_at FROM echoes ORDER BY id"
    case lastEcho = "SELECT max(id) FROM echoes"

    case insertRefusal = """
        INSERT INTO refusals(direction, topic, size, code, reason, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
        """
    case trimRefusals = "DELETE FROM refusals WHERE id <= (SELECT max(id) FROM refusals) - ?1"
    case refusals = "SELECT direction, topic, size, code, reason, at FROM refusals ORDER BY id DESC LIMIT ?1"

    case setMeta = "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)"
    case deleteMeta = "DELETE FROM meta WHERE key = ?1"
    case meta = "SELECT value FROM meta WHERE key = ?1"
    case metaFrom = "SELECT key, value FROM meta WHERE key >= ?1 ORDER BY key"
}
