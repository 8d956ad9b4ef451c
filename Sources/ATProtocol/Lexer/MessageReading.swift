/// One way to read a `+MSUB` line: this topic, this many bytes.
struct MessageReading {
    /// How the payload is printed.
    enum Form: Equatable {
        /// As it is.
        case raw
        /// Two digits for a byte, with MQTTMODE=1; the length counts bytes.
        case hex
        /// In quotes that the length does not count, as the CT511N does.
        case quoted
    }

    /// Whether the message ends where this reading says.
    enum Fit: Equatable {
        case tooEarly
        case no
        /// `end` is the offset after its CRLF.
        case yes(Form, end: Int)
    }

    let topic: [UInt8]
    /// Whether a subscribed filter matches the topic.
    let matches: Bool
    /// Offset of the payload from the start of the line.
    let payloadStart: Int
    /// Announced length in bytes.
    let length: Int
    let dialect: MessageDialect

    /// Answers from the bytes that are there. Once it is not `tooEarly` more bytes do not change it.
    func fit(_ buffer: [UInt8], from head: Int, hexPossible: Bool) -> Fit {
        let start = head + payloadStart
        switch lineEnd(buffer, start + length) {
        case nil: return .tooEarly
        case true?: return .yes(.raw, end: payloadStart + length + 2)
        case false?: break
        }
        // CRLF after N bytes rules digits out, so the two forms never fit both.
        if hexPossible, length > 0, Hex.value(buffer[start]) != nil, Hex.value(buffer[start + length]) != nil {
            switch lineEnd(buffer, start + 2 * length) {
            case nil: return .tooEarly
            case true?:
                if buffer[start..<(start + 2 * length)].allSatisfy({ Hex.value($0) != nil }) {
                    return .yes(.hex, end: payloadStart + 2 * length + 2)
                }
            case false?: break
            }
        }
        guard buffer[start] == 0x22 else { return .no }
        guard start + length + 1 < buffer.count else { return .tooEarly }
        guard buffer[start + length + 1] == 0x22 else { return .no }
        switch lineEnd(buffer, start + length + 2) {
        case nil: return .tooEarly
        case true?: return .yes(.quoted, end: payloadStart + length + 4)
        case false?: return .no
        }
    }

    func payload(_ buffer: [UInt8], from head: Int, form: Form) -> [UInt8] {
        let start = head + payloadStart
        switch form {
        case .raw: return Array(buffer[start..<(start + length)])
        case .quoted: return Array(buffer[(start + 1)..<(start + 1 + length)])
        case .hex:
            return (0..<length).map { index in
                let high = Hex.value(buffer[start + 2 * index]) ?? 0
                return high << 4 | (Hex.value(buffer[start + 2 * index + 1]) ?? 0)
            }
        }
    }

    /// Whether CRLF stands at an index; `nil` when the bytes do not reach that far.
    private func lineEnd(_ buffer: [UInt8], _ index: Int) -> Bool? {
        guard index < buffer.count else { return nil }
        guard buffer[index] == 0x0D else { return false }
        guard index + 1 < buffer.count else { return nil }
        return buffer[index + 1] == 0x0A
    }
}
