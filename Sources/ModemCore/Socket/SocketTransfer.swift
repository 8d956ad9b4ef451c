public import ATProtocol

/// The bytes of one TCP connection in and out of the module: one command at a time.
///
/// The owner keeps what it sends until `accepted`, asks for a turn whenever the line is idle, and again after every event
/// and deadline. After `failed` there are no more turns before `opened`.
public struct SocketTransfer: ~Copyable {
    /// What to do with an idle line.
    public enum Turn: Equatable {
        /// Nothing.
        case nothing
        /// Send so many of the bytes that wait: `send`.
        case send(Int)
        /// Run this command: a read, or a query of what the far side has.
        case run(ATCommand)
    }

    /// What the driver has to know.
    public enum Action: Equatable {
        /// The module has taken so many more bytes.
        case accepted(Int)
        /// The connection must end: it is not known what was sent or received.
        case failed(String)
    }

    /// The command of the last turn.
    private enum Running: Equatable {
        case read
        case send(Int)
        case query
    }

    /// The pause after a send that came to nothing, and how many of them in a row there may be.
    static let emptyPause: Duration = .milliseconds(250)
    static let emptyLimit = 40
    /// `SEND OK` after its `OK` is due within this time (BC260Y-CN TCP/IP guide 2.3.5 grants 300 ms).
    static let sentTimeout: Duration = .seconds(30)
    /// How long a send may take. The guide of the GSM modules (9) allows any command 60 s, which is longer than a mute
    /// module may go unnoticed.
    static let sendTimeout: Duration = .seconds(20)

    /// What was learnt of a module's memory, for the connections after this one.
    public struct Learnt: Sendable, Equatable {
        /// Bytes that may be under way, and since when (`now` of the refused send) that is known.
        var limit: Int
        var since: Duration
    }

    private let profile: SocketProfile
    private let pushes: Bool
    /// Set when the module refused a send because it was full; the owner gives it to the next transfer.
    public private(set) var learnt: Learnt?
    private var isOpen = false
    private var running: Running?
    private var window: SendWindow

    private var reads: ReadSchedule
    // Sending.
    private var emptySends = 0
    private var sendPause: Duration?
    /// Bytes whose `SEND OK` is due, and when it is given up.
    public private(set) var unconfirmed: (count: Int, due: Duration)?
    private var confirmedEarly = false

    private var refill: Refill

    /// A transfer without a connection. `pushes`: the module prints what comes in; else it is read on request. `learnt`:
    /// of the transfer before it; it is forgotten some hours later.
    public init(profile: SocketProfile, pushes: Bool, learnt: Learnt? = nil, now: Duration = .zero) {
        self.profile = profile
        self.pushes = profile.pushes(cached: !pushes)
        if let learnt, now - learnt.since < SendWindow.memory { self.learnt = learnt }
        window = SendWindow(profile: profile, learnt: self.learnt?.limit)
        reads = ReadSchedule(isOff: self.pushes)
        refill = Refill(quiet: self.pushes ? Refill.pushedQuiet : Refill.quiet)
    }

    /// A new connection: nothing is known of it.
    public mutating func opened() { self = SocketTransfer(profile, pushes, learnt, isOpen: true) }

    /// The connection is gone.
    public mutating func closed() { self = SocketTransfer(profile, pushes, learnt, isOpen: false) }

    private init(_ profile: SocketProfile, _ pushes: Bool, _ learnt: Learnt?, isOpen: Bool) {
        self.init(profile: profile, pushes: pushes, learnt: learnt, now: learnt?.since ?? .zero)
        self.isOpen = isOpen
    }

    // MARK: Turns

