import ATProtocol
import Glibc

/// A posted log of a real module, brought back to what was on the wire.
struct Capture {
    enum Event: Equatable {
        /// A command the host sent.
        case sent(String)
        /// What the module sent.
        case received([UInt8])
        /// Data of the host, after a prompt.
        case sentData
        /// The host gave up waiting.
        case timedOut
    }

    private(set) var events: [Event] = []

    init(_ name: String) {
        let here = #filePath
        let folder = here.split(separator: "/").dropLast(2).joined(separator: "/")
        var lines = Self.read("/" + folder + "/Fixtures/" + name).split(
            separator: 0x0A, omittingEmptySubsequences: false
        ).map { text($0) }
        lines.removeAll { $0.hasPrefix("#") }
        if lines.last == "" { lines.removeLast() }
        if lines.contains(where: { $0.contains("at_engine: ") }) {
            hostLog(lines)
        } else if lines.contains(where: { $0.contains("收←◆") }) {
            stampedLog(lines)
        } else {
            posting(lines)
        }
    }

    /// A posting of the dialogue: a line of ours begins with AT, line ends were CRLF, and LF inside of a payload.
    private mutating func posting(_ lines: [String]) {
        var index = 0
        var isData = false
        while index < lines.count {
            var line = lines[index]
            index += 1
            if line.hasPrefix("-----BEGIN") { isData = true }
            if isData {
                isData = !line.hasPrefix("-----END")
                if !isData { events.append(.sentData) }
                continue
            }
            if line.hasPrefix("AT") {
                events.append(.sent(line))
                continue
            }
            if line.hasPrefix("+MSUB: \""), let unit = line.range(of: " byte,") {
                let digits = line[..<unit.lowerBound].split(separator: ",").last ?? ""
                let total = line[..<unit.upperBound].utf8.count + (Int(digits) ?? 0)
                while line.utf8.count < total, index < lines.count {
                    line += "\n" + lines[index]
                    index += 1
                }
            }
            add(line == ">" ? ">" : line + "\r\n")
        }
    }

    /// `I (311) at_engine: RX:|text`; a W line is where the host gave up.
    private mutating func hostLog(_ lines: [String]) {
        for line in lines {
            if let mark = line.range(of: "TX:|") {
                events.append(.sent(String(line[mark.upperBound...])))
            } else if let mark = line.range(of: "RX:|") {
                add(String(line[mark.upperBound...]) + "\r\n")
            } else if line.hasPrefix("W") {
                events.append(.timedOut)
            }
        }
    }

    /// `[time]收←◆` begins a read of the port, `[time]发→◇` a write that ends with a box.
    private mutating func stampedLog(_ lines: [String]) {
        for (index, line) in lines.enumerated() {
            if let mark = line.range(of: "发→◇") {
                events.append(.sent(String(line[mark.upperBound...])))
            } else if line != "□" {
                // A read that ends within a line goes on in the next one.
                let isCut = index + 1 < lines.count && lines[index + 1].contains("收←◆")
                let shown = line.range(of: "收←◆").map { String(line[$0.upperBound...]) } ?? line
                add(shown + (isCut ? "" : "\r\n"))
            }
        }
    }

    private mutating func add(_ text: String) {
        if case .received(let before) = events.last {
            events[events.count - 1] = .received(before + bytes(text))
        } else {
            events.append(.received(bytes(text)))
        }
    }

    private static func read(_ path: String) -> [UInt8] {
        guard let file = unsafe fopen(path, "r") else { return [] }
        defer { unsafe fclose(file) }
        var contents: [UInt8] = []
        while true {
            let byte = unsafe getc(file)
            guard byte != EOF else { return contents }
            contents.append(UInt8(truncatingIfNeeded: byte))
        }
    }
}

extension String {
    /// The first place of some text.
    func range(of text: String) -> Range<String.Index>? {
        self.firstRange(of: text)
    }
}
