/// How long a send that is not full waits for what follows from bytes that have just come, or were just taken: both let
/// more messages come, and each send costs a latency. An idle line does not wait.
struct Refill {
    /// So long after the last bytes, and so long after the first of them: far less than a full send takes. What is pushed
    /// comes in frames, of which a short one is on the line for that long at 115200 baud.
    static let quiet: Duration = .milliseconds(4)
    static let pushedQuiet: Duration = .milliseconds(8)
    static let longest: Duration = .milliseconds(40)

    private let quiet: Duration

    /// When bytes moved first, without a quiet time since, and last.
    private var moves: (first: Duration, last: Duration)?
    /// When a send that waits is to go.
    private(set) var deadline: Duration?

    init(quiet: Duration) { self.quiet = quiet }

    /// Bytes came, or were taken.
    mutating func moved(now: Duration) {
        guard let moves, now < moves.last + quiet else { return moves = (now, now) }
        self.moves = (moves.first, now)
    }

    /// Whether a send waits; `deadline` says for how long.
    mutating func waits(now: Duration) -> Bool {
        deadline = moves.map { min($0.last + quiet, $0.first + Self.longest) }.flatMap { $0 > now ? $0 : nil }
        return deadline != nil
    }

    /// Nothing waits.
    mutating func end() { deadline = nil }
}
