/// Payloads that carry a number and everything else that can trouble a line of text: `n=17;` and then bytes that
/// follow from the number, so that a damaged one is recognised.
public enum NumberedPayload {
    /// A choice of payloads.
    public enum Mix: Sendable {
        /// Text, quotes and backslashes, result codes between line ends, runs over all 256 byte values.
        case everything
        /// Printable ASCII of about 40 bytes.
        case text
        /// This many bytes, none of them text.
        case binary(Int)
    }

    /// The payload of `number`.
    public static func make(_ number: Int, _ mix: Mix = .everything) -> [UInt8] {
        Array("n=\(number);".utf8) + tail(number, mix)
    }

    /// The number, when the payload is whole and is the one of this number.
    public static func number(_ payload: [UInt8], _ mix: Mix = .everything) -> Int? {
        guard let number = head(payload), make(number, mix) == payload else { return nil }
        return number
    }

    /// The number at the front, whatever follows.
    public static func head(_ payload: some Collection<UInt8>) -> Int? {
        guard payload.starts(with: Array("n=".utf8)), let end = payload.firstIndex(of: UInt8(ascii: ";")) else {
            return nil
        }
        return Int(String(decoding: payload[..<end].dropFirst(2), as: UTF8.self))
    }

    private static func tail(_ number: Int, _ mix: Mix) -> [UInt8] {
        switch mix {
        case .text: return Array(" the quick brown fox, number \(number)".utf8)
        case .binary(let count): return run(from: number &* 31, count: count)
        case .everything: break
        }
        switch number % 5 {
        case 0: return Array(" 21.5 °C at the north wall, ok".utf8)
        case 1: return run(from: number &* 37, count: 64)
        case 2: return Array(" he said \"hi\", \\22 \\5C \\\\ \",3 byte,abcd".utf8)
        case 3: return Array("\r\nOK\r\n+MSUB: \"cmd/t/0\",3 byte,abc\r\nPUBACK\r\nERROR\r\n> ".utf8)
        default: return run(from: 0, count: 256)
        }
    }

    private static func run(from start: Int, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: start &+ $0) }
    }
}
