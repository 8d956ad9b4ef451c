import Glibc
import LinuxIO

/// This program's own file, to start it again.
enum OwnExecutable {
    /// The file's path; while it was replaced or removed meanwhile, the kernel's name for it, which still works.
    static var path: String {
        let length = 4096
        var text = [CChar](repeating: 0, count: length)
        let count = unsafe readlink("/proc/self/exe", &text, length - 1)
        guard count > 0 else { return "/proc/self/exe" }
        let path = String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return Files.exists(path) ? path : "/proc/self/exe"
    }
}
