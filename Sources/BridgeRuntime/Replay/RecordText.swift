/// Bytes in a line of a record: printable ASCII as it is, `\` and everything else as `\` and two capital hexadecimal
/// digits. The simulator's transcript is written the same way.
enum RecordText {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Appends the escaped form.
    static func append(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
        for byte in bytes {
            if byte >= 0x20, byte < 0x7F, byte != 0x5C {
                text.append(byte)
            } else {
                text += [0x5C, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    /// The escaped form.
    static func escaped(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        append(bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The bytes of an escaped form; nil when it is none.
    static func unescaped(_ text: some Collection<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text.makeIterator()
        while let byte = rest.next() {
            guard byte == 0x5C else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(value), let low = rest.next().flatMap(value) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x37
        case 0x61...0x66: digit - 0x57
        default: nil
        }
    }
}
