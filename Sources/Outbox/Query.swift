/// The statements of the store, each prepared once.
enum Query: String {
    case begin = "BEGIN IMMEDIATE"
    case commit = "COMMIT"

    case insertOut = """
        INSERT INTO outbox(priority, cost, qos, retain, accepted_at, expires_at, expects_echo, route, topic, payload, id)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, nullif(?11, 0)) RETURNING id
        """
    case insertIn = """
        INSERT INTO inbox(cost, qos, retain, accepted_at, expires_at, topic, payload, id)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, 0)) RETURNING id
        """
    case deleteOut = "DELETE FROM outbox WHERE id = ?1 RETURNING cost, topic, length(payload)"
    case deleteIn = "DELETE FROM inbox WHERE id = ?1 RETURNING cost"

    // Answered from the index alone: rows that are left out cost no read of their payload.
    case outOrder = "SELECT id, cost FROM outbox ORDER BY priority, id"
    case inOrder = "SELECT id, cost FROM inbox ORDER BY id"
    case outRow = """
        SELECT id, topic, payload, qos, retain, priority, accepted_at, expires_at, expects_echo, route
        FROM outbox WHERE id = ?1
        """
    case inRow = "SELECT id, topic, payload, qos, retain, accepted_at, expires_at FROM inbox WHERE id = ?1"

    // Two statements in place of ORDER BY priority DESC, id ASC, which would sort a whole priority for each drop.
    case lowestPriority = "SELECT max(priority) FROM outbox WHERE priority BETWEEN ?1 AND ?2"
    case oldestOfPriority = "SELECT id, cost FROM outbox WHERE priority = ?1 ORDER BY id"

    case insertEcho = """
        INSERT OR REPLACE INTO echoes(id, topic, length, prefix, digest, acknowledged_at)
        VALUES(?1, ?2, ?3, ?4, ?5, ?6)
        """
    case deleteEcho = "DELETE FROM echoes WHERE id = ?1"
    case echoes = "SELECT id, topic, length, prefix, digest, acknowledged_at FROM echoes ORDER BY id"

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
