import CLinuxShims
import Glibc

/// A file descriptor with one owner; closed when the owner goes.
///
/// Reads and writes never block when the descriptor is non-blocking: they return `nil` for "not now".
public struct OwnedDescriptor: ~Copyable {
    /// The raw descriptor, valid while this value lives.
    public let raw: Int32

    /// Takes ownership of `raw`, which must be open.
    public init(owning raw: Int32) {
        precondition(raw >= 0, "a negative descriptor has no owner")
        self.raw = raw
    }

    deinit { _ = Glibc.close(raw) }

    /// Opens `path`; O_CLOEXEC is always set.
    public static func open(_ path: String, flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> OwnedDescriptor {
        // C would see the path up to the NUL: another file.
        guard !path.utf8.contains(0) else { throw SystemError("open", path, code: EINVAL) }
        let raw = unsafe cellbridge_open(path, flags, mode)
        guard raw >= 0 else { throw SystemError("open", path) }
        return OwnedDescriptor(owning: raw)
    }

    /// Whether it is a file, and no pipe, device or socket.
    public var isRegularFile: Bool {
        var status = stat()
        return unsafe fstat(raw, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// Makes reads and writes return at once.
    public func setNonBlocking() throws(SystemError) {
        let flags = cellbridge_fcntl(raw, F_GETFL, 0)
        guard flags >= 0, cellbridge_fcntl(raw, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw SystemError("fcntl") }
    }

    /// Reads up to `limit` bytes. An empty array is end of file; `nil` is "nothing now".
    public func read(upTo limit: Int = 4096) throws(SystemError) -> [UInt8]? {
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            var result: Int
            repeat {
                result = unsafe Glibc.read(raw, buffer.baseAddress, limit)
            } while result < 0 && errno == EINTR
            if result < 0 { code = errno }
            count = max(0, result)
        }
        if code == EAGAIN || code == EWOULDBLOCK { return nil }
        if code != 0 { throw SystemError("read", code: code) }
        return bytes
    }

    /// Writes what the kernel takes now and returns how many bytes that was (0: nothing now).
    public func write(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Int {
        var result: Int
        repeat {
            result = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(raw, $0.baseAddress, $0.count) }
        } while result < 0 && errno == EINTR
        if result >= 0 { return result }
        if errno == EAGAIN || errno == EWOULDBLOCK { return 0 }
        throw SystemError("write")
    }
}
