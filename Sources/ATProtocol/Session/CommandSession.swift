/// The dialogue with one module on one port: one command at a time, everything else told apart from its answer.
///
/// Pure: bytes and time go in, actions come out, in order. The owner writes, keeps one timer on ``deadline`` and calls
/// `deadlineReached` when it passes; calling it early does no harm.
public struct CommandSession: ~Copyable {
    /// Whether a subscribed filter matches a topic. Messages for other topics are discarded; none match at first. Called
    /// while the session works: it must not touch the session itself.
    public var topicMatches: ([UInt8]) -> Bool = { _ in false }
    /// Whether the module prints payloads as hexadecimal digits. Follows a confirmed `AT+MQTTMODE=n` by itself; both
    /// forms are tried while such a command runs, after one without an answer, and before the first.
    public var hexMode = false
    /// How the bytes of a TCP connection come; `nil`: no socket link, and nothing is taken for such bytes. To be set before
    /// the connection opens.
    public var socketDialect: SocketDialect?

    let limits: Limits
    let baud: Int
    var lexer: Lexer
    var state = State.closed
    /// Whether `ATE0` was confirmed since the port opened.
    var echoIsOff = false
    /// The last command line written: it may come back as an echo after its time.
    var lastLine: [UInt8] = []
    /// What a `STATE:` line said, kept for the CONNECT FAIL that follows.
    var connectState: [UInt8]?
    /// Whether the last `AT+MQTTMODE=n` was confirmed: a module keeps the mode when only this side starts anew.
    var modeIsKnown = false
    var lastByte: Duration = .zero

    /// A closed session. `baud` only serves to estimate how long a line takes.
    public init(limits: Limits = Limits(), baud: Int) {
        self.limits = limits
        self.baud = max(1, baud)
        lexer = Lexer(limits: limits)
    }

    enum State {
        /// No port. Follows: idle.
        case closed
        /// Nothing in flight. Follows: running, synchronising.
        case idle
        /// A command is in flight. Follows: idle, lingering, synchronising, unusable.
        case running(Job)
        /// The command ended with a line that an `OK` may follow. Follows: idle.
        case lingering(CommandResult, until: Duration)
        /// Looking for the module. Follows: idle, unusable.
        case synchronising(Synchronisation)
        /// The module did not answer, or may be in data mode. Follows: synchronising.
        case unusable
    }

    /// Whether a command can be submitted.
    public var isIdle: Bool {
        if case .idle = state { true } else { false }
    }

    /// Whether it looks for the module: nothing but the probe is written.
    public var isSynchronising: Bool {
        if case .synchronising = state { true } else { false }
    }

    /// When `deadlineReached` is to be called next.
    public var deadline: Duration? {
        let own: Duration? =
            switch state {
            case .closed, .idle, .unusable: nil
            case .running(let job): job.deadline
            case .lingering(_, let until): until
            case .synchronising(let synchronisation): synchronisation.deadline
            }
        guard let pause = lexer.pendingSilence else { return own }
        let silence = lastByte + pause
        return own.map { min($0, silence) } ?? silence
    }

    /// The port is open. What was known about the module is forgotten.
    public mutating func portOpened(now: Duration) -> [Action] {
        let actions = portClosed(now: now)
        state = .idle
        return actions
    }

    /// The port is gone; a command in flight ends with it.
    public mutating func portClosed(now: Duration) -> [Action] {
        var actions: [Action] = []
        switch state {
        case .running(let job): actions.append(.completed(CommandResult(lines: job.lines, final: .portLost)))
        // Its good end was already seen.
        case .lingering(let result, _): actions.append(.completed(result))
        case .closed, .idle, .synchronising, .unusable: break
        }
        state = .closed
        lexer = Lexer(limits: limits)
        (echoIsOff, hexMode, modeIsKnown, lastLine, connectState) = (false, false, false, [], nil)
        return actions
    }

    /// Sends a command. Only while ``isIdle``.
    public mutating func submit(_ command: ATCommand, now: Duration) -> [Action] {
        guard isIdle else { preconditionFailure("AT command submitted while the session is not idle") }
        connectState = nil
        lastLine = command.line
        if command.line.starts(with: "AT+MQTTMODE=".utf8) { modeIsKnown = false }
        let bytes = command.line + [0x0D, 0x0A]
        state = .running(Job(command: command, sentBy: now + transmission(of: bytes.count)))
        return [.write(bytes)]
    }

    /// The kernel has taken all bytes of the last `write`.
    public mutating func written(now: Duration) -> [Action] {
        guard case .running(var job) = state else { return [] }
        job.written(now: now)
        state = .running(job)
        var actions: [Action] = []
        if let final = job.earlyFinal { finish(job, final, now: now, into: &actions) }
        return actions
    }

    /// Bytes came from the module.
    public mutating func received(_ bytes: [UInt8], now: Duration) -> [Action] {
        if case .closed = state { return [] }
        guard !bytes.isEmpty else { return [] }
        if socketDialect != nil, now - lastByte >= limits.messageSilence { lexer.lineWasSilent() }
        if now - lastByte >= limits.frameSilence { lexer.linePaused() }
        lastByte = now
        lexer.append(bytes)
        var actions: [Action] = []
        drain(now: now, decideNow: false, into: &actions)
        return actions
    }

    /// Time has passed.
    public mutating func deadlineReached(now: Duration) -> [Action] {
        var actions: [Action] = []
        // What stands behind one that is decided may begin another.
        while let pause = lexer.pendingSilence, now >= lastByte + pause {
            drain(now: now, decideNow: true, into: &actions)
        }
        switch state {
        case .running(let job) where job.deadline <= now:
            if job.sawOK {
                finish(job, .ok, now: now, into: &actions)
            } else {
                timeOut(job, now: now, into: &actions)
            }
        case .lingering(let result, let until) where until <= now:
            state = .idle
            actions.append(.completed(result))
        case .synchronising(let synchronisation) where synchronisation.deadline <= now:
            synchronisationDue(synchronisation, now: now, into: &actions)
        case .closed, .idle, .running, .lingering, .synchronising, .unusable: break
        }
        return actions
    }

    /// How long a number of bytes takes on the wire, ten bits each.
    func transmission(of count: Int) -> Duration {
        .microseconds(Int64(count) * 10_000_000 / Int64(baud))
    }

    private mutating func drain(now: Duration, decideNow: Bool, into actions: inout [Action]) {
        var decideNow = decideNow
        let matches = topicMatches
        while let token = lexer.next(context, decideNow: decideNow, topicMatches: matches) {
            decideNow = false
            switch token {
            case .line(let line): lineReceived(line, now: now, into: &actions)
            case .prompt: promptReceived(now: now, into: &actions)
            case .message(let topic, let payload):
                actions.append(
                    .message(ReceivedMessage(topic: topic, payload: payload, fromCache: context.fromCache)))
            case .frame(let line, let data): frameReceived(line, data, into: &actions)
            case .damaged(let discard): actions.append(.dataDamaged(discard))
            case .discarded(let discard): actions.append(.discarded(discard))
            }
        }
    }

    private var context: Lexer.Context {
        var context = Lexer.Context(
            hexPossible: hexMode || !modeIsKnown, echoLength: lastLine.count, socket: socketDialect)
        let running: [UInt8]
        switch state {
        case .running(let job):
            context.promptExpected = job.expectsPrompt
            running = job.command.line
        // A read of the cache that took too long may still be printing.
        case .synchronising: running = lastLine
        case .closed, .idle, .lingering, .unusable: return context
        }
        context.fromCache = running.equals("AT+MQTTMSGGET")
        return context
    }
}
