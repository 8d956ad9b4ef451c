/// The tables, and what makes a file ours.
enum Schema {
    /// The newest schema this code writes (`PRAGMA user_version`).
    static let version: Int64 = 2
    /// `PRAGMA application_id`: "CBRG".
    static let application: Int64 = 0x4342_5247

    /// Of a new database. What is written is whole pages, and a commit of a few messages touches the last page of the
    /// outbox and that of the ledger: small pages wear flash least (docs/delivery.md has the figures).
    static let pageSize = 1024
    /// The log is folded back when it has this many bytes, rarely enough to spare flash, and cut back when it outgrew
    /// that.
    static let logBytes = 4 << 20

    /// The tables of schema 2.
    ///
    /// `outbox.key` is `RowKey`. `flags` are `RowFlags`. The last row of `ledger` holds the figures that hold now: the
    /// last ids accepted (`…_through`), the highest forgotten (`…_floor`), what waits and its bytes. They are written
    /// with it, as it is written with each commit anyway; those of earlier rows are of their time.
    static let tables = """
        CREATE TABLE outbox(
            key INTEGER PRIMARY KEY,
            flags INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL,
            expires_at INTEGER,
            route INTEGER NOT NULL,
            topic BLOB NOT NULL,
            payload BLOB NOT NULL);
        CREATE TABLE inbox(
            id INTEGER PRIMARY KEY,
            flags INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL,
            expires_at INTEGER,
            topic BLOB NOT NULL,
            payload BLOB NOT NULL);
        CREATE TABLE aside(
            id INTEGER PRIMARY KEY,
            until INTEGER NOT NULL,
            reason TEXT NOT NULL);
        CREATE TABLE ledger(
            segment INTEGER PRIMARY KEY,
            finished_at INTEGER NOT NULL,
            out_through INTEGER NOT NULL,
            in_through INTEGER NOT NULL,
            out_floor INTEGER NOT NULL,
            in_floor INTEGER NOT NULL,
            out_depth INTEGER NOT NULL,
            in_depth INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            entries BLOB NOT NULL);
        """

    /// The tables that are as they were in schema 1.
    static let oldTables = """
        CREATE TABLE echoes(
            id INTEGER PRIMARY KEY,
            length INTEGER NOT NULL,
            digest INTEGER NOT NULL,
            acknowledged_at INTEGER NOT NULL,
            topic BLOB NOT NULL,
            prefix BLOB NOT NULL);
        CREATE TABLE refusals(
            id INTEGER PRIMARY KEY,
            direction INTEGER NOT NULL,
            size INTEGER NOT NULL,
            at INTEGER NOT NULL,
            code TEXT NOT NULL,
            reason TEXT NOT NULL,
            topic BLOB NOT NULL);
        CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
        """

    /// A new database, in one transaction.
    static let create = """
        BEGIN IMMEDIATE;
        \(tables)
        \(oldTables)
        PRAGMA application_id = \(application);
        PRAGMA user_version = \(version);
        COMMIT;
        """

    /// From schema 1, in one transaction: rows move over, and ids go on behind those that were given out. Nothing is
    /// known of what was finished before, so nothing of it is asked for.
    static let migrateFrom1 = """
        BEGIN IMMEDIATE;
        ALTER TABLE outbox RENAME TO outbox_1;
        ALTER TABLE inbox RENAME TO inbox_1;
        \(tables)
        INSERT INTO outbox(key, flags, accepted_at, expires_at, route, topic, payload)
            SELECT id + (min(max(priority, 0), 2) - 1) * \(RowKey.span),
                min(max(qos, 0), 2) + 4 * (retain <> 0) + 8 * (expects_echo <> 0), accepted_at, expires_at, route,
                topic, payload
            FROM outbox_1 ORDER BY priority, id;
        INSERT INTO inbox(id, flags, accepted_at, expires_at, topic, payload)
            SELECT id, min(max(qos, 0), 2) + 4 * (retain <> 0), accepted_at, expires_at, topic, payload
            FROM inbox_1 ORDER BY id;
        INSERT INTO ledger
            SELECT 1, 0, out, inward, out, inward, 0, 0, 0, x''
            FROM (SELECT
                (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox_1') AS out,
                (SELECT ifnull(max(seq), 0) FROM sqlite_sequence WHERE name = 'inbox_1') AS inward);
        DROP TABLE outbox_1;
        DROP TABLE inbox_1;
        PRAGMA user_version = \(version);
        COMMIT;
        """

    /// Settings of one connection. 512 KiB of cache and no memory map: the host may have 64 MB of memory.
    /// Debian's SQLite overwrites deleted rows by default (secure_delete), which would write flash twice.
    private static func settings(pageSize: Int64) -> String {
        """
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = \(Int64(logBytes) / max(pageSize, 512));
        PRAGMA journal_size_limit = \(logBytes);
        PRAGMA cache_size = -512;
        PRAGMA mmap_size = 0;
        PRAGMA temp_store = MEMORY;
        PRAGMA secure_delete = OFF;
        """
    }

    /// Makes a fresh database ours, or checks that it is, before anything is written to it. True: one of an older
    /// version was brought up to this one.
    static func adopt(_ connection: Connection, path: String) throws(StoreError) -> Bool {
        do {
            let found = try schema(of: connection, path: path)
            if found == 0 { try connection.execute("PRAGMA page_size = \(pageSize)") }
            let mode = try connection.text("PRAGMA journal_mode = WAL")
            guard mode == "wal" else {
                throw StoreError.unusable(path: path, why: "its file system cannot hold a write-ahead log")
            }
            try connection.execute(settings(pageSize: try connection.integer("PRAGMA page_size") ?? 0))
            switch found {
            case 0: try connection.execute(create)
            case 1: try migrate(connection)
            default: return false
            }
            return found == 1
        } catch let error as StoreError {
            throw error
        } catch let error as SQLiteFailure {
            throw StoreError(error, path: path)
        } catch {
            throw StoreError.unusable(path: path, why: "\(error)")
        }
    }

    /// The schema of a database of ours, 0 for a fresh one.
    static func schema(of connection: Connection, path: String) throws -> Int64 {
        let found = try connection.integer("PRAGMA user_version") ?? 0
        let application = try connection.integer("PRAGMA application_id") ?? 0
        let tables = try connection.integer("SELECT count(*) FROM sqlite_schema") ?? 0
        let isFresh = found == 0 && application == 0 && tables == 0
        guard isFresh || application == Self.application else { throw StoreError.foreign(path: path) }
        guard found <= version else {
            throw StoreError.newer(path: path, found: Int(clamping: found), known: Int(version))
        }
        guard isFresh || found >= 1 else {
            throw StoreError.damaged(path: path, why: "schema \(found) was never in use")
        }
        return found
    }

    private static func migrate(_ connection: Connection) throws(SQLiteFailure) {
        do {
            try connection.execute(migrateFrom1)
        } catch {
            connection.rollback()
            throw error
        }
    }
}

extension StoreError {
    /// What a failed call at start means for the file at `path`.
    init(_ failure: SQLiteFailure, path: String) {
        self =
            failure.isDamage
            ? .damaged(path: path, why: failure.message) : .unusable(path: path, why: failure.words(path))
    }
}
