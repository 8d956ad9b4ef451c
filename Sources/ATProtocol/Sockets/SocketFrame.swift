/// Bytes of a TCP connection being read. Framed by their length, never by lines: they may hold anything.
struct SocketFrame: Equatable {
    /// How the bytes stand behind the header.
    enum Form: Equatable {
        /// So many bytes, anything behind them.
        case pushed
        /// So many bytes, then CR LF.
        case read
        /// Twice so many digits, then CR LF.
        case readHex
        /// Digits or bytes, in quotes or not, then CR LF.
        case event
    }

    /// What came out.
    enum Verdict: Equatable {
        case tooEarly
        case damaged
        /// `size` counts from the start of the header.
        case data([UInt8], size: Int)
    }

    let form: Form
    /// Offset of the bytes from the start of the header.
    let payloadStart: Int
    /// Announced length in bytes.
    let length: Int
    /// Length of the header as a line of an answer, without its end; `nil`: it is none.
    let lineLength: Int?
    /// Whether it belongs to our connection, number 0.
    let isOurs: Bool
    /// Digits in quotes: how far they were looked at, and how many there were.
    private var scanned = 0
    private var digits = 0
    private var isNoQuotedHex = false

    init(form: Form, payloadStart: Int, length: Int, lineLength: Int?, isOurs: Bool) {
        self.form = form
        self.payloadStart = payloadStart
        self.length = length
        self.lineLength = lineLength
        self.isOurs = isOurs
    }

    /// Whether its bytes come as they are, so many and no more: nothing in them can show that one is not of it.
    var isRaw: Bool { form == .pushed || form == .read }

    /// How far from the start of the header the bytes may reach.
    var reach: Int {
        switch form {
        case .pushed: payloadStart + length
        case .read: payloadStart + length + 2
        case .readHex, .event: payloadStart + 2 * length + 6
        }
    }

    /// The decision. It depends on the bytes alone, not on how they were split; with `decideNow` no more come.
    mutating func judge(_ buffer: [UInt8], from head: Int, decideNow: Bool) -> Verdict {
        let start = head + payloadStart
        let verdict: Verdict
        switch form {
        case .pushed:
            verdict =
                start + length <= buffer.count
                ? .data(Array(buffer[start..<(start + length)]), size: payloadStart + length) : .tooEarly
        case .read: verdict = raw(buffer, start)
        case .readHex: verdict = hex(buffer, start)
        case .event: verdict = event(buffer, start, decideNow)
        }
        return verdict == .tooEarly && decideNow ? .damaged : verdict
    }

    /// The line end behind the bytes is looked for, not because they would need it: it shows that none was lost.
    private func raw(_ buffer: [UInt8], _ start: Int) -> Verdict {
        guard let ends = Self.lineEnd(buffer, start + length) else { return .tooEarly }
        guard ends else { return .damaged }
        return .data(Array(buffer[start..<(start + length)]), size: payloadStart + length + 2)
    }

    private func hex(_ buffer: [UInt8], _ start: Int) -> Verdict {
        guard let ends = Self.lineEnd(buffer, start + 2 * length) else { return .tooEarly }
        guard ends, let bytes = Self.decoded(buffer[start..<(start + 2 * length)]) else { return .damaged }
        return .data(bytes, size: payloadStart + 2 * length + 2)
    }

    /// Digits, as they were asked for; bytes as they are when a module does not do as it was told. Where the number of
    /// digits is not twice the length it cannot be told what was meant, or how much is missing.
    private mutating func event(_ buffer: [UInt8], _ start: Int, _ decideNow: Bool) -> Verdict {
        guard start < buffer.count else { return .tooEarly }
        if buffer[start] == 0x22 {
            if !isNoQuotedHex {
                let verdict = quotedDigits(buffer, start)
                if verdict != .damaged, verdict != .tooEarly || !decideNow { return verdict }
                isNoQuotedHex = true
            }
            guard start + length + 1 < buffer.count else { return .tooEarly }
            if buffer[start + length + 1] == 0x22 {
                guard let ends = Self.lineEnd(buffer, start + length + 2) else { return .tooEarly }
                if ends { return told(buffer[(start + 1)...(start + length)], size: payloadStart + length + 4) }
            }
        }
        guard let ends = Self.lineEnd(buffer, start + length) else { return .tooEarly }
        if ends { return told(buffer[start..<(start + length)], size: payloadStart + length + 2) }
        return Hex.value(buffer[start]) == nil ? .damaged : hex(buffer, start)
    }

    /// Bytes as they are; damage when they read as digits too.
    private func told(_ bytes: ArraySlice<UInt8>, size: Int) -> Verdict {
        !bytes.isEmpty && Self.decoded(bytes) != nil ? .damaged : .data(Array(bytes), size: size)
    }

    /// Digits between quotes, also on several lines: the closing quote was seen on a later one (module-behaviour 12).
    private mutating func quotedDigits(_ buffer: [UInt8], _ start: Int) -> Verdict {
        var index = start + 1 + scanned
        while index < buffer.count, buffer[index] != 0x22 {
            if Hex.value(buffer[index]) != nil {
                digits += 1
            } else if buffer[index] != 0x0D, buffer[index] != 0x0A {
                return .damaged
            }
            index += 1
            scanned = index - start - 1
            guard digits <= 2 * length, scanned <= 2 * length + 64 else { return .damaged }
        }
        guard index < buffer.count else { return .tooEarly }
        guard digits == 2 * length else { return .damaged }
        guard let ends = Self.lineEnd(buffer, index + 1) else { return .tooEarly }
        guard ends, let bytes = Self.decoded(buffer[(start + 1)..<index].filter { $0 != 0x0D && $0 != 0x0A }[...])
        else { return .damaged }
        return .data(bytes, size: index + 3 - start + payloadStart)
    }

    private static func decoded(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        var index = digits.startIndex
        while index < digits.endIndex {
            guard let high = Hex.value(digits[index]), let low = Hex.value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        return bytes
    }

    /// Whether CRLF stands at an index; `nil` when the bytes do not reach that far.
    private static func lineEnd(_ buffer: [UInt8], _ index: Int) -> Bool? {
        guard index < buffer.count else { return nil }
        guard buffer[index] == 0x0D else { return false }
        guard index + 1 < buffer.count else { return nil }
        return buffer[index + 1] == 0x0A
    }
}
