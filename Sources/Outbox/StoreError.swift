/// Why the store cannot be opened or read; the description says what to do. The file is never deleted or replaced.
public enum StoreError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The directory or the file cannot be made or opened: the path and the reason.
    case unusable(path: String, why: String)
    /// The file is no sound database: the path and what is wrong with it.
    case damaged(path: String, why: String)
    /// A newer cellbridge wrote it: the path, its schema and the newest schema known here.
    case newer(path: String, found: Int, known: Int)
    /// It is a database, but of another program.
    case foreign(path: String)
    /// A read failed; the words say why and what to do.
    case failed(String)
    /// The store was closed before.
    case closed

    /// What happened and what to do, for people.
    public var description: String {
        switch self {
        case .unusable(let path, let why):
            "the message store \(path) cannot be used: \(why)"
        case .damaged(let path, let why):
            """
            the message store \(path) is damaged (\(why)); nothing was changed: keep a copy, then either repair it \
            (sqlite3 \(path) .recover) or move it and the files beside it away to begin empty, which gives up what waits in it
            """
        case .newer(let path, let found, let known):
            """
            the message store \(path) was written by a newer version (schema \(found), this one knows \(known)): run that \
            version, or move the file away to begin empty, which gives up what waits in it
            """
        case .foreign(let path):
            "\(path) is a database of another program: set [queue] path to a directory of its own"
        case .failed(let words): words
        case .closed: "the message store is closed"
        }
    }
}
