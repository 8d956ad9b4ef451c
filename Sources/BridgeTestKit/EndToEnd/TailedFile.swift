import Glibc
import LinuxIO

/// The lines of a text file that another process is writing; it need not be there yet.
public final class TailedFile {
    /// Where it is.
    public let path: String
    private var known: [String] = []
    private var partial: [UInt8] = []
    private var offset = 0

    /// Nothing is read yet.
    public init(_ path: String) { self.path = path }

    /// The whole lines so far. Bytes that are no UTF-8 come as U+FFFD.
    public var lines: [String] {
        refresh()
        return known
    }

    /// How many lines there are; what comes later has this index and those above.
    public var mark: Int { lines.count }

    /// The index of the first line at or after `mark` that holds for `test`.
    public func first(after mark: Int = 0, where test: (String) -> Bool) -> Int? {
        refresh()
        guard mark < known.count else { return nil }
        return known[mark...].firstIndex(where: test)
    }

    /// Whether a line at or after `mark` contains `text`.
    public func contains(_ text: String, after mark: Int = 0) -> Bool {
        first(after: mark) { $0.contains(text) } != nil
    }

    /// The last `count` lines as one text, long ones cut.
    public func tail(_ count: Int) -> String {
        lines.suffix(count).map { $0.count > 240 ? $0.prefix(240) + "…" : $0[...] }.joined(separator: "\n")
    }

    private func refresh() {
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(path, flags: O_RDONLY)
            guard lseek(file.raw, offset, SEEK_SET) >= 0 else { return }
            while let bytes = try file.read(upTo: 1 << 18), !bytes.isEmpty {
                offset += bytes.count
                take(bytes)
            }
        } catch {
            // Not there yet.
        }
    }

    private func take(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            known.append(String(decoding: partial + rest[..<end], as: UTF8.self))
            partial = []
            rest = rest[(end + 1)...]
        }
        partial += rest
    }
}

/// Milliseconds of CLOCK_MONOTONIC, the clock of the simulator's transcript.
public var monotonicMilliseconds: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
