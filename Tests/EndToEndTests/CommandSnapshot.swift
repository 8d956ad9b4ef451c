import BridgeTestKit
import Glibc
import LinuxIO
import Testing

/// Output of whole commands held against the files beside the command line's other snapshots (Tests/cellbridgeTests). With
/// CELLBRIDGE_SNAPSHOTS=write they are written instead.
enum CommandSnapshot {
    private static let folder =
        #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/cellbridgeTests/Snapshots/commands"

    /// Compares `text`, without what differs from run to run, with the file `name`.
    static func check(_ text: String, _ name: String, _ rig: BridgeRig, place: SourceLocation = #_sourceLocation) {
        let masked = masked(text, rig)
        let (path, bytes) = ("\(folder)/\(name)", Array(masked.utf8))
        if unsafe getenv("CELLBRIDGE_SNAPSHOTS").map({ unsafe String(cString: $0) }) == "write" {
            try? Files.makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), mode: 0o755)
            try? Files.writeAtomically(path, bytes, mode: 0o644)
            return
        }
        let isSame = (try? Files.read(path, limit: 1 << 20)) == bytes
        #expect(isSame, "\(name) differs:\n\(masked)", sourceLocation: place)
    }

    /// Paths, ports, times, spans and what goes over the line.
    private static func masked(_ text: String, _ rig: BridgeRig) -> String {
        text.replacing(rig.directory.path, with: "RIG").replacing(":\(rig.remote.port)", with: ":PORT")
            .replacing(#/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+/#, with: "TIME")
            .replacing(#/(\d+ (d|h|min|s) ?)+ago/#, with: "AGE ago")
            .replacing(#/(for|up) (\d+ (d|h|min|s) ?)+/#) { "\($0.1) SPAN" }
            .replacing(#/"(now|uptime|since|age|line_sent|line_received|written|commits)":\d+/#) { "\"\($0.1)\":N" }
            .replacing(#/"accepted":\d{10}/#, with: "\"accepted\":N").replacing(
                #/"milliseconds":\d+/#, with: "\"milliseconds\":N"
            )
            .replacing(#/[0-9.]+ (bytes|kB) (sent|received)/#) { "N \($0.2)" }
    }
}
