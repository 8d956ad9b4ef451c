/// The part of a `+MSUB` between topic and payload: `,20 byte,`, `,20 bytes,` or, as YM310 AT manual 13.6 has it, `,20,`.
enum MessageHeader: Equatable {
    /// Not enough bytes to tell.
    case tooEarly
    /// Something else.
    case none
    /// The announced length, whether the unit was there, and the bytes this part takes.
    case header(length: Int, unit: Bool, size: Int)

    private static let unit = Array(" byte".utf8)

    /// Reads it from the comma at `start`.
    static func parse(_ buffer: [UInt8], at start: Int) -> MessageHeader {
        var index = start + 1
        var length = 0
        while index < buffer.count, buffer[index] >= 0x30, buffer[index] <= 0x39 {
            guard index - start <= 5 else { return .none }
            length = length * 10 + Int(buffer[index] - 0x30)
            index += 1
        }
        guard index < buffer.count else { return .tooEarly }
        guard index > start + 1, length <= 65535 else { return .none }
        if buffer[index] == 0x2C { return .header(length: length, unit: false, size: index + 1 - start) }
        for expected in unit {
            guard index < buffer.count else { return .tooEarly }
            guard buffer[index] == expected else { return .none }
            index += 1
        }
        if index < buffer.count, buffer[index] == 0x73 { index += 1 }
        guard index < buffer.count else { return .tooEarly }
        return buffer[index] == 0x2C ? .header(length: length, unit: true, size: index + 1 - start) : .none
    }
}
