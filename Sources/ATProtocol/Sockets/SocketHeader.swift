/// What stands in front of the bytes of a TCP connection.
enum SocketHeader: Equatable {
    /// Not enough bytes to tell.
    case tooEarly
    /// Something else: an ordinary line.
    case none
    /// A header whose length cannot be believed; `size` bytes of it were read, `announced` bytes may follow.
    case damaged(size: Int, announced: Int)
    /// A frame.
    case frame(SocketFrame)

    /// Longest header with an address in it (Quectel GSM TCP/IP guide 5.2).
    private static let longest = 128

    /// Reads it at `start`. A frame announces `maximum` bytes at most.
    static func parse(
        _ buffer: [UInt8], at start: Int, dialect: SocketDialect, maximum: Int
    ) -> SocketHeader {
        guard start < buffer.count else { return .tooEarly }
        guard buffer[start] == 0x2B else { return .none }
        switch dialect {
        case .cip:
            let pushed = pushed(HeaderCursor(buffer, at: start), start, maximum)
            return pushed == .none ? read(HeaderCursor(buffer, at: start), start, maximum) : pushed
        case .qi: return readByAddress(HeaderCursor(buffer, at: start), buffer, start, maximum)
        case .bc260y: return event(HeaderCursor(buffer, at: start), start, maximum)
        }
    }

    /// `+IPD,n:` and `+IPD,n,TCP:` (YM310 AT manual 9.23, 9.24).
    private static func pushed(_ start: HeaderCursor, _ head: Int, _ maximum: Int) -> SocketHeader {
        var cursor = start
        guard cursor.take("+IPD") else { return cursor.ranOut ? .tooEarly : .none }
        cursor.blanks()
        guard cursor.take(0x2C) else { return cursor.ranOut ? .tooEarly : .none }
        cursor.blanks()
        let length = cursor.number()
        cursor.blanks()
        if length != nil, cursor.peek() == 0x2C {
            guard cursor.take(0x2C), cursor.take("TCP") else { return refused(cursor, head, maximum) }
            cursor.blanks()
        }
        guard let length, cursor.take(0x3A) else { return refused(cursor, head, maximum) }
        return frame(.pushed, cursor, head, length, maximum)
    }

    /// `+CIPRXGET: 2,n,left` and `+CIPRXGET: 3,n,left` with a line end (YM310 AT manual 9.27). Other lines with this
    /// prefix carry nothing.
    private static func read(_ start: HeaderCursor, _ head: Int, _ maximum: Int) -> SocketHeader {
        var cursor = start
        guard cursor.take("+CIPRXGET") else { return cursor.ranOut ? .tooEarly : .none }
        cursor.blanks()
        guard cursor.take(0x3A) else { return cursor.ranOut ? .tooEarly : .none }
        cursor.blanks()
        guard let mode = cursor.number(), mode == 2 || mode == 3, cursor.peek() == 0x2C else {
            return cursor.ranOut ? .tooEarly : .none
        }
        var numbers: [Int] = []
        while numbers.count < 3, cursor.peek() == 0x2C {
            cursor.skip()
            cursor.blanks()
            guard let number = cursor.number() else { return refused(cursor, head, maximum) }
            numbers.append(number)
            cursor.blanks()
        }
        let lineLength = cursor.index - head
        guard numbers.count >= 2, cursor.lineEnd() else { return refused(cursor, head, maximum) }
        // With several connections their number goes first.
        return frame(
            mode == 3 ? .readHex : .read, cursor, head, numbers[numbers.count - 2], maximum, line: lineLength,
            isOurs: numbers.count == 2 || numbers[0] == 0)
    }

    /// `+QIRD: address:port,TCP,n` with a line end (Quectel GSM TCP/IP guide 5.2).
    private static func readByAddress(
        _ start: HeaderCursor, _ buffer: [UInt8], _ head: Int, _ maximum: Int
    ) -> SocketHeader {
        var cursor = start
        guard cursor.take("+QIRD") else { return cursor.ranOut ? .tooEarly : .none }
        cursor.blanks()
        guard cursor.take(0x3A) else { return cursor.ranOut ? .tooEarly : .none }
        let textStart = cursor.index
        while let byte = cursor.peek(), byte >= 0x20, cursor.index - head < longest { cursor.skip() }
        let lineEnd = cursor.index
        guard cursor.lineEnd() else { return refused(cursor, head, maximum) }
        let fields = buffer[textStart..<lineEnd].split(separator: 0x2C, omittingEmptySubsequences: false)
        guard fields.count >= 3, let length = fields.last?.trimmed.decimal else {
            return refused(cursor, head, maximum)
        }
        return frame(.read, cursor, head, length, maximum, line: lineEnd - head)
    }

    /// `+QIURC: "recv",0,n,` (BC260Y-CN TCP/IP guide 2.4.2).
    private static func event(_ start: HeaderCursor, _ head: Int, _ maximum: Int) -> SocketHeader {
        var cursor = start
        guard cursor.take("+QIURC") else { return cursor.ranOut ? .tooEarly : .none }
        cursor.blanks()
        guard cursor.take(0x3A) else { return cursor.ranOut ? .tooEarly : .none }
        cursor.blanks()
        guard cursor.take("\"recv\"") else { return cursor.ranOut ? .tooEarly : .none }
        var numbers: [Int] = []
        for _ in 0..<2 {
            cursor.blanks()
            guard cursor.take(0x2C) else { return refused(cursor, head, maximum) }
            cursor.blanks()
            guard let number = cursor.number() else { return refused(cursor, head, maximum) }
            numbers.append(number)
        }
        cursor.blanks()
        guard cursor.take(0x2C) else { return refused(cursor, head, maximum) }
        return frame(.event, cursor, head, numbers[1], maximum, isOurs: numbers[0] == 0)
    }

    private static func refused(_ cursor: HeaderCursor, _ head: Int, _ maximum: Int) -> SocketHeader {
        cursor.ranOut ? .tooEarly : .damaged(size: max(1, cursor.index - head), announced: maximum)
    }

    private static func frame(
        _ form: SocketFrame.Form, _ cursor: HeaderCursor, _ head: Int, _ length: Int, _ maximum: Int,
        line: Int? = nil, isOurs: Bool = true
    ) -> SocketHeader {
        guard length <= maximum else { return .damaged(size: cursor.index - head, announced: maximum) }
        return .frame(
            SocketFrame(
                form: form, payloadStart: cursor.index - head, length: length, lineLength: line, isOurs: isOurs))
    }
}
