import Glibc

/// The directory and the file of the store.
struct StoreFile {
    /// The database's name in its directory.
    static let name = "outbox.db"

    /// The database's path.
    let path: String
    /// Whether the last process that had it open did not close it: a write-ahead log with content is left.
    let wasLeftOpen: Bool
    /// The database's size in bytes, without the log.
    let size: Int

    /// Makes the directory (0700) and an empty file (0600) where they are missing, and makes their names durable.
    init(directory: String) throws(StoreError) {
        try Self.makeDirectory(directory)
        let path = directory + "/" + Self.name
        let wasLeftOpen = (Self.size(path + "-wal") ?? 0) > 0
        // Made before SQLite sees it: SQLite gives the files beside it the same mode.
        let descriptor = unsafe Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
        // Fails for a file of another owner, which the open above has shown to be usable all the same.
        _ = fchmod(descriptor, 0o600)
        // The check that follows such an end reads the file in no order: from a cold disk 4 MB took 190 ms, read ahead
        // in one go 15 ms.
        if wasLeftOpen { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_WILLNEED) }
        _ = Glibc.close(descriptor)
        try Self.synchronise(directory)
        self.path = path
        self.wasLeftOpen = wasLeftOpen
        size = Self.size(path) ?? 0
    }

    private static func makeDirectory(_ path: String) throws(StoreError) {
        if unsafe mkdir(path, 0o700) == 0 {
            try synchronise(parent(path))
            return
        }
        if errno == EEXIST { return }
        let above = parent(path)
        guard errno == ENOENT, above.utf8.count < path.utf8.count else { throw failure(path) }
        try makeDirectory(above)
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path) }
        try synchronise(above)
    }

    /// The path without its last component: `.` or `/` at the end.
    private static func parent(_ path: String) -> String {
        var bytes = Array(path.utf8)
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    }

    /// fsync of a directory: a file in it is durable only when its name is.
    private static func synchronise(_ directory: String) throws(StoreError) {
        let descriptor = unsafe Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(directory) }
        defer { _ = Glibc.close(descriptor) }
        // EINVAL: a file system that cannot do it (some overlays); nothing more can be done there.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure(directory) }
    }

    private static func size(_ path: String) -> Int? {
        var information = stat()
        guard unsafe stat(path, &information) == 0 else { return nil }
        return Int(information.st_size)
    }

    private static func failure(_ path: String) -> StoreError {
        .unusable(path: path, why: unsafe String(cString: strerror(errno)))
    }
}
