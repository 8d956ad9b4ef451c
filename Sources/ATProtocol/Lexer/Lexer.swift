/// Cuts the stream into tokens. Any split of the stream into reads gives the same tokens.
///
/// The owner pulls one token at a time, because what one token means can change how the next is cut: a prompt is one
/// only while it is expected.
struct Lexer {
    /// What is known from above while a token is cut.
    struct Context {
        /// Whether `>` at the start of a line is the data prompt.
        var promptExpected = false
        /// Whether payloads may come as hexadecimal digits.
        var hexPossible = false
        /// Whether messages come from the cache: they may look different there.
        var fromCache = false
        /// Length of the longest line of ours that may be echoed.
        var echoLength = 0
        /// How the bytes of a TCP connection come; `nil`: none do.
        var socket: SocketDialect?
    }

    enum Mode {
        /// Between lines.
        case lineStart
        /// At the start of a line that may yet turn out as `+MSUB:`.
        case opening
        /// In an ordinary line.
        case line
        /// After `+MSUB:`.
        case message
        /// After the header of a frame.
        case frame(SocketFrame)
        /// In the rest of a line that was given up.
        case skipping
    }

    /// Bytes of other lines that may stand inside a damaged message, and push its end so much further.
    static let damageAllowance = 128

    private static let opening = Array("+MSUB".utf8)
    /// Once this much was consumed the rest moves to the front; keeps appending linear.
    private static let compaction = 4096

    let limits: Limits
    var buffer: [UInt8] = []
    /// Start of the token being cut.
    var head = 0
    /// How far a line end was looked for.
    private var scanned = 0
    var mode = Mode.lineStart
    private var frame = MessageFrame()
    private var directDialect: MessageDialect?
    private var cacheDialect: MessageDialect?
    /// Up to here the buffer may hold the payload of a message that could not be taken apart.
    var doubtfulEnd = 0
    /// Where the line paused within the frame being read, from its header on; `nil`: nowhere that still matters.
    var pauseInFrame: Int?
    /// What this module prints behind pushed bytes.
    var pushedEnds = PushedEnds()
    /// The owner knows that bytes of a stream are lost there.
    var isDamageTold = false
    /// Whether the line last returned began where such a payload may be: a stranger may have written it.
    private(set) var isLineDoubtful = false
    /// Bytes of ours that are on their way back, and how many of them came.
    var echo: (bytes: [UInt8], done: Int)?

    init(limits: Limits) {
        self.limits = limits
    }

    /// After how much silence a message or a frame that has begun and not ended is decided: it must not wait for ever.
    /// `nil`: there is none.
    var pendingSilence: Duration? {
        switch mode {
        case .message: limits.messageSilence
        case .frame(let frame): isWhole(frame) && !pushedEnds.areCertain ? limits.pushSilence : limits.messageSilence
        case .lineStart, .opening, .line, .skipping: nil
        }
    }

    /// Bytes held; bounded by the line and message bounds plus one read.
    var heldBytes: Int { buffer.count - head }

