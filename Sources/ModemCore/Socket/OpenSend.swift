/// A send over a socket that may still be open in the module: it counts bytes, and what is written next becomes part of
/// the stream.
public struct OpenSend: Equatable, Sendable {
    /// Bytes that were declared.
    public var bytes: Int
    /// Whether bytes of it were written: then the module most likely has all of them, and ends it by itself.
    public var isWritten: Bool
    /// Whether other bytes in their place cannot become part of a message: an MQTT packet begins with the first of them,
    /// or TLS would notice.
    public var isHarmless: Bool
    /// Whether this process has its bytes, and a module that takes commands makes nothing of them: while none is written
    /// they can be, whatever it waits for.
    public var isRepeatable: Bool

    /// A send of so many bytes, none of which is written.
    public init(bytes: Int, isWritten: Bool = false, isHarmless: Bool, isRepeatable: Bool = false) {
        self.isRepeatable = isRepeatable
        self.bytes = bytes
        self.isWritten = isWritten
        self.isHarmless = isHarmless
    }

    /// Whether a module that takes commands makes nothing of these bytes: there is no line end in them, and with that of
    /// the next command they are none that does something: `AT` and a sign of commands, `ATZ`, `ATD` and no letter, `A/`.
    public static func saysNothing(_ bytes: [UInt8]) -> Bool {
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0D || byte == 0x0A { return false }
            guard byte | 0x20 == 0x61, index + 1 < bytes.count else { continue }
            if bytes[index + 1] == 0x2F { return false }
            guard bytes[index + 1] | 0x20 == 0x74 else { continue }
            let rest = bytes[(index + 2)...].drop { $0 == 0x20 }.prefix(2)
            guard let next = rest.first, !signs.contains(next), next | 0x20 != 0x7A else { return false }
            if next | 0x20 == 0x64, !(0x61...0x7A).contains((rest.dropFirst().first ?? 0) | 0x20) { return false }
        }
        return true
    }

    private static let signs = Array("+&^*$%#@\\!?;".utf8)
}
