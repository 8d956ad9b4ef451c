import CLinuxShims
import Glibc
import LinuxIO

/// The module's end of a PTY.
final class PTYMaster {
    let descriptor: OwnedDescriptor
    /// The host's end.
    let slavePath: String

    /// Opens a PTY in raw mode. The slave is not kept open: that is how a missing host shows.
    init() throws(SystemError) {
        var raw: Int32 = -1
        var slave: Int32 = -1
        guard unsafe openpty(&raw, &slave, nil, nil, nil) == 0 else { throw SystemError("openpty") }
        let master = OwnedDescriptor(owning: raw)
        slavePath = try Self.prepare(OwnedDescriptor(owning: slave))
        guard cellbridge_fcntl(raw, F_SETFD, FD_CLOEXEC) >= 0 else { throw SystemError("fcntl") }
        try master.setNonBlocking()
        descriptor = master
    }

    /// Sets the slave raw, says where it is and closes it; the settings stay while the master lives.
    private static func prepare(_ slave: consuming OwnedDescriptor) throws(SystemError) -> String {
        var name = [CChar](repeating: 0, count: 128)
        guard unsafe ttyname_r(slave.raw, &name, name.count) == 0 else { throw SystemError("ttyname_r") }
        var settings = termios()
        guard unsafe tcgetattr(slave.raw, &settings) == 0 else { throw SystemError("tcgetattr") }
        unsafe cfmakeraw(&settings)
        guard unsafe tcsetattr(slave.raw, TCSANOW, &settings) == 0 else { throw SystemError("tcsetattr") }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether some process holds the slave open now.
    var hasReader: Bool {
        var entry = pollfd(fd: descriptor.raw, events: Int16(POLLOUT), revents: 0)
        let count = unsafe poll(&entry, 1, 0)
        return count >= 0 && Int32(entry.revents) & POLLHUP == 0
    }
}

/// A symbolic link that is replaced in one step and removed only while it is still ours.
enum SymbolicLink {
    static func point(_ path: String, at target: String) throws(SystemError) {
        let temporary = path + ".new"
        unsafe unlink(temporary)
        guard unsafe symlink(target, temporary) == 0 else { throw SystemError("symlink", temporary) }
        guard unsafe rename(temporary, path) == 0 else { throw SystemError("rename", path) }
    }

    static func remove(_ path: String, pointingAt target: String) {
        var buffer = [CChar](repeating: 0, count: 256)
        let count = unsafe readlink(path, &buffer, buffer.count)
        guard count > 0 else { return }
        let found = buffer.prefix(count).map { UInt8(bitPattern: $0) }
        guard String(decoding: found, as: UTF8.self) == target else { return }
        unsafe unlink(path)
    }
}
