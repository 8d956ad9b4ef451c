/// What to do with a message that came from the remote broker.
public enum EchoVerdict: Equatable, Sendable {
    /// Nothing speaks against it: to the local broker.
    case deliver
    /// It is the remote broker's echo of our own publish; the id of the outbox row.
    case dropEcho(id: Int64)
    /// It repeats the last message that crossed on its topic, just after a subscribe.
    case dropRepeat
}

/// Recognises what the remote broker sends back of our own publishes.
///
/// MQTT 3.1.1 has no *no local*: who publishes on a topic that matches a filter of their own gets the message back, and
/// neither packet ids nor flags reach us through the module, so an echo is known only by its topic and payload.
/// In doubt a message is delivered: a doubled message can be lived with, a lost one cannot.
///
/// **How often.** One publish command makes at most one echo in one session. Therefore each entry counts its publish
/// commands, and that many equal messages are dropped between two breaks, no more: the next equal one comes from
/// somebody else. Three things make more than one come:
/// - A row whose acknowledgement had not come when the link broke may or may not have reached the broker. It is
///   published again under the same id: the count rises, since both may be echoed.
/// - An echo that the module had received, but whose own acknowledgement was lost with the link, is sent again by the
///   broker in the next session. Therefore what was dropped before a break may be dropped once more after it.
/// - Echoes that wait at the broker in a session that is not clean come after the reconnect, however late.
///
/// A publish command that certainly failed is `withdrawn`: nothing will come of it.
///
/// **How long.** Until the acknowledgement there is no limit: `ack_timeout` ends the session first. Then an entry lapses
/// after 30 s of the same session, or 30 s after the reconnect. While the link is down no time passes.
///
/// **Over a restart.** The entry becomes an `EchoRow` when its publish is acknowledged, unless its echo has come before;
/// to be committed in the same batch that removes the outbox row, or, for a message that never was in the outbox, before
/// that is acknowledged locally: at every instant one of the two is on disk. A record that was not written when the echo
/// comes is not needed any more. A row that is still in the outbox at the start may have been published before:
/// `restore` takes those that may have been under way.
///
/// **Repeats.** For 10 s after the `SUBACK` of a `both` route a message equal to the last one that crossed on its topic,
/// either way, is dropped: the broker repeats retained messages to every subscriber, and the module does not say so.
///
/// Everything is bounded; over the bound the oldest is forgotten, so its echo is delivered.
public struct EchoLedger: Sendable {
    /// The bounds and times.
    public struct Limits: Sendable, Equatable {
        /// Echoes expected at a time.
        public var echoes = 256
        /// Topics whose last message is remembered.
        public var crossings = 1024
        /// Publish commands counted for one row.
        public var copies = 8
        /// How long an echo is waited for after the acknowledgement or the reconnect.
        public var lapse: Duration = .seconds(30)
        /// How long after a `SUBACK` repeats are dropped.
        public var repeats: Duration = .seconds(10)
        /// The defaults.
        public init() {}
    }

    /// The most bytes of a payload that an `EchoRow` carries. They are kept only where the payload is longer than the
    /// module's receive limit, to recognise an echo that was cut there; else length and digest do.
    public static let prefixLimit = 4096

    private struct Entry: Sendable {
        var row: EchoRow
        var copies = 1
        var dropped = 0
        var lapsesAt: Duration?
        var isStored = false
    }

    private let limits: Limits
    private var entries: [Entry] = []
    private var crossings: LastCrossings
    private var windows: [(filter: TopicFilter, until: Duration)] = []
    private var added: [EchoRow] = []
    private var removed: [Int64] = []

    /// How many bytes of a payload the module receives before it cuts (from the profile).
    public var receiveLimit: Int
    /// Echoes forgotten because more were expected than the bound allows.
    public private(set) var forgotten: UInt64 = 0

    /// An empty ledger; the link counts as down.
    public init(receiveLimit: Int, limits: Limits = Limits()) {
        self.receiveLimit = receiveLimit
        self.limits = limits
        crossings = LastCrossings(limit: limits.crossings)
    }

    /// Echoes expected now.
    public var count: Int { entries.count }

    /// When the next entry lapses; `nil` while none does.
    public var deadline: Duration? { entries.compactMap(\.lapsesAt).min() }

    /// Takes over what an earlier run left: its stored echoes, and the outbox rows that may have been under way when it
    /// ended (the first in order, as many as one batch of removals holds). Call before the link comes up.
    public mutating func restore(_ rows: [EchoRow], unfinished: [OutboundRow] = []) {
        for row in rows where !entries.contains(where: { $0.row.id == row.id }) {
            insert(Entry(row: row, isStored: true))
        }
        for row in unfinished where row.expectsEcho && !entries.contains(where: { $0.row.id == row.id }) {
            insert(Entry(row: echo(of: row)))
        }
    }

    /// The publish command of this row is about to be written. Each further call for the same row says it is published
    /// again. A row that expects no echo is not entered.
    public mutating func published(_ row: OutboundRow, now: Duration) {
        guard row.expectsEcho else { return }
        lapse(now)
        crossings.note(topic: row.topic, payload: row.payload, receiveLimit: receiveLimit)
        if let index = entries.firstIndex(where: { $0.row.id == row.id }) {
            if entries[index].row.digest == digest(row.payload) && entries[index].row.topic == row.topic {
                entries[index].copies = min(entries[index].copies + 1, limits.copies)
                entries[index].lapsesAt = nil
                return
            }
            remove(at: index)  // The number of a row of the past was given again.
        }
        insert(Entry(row: echo(of: row)))
    }

