import ModuleSimulator

/// What the remote broker keeps for a client, over connections and restarts when the session is not clean.
final class RemoteSession {
    /// A message to the client that is not done.
    struct Flight {
        var publish: MQTTPacket.Publish
        /// QoS 2: PUBREC has come, PUBREL is out.
        var isReleased = false
    }

    /// Messages under way at a time, as Mosquitto's `max_inflight_messages`.
    static let window = 20

    var subscriptions: [(filter: [UInt8], qos: UInt8, isNoLocal: Bool)] = []
    var inFlight: [Flight] = []
    /// What waits behind the window.
    private var queue: [MQTTPacket.Publish] = []
    private var head = 0
    /// QoS 2 messages of the client that wait for their PUBREL.
    var incoming: [UInt16: MQTTPacket.Publish] = [:]
    private var nextID: UInt16 = 1

    var waiting: Int { queue.count - head + inFlight.count }

    /// The QoS for a message on `topic`; `isOwn`: the client has published it itself.
    func qos(for topic: [UInt8], isOwn: Bool = false) -> UInt8? {
        var best: UInt8?
        for subscription in subscriptions
        where !(isOwn && subscription.isNoLocal) && matches(subscription.filter, topic) {
            best = max(best ?? 0, subscription.qos)
        }
        return best
    }

    /// `options`: the byte of SUBSCRIBE, of which the QoS and *no local* count. Whether the filter is new.
    func subscribe(_ filter: [UInt8], _ options: UInt8) -> Bool {
        let count = subscriptions.count
        subscriptions.removeAll { $0.filter == filter }
        defer { subscriptions.append((filter, options & 3, options & 4 != 0)) }
        return subscriptions.count == count
    }

    func add(_ publish: MQTTPacket.Publish) { queue.append(publish) }

    /// The next message that may go, which then is under way.
    func next() -> MQTTPacket.Publish? {
        guard inFlight.count < Self.window, head < queue.count else { return nil }
        var publish = queue[head]
        head += 1
        if head > 64, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        publish.id = nextID
        nextID = nextID == .max ? 1 : nextID + 1
        inFlight.append(Flight(publish: publish))
        return publish
    }

    /// The client has this one; false when it is not known.
    func finish(_ id: UInt16) -> Bool {
        guard let index = inFlight.firstIndex(where: { $0.publish.id == id }) else { return false }
        inFlight.remove(at: index)
        return true
    }

    func release(_ id: UInt16) {
        guard let index = inFlight.firstIndex(where: { $0.publish.id == id }) else { return }
        inFlight[index].isReleased = true
    }
}

/// Whether a filter takes a topic: `#` at the end and no other wildcard, which is all that is subscribed here.
func matches(_ filter: [UInt8], _ topic: [UInt8]) -> Bool {
    guard filter.last == UInt8(ascii: "#") else { return filter == topic }
    return topic.starts(with: filter.dropLast())
}