    /// What to do while the line is idle and nobody else wants it. `waiting`: bytes to send; `mayReceive`: whether bytes
    /// can be taken; `mayGrow`: whether more could be waiting in a moment.
    public mutating func turn(waiting: Int, mayReceive: Bool, mayGrow: Bool = true, now: Duration) -> Turn {
        guard isOpen, running == nil, unconfirmed == nil else { return .nothing }
        reads.begin(now: now)
        let wanted = sendPause.map { $0 > now } ?? false ? 0 : min(max(waiting, 0), profile.sendLimit)
        let isFull = wanted * 3 >= profile.sendLimit * 2
        let step = wanted > 0 ? window.next(wanted, now: now) : .wait
        if mayReceive, reads.isDue(now: now), let command = read,
            step == .wait || reads.goesFirst(isFull: isFull, now: now)
        {
            running = .read
            reads.started()
            return .run(command)
        }
        if case .send = step, !isFull, mayGrow, refill.waits(now: now) { return .nothing }
        refill.end()
        switch step {
        case .wait: return .nothing
        case .send(let count): return .send(count)
        case .ask:
            running = .query
            return .run(query)
        }
    }

    /// The command that sends these bytes, as many as `turn` said.
    public mutating func send(_ bytes: [UInt8], now: Duration) -> ATCommand {
        let piece = bytes.count > profile.sendLimit ? Array(bytes.prefix(profile.sendLimit)) : bytes
        let command: ATCommand? =
            switch profile.dialect {
            case .cip: try? .cipsend(piece)
            case .qi: try? .qisend(piece)
            case .bc260y: try? .qisendHex(piece)
            }
        // Nothing to send: a harmless command, which nothing follows from.
        guard var command else { return .at }
        // `SEND OK` only says that TCP has the bytes, for which the window leaves room: a module that says nothing is mute.
        command.timeout = min(command.timeout, Self.sendTimeout)
        running = .send(piece.count)
        confirmedEarly = false
        reads.sent(now: now)
        return command
    }

    private var read: ATCommand? {
        switch profile.dialect {
        case .cip: try? .ciprxgetRead(profile.readLimit)
        case .qi: try? .qird(profile.readLimit)
        case .bc260y: nil
        }
    }

    private var query: ATCommand {
        switch profile.dialect {
        case .cip: .cipack
        case .qi: .qisack
        case .bc260y: .qisendState
        }
    }

    // MARK: Answers

    /// The command of the last turn ended.
    public mutating func commandCompleted(_ result: CommandResult, now: Duration) -> [Action] {
        guard isOpen, let finished = running else { return [] }
        running = nil
        switch finished {
        case .read: return readAnswered(result, now: now)
        case .send(let count): return sendAnswered(count, result, now: now)
        case .query:
            guard !hasNoAnswer(result) else { return fail("the module gives no answer to a query") }
            return window.answered(result, now: now).map { fail($0) } ?? []
        }
    }

    private func hasNoAnswer(_ result: CommandResult) -> Bool {
        switch result.final {
        case .timedOut, .portLost, .noPrompt: true
        case .ok, .text, .error, .cmeError, .cmsError: false
        }
    }

    private mutating func readAnswered(_ result: CommandResult, now: Duration) -> [Action] {
        if hasNoAnswer(result) { return fail("a read got no answer (\(result.final.wireText))") }
        reads.ended(succeeded: result.isSuccess, left: remaining(result), now: now)
        return reads.isHopeless ? fail("nothing can be read (\(result.final.wireText))") : []
    }

    /// What the module still holds, when it says so: `+CIPRXGET: 2,read,left` (YM310 AT manual 9.27).
    private func remaining(_ result: CommandResult) -> Int? {
        guard profile.dialect == .cip, result.isSuccess,
            let line = result.lines.last(where: { $0.starts(with: "+CIPRXGET".utf8) }),
            let left = fieldsAfterColon(line).dropFirst(2).first.flatMap({ Int($0) }), left >= 0
        else { return nil }
        return left
    }

