import CLinuxShims
import Glibc

/// Files and directories, in whole. Blocking: for start-up and small files.
public enum Files {
    /// The whole file at `path`; over `limit` bytes is EFBIG.
    public static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
        var all: [UInt8] = []
        while let bytes = try file.read(upTo: 65536), !bytes.isEmpty {
            guard bytes.count <= limit - all.count else { throw SystemError("read", path, code: EFBIG) }
            all += bytes
        }
        return all
    }

    /// Replaces the file at `path`: after a crash or power loss it holds either the old or the new content whole.
    public static func writeAtomically(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws(SystemError) {
        try replace(path, bytes, mode: mode, owner: nil)
    }

    /// Replaces the file at `path` as `writeAtomically` does, with the mode and the owner of the file at `model`.
    public static func writeAtomically(_ path: String, _ bytes: [UInt8], like model: String) throws(SystemError) {
        guard let status = status(model) else { throw SystemError("stat", model) }
        try replace(path, bytes, mode: UInt32(status.st_mode) & 0o777, owner: (status.st_uid, status.st_gid))
    }

    private static func replace(
        _ path: String, _ bytes: [UInt8], mode: UInt32, owner: (user: uid_t, group: gid_t)?
    ) throws(SystemError) {
        let draft = path + ".new"
        try write(draft, bytes, mode: mode, owner: owner)
        guard unsafe rename(draft, path) == 0 else {
            let error = SystemError("rename", path)
            unsafe unlink(draft)
            throw error
        }
        let directory = try OwnedDescriptor.open(parent(of: path), flags: O_RDONLY | O_DIRECTORY)
        guard fsync(directory.raw) == 0 else { throw SystemError("fsync", parent(of: path)) }
    }

    private static func write(
        _ path: String, _ bytes: [UInt8], mode: UInt32, owner: (user: uid_t, group: gid_t)?
    ) throws(SystemError) {
        // For nobody else before it has its owner.
        let first = owner == nil ? mode : 0o600
        let file = try OwnedDescriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: first)
        if let owner, fchown(file.raw, owner.user, owner.group) != 0 {
            let error = SystemError("fchown", path)
            unsafe unlink(path)
            throw error
        }
        // A draft left behind by a crash keeps its old mode.
        guard fchmod(file.raw, mode_t(mode)) == 0 else { throw SystemError("fchmod", path) }
        var rest = bytes[...]
        while !rest.isEmpty { rest = try rest.dropFirst(file.write(rest)) }
        guard fsync(file.raw) == 0 else { throw SystemError("fsync", path) }
    }

    /// Makes the directory at `path` and those above it that are missing; one that is there is left as it is.
    public static func makeDirectories(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
        guard !path.utf8.contains(0) else { throw SystemError("mkdir", path, code: EINVAL) }
        if isDirectory(path) { return }
        let above = parent(of: path)
        if above != path, !isDirectory(above) { try makeDirectories(above, mode: mode) }
        guard unsafe mkdir(path, mode_t(mode)) == 0 || (errno == EEXIST && isDirectory(path)) else {
            throw SystemError("mkdir", path)
        }
    }

    /// Whether anything is at `path` (links followed).
    public static func exists(_ path: String) -> Bool { status(path) != nil }

    /// Whether a directory is at `path` (links followed).
    public static func isDirectory(_ path: String) -> Bool {
        guard let status = status(path) else { return false }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    /// The permission bits (0o7777) of what is at `path`, `nil` when nothing is.
    public static func permissions(_ path: String) -> UInt32? {
        status(path).map { UInt32($0.st_mode) & 0o7777 }
    }

    /// Something that changes when the file at `path` is written or replaced; `nil` when nothing is there.
    public static func modificationMark(_ path: String) -> String? {
        status(path).map { "\($0.st_ino) \($0.st_size) \($0.st_mtim.tv_sec).\($0.st_mtim.tv_nsec)" }
    }

    /// The entries of a directory but `.` and `..`, in no order, at most `limit`.
    public static func list(_ path: String, limit: Int = 65536) throws(SystemError) -> [String] {
        guard let stream = unsafe opendir(path) else { throw SystemError("opendir", path) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while names.count < limit, let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes a file or link; one that is not there is fine.
    public static func remove(_ path: String) throws(SystemError) {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw SystemError("unlink", path) }
    }

    /// Removes a directory with everything in it, links not followed; one that is not there is fine.
    public static func removeTree(_ path: String) throws(SystemError) {
        guard unsafe cellbridge_remove_tree(path) == 0 || errno == ENOENT else { throw SystemError("remove", path) }
    }

    /// The full path of the program `name`: as it is when it holds a slash, else from PATH and `more` directories.
    public static func program(_ name: String, alsoIn more: [String] = []) -> String? {
        func isProgram(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 && !isDirectory(path) }
        if name.utf8.contains(UInt8(ascii: "/")) { return isProgram(name) ? name : nil }
        let search = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? "/usr/bin:/bin"
        return (search.split(separator: ":").map(String.init) + more).map { $0 + "/" + name }.first(where: isProgram)
    }

    /// The directory a path lies in.
    static func parent(of path: String) -> String {
        var bytes = Array(path.utf8)
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == 0 ? "/" : String(decoding: bytes[..<slash], as: UTF8.self)
    }

    /// `path` with every link followed; nil when nothing is there.
    public static func target(of path: String) -> String? { resolved(path) }

    /// `path` with every link followed.
    static func resolved(_ path: String) -> String? {
        guard let text = unsafe realpath(path, nil) else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }

    /// Whether anything is at `path`; a link counts by itself, wherever it leads.
    static func isThere(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// What the link at `path` says.
    static func link(_ path: String) -> String? {
        var length = -1
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            unsafe buffer.withMemoryRebound(to: CChar.self) {
                length = unsafe readlink(path, $0.baseAddress!, 4096)
            }
            count = max(0, length)
        }
        return length < 0 ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The name of the group that owns what is at `path`, when the group may read and write it and is not root's.
    static func group(of path: String) -> String? {
        guard let status = status(path), status.st_gid != 0, status.st_mode & 0o060 == 0o060 else { return nil }
        return unsafe getgrgid(status.st_gid).map { unsafe String(cString: $0.pointee.gr_name) }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        guard !path.utf8.contains(0), unsafe stat(path, &status) == 0 else { return nil }
        return status
    }
}
