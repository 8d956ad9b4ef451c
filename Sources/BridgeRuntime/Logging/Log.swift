import Glibc

/// One line per event, to standard error.
///
/// On a terminal each line starts with the time and the level; otherwise with the priority in angle brackets that
/// journald reads (sd-daemon(3)), which adds the time itself. Any thread; a line is one write.
public struct Log: Sendable {
    /// How much a line matters, with journald's numbers.
    public enum Level: Int, Sendable, Comparable, CaseIterable {
        /// Something is broken and will not mend by itself.
        case error = 3
        /// Something was lost, refused or is being recovered from.
        case warning = 4
        /// What an operator wants to see in a quiet week.
        case info = 6
        /// The AT dialogue, without passwords, PINs and payloads.
        case debug = 7

        /// The more important is the lesser.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    private let threshold: Level
    private let sink: @Sendable (Level, String) -> Void

    /// A log that keeps what is at least as important as `threshold`.
    public init(threshold: Level = .info, sink: @escaping @Sendable (Level, String) -> Void) {
        self.threshold = threshold
        self.sink = sink
    }

    /// The log of a process: standard error.
    public static func standardError(threshold: Level = .info) -> Log {
        let isTerminal = isatty(2) == 1
        return Log(threshold: threshold) { level, text in
            let line = formatted(level, text, time: isTerminal ? timeOfDay() : nil)
            unsafe line.withUnsafeBytes { unsafe _ = Glibc.write(2, $0.baseAddress, $0.count) }
        }
    }

    /// A line as it is written: behind `time` and the level, or without a time behind the priority for journald.
    ///
    /// A newline in a text from outside must not look like a second event, nor an escape sequence reach the terminal.
    static func formatted(_ level: Level, _ text: String, time: String?) -> [UInt8] {
        var line = time.map { "\($0) \(name(level)) " } ?? "<\(level.rawValue)>"
        for scalar in text.unicodeScalars {
            line.unicodeScalars.append(isControl(scalar) && scalar != "\t" ? " " : scalar)
        }
        line.unicodeScalars.append("\n")
        return Array(line.utf8)
    }

    /// Whether debug lines are kept, for callers that would have to build one.
    public var isDebug: Bool { threshold >= .debug }

    /// Writes a line.
    public func callAsFunction(_ level: Level, _ text: @autoclosure () -> String) {
        if level <= threshold { sink(level, text()) }
    }

    private static func name(_ level: Level) -> String {
        switch level {
        case .error: "error:  "
        case .warning: "warning:"
        case .info: "info:   "
        case .debug: "debug:  "
        }
    }

    private static func timeOfDay() -> String {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        var parts = unsafe tm()
        var seconds = now.tv_sec
        unsafe localtime_r(&seconds, &parts)
        func two(_ value: some BinaryInteger) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let millisecond = now.tv_nsec / 1_000_000
        let padding = millisecond < 10 ? "00" : millisecond < 100 ? "0" : ""
        return unsafe "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(padding)\(millisecond)"
    }
}

/// Bytes from outside as text for a log line: UTF-8 as it is, control characters and what is not UTF-8 as `\xNN`, at
/// most `limit` bytes.
package func readable(_ bytes: some Collection<UInt8>, limit: Int = 120) -> String {
    let cut = Array(bytes.prefix(limit))
    let tail = bytes.count > limit ? "…" : ""
    let text = String(decoding: cut, as: UTF8.self)
    if !text.unicodeScalars.contains(where: { isControl($0) || $0 == "\u{FFFD}" }) {
        return text + tail
    }
    let digits = Array("0123456789ABCDEF")
    var escaped = ""
    for byte in cut {
        if byte >= 0x20, byte < 0x7F {
            escaped.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            escaped += "\\x\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
    }
    return escaped + tail
}

/// Characters that steer a terminal: C0, DEL, C1, line separators, and those that turn the direction of writing.
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
}