    private mutating func sendAnswered(_ count: Int, _ result: CommandResult, now: Duration) -> [Action] {
        switch result.final {
        case .ok where profile.dialect == .bc260y:
            if confirmedEarly { return accepted(count, now: now) }
            unconfirmed = (count, now + Self.sentTimeout)
            return []
        case .ok: return accepted(count, now: now)
        case .text(let line):
            guard line.starts(with: "DATA".utf8) else { return accepted(count, now: now) }
            guard let taken = Self.taken(line), taken <= count else {
                return fail("the module says that it took other bytes than were sent (\(printable(line)))")
            }
            return taken == count ? accepted(count, now: now) : acceptedInPart(taken, now: now)
        case .error, .cmeError, .cmsError:
            return refused("a send of \(count) bytes was answered \(result.final.wireText)", now)
        case .timedOut, .portLost, .noPrompt:
            return fail("a send of \(count) bytes was answered \(result.final.wireText)")
        }
    }

    /// The number of `DATA ACCEPT:n`; of several links the last one (YM310 AT manual 9.14).
    private static func taken(_ line: [UInt8]) -> Int? {
        let digits = line.reversed().drop { $0 == 0x20 }.prefix { $0 >= 0x30 && $0 <= 0x39 }.prefix(6).reversed()
        return digits.isEmpty ? nil : digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private mutating func accepted(_ count: Int, now: Duration) -> [Action] {
        emptySends = 0
        refill.moved(now: now)
        sendPause = nil
        window.sent(count)
        return [.accepted(count)]
    }

    /// Its buffer is full: what the far side has is asked for before more is sent.
    private mutating func acceptedInPart(_ count: Int, now: Duration) -> [Action] {
        emptySends = count == 0 ? emptySends + 1 : 0
        if emptySends >= Self.emptyLimit { return fail("the module takes no more bytes") }
        window.sent(count)
        window.isDoubted = true
        sendPause = now + Self.emptyPause
        return count == 0 ? [] : [.accepted(count)]
    }

    private mutating func refused(_ reason: String, _ now: Duration) -> [Action] {
        if let limit = window.refused() { learnt = Learnt(limit: limit, since: now) }
        return fail(reason)
    }

    private mutating func fail(_ reason: String) -> [Action] {
        closed()
        return [.failed(reason)]
    }

    // MARK: Events

    /// A line about the connection.
    public mutating func received(_ event: SocketEvent, now: Duration) -> [Action] {
        guard isOpen else { return [] }
        switch event {
        case .dataWaiting:
            reads.noticed(whileReading: running == .read, now: now)
            return []
        case .sent:
            if let (count, _) = unconfirmed {
                unconfirmed = nil
                return accepted(count, now: now)
            }
            if case .send = running { confirmedEarly = true }
            return []
        case .sendFailed: return refused("the module could not send (SEND FAIL)", now)
        // The end of the connection is the link machine's.
        case .networkReady, .tcpError: return []
        }
    }

    /// So many bytes of the connection came.
    public mutating func received(bytes: Int, now: Duration) {
        guard isOpen, bytes > 0 else { return }
        reads.received(bytes, now: now)
        window.received(now: now)
        refill.moved(now: now)
    }

    /// The far side has the first `through` bytes of the connection: what it says proves it.
    public mutating func acknowledged(through: Int) { window.acknowledged(through: through) }

    // MARK: Time

    /// When `deadlineReached` is due; `nil` while a command runs, whose own limit is the session's.
    public var deadline: Duration? {
        guard isOpen, running == nil else { return nil }
        return [unconfirmed?.due, sendPause, reads.deadline, refill.deadline, window.nextQuery].compactMap { $0 }
            .min()
    }

    /// Time has passed: a turn may be asked for again.
    public mutating func deadlineReached(now: Duration) -> [Action] {
        guard isOpen, running == nil else { return [] }
        if let (_, due) = unconfirmed, due <= now { return fail("a send was not confirmed in time") }
        // What was waited for is allowed or due from now on, and has no deadline any more.
        if let due = sendPause, due <= now { sendPause = nil }
        if let due = refill.deadline, due <= now { refill.end() }
        reads.deadlineReached(now: now)
        window.deadlineReached(now: now)
        return []
    }
}
