/// Learns whether a module prints a line end of its own behind pushed bytes (YM310 AT manual 9.12), which then must never
/// be missing. The start of the next line looks the same; only both together show it.
struct PushedEnds: Equatable {
    /// So many frames in a row make it certain.
    static let enough = 3

    /// Frames in a row with both.
    private var seen = 0
    /// Line ends since the last frame; `nil`: a line has begun since.
    private var lineEnds: Int?
    /// It was believed once and something was missing: it may have been believed wrongly.
    private var isDistrusted = false

    /// Whether one is there behind each frame.
    var areCertain: Bool { seen >= Self.enough && !isDistrusted }

    /// A frame was followed by a line end.
    mutating func ended() { lineEnds = 0 }

    /// A blank between lines.
    mutating func blank(_ byte: UInt8) {
        if byte == 0x0A, let count = lineEnds { lineEnds = min(count + 1, 2) }
    }

    /// The first byte of a line.
    mutating func lineBegins() {
        guard let count = lineEnds else { return }
        seen = count == 2 ? min(seen + 1, Self.enough) : 0
        lineEnds = nil
    }

    /// A frame was damaged.
    mutating func failed() {
        if areCertain { isDistrusted = true }
        (seen, lineEnds) = (0, nil)
    }
}
