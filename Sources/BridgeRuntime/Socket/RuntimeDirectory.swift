import Glibc
import LinuxIO

/// Where small files and sockets of a running process go: in memory where the system has such a place.
enum RuntimeDirectory {
    /// systemd's `RuntimeDirectory=`, else `/run/cellbridge` or the user's own where this process may write, else
    /// `fallback`.
    static func path(fallback: String) -> String {
        let own = environment("RUNTIME_DIRECTORY")?.split(separator: ":").first.map(String.init)
        let candidates = [own, "/run/cellbridge", environment("XDG_RUNTIME_DIR")].compactMap(\.self)
        return candidates.first { path in
            let isWritable = unsafe access(path, W_OK) == 0
            return isWritable && Files.isDirectory(path)
        } ?? fallback
    }

    private static func environment(_ name: String) -> String? {
        unsafe getenv(name).map { unsafe String(cString: $0) }
    }
}
