import Glibc

/// A line on a terminal that shows how far an upload is; nothing when standard output is none.
struct ProgressBar {
    private let isTerminal = isatty(1) == 1
    private var isShown = false

    /// Draws the line over the one before.
    mutating func show(_ label: String, sent: Int, total: Int, elapsed: Duration) {
        guard isTerminal else { return }
        isShown = true
        let line = Self.line(label, sent: sent, total: total, elapsed: elapsed, hasColours: Console.hasColours)
        Console.write("\r\u{1B}[K" + line)
    }

    /// Removes it.
    mutating func clear() {
        guard isShown else { return }
        isShown = false
        Console.write("\r\u{1B}[K")
    }

    /// `key cb-key-a.key  [########............]  41 %  700 of 1704 bytes  0.3 s`.
    static func line(_ label: String, sent: Int, total: Int, elapsed: Duration, hasColours: Bool) -> String {
        let width = 20
        let bounded = min(max(sent, 0), max(total, 0))
        let filled = total > 0 ? bounded * width / total : width
        let percent = total > 0 ? bounded * 100 / total : 100
        let full = String(repeating: "#", count: filled)
        let done = hasColours ? "\u{1B}[32m\(full)\u{1B}[0m" : full
        let rest = String(repeating: ".", count: width - filled)
        let pad = String(repeating: " ", count: percent < 10 ? 2 : percent < 100 ? 1 : 0)
        return "\(label)  [\(done)\(rest)]  \(pad)\(percent) %  \(bounded) of \(total) bytes  \(seconds(elapsed))"
    }

    /// `0.3 s`.
    static func seconds(_ time: Duration) -> String {
        let tenths = max(0, Int(time / .milliseconds(100)))
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
