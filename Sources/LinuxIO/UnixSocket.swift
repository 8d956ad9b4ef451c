import CLinuxShims
import Glibc

/// A unix stream socket's two ways to come into being, and who is at its other end.
public enum UnixSocket {
    /// Who is at the other end, as the kernel knows it.
    public struct Peer: Equatable, Sendable {
        /// The process that connected.
        public var pid: Int32
        /// Its user.
        public var user: UInt32
        /// Its group.
        public var group: UInt32

        /// Somebody.
        public init(pid: Int32, user: UInt32, group: UInt32) {
            self.pid = pid
            self.user = user
            self.group = group
        }
    }

    /// Why nothing can listen at a path.
    public enum ListenFailure: Error, Equatable, CustomStringConvertible {
        /// A living process listens there.
        case inUse(path: String)
        /// Something that is no socket is there: it is left alone.
        case noSocket(path: String)
        /// The system refused.
        case system(SystemError)

        /// For people, with what to do.
        public var description: String {
            switch self {
            case .inUse(let path): "\(path): another process listens there; stop it, or name another [control] socket"
            case .noSocket(let path): "\(path): is there and no socket; it is left alone: name another [control] socket"
            case .system(let error): "\(error)"
            }
        }
    }

    /// Listens at `path` with `mode`, owned by `group` where that is a group of this host and we may give it.
    /// The socket of a dead process is replaced.
    public static func listen(_ path: String, mode: UInt32, group: String?) throws(ListenFailure) -> OwnedDescriptor {
        guard !path.utf8.contains(0) else { throw .system(SystemError("bind", path, code: EINVAL)) }
        var raw = unsafe cellbridge_unix_listen(path, 16)
        if raw < 0, errno == EADDRINUSE {
            try clear(path)
            raw = unsafe cellbridge_unix_listen(path, 16)
        }
        guard raw >= 0 else { throw .system(SystemError("bind", path)) }
        let listener = OwnedDescriptor(owning: raw)
        if let group {
            let number = unsafe cellbridge_group(group)
            // A service that is no member of the group keeps its own: the mode below is then for that one.
            if number >= 0 { _ = unsafe chown(path, uid_t.max, gid_t(truncatingIfNeeded: number)) }
        }
        guard unsafe chmod(path, mode) == 0 else { throw .system(SystemError("chmod", path)) }
        return listener
    }

    /// Connects to `path`.
    public static func connect(_ path: String) throws(SystemError) -> OwnedDescriptor {
        guard !path.utf8.contains(0) else { throw SystemError("connect", path, code: EINVAL) }
        let raw = unsafe cellbridge_unix_connect(path)
        guard raw >= 0 else { throw SystemError("connect", path) }
        return OwnedDescriptor(owning: raw)
    }

    /// The next connection; nil when none waits.
    public static func accept(_ listener: borrowing OwnedDescriptor) throws(SystemError) -> OwnedDescriptor? {
        let raw = cellbridge_accept(listener.raw)
        if raw >= 0 { return OwnedDescriptor(owning: raw) }
        switch errno {
        case EAGAIN, EINTR, ECONNABORTED: return nil
        default: throw SystemError("accept")
        }
    }

    /// Who connected.
    public static func peer(of socket: borrowing OwnedDescriptor) throws(SystemError) -> Peer {
        var (pid, user, group) = (pid_t(0), uid_t(0), gid_t(0))
        guard unsafe cellbridge_peer(socket.raw, &pid, &user, &group) == 0 else { throw SystemError("SO_PEERCRED") }
        return Peer(pid: pid, user: user, group: group)
    }

    /// Removes a socket that nobody listens at.
    private static func clear(_ path: String) throws(ListenFailure) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .noSocket(path: path) }
        let problem: SystemError
        do throws(SystemError) {
            _ = try connect(path)
            throw SystemError("connect", path, code: EISCONN)
        } catch {
            problem = error
        }
        // A full backlog (EAGAIN) is a living process too.
        guard problem.code == ECONNREFUSED else {
            throw problem.code == EISCONN || problem.code == EAGAIN ? .inUse(path: path) : .system(problem)
        }
        _ = unsafe unlink(path)
    }
}
