import CSQLite
import Glibc

/// A look at the named values of a store that another process may be using. Nothing is written.
public enum StorePeek {
    /// The value under `key` in the store of `directory`; nil when there is none, or no store yet. Blocks, for 2 s at
    /// most; any thread.
    public static func meta(_ key: String, directory: String) throws(StoreError) -> [UInt8]? {
        let path = directory + "/" + StoreFile.name
        guard unsafe access(path, F_OK) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .unusable(path: path, why: unsafe String(cString: strerror(errno)))
        }
        do throws(SQLiteFailure) {
            let connection = try Connection(
                path: path, busyMilliseconds: StoreLimits().busyMilliseconds, isReadOnly: true)
            defer { connection.close() }
            // A store whose tables are still being made holds nothing.
            guard try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'") == 1 else {
                return nil
            }
            let statement = try connection.start(.meta, [.text(key)])
            defer { statement.reset() }
            return try statement.step() ? statement.bytes(0) : nil
        } catch {
            throw StoreError(error, path: path)
        }
    }
}
