import ATProtocol

/// How much may be under way: what the far side has not acknowledged stays in the module, whose memory is small.
///
/// The GSM modules want it kept under 3000 bytes, asked every 5 s and the connection given up after 100 s without progress
/// (Quectel GSM TCP/IP guide 4.1); asking sooner at first costs a line and saves seconds. The others refuse when they are
/// full, some with the end of the connection (`SEND FAIL`): how much that is they tell nobody, so it is learnt.
struct SendWindow {
    /// What to do about bytes that wait.
    enum Step: Equatable {
        case wait
        case ask
        case send(Int)
    }

    /// The window where the profile names none: ten sends, more than a round trip takes at 115200 baud.
    static let defaultLimit = 14_600
    /// Pieces smaller than this are not worth a send while more waits.
    static let leastPiece = 1000
    /// Between two questions, growing.
    static let firstPause: Duration = .milliseconds(200)
    static let longestPause: Duration = .seconds(5)
    /// Without any progress for so long the connection is broken: 20 questions 5 s apart.
    static let patience: Duration = .seconds(100)
    /// And without a byte from the far side either: the path is dead, while the module answers.
    static let deadPatience: Duration = .seconds(45)
    /// Refused questions in a row that are put up with.
    static let refusalLimit = 3

    /// A limit that was learnt from a refused send is put down after this: another cell carries more in less time.
    static let memory: Duration = .seconds(21_600)

    private(set) var limit: Int
    private let sendLimit: Int
    private let leastPiece: Int
    private let mustAnswer: Bool
    /// Bytes sent that were not acknowledged when it was last asked, and those sent since.
    private(set) var open = 0
    /// Bytes sent in all.
    private var total = 0
    /// The module took less than it was given: ask before sending more.
    var isDoubted = false
    /// The module does not know the question.
    private var isMute = false
    private var refusals = 0
    /// When it may be asked again; `nil`: at once.
    private(set) var nextQuery: Duration?
    private var pause = Self.firstPause
    /// Since when it is full without progress.
    private var fullSince: Duration?
    /// When the far side last sent something.
    private var heard: Duration = .zero

    /// `learnt`: a limit that held no longer than a refused send.
    init(profile: SocketProfile, learnt: Int? = nil) {
        limit = max(min(profile.unacknowledgedLimit ?? Self.defaultLimit, learnt ?? .max), 1)
        sendLimit = profile.sendLimit
        leastPiece = min(Self.leastPiece, profile.sendLimit)
        mustAnswer = profile.dialect == .qi
    }

    /// What to do when `wanted` bytes, a send at most, wait.
    func next(_ wanted: Int, now: Duration) -> Step {
        if isMute { return .send(wanted) }
        let room = limit - open
        if !isDoubted, room >= min(wanted, leastPiece) { return .send(min(wanted, room)) }
        return nextQuery.map { $0 > now } ?? false ? .wait : .ask
    }

    mutating func sent(_ count: Int) {
        open = min(open + max(count, 0), 1 << 30)
        total = total.addingReportingOverflow(max(count, 0)).partialValue
        nextQuery = nil
    }

    /// The far side has the first `through` bytes, which its own answers show: it need not be asked for.
    mutating func acknowledged(through: Int) {
        guard total - through >= 0, total - through < open else { return }
        open = total - through
        (fullSince, nextQuery, pause) = (nil, nil, Self.firstPause)
    }

    /// The module refused a send. A full one does, and the next connection would fill it as far again: less from now on.
    /// A limit that is smaller than before, `nil` when it cannot have been full.
    mutating func refused() -> Int? {
        let floor = max(sendLimit, 1)
        guard open >= floor, limit > floor else { return nil }
        limit = max(min(open, limit) / 4 * 3, floor)
        return limit
    }

    /// The answer to the question; why the connection must end, or `nil`.
    mutating func answered(_ result: CommandResult, now: Duration) -> String? {
        guard result.isSuccess, let left = Self.unacknowledged(result) else {
            refusals += 1
            nextQuery = now + Self.longestPause
            guard refusals >= Self.refusalLimit else { return nil }
            if mustAnswer { return "the module does not say what the far side has (\(result.final.wireText))" }
            (isMute, nextQuery, isDoubted) = (true, nil, false)
            return nil
        }
        refusals = 0
        isDoubted = false
        let hasMoved = left < open
        open = min(left, 1 << 30)
        guard limit - open < leastPiece else {
            (fullSince, nextQuery, pause) = (nil, nil, Self.firstPause)
            return nil
        }
        if hasMoved || fullSince == nil { (fullSince, pause) = (now, Self.firstPause) }
        if let since = fullSince, now - since >= Self.patience || now - max(since, heard) >= Self.deadPatience {
            return "the far side has not acknowledged \(open) bytes for \((now - since).components.seconds) s"
        }
        nextQuery = now + pause
        pause = min(pause * 2, Self.longestPause)
        return nil
    }

    /// Bytes came from the far side.
    mutating func received(now: Duration) { heard = now }

    mutating func deadlineReached(now: Duration) {
        if let due = nextQuery, due <= now { nextQuery = nil }
    }

    /// The third number of `+CIPACK: sent,acknowledged,open` (YM310 AT manual 9.18); the others answer alike.
    private static func unacknowledged(_ result: CommandResult) -> Int? {
        guard let line = result.lines.last(where: { $0.first == 0x2B }) else { return nil }
        let fields = fieldsAfterColon(line)
        guard fields.count >= 3, let left = Int(fields[2]), left >= 0 else { return nil }
        return left
    }
}
