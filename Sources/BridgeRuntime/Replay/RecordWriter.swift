import ATProtocol

/// A dialogue as it goes on, in the format of a record; what `cellbridge console --record` keeps.
///
/// Received lines are written when they are whole, so that a command of ours that the module echoes can be redacted.
package final class RecordWriter {
    /// Bytes of a line that does not end.
    private static let limit = 8192

    private let write: ([UInt8]) -> Void
    private let begin: Duration
    private var line: [UInt8] = []
    private var mask = PayloadMask()
    private var lineAt: Duration = .zero

    /// Gives each line to `write`. `note` goes into the header; `now` is the time of the beginning.
    package init(note: String, now: Duration, write: @escaping ([UInt8]) -> Void) {
        self.write = write
        begin = now
        write(Array("\(FlightRecord.firstLine)\n# \(note)\n".utf8))
    }

    /// A command of ours, redacted.
    package func sent(_ text: String, now: Duration) {
        flush()
        put(" -> ", Array(text.utf8), now)
    }

    /// Bytes of the module.
    package func received(_ bytes: [UInt8], now: Duration) {
        for byte in mask.masked(bytes) {
            if line.isEmpty { lineAt = now }
            line.append(byte)
            if byte == 0x0A || line.count >= Self.limit { flush() }
        }
    }

    /// Writes what waits for the end of its line.
    package func flush() {
        guard !line.isEmpty else { return }
        put(" <- ", Self.masked(line), lineAt)
        line = []
    }

    /// An echo of a command that carries a secret: its name, then as many asterisks as there were bytes.
    private static func masked(_ line: [UInt8]) -> [UInt8] {
        let end = line.lastIndex { $0 != 0x0D && $0 != 0x0A }.map { $0 + 1 } ?? 0
        guard let start = line[..<end].firstIndex(of: 0x41) ?? line[..<end].firstIndex(of: 0x61) else { return line }
        let text = Array(line[start..<end])
        let shown = Array(ATCommand.redacted(text).utf8)
        guard shown != text, shown.count >= 3 else { return line }
        let name = shown.dropLast(3).prefix(text.count)
        return line[..<start] + name + [UInt8](repeating: 0x2A, count: text.count - name.count) + line[end...]
    }

    private func put(_ mark: String, _ bytes: [UInt8], _ now: Duration) {
        let (seconds, attoseconds) = (now - begin).components
        let microseconds = UInt64(clamping: seconds) &* 1_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000_000)
        var text = Array((FlightRecord.milliseconds(microseconds) + mark).utf8)
        RecordText.append(bytes, to: &text)
        write(text + [0x0A])
    }
}
