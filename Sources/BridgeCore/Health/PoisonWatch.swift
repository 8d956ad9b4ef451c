/// Tells a message that breaks the link from a link that breaks.
///
/// A message is poison when it failed three times in a row, each time within 5 s of being handed over, and another
/// message passed since the first time. After two such failures it waits until a heartbeat has passed, or where there is
/// none another message (of another topic or priority, so that order is kept): the witness. When the witness fails too,
/// or the link breaks with nothing under way, or later than that, or for want of the network, it was weather, and all is
/// forgotten. A heartbeat is the better witness: of two poisonous messages each would make weather of the other.
public struct PoisonWatch: Sendable, Equatable {
    /// A failure later than this after the handing over is no message's fault.
    public static let window: Duration = .seconds(5)
    /// So many failures in a row.
    public static let strikes = 3

    private struct Suspect: Equatable {
        var id: Int64
        var strikes = 1
        var hasWitness = false
    }

    private struct Given: Equatable {
        var id: Int64
        var at: Duration
    }

    private var suspect: Suspect?
    private var given: Given?
    private var struckAt: Duration?

    /// Nobody is suspected.
    public init() {}

    /// The message that is not to be given again before another one has passed.
    public var needsWitness: Int64? {
        suspect.flatMap { $0.strikes >= Self.strikes - 1 && !$0.hasWitness ? $0.id : nil }
    }

    /// A message or a heartbeat was handed to the module, in a session that stood.
    public mutating func given(_ id: Int64, now: Duration) { given = Given(id: id, at: now) }

    /// It passed.
    public mutating func acknowledged(_ id: Int64) {
        given = nil
        if suspect?.id == id { suspect = nil } else { suspect?.hasWitness = true }
    }

    /// It is gone for another reason.
    public mutating func finished(_ id: Int64) {
        given = nil
        if suspect?.id == id { suspect = nil }
    }

    /// The module said ERROR to it, or the link broke with it under way. True: set it aside.
    public mutating func failed(_ id: Int64, now: Duration) -> Bool {
        let isQuick = given.map { $0.id == id && now - $0.at <= Self.window } ?? false
        given = nil
        struckAt = now
        guard isQuick, let known = suspect else {
            suspect = isQuick ? Suspect(id: id) : nil
            return false
        }
        guard known.id == id, known.strikes + 1 < Self.strikes || known.hasWitness else {
            // Nobody could be found to bear witness, or the witness fails too.
            if known.id != id { suspect = nil }
            return false
        }
        suspect?.strikes += 1
        guard known.strikes + 1 >= Self.strikes else { return false }
        suspect = nil
        return true
    }

    /// The session ended; after `failed` for what was under way. `isWeather`: for want of the network.
    public mutating func broke(isWeather: Bool, now: Duration) {
        if isWeather || struckAt != now { suspect = nil }
        given = nil
    }
}
