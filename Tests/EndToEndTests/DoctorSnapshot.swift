import BridgeTestKit
import Glibc
import LinuxIO
import Testing

/// Output of `doctor` held against the files beside the command line's other snapshots (Tests/cellbridgeTests). With
/// CELLBRIDGE_SNAPSHOTS=write they are written instead.
enum DoctorSnapshot {
    private static let folder =
        #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/cellbridgeTests/Snapshots/doctor"

    /// Compares `text`, without what differs from run to run, with the file `name`.
    static func check(
        _ text: String, _ name: String, _ rig: BridgeRig, place: SourceLocation = #_sourceLocation
    ) {
        check(
            text, name,
            masking: [
                (rig.directory.path, "RIG"), (":\(rig.remote.port)", ":PORT"), ("-p \(rig.remote.port)", "-p PORT"),
                ("pid \(rig.bridge?.pid ?? -1)", "pid PID"),
            ], place: place)
    }

    /// The same with other words to mask.
    static func check(
        _ text: String, _ name: String, masking: [(String, String)], place: SourceLocation = #_sourceLocation
    ) {
        let path = "\(folder)/\(name).txt"
        let masked = masked(text, masking)
        let bytes = Array(masked.utf8)
        if unsafe getenv("CELLBRIDGE_SNAPSHOTS").map({ unsafe String(cString: $0) }) == "write" {
            try? Files.makeDirectories(folder, mode: 0o755)
            try? Files.writeAtomically(path, bytes, mode: 0o644)
            return
        }
        let stored = (try? Files.read(path, limit: 1 << 20)) ?? []
        let isSame = stored == bytes
        #expect(isSame, "\(name) differs:\n\(masked)", sourceLocation: place)
    }

    /// Paths, ports, process ids, times and random numbers.
    private static func masked(_ text: String, _ words: [(String, String)]) -> String {
        var bytes = Array(text.utf8)
        for (from, to) in words {
            bytes = replacing(Array(from.utf8), Array(to.utf8), in: bytes)
        }
        for (before, after) in [("back after ", " ms"), ("/doctor/", ""), ("address ", "")] {
            bytes = numberless(bytes, after: Array(before.utf8), hex: after.isEmpty)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func replacing(_ part: [UInt8], _ new: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard !part.isEmpty else { return bytes }
        var (result, index): ([UInt8], Int) = ([], 0)
        while index < bytes.count {
            if bytes[index...].starts(with: part) {
                result += new
                index += part.count
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return result
    }

    /// A number that follows `mark` becomes N.
    private static func numberless(_ bytes: [UInt8], after mark: [UInt8], hex: Bool) -> [UInt8] {
        var (result, index): ([UInt8], Int) = ([], 0)
        while index < bytes.count {
            guard bytes[index...].starts(with: mark) else {
                result.append(bytes[index])
                index += 1
                continue
            }
            result += mark
            index += mark.count
            let start = index
            while index < bytes.count,
                (0x30...0x39).contains(bytes[index]) || hex && (0x61...0x66).contains(bytes[index])
            {
                index += 1
            }
            if index > start { result.append(0x4E) }
        }
        return result
    }
}
