import CSQLite

/// One failed SQLite call: its extended result code and the library's own words.
struct SQLiteFailure: Error, Equatable {
    /// The extended result code; `code & 0xFF` is the family.
    var code: Int32
    /// What SQLite says about it.
    var message: String

    /// The primary result code.
    var family: Int32 { code & 0xFF }

    /// Whether the file itself is not what it should be.
    var isDamage: Bool { family == SQLITE_CORRUPT || family == SQLITE_NOTADB }

    /// What happened to the database at `path` and what to do about it, on one line.
    func words(_ path: String) -> String {
        switch family {
        case SQLITE_FULL:
            "no space left for \(path) (\(message)): free space on its disk"
        case SQLITE_IOERR:
            "reading or writing \(path) failed (\(message), code \(code)): check the disk and the kernel's log"
        case SQLITE_BUSY, SQLITE_LOCKED:
            "another process holds \(path) (\(message)): close it"
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH:
            "\(path) cannot be written (\(message)): check its owner, its mode and whether the disk is mounted read-only"
        case SQLITE_CANTOPEN:
            "\(path) or a file beside it cannot be opened (\(message)): check its directory"
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            "\(path) is damaged (\(message)): stop the service, keep a copy, and repair it or move it away"
        default:
            "\(path): \(message) (code \(code))"
        }
    }
}
