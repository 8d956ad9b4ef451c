import CLinuxShims
import Glibc
import LinuxIO

/// The record of a run: one line an event, milliseconds of the machine's monotonic clock in front.
final class Transcript {
    private let file: File?

    /// Creates `path` anew; without a path nothing is kept.
    init(path: String?) throws(SystemError) {
        file = if let path { try File(path) } else { nil }
    }

    private final class File {
        let descriptor: OwnedDescriptor
        init(_ path: String) throws(SystemError) {
            descriptor = try OwnedDescriptor.open(
                path, flags: O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, mode: 0o644)
        }
    }

    /// Milliseconds of CLOCK_MONOTONIC, which every process of this machine can read.
    static var milliseconds: Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Whether there is a file.
    var isKept: Bool { file != nil }

    func add(_ text: String) {
        guard let raw = file?.descriptor.raw else { return }
        let line = "\(Self.milliseconds) \(text)\n"
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(raw, $0.baseAddress, $0.count) }
            // A full disk costs the record, not the run.
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
