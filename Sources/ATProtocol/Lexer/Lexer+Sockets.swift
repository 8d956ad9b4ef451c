/// Frames of a TCP connection among the lines.
extension Lexer {
    /// What begins at a place.
    enum Beginning {
        /// A frame; it is being read now.
        case frame
        /// An ordinary line.
        case line
        /// A frame that was given up at once.
        case token(Token)
    }

    /// What begins at a place where a line may begin; `nil` when it is too early to say.
    mutating func frameBegins(at start: Int, _ dialect: SocketDialect) -> Beginning? {
        switch SocketHeader.parse(buffer, at: start, dialect: dialect, maximum: limits.maximumFrame) {
        case .tooEarly: return nil
        case .none: return .line
        case .frame(let frame):
            head = start
            pauseInFrame = nil
            mode = .frame(frame)
            return .frame
        case .damaged(let size, let announced):
            head = start
            return .token(giveUp(headerLength: size, reach: size + 2 * announced))
        }
    }

    /// The frame as a token; `nil` when more bytes are needed.
    mutating func cutFrame(_ begun: SocketFrame, _ decideNow: Bool) -> Token? {
        var frame = begun
        if breaksOff(frame), let pause = pauseInFrame {
            let token = damaged(headerLength: frame.payloadStart)
            head += pause
            mode = .lineStart
            return token
        }
        let verdict = ended(frame.judge(buffer, from: head, decideNow: decideNow), frame, decideNow)
        mode = .frame(frame)
        switch verdict {
        case .tooEarly: return nil
        case .damaged:
            pushedEnds.failed()
            guard decideNow, !isWhole(frame) else {
                return giveUp(headerLength: frame.payloadStart, reach: frame.reach)
            }
            // It broke off: all that is here was of it.
            let token = damaged(headerLength: frame.payloadStart)
            head = buffer.count
            mode = .lineStart
            return token
        case .data(let bytes, let size):
            let line = frame.lineLength.map { Array(buffer[head..<(head + $0)]) }
            let discard = Discard(kind: .damagedFrame, excerpt: excerpt(length: frame.payloadStart))
            let token: Token =
                if !frame.isOurs {
                    .discarded(discard)
                } else if head < doubtfulEnd {
                    // Left out, it would be missing in the stream: the owner must know, once.
                    isDamageTold ? .discarded(discard) : .damaged(discard)
                } else {
                    .frame(line: line, data: bytes)
                }
            if case .damaged = token { isDamageTold = true }
            head += size
            mode = .lineStart
            return token
        }
    }

    /// Whether all that a pushed frame announced is there.
    func isWhole(_ frame: SocketFrame) -> Bool {
        frame.form == .pushed && buffer.count >= head + frame.payloadStart + frame.length
    }

    /// Pushed bytes are believed when a line ends or begins behind them, or nothing comes. A byte of them that was lost on
    /// the line, or text of the module's among them, would have its place taken by the first of what follows, unseen.
    private mutating func ended(_ verdict: SocketFrame.Verdict, _ frame: SocketFrame, _ decideNow: Bool)
        -> SocketFrame.Verdict
    {
        guard frame.form == .pushed, case .data(_, let size) = verdict else { return verdict }
        // The rest of an echo may stand there.
        if let echo, echo.done < echo.bytes.count { return verdict }
        let rest = buffer[(head + size)...].prefix(2)
        switch rest.first {
        case nil where !decideNow: return .tooEarly
        case nil: return pushedEnds.areCertain ? .damaged : verdict
        case 0x0D? where rest.count == 1: return decideNow ? verdict : .tooEarly
        case 0x0D? where rest.last == 0x0A:
            pushedEnds.ended()
            return verdict
        // A header, or the prompt.
        case 0x2B?, 0x3E?: return pushedEnds.areCertain ? .damaged : verdict
        default: return .damaged
        }
    }

    /// The line was silent for a while: what comes next in a frame may be the first line of a module that starts anew.
    mutating func linePaused() {
        guard case .frame(let frame) = mode, pauseInFrame == nil else { return }
        let held = buffer.count - head
        if frame.isRaw, held >= frame.payloadStart, held < frame.payloadStart + frame.length { pauseInFrame = held }
    }

    /// Whether the bytes after the pause read as a line, not as the rest of the frame. Payload may read so too: then a
    /// frame is given up that would have come right, and the connection with it.
    private mutating func breaksOff(_ frame: SocketFrame) -> Bool {
        guard let pause = pauseInFrame else { return false }
        let rest = frame.payloadStart + frame.length - pause
        let bytes = buffer[(head + pause)...].prefix(rest)
        let starts = Self.startsOfLines.map { $0.prefix(rest) }
        if starts.contains(where: { bytes.starts(with: $0) }) { return true }
        if !starts.contains(where: { $0.starts(with: bytes) }) { pauseInFrame = nil }
        return false
    }

    /// A line's own start, and those of boot banners that come without (module-behaviour 2).
    private static let startsOfLines: [[UInt8]] = ["\r\n", "\nRDY", "RDY", "^boot"].map { Array($0.utf8) }

    /// Nothing is known about where it ends: what could be of it must be credited to nothing.
    private mutating func giveUp(headerLength: Int, reach: Int) -> Token {
        let token = damaged(headerLength: headerLength)
        doubtfulEnd = max(doubtfulEnd, head + reach + Self.damageAllowance)
        isDamageTold = true
        mode = .skipping
        return token
    }

    private func damaged(headerLength: Int) -> Token {
        .damaged(Discard(kind: .damagedFrame, excerpt: excerpt(length: headerLength)))
    }

    /// The line was silent: nothing of a damaged frame comes any more.
    mutating func lineWasSilent() {
        doubtfulEnd = head
    }

    /// These bytes of ours come back next, since the module echoes.
    mutating func expectEcho(_ bytes: [UInt8]) {
        echo = (bytes, 0)
    }

    /// What became of the echo.
    enum EchoEnd {
        case needsMore
        case isOver
        case interrupted(Token?)
    }

    /// Drops the echo as it comes: nothing in it is a line, whatever it holds. A frame may come in the middle.
    mutating func swallowEcho(_ context: Context) -> EchoEnd {
        guard let (bytes, start) = echo else { return .isOver }
        var done = start
        while done < bytes.count, head < buffer.count {
            if buffer[head] == bytes[done] {
                done += 1
                head += 1
            } else if Self.isBlank(buffer[head]) {
                // The blank of the prompt, or the line ends around a frame in the middle.
                head += 1
            } else {
                echo = (bytes, done)
                if let dialect = context.socket {
                    switch frameBegins(at: head, dialect) {
                    case nil: return .needsMore
                    case .frame?: return .interrupted(nil)
                    case .token(let token)?: return .interrupted(token)
                    case .line?: break
                    }
                }
                // The rest of it may stand anywhere now.
                doubtfulEnd = max(doubtfulEnd, head + bytes.count - done + Self.damageAllowance)
                isDamageTold = false
                echo = nil
                return .isOver
            }
        }
        echo = done == bytes.count ? nil : (bytes, done)
        return echo == nil ? .isOver : .needsMore
    }
}
