/// One direction of a UART: every byte takes ten bit times, and the next one begins when it is through.
///
/// Exact in nanoseconds, whenever it is asked; with a rate of 0 bytes are through at once.
struct BytePacer {
    /// Bytes that are through; `due` is when the last of them was.
    struct Chunk: Equatable {
        var bytes: [UInt8]
        var due: Duration
        /// Set when this chunk ends a piece that carried a tag.
        var tag: PrintTag?
    }

    private struct Piece {
        var bytes: [UInt8]
        var taken = 0
        /// When the first byte begins, in nanoseconds.
        var start: Int64
        var tag: PrintTag?
    }

    private let baud: Int64
    private var pieces: [Piece] = []
    private var free: Int64 = 0
    /// Bytes that are not through yet.
    private(set) var backlog = 0

    init(baud: Int) { self.baud = Int64(baud) }

    mutating func enqueue(_ bytes: [UInt8], tag: PrintTag? = nil, at now: Duration) {
        guard !bytes.isEmpty else { return }
        let start = max(free, now.nanoseconds)
        pieces.append(Piece(bytes: bytes, start: start, tag: tag))
        free = start + length(bytes.count)
        backlog += bytes.count
    }

    /// Takes what is through at `now`, at most `limit` bytes, piece by piece.
    mutating func take(now: Duration, limit: Int = .max) -> [Chunk] {
        var chunks: [Chunk] = []
        var left = limit
        while left > 0, !pieces.isEmpty {
            let piece = pieces[0]
            var count = piece.bytes.count - piece.taken
            if baud > 0 {
                let through = max(0, (now.nanoseconds - piece.start) * baud / 10_000_000_000)
                count = min(count, Int(through) - piece.taken)
                // Rounding may say one too few at the very moment a byte is through.
                let next = piece.taken + max(count, 0)
                if next < piece.bytes.count, due(piece, next) <= now.nanoseconds { count = max(count, 0) + 1 }
            } else if piece.start > now.nanoseconds {
                count = 0
            }
            count = min(count, left)
            guard count > 0 else { break }
            let end = piece.taken + count
            let isWhole = end == piece.bytes.count
            chunks.append(
                Chunk(
                    bytes: Array(piece.bytes[piece.taken..<end]), due: .nanoseconds(due(piece, end - 1)),
                    tag: isWhole ? piece.tag : nil))
            if isWhole { pieces.removeFirst() } else { pieces[0].taken = end }
            backlog -= count
            left -= count
        }
        return chunks
    }

    /// When the next byte is through.
    var nextDue: Duration? {
        guard let piece = pieces.first else { return nil }
        return .nanoseconds(due(piece, piece.taken))
    }

    /// When it is worth looking again: once a byte equal to `mark` is through, or all is, or two milliseconds' worth.
    func wakeTime(mark: UInt8) -> Duration? {
        guard let first = nextDue else { return nil }
        guard baud > 0 else { return first }
        let horizon = first.nanoseconds + 2_000_000
        for piece in pieces {
            for index in piece.taken..<piece.bytes.count {
                let due = due(piece, index)
                if due >= horizon || piece.bytes[index] == mark { return .nanoseconds(due) }
            }
        }
        return .nanoseconds(free)
    }

    mutating func removeAll() {
        pieces.removeAll()
        backlog = 0
        free = 0
    }

    private func length(_ count: Int) -> Int64 {
        baud > 0 ? (Int64(count) * 10_000_000_000 + baud - 1) / baud : 0
    }

    private func due(_ piece: Piece, _ index: Int) -> Int64 { piece.start + length(index + 1) }
}

extension Duration {
    /// Whole nanoseconds; what does not fit is the largest that does.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product &+ attoseconds / 1_000_000_000
    }
}
