import Glibc

/// Reads files at load, once, in full, with a limit.
enum Files {
    enum Failure: Error, Equatable {
        case missing
        case forbidden
        case tooLong
        /// Users outside of owner and group can read or change it.
        case exposed
        case notAFile
        case system(Int32)
    }

    /// All of a file of at most `limit` bytes. With `secret` only a regular file that nobody but its owner and its
    /// group can reach.
    static func read(_ path: String, limit: Int, secret: Bool = false) throws(Failure) -> [UInt8] {
        // O_NONBLOCK: opening a pipe without a writer must not hang.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (secret ? O_NONBLOCK : 0))
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        if secret {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else { throw failure(errno) }
            guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
            guard status.st_mode & S_IRWXO == 0 else { throw .exposed }
        }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var length = 0
        while length < bytes.count {
            // SAFETY: read(2) gets the rest of an array that outlives the call, and its length.
            let count = unsafe bytes.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress! + length, $0.count - length)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure(errno)
            }
            if count == 0 { break }
            length += count
        }
        guard length <= limit else { throw .tooLong }
        bytes.removeLast(bytes.count - length)
        return bytes
    }

    private static func failure(_ code: Int32) -> Failure {
        switch code {
        case ENOENT, ENOTDIR: .missing
        case EACCES, EPERM: .forbidden
        case EISDIR: .notAFile
        default: .system(code)
        }
    }

    /// "… is missing" and the like, with the remedy.
    static func complaint(_ path: String, _ failure: Failure, limit: Int) -> String {
        switch failure {
        case .missing: "\(path) is missing; expected a file"
        case .forbidden: "\(path) cannot be read; expected read permission for the user of the service"
        case .tooLong: "\(path) is too long; expected at most \(limit) bytes"
        case .exposed: "others can read \(path); run: chmod o-rwx \(shellQuoted(path))"
        case .notAFile: "\(path) is not a regular file; expected a file"
        case .system(let code): "\(path) cannot be read (\(text(of: code))); expected a file"
        }
    }

    private static func text(of code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }

    private static func shellQuoted(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "-")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain
            ? path : "'" + path.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    // MARK: Names

    static func join(_ directory: String, _ path: String) -> String {
        directory.isEmpty ? path : directory + (directory.utf8.last == UInt8(ascii: "/") ? "" : "/") + path
    }

    /// The folder of a file, absolute when the working directory can be read.
    static func directory(of file: String) -> String {
        let start: String
        if let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) {
            start = slash == file.utf8.startIndex ? "/" : String(file[..<slash])
        } else {
            start = ""
        }
        if start.utf8.first == UInt8(ascii: "/") { return start }
        guard let here = unsafe getcwd(nil, 0) else { return start.isEmpty ? "." : start }
        defer { unsafe free(here) }
        let working = unsafe String(cString: here)
        return start.isEmpty || start == "." ? working : join(working, start)
    }

    /// The name of this host, as a default for names; at most 64 bytes.
    static func hostName() -> String {
        var bytes = [CChar](repeating: 0, count: 65)
        guard unsafe gethostname(&bytes, 64) == 0 else { return "host" }
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Rules.credentialComplaint(name) == nil ? name : "host"
    }
}
