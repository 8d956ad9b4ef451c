import ATProtocol
import ModemCore

/// The last 256 KiB of what went over the line, with times: what there is to look at after something went wrong.
///
/// Bounded, and filled by appending: a few hundred nanoseconds an event. Memory comes in pieces as it is needed. What is
/// sent comes redacted; what is received is kept as it came, and made fit to be shown when it is written
/// (`FlightRecord`). Loop's thread only.
final class FlightRecorder {
    /// Bytes held, the events' own eleven each included.
    static let capacity = 256 << 10
    /// Bytes of one piece.
    static let piece = 16 << 10
    /// Bytes of one event; what is longer becomes several.
    static let eventLimit = 8 << 10

    /// What an event is.
    enum Kind: UInt8 { case sent = 1, received, note }

    /// A piece of the record.
    struct Piece: Sendable {
        /// What the link was when it began; nil: not started.
        var isOnline: Bool?
        /// Events: kind, time in microseconds (8 bytes), length (2 bytes), text.
        var bytes: [UInt8] = []
    }

    private(set) var pieces: [Piece] = []
    private(set) var count = 0
    /// Whether something was dropped.
    private(set) var isCut = false
    private var isOnline: Bool?
    private var lastNote: DialogueNote?

    /// Keeps one thing.
    func add(_ dialogue: Dialogue, now: Duration) {
        switch dialogue {
        case .sent(let text, _):
            lastNote = nil
            append(.sent, Array(text.utf8), now)
        case .received(let bytes):
            lastNote = nil
            append(.received, bytes, now)
        case .note(let note):
            // A port that is away is tried four times a second.
            if note == .portFailed, lastNote == note { return }
            lastNote = note
            append(.note, Array(note.text.utf8), now)
            if note.isDecision { isOnline = note == .online }
            if case .start = note { isOnline = false }
        case .recovers(let recovery):
            lastNote = nil
            append(.note, Array("recovery: \(recovery.rung.word): \(recovery.reason ?? "the session")".utf8), now)
        }
    }

    private func append(_ kind: Kind, _ bytes: [UInt8], _ now: Duration) {
        let (seconds, attoseconds) = now.components
        let time = UInt64(clamping: seconds) &* 1_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000_000)
        var rest = bytes[...]
        repeat {
            let part = rest.prefix(Self.eventLimit)
            rest = rest.dropFirst(part.count)
            if (pieces.last.map { $0.bytes.count + part.count + 11 > Self.piece } ?? true) { begin() }
            let last = pieces.count - 1
            pieces[last].bytes.append(kind.rawValue)
            for shift in stride(from: 56, through: 0, by: -8) {
                pieces[last].bytes.append(UInt8(truncatingIfNeeded: time >> UInt64(shift)))
            }
            pieces[last].bytes.append(UInt8(part.count >> 8))
            pieces[last].bytes.append(UInt8(part.count & 0xFF))
            pieces[last].bytes.append(contentsOf: part)
            count += part.count + 11
        } while !rest.isEmpty
    }

    private func begin() {
        var reused: [UInt8]?
        while count > Self.capacity - Self.piece {
            isCut = true
            count -= pieces[0].bytes.count
            reused = pieces.removeFirst().bytes
        }
        var bytes = reused ?? []
        bytes.removeAll(keepingCapacity: true)
        if reused == nil { bytes.reserveCapacity(Self.piece) }
        pieces.append(Piece(isOnline: isOnline, bytes: bytes))
    }
}