    mutating func append(_ bytes: [UInt8]) {
        if head == buffer.count {
            buffer.removeAll(keepingCapacity: true)
            doubtfulEnd = max(0, doubtfulEnd - head)
            scanned = 0
            head = 0
        } else if head > Self.compaction {
            buffer.removeSubrange(0..<head)
            doubtfulEnd = max(0, doubtfulEnd - head)
            scanned = max(0, scanned - head)
            head = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next token, `nil` when more bytes are needed. With `decideNow` a pending message is decided from what is
    /// there.
    mutating func next(
        _ context: Context, decideNow: Bool = false, topicMatches: ([UInt8]) -> Bool
    ) -> Token? {
        while true {
            switch mode {
            case .lineStart:
                if echo != nil {
                    switch swallowEcho(context) {
                    case .needsMore: return nil
                    case .isOver: break
                    case .interrupted(let token):
                        guard let token else { continue }
                        return token
                    }
                }
                while head < buffer.count, Self.isBlank(buffer[head]) {
                    pushedEnds.blank(buffer[head])
                    head += 1
                }
                guard head < buffer.count else { return nil }
                pushedEnds.lineBegins()
                if context.promptExpected, buffer[head] == 0x3E, context.socket == nil || head >= doubtfulEnd {
                    // Blanks after it go the way of all blanks between lines, in whichever read they come.
                    head += 1
                    return .prompt
                }
                mode = .opening
            case .opening:
                if let dialect = context.socket {
                    switch frameBegins(at: head, dialect) {
                    case nil: return nil
                    case .token(let token)?: return token
                    case .frame?: continue
                    case .line?: break
                    }
                }
                guard let textStart = findOpening() else { return nil }
                scanned = head
                mode = .line
                if textStart > 0 {
                    frame = MessageFrame(textStart: textStart)
                    mode = .message
                }
            case .line:
                guard let token = cutLine(context) else { return nil }
                return token
            case .message:
                guard let verdict = judge(context, decideNow, topicMatches) else { return nil }
                if let token = apply(verdict, context, decideNow) { return token }
            case .frame(let frame):
                guard let token = cutFrame(frame, decideNow) else { return nil }
                return token
            case .skipping:
                while head < buffer.count, buffer[head] != 0x0D, buffer[head] != 0x0A { head += 1 }
                guard head < buffer.count else { return nil }
                mode = .lineStart
            }
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x0D || byte == 0x0A || byte == 0x20 || byte == 0x09
    }

    /// Offset of the text after `+MSUB:`, 0 when the line is another, `nil` when it is too early to say.
    private func findOpening() -> Int? {
        var offset = 0
        for expected in Self.opening {
            guard head + offset < buffer.count else { return nil }
            guard buffer[head + offset] == expected else { return 0 }
            offset += 1
        }
        guard head + offset < buffer.count else { return nil }
        if buffer[head + offset] == 0x20 {
            offset += 1
            guard head + offset < buffer.count else { return nil }
        }
        guard buffer[head + offset] == 0x3A else { return 0 }
        offset += 1
        guard head + offset < buffer.count else { return nil }
        return buffer[head + offset] == 0x20 ? offset + 1 : offset
    }

    private mutating func cutLine(_ context: Context) -> Token? {
        let bound = head + max(limits.lineLength, context.echoLength)
        while scanned < buffer.count {
            let byte = buffer[scanned]
            if byte == 0x0D || byte == 0x0A {
                let line = Array(buffer[head..<scanned].trimmed)
                isLineDoubtful = head < doubtfulEnd
                head = scanned + 1
                mode = .lineStart
                return .line(line)
            }
            // A frame may stand directly behind other text; what is before it is the line.
            if byte == 0x2B, scanned > head, let dialect = context.socket {
                switch SocketHeader.parse(buffer, at: scanned, dialect: dialect, maximum: limits.maximumFrame) {
                case .tooEarly: return nil
                case .none: break
                case .frame, .damaged:
                    let line = Array(buffer[head..<scanned].trimmed)
                    isLineDoubtful = head < doubtfulEnd
                    head = scanned
                    mode = .opening
                    return .line(line)
                }
            }
            scanned += 1
            if scanned > bound {
                let token = discard(.lineOverflow, length: scanned - head)
                head = scanned
                mode = .skipping
                return token
            }
        }
        return nil
    }

    private mutating func judge(
        _ context: Context, _ decideNow: Bool, _ topicMatches: ([UInt8]) -> Bool
    ) -> MessageFrame.Verdict? {
        frame.scan(buffer, from: head, maximumPayload: limits.maximumPayload, topicMatches: topicMatches)
        return frame.verdict(
            buffer, from: head, hexPossible: context.hexPossible, decideNow: decideNow,
            dialect: context.fromCache ? cacheDialect : directDialect)
    }

    private mutating func apply(_ verdict: MessageFrame.Verdict, _ context: Context, _ decideNow: Bool) -> Token? {
        switch verdict {
        case .message(let topic, let payload, let length, let dialect):
            if context.fromCache { cacheDialect = dialect } else { directDialect = dialect }
            consume(length)
            return .message(topic: topic, payload: payload)
        case .ambiguous(let length):
            let token = discard(.ambiguousMessage, length: length)
            consume(length)
            return token
        case .unmatched(let length):
            let token = discard(.unmatchedMessage, length: length)
            consume(length)
            return token
        case .unframed:
            let token = discard(.unframedMessage, length: frame.headerLength)
            if let reach = frame.reach(hexPossible: context.hexPossible) {
                // Of a message that was cut short nothing comes once the line has fallen silent.
                let end = head + reach + Self.damageAllowance
                doubtfulEnd = max(doubtfulEnd, decideNow ? min(end, buffer.count) : end)
            }
            mode = .skipping
            return token
        case .noMessage:
            scanned = head
            mode = .line
            return nil
        }
    }

    private mutating func consume(_ length: Int) {
        head += length
        mode = .lineStart
    }

    private func discard(_ kind: Discard.Kind, length: Int) -> Token {
        .discarded(Discard(kind: kind, excerpt: excerpt(length: length)))
    }

    /// The beginning of what is being cut.
    func excerpt(length: Int) -> [UInt8] {
        Array(buffer[head..<min(buffer.count, head + min(length, limits.excerptLength))])
    }
}
