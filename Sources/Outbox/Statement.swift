import CSQLite

/// One prepared statement. Its connection must outlive it, which holding it here ensures only for the failure's words:
/// the connection drops its own statements before it closes.
// SAFETY: `@safe` because the handle is made and finalized here and given to nobody.
@safe final class Statement {
    /// A value to bind.
    enum Value {
        case null
        case integer(Int64)
        case bytes([UInt8])
        case text(String)

        /// An integer of any width, or NULL.
        static func optional(_ value: Int64?) -> Value { value.map { .integer($0) } ?? .null }
        /// A flag as 0 or 1.
        static func flag(_ value: Bool) -> Value { .integer(value ? 1 : 0) }
        /// A Swift integer.
        static func number(_ value: Int) -> Value { .integer(Int64(value)) }
    }

    private unowned let connection: Connection
    private let handle: OpaquePointer?

    /// Compiles `sql`.
    init(preparing sql: String, on connection: Connection) throws(SQLiteFailure) {
        self.connection = connection
        unsafe handle = try connection.prepare(sql)
    }

    deinit { unsafe sqlite3_finalize(handle) }

    /// Resets, then binds `values` to ?1, ?2, …
    func bind(_ values: [Value]) throws(SQLiteFailure) {
        reset()
        for (index, value) in values.enumerated() {
            let code = bind(value, at: Int32(index + 1))
            guard code == SQLITE_OK else { throw connection.lastFailure(code) }
        }
    }

    private func bind(_ value: Value, at index: Int32) -> Int32 {
        switch value {
        case .null: return unsafe sqlite3_bind_null(handle, index)
        case .integer(let number): return unsafe sqlite3_bind_int64(handle, index, number)
        case .bytes(let bytes):
            // An empty array may have no address, which would bind NULL.
            if bytes.isEmpty { return unsafe sqlite3_bind_zeroblob(handle, index, 0) }
            return unsafe bytes.withUnsafeBytes { buffer in
                unsafe sqlite3_bind_blob64(handle, index, buffer.baseAddress, UInt64(buffer.count), copying)
            }
        case .text(let text):
            let utf8 = Array(text.utf8)
            return unsafe utf8.withUnsafeBufferPointer { buffer in
                let start = unsafe UnsafeRawPointer(buffer.baseAddress)?.assumingMemoryBound(to: CChar.self)
                return unsafe sqlite3_bind_text64(
                    handle, index, start, UInt64(buffer.count), copying, UInt8(SQLITE_UTF8))
            }
        }
    }

    /// SQLITE_TRANSIENT, a cast macro Swift does not import: SQLite copies what is bound.
    private var copying: sqlite3_destructor_type { unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

    /// Moves to the next row; false at the end.
    func step() throws(SQLiteFailure) -> Bool {
        let code = unsafe sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        let failure = connection.lastFailure(code)
        reset()
        throw failure
    }

    /// Ends the run, so that no read stays open.
    func reset() { unsafe sqlite3_reset(handle) }

    /// Column `index` as an integer; 0 for NULL.
    func integer(_ index: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, index) }

    /// Column `index` as an integer, `nil` for NULL.
    func optionalInteger(_ index: Int32) -> Int64? {
        unsafe sqlite3_column_type(handle, index) == SQLITE_NULL ? nil : integer(index)
    }

    /// Column `index` as bytes; empty for NULL.
    func bytes(_ index: Int32) -> [UInt8] {
        guard let start = unsafe sqlite3_column_blob(handle, index) else { return [] }
        let count = Int(unsafe sqlite3_column_bytes(handle, index))
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Column `index` as text; what is not UTF-8 is replaced.
    func text(_ index: Int32) -> String { String(decoding: bytes(index), as: UTF8.self) }
}
