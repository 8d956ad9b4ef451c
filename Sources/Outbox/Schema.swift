/// The tables, and what makes a file ours.
enum Schema {
    /// The newest schema this code writes (`PRAGMA user_version`).
    static let version: Int64 = 1
    /// `PRAGMA application_id`: "CBRG".
    static let application: Int64 = 0x4342_5247

    /// A new database, in one transaction. AUTOINCREMENT: an id never names two messages, not even after a restart.
    static let create = """
        BEGIN IMMEDIATE;
        CREATE TABLE outbox(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            priority INTEGER NOT NULL,
            cost INTEGER NOT NULL,
            qos INTEGER NOT NULL,
            retain INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL,
            expires_at INTEGER,
            expects_echo INTEGER NOT NULL,
            route INTEGER NOT NULL,
            topic BLOB NOT NULL,
            payload BLOB NOT NULL);
        CREATE INDEX outbox_order ON outbox(priority, id, cost);
        CREATE TABLE inbox(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            cost INTEGER NOT NULL,
            qos INTEGER NOT NULL,
            retain INTEGER NOT NULL,
            accepted_at INTEGER NOT NULL,
            expires_at INTEGER,
            topic BLOB NOT NULL,
            payload BLOB NOT NULL);
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
        PRAGMA application_id = \(application);
        PRAGMA user_version = \(version);
        COMMIT;
        """

    /// Settings of one connection. 512 KiB of cache and no memory map: the host may have 64 MB of memory.
    /// The WAL is folded back after 1000 pages (4 MiB), rarely enough to spare flash, and cut back when it outgrew that.
    /// Debian's SQLite overwrites deleted rows by default (secure_delete), which would write flash twice.
    static let settings = """
        PRAGMA synchronous = FULL;
        PRAGMA wal_autocheckpoint = 1000;
        PRAGMA journal_size_limit = 4194304;
        PRAGMA cache_size = -512;
        PRAGMA mmap_size = 0;
        PRAGMA temp_store = MEMORY;
        PRAGMA secure_delete = OFF;
        """

    /// Makes a fresh database ours, or checks that it is, before anything is written to it.
    static func adopt(_ connection: Connection, path: String) throws(StoreError) {
        do {
            let found = try connection.integer("PRAGMA user_version") ?? 0
            let application = try connection.integer("PRAGMA application_id") ?? 0
            let tables = try connection.integer("SELECT count(*) FROM sqlite_schema") ?? 0
            let isFresh = found == 0 && application == 0 && tables == 0
            guard isFresh || application == Self.application else { throw StoreError.foreign(path: path) }
            guard found <= version else {
                throw StoreError.newer(path: path, found: Int(clamping: found), known: Int(version))
            }
            guard isFresh || found == version else {
                throw StoreError.damaged(path: path, why: "schema \(found) was never in use")
            }
            let mode = try connection.text("PRAGMA journal_mode = WAL")
            guard mode == "wal" else {
                throw StoreError.unusable(path: path, why: "its file system cannot hold a write-ahead log")
            }
            try connection.execute(settings)
            if isFresh { try connection.execute(create) }
        } catch let error as StoreError {
            throw error
        } catch let error as SQLiteFailure {
            throw StoreError(error, path: path)
        } catch {
            throw StoreError.unusable(path: path, why: "\(error)")
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