    /// The last publish command of this row certainly did not reach the broker (`ERROR` in place of `OK`).
    public mutating func withdrawn(_ id: Int64) {
        guard let index = entries.firstIndex(where: { $0.row.id == id }) else { return }
        entries[index].copies -= 1
        if entries[index].copies == 0 { remove(at: index) }
    }

    /// The row was acknowledged: QoS 0 at `OK`, QoS 1 at `PUBACK`, QoS 2 at `PUBCOMP`. `wallClock`: Unix seconds.
    public mutating func acknowledged(_ id: Int64, now: Duration, wallClock: Int64) {
        guard let index = entries.firstIndex(where: { $0.row.id == id }) else { return }
        entries[index].row.acknowledgedAt = wallClock
        entries[index].lapsesAt = now + limits.lapse
        if !entries[index].isStored, entries[index].dropped < entries[index].copies {
            entries[index].isStored = true
            added.append(entries[index].row)
        }
    }

    /// The MQTT session ended, in whatever way.
    public mutating func linkBroke() {
        for index in entries.indices { entries[index].lapsesAt = nil }
        windows = []
    }

    /// A new MQTT session: call at `CONNACK OK`, before any message of that session is judged.
    public mutating func linkCameUp(now: Duration) {
        windows = []
        for index in entries.indices {
            entries[index].dropped = 0
            entries[index].lapsesAt = now + limits.lapse
        }
    }

    /// `SUBACK` for a filter that serves a `both` route.
    public mutating func subscribed(_ filter: TopicFilter, now: Duration) {
        windows.removeAll { $0.filter == filter || $0.until <= now }
        windows.append((filter, now + limits.repeats))
    }

    /// Judges a message of the remote broker and remembers it. `isBoth`: the route that takes it goes both ways.
    public mutating func judge(topic: [UInt8], payload: [UInt8], isBoth: Bool, now: Duration) -> EchoVerdict {
        lapse(now)
        let whole = digest(payload)
        for index in entries.indices where entries[index].dropped < entries[index].copies {
            guard isEcho(entries[index].row, topic, payload, whole) else { continue }
            entries[index].dropped += 1
            let id = entries[index].row.id
            if entries[index].dropped == entries[index].copies, let waiting = added.firstIndex(where: { $0.id == id }) {
                added.remove(at: waiting)
                entries[index].isStored = false
            }
            return .dropEcho(id: id)
        }
        guard isBoth else { return .deliver }
        if windows.contains(where: { now < $0.until && $0.filter.matches(topic) }),
            crossings.isLast(topic: topic, payload: payload, receiveLimit: receiveLimit)
        {
            return .dropRepeat
        }
        crossings.note(topic: topic, payload: payload, receiveLimit: receiveLimit)
        return .deliver
    }

    /// Forgets what has lapsed.
    public mutating func deadlineReached(now: Duration) { lapse(now) }

    /// Whether the record of this row's echo waits to be written.
    public func awaitsStore(_ id: Int64) -> Bool { added.contains { $0.id == id } }

    /// What to write with the next batch; handed out once.
    public mutating func takeChanges() -> (add: [EchoRow], remove: [Int64]) {
        defer { (added, removed) = ([], []) }
        return (added, removed)
    }

    private func isEcho(_ row: EchoRow, _ topic: [UInt8], _ payload: [UInt8], _ whole: UInt64) -> Bool {
        if row.length == payload.count { return row.digest == whole && row.topic == topic }
        // Cut: exactly as many bytes as the module can receive, and the beginning of something longer.
        return payload.count == receiveLimit && row.length > receiveLimit && row.prefix.count >= receiveLimit
            && row.topic == topic && row.prefix.prefix(receiveLimit).elementsEqual(payload)
    }

    private func echo(of row: OutboundRow) -> EchoRow {
        let isCut = row.payload.count > receiveLimit
        let prefix = isCut ? Array(row.payload.prefix(min(max(receiveLimit, 0), Self.prefixLimit))) : []
        return EchoRow(
            id: row.id, topic: row.topic, length: row.payload.count, prefix: prefix, digest: digest(row.payload),
            acknowledgedAt: 0)
    }

    private mutating func insert(_ entry: Entry) {
        while entries.count >= max(limits.echoes, 1) {
            forgotten += 1
            remove(at: 0)
        }
        entries.append(entry)
    }

    private mutating func lapse(_ now: Duration) {
        for index in entries.indices.reversed() {
            if let lapsesAt = entries[index].lapsesAt, lapsesAt <= now { remove(at: index) }
        }
    }

    private mutating func remove(at index: Int) {
        let entry = entries.remove(at: index)
        guard entry.isStored else { return }
        if let waiting = added.firstIndex(where: { $0.id == entry.row.id }) {
            added.remove(at: waiting)
        } else {
            removed.append(entry.row.id)
        }
    }
}
