/// Hides the bytes of a TCP connection in what a module prints, as they go by: what came in is nobody's business, where it
/// stood and how long it was is. The length stays the same.
struct PayloadMask {
    private enum State: Equatable {
        /// Text of the module; what of the present line may be a header.
        case text
        /// So many bytes of a frame are still to come, each shown as this.
        case frame(Int, shown: UInt8)
        /// Behind `+QIURC: "recv",0,n,`: bytes or twice as many digits (BC260Y-CN TCP/IP guide 2.4.2).
        case event(Int, seen: Int)
        /// The same in quotes.
        case quoted(Int)
    }

    private static let longestHeader = 128
    private static let longestFrame = 1 << 16
    private var state = State.text
    private var line: [UInt8] = []

    /// The same bytes, hidden where they are the connection's. Cut anywhere.
    mutating func masked(_ bytes: some Sequence<UInt8>) -> [UInt8] { bytes.map { shown($0) } }

    private mutating func shown(_ byte: UInt8) -> UInt8 {
        switch state {
        case .text:
            text(byte)
            return byte
        case .frame(let left, let shown):
            state = left > 1 ? .frame(left - 1, shown: shown) : .text
            return shown
        case .event(let count, let seen):
            if seen == 0, byte == 0x22 {
                state = .quoted(2 * count + 64)
                return byte
            }
            if byte == 0x0D, seen == count || seen == 2 * count || seen > 2 * count {
                state = .text
                return byte
            }
            state = seen < 2 * count + 64 ? .event(count, seen: seen + 1) : .text
            return Self.hidden(byte)
        case .quoted(let left):
            if byte == 0x22 || left == 0 {
                state = .text
                return byte == 0x22 ? byte : Self.hidden(byte)
            }
            state = .quoted(left - 1)
            return byte == 0x0D || byte == 0x0A ? byte : Self.hidden(byte)
        }
    }

    /// A digit stays one, so that the frame is read as it was.
    private static func hidden(_ byte: UInt8) -> UInt8 {
        switch byte {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: 0x30
        default: 0x78
        }
    }

    private mutating func text(_ byte: UInt8) {
        if byte == 0x2B { line = [] }
        if line.count < Self.longestHeader { line.append(byte) }
        guard line.first == 0x2B else {
            if byte == 0x0A { line = [] }
            return
        }
        switch byte {
        case 0x3A where line.starts(with: "+IPD".utf8):
            // `+IPD,n:` and `+IPD,n,TCP:` (YM310 AT manual 9.23, 9.24).
            begin(numbers.first, shown: 0x78)
        case 0x0A where line.starts(with: "+CIPRXGET".utf8):
            // `+CIPRXGET: 2,n,left` (YM310 AT manual 9.27); with several connections their number goes first.
            let numbers = self.numbers
            if numbers.count >= 3, numbers[0] == 2 || numbers[0] == 3 {
                let count = numbers[numbers.count - 2]
                begin(numbers[0] == 3 ? 2 * count : count, shown: numbers[0] == 3 ? 0x30 : 0x78)
            }
            line = []
        case 0x0A where line.starts(with: "+QIRD:".utf8):
            // `+QIRD: address:port,TCP,n` (Quectel GSM TCP/IP guide 5.2).
            begin(numbers.last, shown: 0x78)
            line = []
        case 0x2C where line.starts(with: "+QIURC".utf8) && line.count { $0 == 0x2C } == 3:
            if let count = numbers.last, (1...Self.longestFrame).contains(count) { state = .event(count, seen: 0) }
            line = []
        case 0x0A: line = []
        default: break
        }
    }

    private mutating func begin(_ count: Int?, shown: UInt8) {
        line = []
        if let count, (1...Self.longestFrame).contains(count) { state = .frame(count, shown: shown) }
    }

    /// The numbers of the line behind its name.
    private var numbers: [Int] {
        line.split { !(0x30...0x39).contains($0) }.compactMap { digits in
            digits.count <= 6 ? digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } : nil
        }
    }
}
