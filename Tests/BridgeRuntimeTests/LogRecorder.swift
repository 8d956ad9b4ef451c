import Synchronization

@testable import BridgeRuntime

/// A log that keeps its lines.
final class LogRecorder: Sendable {
    struct Line: Equatable, Sendable {
        var level: Log.Level
        var text: String
    }

    private let kept = Mutex<[Line]>([])

    var lines: [Line] { kept.withLock { $0 } }

    func log(_ threshold: Log.Level = .debug) -> Log {
        Log(threshold: threshold) { [self] level, text in kept.withLock { $0.append(Line(level: level, text: text)) } }
    }

    /// Lines of this level or worse that contain `part`.
    func count(_ part: String, _ level: Log.Level = .debug) -> Int {
        lines.count { $0.level <= level && $0.text.contains(part) }
    }
}
