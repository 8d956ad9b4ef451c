/// When bytes are read on request, and before or after what waits to be sent.
struct ReadSchedule {
    /// A full send waits for a read for so many sends, or so long after the notice, at most.
    static let sendsBeforeRead = 3
    static let longestNotice: Duration = .milliseconds(600)
    /// A notice may have been lost: a read while an answer is awaited, and while none is. The first one well before a
    /// missing acknowledgement ends the session.
    static let awaitingRead: Duration = .seconds(3)
    static let idleRead: Duration = .seconds(60)
    /// The pause after a read that came to nothing although something is there, and how many of them in a row there may be.
    static let emptyPause: Duration = .milliseconds(250)
    static let emptyLimit = 40

    /// The module prints what comes in: nothing is read.
    let isOff: Bool
    /// Since when bytes are known to wait in the module.
    private var since: Duration?
    /// A notice came while a read ran, and after bytes of that read.
    private var noticedMeanwhile = false
    private var noticedAfterBytes = false
    private var bytes = 0
    private var sendsSinceRead = 0
    private var readsSinceSend = 0
    private var emptyReads = 0
    /// The next read without a notice.
    private var next: Duration?
    private var pause: Duration?
    /// Bytes were sent since some came.
    private var awaitsAnswer = false

    init(isOff: Bool) { self.isOff = isOff }

    /// When `deadlineReached` is due.
    var deadline: Duration? { isOff ? nil : [next, pause].compactMap { $0 }.min() }

    /// Too many reads in a row came to nothing.
    var isHopeless: Bool { emptyReads >= Self.emptyLimit }

    /// The first turn of a connection.
    mutating func begin(now: Duration) {
        if next == nil { next = now + interval }
    }

    /// Whether a read is due.
    func isDue(now: Duration) -> Bool { !isOff && since != nil && pause.map { $0 <= now } ?? true }

    /// Whether a read that is due goes before what can be sent: a full send goes first for a while, what is less takes
    /// turns.
    func goesFirst(isFull: Bool, now: Duration) -> Bool {
        guard isFull else { return readsSinceSend == 0 }
        guard sendsSinceRead > 0, let since else { return false }
        return sendsSinceRead >= Self.sendsBeforeRead || now - since >= Self.longestNotice
    }

    private var interval: Duration { awaitsAnswer ? Self.awaitingRead : Self.idleRead }

    // MARK: Events

    /// A send is on its way.
    mutating func sent(now: Duration) {
        sendsSinceRead = min(sendsSinceRead + 1, 1000)
        readsSinceSend = 0
        guard !awaitsAnswer else { return }
        awaitsAnswer = true
        next = min(next ?? now + interval, now + interval)
    }

    /// Bytes wait in the module.
    mutating func noticed(whileReading: Bool, now: Duration) {
        since = since ?? now
        guard whileReading else { return }
        noticedMeanwhile = true
        if bytes > 0 { noticedAfterBytes = true }
    }

    /// Bytes came.
    mutating func received(_ count: Int, now: Duration) {
        awaitsAnswer = false
        bytes = min(bytes, 1 << 30) + min(count, 1 << 30)
        next = now + interval
    }

    /// A read is on its way.
    mutating func started() {
        bytes = 0
        (noticedMeanwhile, noticedAfterBytes) = (false, false)
    }

    /// It ended. `left`: what the module still holds, where it says so.
    mutating func ended(succeeded: Bool, left: Int?, now: Duration) {
        readsSinceSend = min(readsSinceSend + 1, 1000)
        sendsSinceRead = 0
        next = now + interval
        // Read again until there is nothing left. What was told of before the answer is in its count.
        let isTold = noticedMeanwhile && (noticedAfterBytes || bytes == 0 || left == nil)
        let isMore = isTold || (left ?? bytes) > 0
        if succeeded, bytes > 0 || left ?? 0 == 0 {
            emptyReads = 0
            pause = nil
            since = isMore ? now : nil
        } else {
            // Refused, or nothing came although something is there.
            emptyReads += 1
            pause = now + Self.emptyPause
        }
    }

    /// Time has passed: what was waited for is due from now on, and has no deadline any more.
    mutating func deadlineReached(now: Duration) {
        if let due = pause, due <= now { pause = nil }
        if let due = next, due <= now {
            next = now + interval
            since = since ?? now
        }
    }
}
