/// Where the MQTT packets of a plain stream end, so that a send can be cut there: a module that a killed process left
/// waiting for the bytes of a send gets others in their place, and those must not become the rest of a message.
///
/// Only the fixed header is looked at (MQTT 5.0, 2.1): a byte, then the remaining length in one to four bytes. A stream
/// that is none of MQTT has no ends.
struct PacketEnds {
    private enum State {
        case type
        case length(multiplier: UInt64, value: UInt64)
        case body(left: UInt64)
        case lost
    }

    private var state = State.type
    private var position: UInt64 = 0
    /// Ends beyond what was dropped, in order.
    private var ends: [UInt64] = []
    /// The last end that was dropped.
    private var last: UInt64 = 0

    /// The next bytes of the stream.
    mutating func append(_ bytes: [UInt8]) {
        var index = 0
        while index < bytes.count {
            switch state {
            case .type:
                state = .length(multiplier: 1, value: 0)
                step(1, &index)
            case .length(let multiplier, let value):
                let sum = value + UInt64(bytes[index] & 0x7F) * multiplier
                step(1, &index)
                if bytes[index - 1] & 0x80 == 0 {
                    state = .body(left: sum)
                    if sum == 0 { end() }
                } else {
                    state = multiplier < 128 * 128 * 128 ? .length(multiplier: multiplier * 128, value: sum) : .lost
                }
            case .body(let left):
                let taken = min(left, UInt64(bytes.count - index))
                step(Int(taken), &index)
                state = .body(left: left - taken)
                if left == taken { end() }
            case .lost: return
            }
        }
    }

    private mutating func step(_ count: Int, _ index: inout Int) {
        index += count
        position += UInt64(count)
    }

    private mutating func end() {
        ends.append(position)
        state = .type
    }

    /// Forgets what is before this place of the stream.
    mutating func drop(through place: UInt64) {
        guard let index = ends.lastIndex(where: { $0 <= place }) else { return }
        last = ends[index]
        ends.removeFirst(index + 1)
    }

    /// Whether a packet begins here.
    func isStart(_ place: UInt64) -> Bool { place == 0 || place == last || ends.contains(place) }

    /// The last end of a packet in this range, if it leaves at least so many hundredths of it, or all there is: each send
    /// costs a latency, however little is in it.
    func cut(from place: UInt64, upTo limit: UInt64, leaving hundredths: UInt64) -> UInt64? {
        guard let end = ends.last(where: { $0 > place && $0 <= limit }) else { return nil }
        return (end - place) * 100 >= (limit - place) * hundredths ? end : nil
    }
}
