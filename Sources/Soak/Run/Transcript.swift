import Synchronization

/// What happened, with virtual times: the last few hundred events, or all of them.
///
/// Text is made only when it is asked for; what goes over the wire is kept as bytes.
final class Transcript: Sendable {
    /// One event.
    enum Event: Sendable {
        case toModule([UInt8])
        case toHost([UInt8])
        case text(String)
        case commit(out: Int, incoming: Int, removedOut: Int, removedIn: Int)
    }

    fileprivate struct State {
        var now: Duration = .zero
        var ring: [(Duration, Event)] = []
        var next = 0
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        var count = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// Keeps the last `limit` events.
    init(limit: Int) { self.limit = max(limit, 1) }

    func at(_ now: Duration) { state.withLock { $0.now = now } }

    func add(_ event: Event) {
        state.withLock { state in
            state.count += 1
            state.mix(event)
            if state.ring.count < limit {
                state.ring.append((state.now, event))
            } else {
                state.ring[state.next] = (state.now, event)
                state.next = (state.next + 1) % limit
            }
        }
    }

    /// A number over every event and its time: equal runs have equal ones.
    var digest: UInt64 { state.withLock { $0.digest } }
    /// Events so far.
    var count: Int { state.withLock { $0.count } }

    /// The events that are kept, oldest first, a line each.
    var lines: [String] {
        state.withLock { state in
            let ordered = state.ring[state.next...] + state.ring[..<state.next]
            return ordered.map { "\($0.0.shown)  \($0.1.line)" }
        }
    }
}

extension Transcript.State {
    fileprivate mutating func mix(_ event: Transcript.Event) {
        mix(UInt64(truncatingIfNeeded: now.milliseconds))
        switch event {
        case .toModule(let bytes), .toHost(let bytes):
            mix(UInt64(bytes.count))
            for byte in bytes.prefix(64) { mix(UInt64(byte)) }
        case .text(let text): for byte in text.utf8 { mix(UInt64(byte)) }
        case .commit(let out, let incoming, let removedOut, let removedIn):
            mix(UInt64(out << 48 | incoming << 32 | removedOut << 16 | removedIn))
        }
    }

    private mutating func mix(_ value: UInt64) { digest = (digest ^ value) &* 0x100_0000_01B3 }
}

extension Transcript.Event {
    fileprivate var line: String {
        switch self {
        case .toModule(let bytes): "-> \(Self.shown(bytes))"
        case .toHost(let bytes): "<- \(Self.shown(bytes))"
        case .text(let text): text
        case .commit(let out, let incoming, let removedOut, let removedIn):
            "disk: +\(out) out, +\(incoming) in, -\(removedOut) out, -\(removedIn) in"
        }
    }

    private static func shown(_ bytes: [UInt8]) -> String {
        var text = ""
        for byte in bytes.prefix(160) {
            switch byte {
            case 0x0D: text += "\\r"
            case 0x0A: text += "\\n"
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16)
                text += "\\x" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return bytes.count > 160 ? "\(text)… (\(bytes.count) bytes)" : text
    }
}
