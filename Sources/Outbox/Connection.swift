import CSQLite

/// One SQLite connection with its prepared statements. Used by one thread at a time.
// SAFETY: `@safe` because the handle is made here, given to nobody but the statements, and closed after they are gone.
@safe final class Connection {
    private var handle: OpaquePointer?
    private var statements: [Query: Statement] = [:]

    /// Opens the existing file at `path` for reading and, unless told otherwise, writing; creates none.
    init(path: String, busyMilliseconds: Int32, isReadOnly: Bool = false) throws(SQLiteFailure) {
        // The file names an exact place: no URI reading. NOMUTEX: one thread at a time, by construction.
        let flags = (isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX
        let code = unsafe sqlite3_open_v2(path, &handle, flags, nil)
        guard code == SQLITE_OK else {
            let failure = lastFailure(code)
            close()
            throw failure
        }
        unsafe sqlite3_extended_result_codes(handle, 1)
        unsafe sqlite3_busy_timeout(handle, busyMilliseconds)
    }

    deinit { close() }

    /// Finalizes the statements and closes; the last connection of a healthy file folds the WAL into it.
    func close() {
        statements.removeAll()
        unsafe sqlite3_close_v2(handle)
        unsafe handle = nil
    }

    /// Runs statements that return nothing of interest.
    func execute(_ sql: String) throws(SQLiteFailure) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw lastFailure(code) }
    }

    /// The first column of the first row of `sql`, `nil` when it has no row.
    func integer(_ sql: String) throws(SQLiteFailure) -> Int64? {
        let statement = try Statement(preparing: sql, on: self)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The first column of the first row of `sql` as text.
    func text(_ sql: String) throws(SQLiteFailure) -> String? {
        let statement = try Statement(preparing: sql, on: self)
        return try statement.step() ? statement.text(0) : nil
    }

    /// The statement for `query`, prepared on first use, reset and bound to `values`.
    func start(_ query: Query, _ values: [Statement.Value] = []) throws(SQLiteFailure) -> Statement {
        let statement: Statement
        if let ready = statements[query] {
            statement = ready
        } else {
            statement = try Statement(preparing: query.rawValue, on: self)
            statements[query] = statement
        }
        try statement.bind(values)
        return statement
    }

    /// Runs `query` to its end.
    func run(_ query: Query, _ values: [Statement.Value] = []) throws(SQLiteFailure) {
        let statement = try start(query, values)
        defer { statement.reset() }
        while try statement.step() {}
    }

    /// Undoes an open transaction; SQLite may have undone it already.
    func rollback() {
        guard unsafe sqlite3_get_autocommit(handle) == 0 else { return }
        _ = unsafe sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    }

    /// Copies what the WAL holds into the database as far as possible, so that the WAL can be used from its start.
    func checkpoint() {
        _ = unsafe sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    }

    /// A prepared handle for `sql`; the caller finalizes it.
    func prepare(_ sql: String) throws(SQLiteFailure) -> OpaquePointer? {
        var statement: OpaquePointer?
        let code = unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        guard code == SQLITE_OK else { throw lastFailure(code) }
        return unsafe statement
    }

    /// The failure that a call which returned `code` left behind.
    func lastFailure(_ code: Int32) -> SQLiteFailure {
        guard unsafe handle != nil else {
            return SQLiteFailure(code: code, message: unsafe String(cString: sqlite3_errstr(code)))
        }
        let extended = unsafe sqlite3_extended_errcode(handle)
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        return SQLiteFailure(code: extended & 0xFF == code & 0xFF ? extended : code, message: message)
    }
}
