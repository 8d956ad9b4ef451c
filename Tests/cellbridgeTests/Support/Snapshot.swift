import Glibc
import LinuxIO
import Testing

/// Texts held against files in `Snapshots`. With CELLBRIDGE_SNAPSHOTS=write in the environment the files are written
/// instead: `CELLBRIDGE_SNAPSHOTS=write swift test --filter cellbridgeTests`, then read the difference.
enum Snapshot {
    /// Where the files are.
    static let folder = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Snapshots"

    static var isWriting: Bool {
        unsafe getenv("CELLBRIDGE_SNAPSHOTS").map { unsafe String(cString: $0) } == "write"
    }

    /// Compares `text`, a line end added, with the file `name`.
    static func check(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let path = folder + "/" + name
        let bytes = Array((text + "\n").utf8)
        if isWriting {
            do throws(SystemError) {
                try Files.makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), mode: 0o755)
                try Files.writeAtomically(path, bytes, mode: 0o644)
            } catch {
                Issue.record("\(error)", sourceLocation: sourceLocation)
            }
            return
        }
        guard let stored = try? Files.read(path, limit: 1 << 20) else {
            Issue.record("there is no \(name); see Snapshot.swift", sourceLocation: sourceLocation)
            return
        }
        guard stored != bytes else { return }
        Issue.record(
            "\(name) differs: \(difference(stored, bytes)); see Snapshot.swift", sourceLocation: sourceLocation)
    }

    /// The first line that is another.
    private static func difference(_ old: [UInt8], _ new: [UInt8]) -> String {
        func lines(_ bytes: [UInt8]) -> [Substring] {
            String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        }
        let (old, new) = (lines(old), lines(new))
        let index = zip(old, new).prefix { $0 == $1 }.count
        func line(_ lines: [Substring]) -> String { index < lines.count ? "\"\(lines[index])\"" : "the end" }
        return "line \(index + 1) was \(line(old)), is \(line(new))"
    }
}
