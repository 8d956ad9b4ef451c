import BridgeRuntime

/// What the demo shows: plain lines, coloured on a terminal, the bridge's own log set in and bounded.
final class DemoScreen {
    enum Colour: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case blue = "34"
        case cyan = "36"
    }

    /// False once nobody reads standard output any more.
    private(set) var hasReader = true
    /// How many were shown.
    private(set) var lines = 0
    private let isColoured = Console.hasColours
    private var logLines = 0
    private let logLimit: Int
    private let isQuiet: Bool

    /// `isQuiet`: nothing is shown but that it failed.
    init(isVerbose: Bool, isQuiet: Bool) {
        logLimit = isVerbose ? 2000 : 80
        self.isQuiet = isQuiet
    }

    func line(_ text: String = "") {
        lines += 1
        if isQuiet { return }
        if !Console.line(text) { hasReader = false }
    }

    func paint(_ text: String, _ colour: Colour) -> String {
        isColoured ? "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// The verdict, when it is a bad one.
    func failed(_ text: String) {
        if isQuiet { Console.error("cellbridge demo: \(text)") }
        line(paint("FAILED: \(text)", .red))
    }

    /// `[2/6] text`.
    func step(_ number: Int, of count: Int, _ text: String) {
        line(paint("[\(number)/\(count)] \(text)", .bold))
    }

    /// One line of the bridge's log.
    func log(_ line: DemoLogLine) {
        logLines += 1
        guard logLines <= logLimit else {
            if logLines == logLimit + 1 {
                self.line("      " + paint("bridge | (further log lines are not shown)", .dim))
            }
            return
        }
        show(line)
    }

    /// The same without a bound.
    func show(_ line: DemoLogLine) {
        let colour: Colour =
            switch line.level {
            case .error: .red
            case .warning: .yellow
            case .info: .blue
            case .debug: .dim
            }
        let text = readable(Array(line.text.utf8), limit: 180)
        self.line("      " + paint("bridge | ", .dim) + paint(text, colour))
    }

    /// `text` with blanks to `width` characters, before it when `isNumber`.
    static func column(_ text: String, _ width: Int, isNumber: Bool = false) -> String {
        let pad = String(repeating: " ", count: max(0, width - text.count))
        return isNumber ? pad + text : text + pad
    }

    /// `1.234` seconds.
    static func seconds(_ time: Duration, decimals: Int = 3) -> String {
        let (seconds, attoseconds) = max(time, .zero).components
        let digits = "\(1_000_000_000_000_000_000 + attoseconds)".dropFirst().prefix(decimals)
        return "\(seconds).\(digits)"
    }

    /// `38 ms` or `1.24 s`.
    static func span(_ time: Duration) -> String {
        if time >= .seconds(1) { return seconds(time, decimals: 2) + " s" }
        return "\(time.components.attoseconds / 1_000_000_000_000_000) ms"
    }
}

/// A line of the bridge's log as it comes through a pipe: `<6>text`.
struct DemoLogLine {
    var level: Log.Level
    var text: String

    init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let prefix = text.utf8.prefix(3)
        if prefix.count == 3, prefix.first == UInt8(ascii: "<"), prefix.last == UInt8(ascii: ">"),
            let number = Int(String(text.dropFirst().prefix(1))), let level = Log.Level(rawValue: number)
        {
            self.level = level
            self.text = String(text.dropFirst(3))
        } else {
            level = .error
            self.text = text
        }
    }
}
