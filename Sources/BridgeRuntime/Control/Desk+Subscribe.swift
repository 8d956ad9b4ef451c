import ATProtocol
import BridgeCore
import Control

extension Desk {
    /// Filters of one request.
    static let filterLimit = 16

    /// `subscribe`: `filters` and `qos`; tells each message that comes until it is cancelled, after `subscribed`.
    func subscribe(_ call: ControlCall, _ owner: any DeskOwner) {
        let texts = call.arguments["filters"]?.elements?.compactMap(\.string) ?? []
        let qos = Int(clamping: call.arguments["qos"]?.integer ?? 0)
        guard (1...Self.filterLimit).contains(texts.count), (0...2).contains(qos) else {
            return call.fail(.usage, "subscribe needs 1 to \(Self.filterLimit) filters and a qos of 0, 1 or 2")
        }
        var wanted: [TopicFilter] = []
        for text in texts {
            do throws(TopicError) {
                wanted.append(try TopicFilter(Array(text.utf8)))
            } catch {
                return call.fail(.dataError, "\(text.prefix(80)): \(error)")
            }
            if let problem = RemoteLimits.topicProblem(Array(text.utf8)) {
                return call.fail(.dataError, "\(text.prefix(80)): \(problem)")
            }
        }
        guard owner.driver.isOnline else { return call.fail(.unavailable, noLink(owner)) }
        let number = takeNumber()
        listeners[number] = Listener(filters: wanted, call: call)
        call.onCancel = { [weak self] in self?.leave(number) }
        ask(for: wanted[...], number, qos, call)
    }

    /// A message of the remote broker: whether a guest's subscription takes it.
    @discardableResult
    func observe(_ message: ReceivedMessage) -> Bool {
        var isWanted = false
        for listener in listeners.values where listener.filters.contains(where: { $0.matches(message.topic) }) {
            isWanted = true
            listener.call.tell(
                .object([
                    Self.topic(message.topic),
                    .init(name: "payload_base64", value: .text(Base64.encode(message.payload))),
                ]))
        }
        return isWanted
    }

    /// `topic`, or `topic_base64` for bytes that a JSON string cannot carry unchanged.
    private static func topic(_ bytes: [UInt8]) -> JSONValue.Member {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.utf8.elementsEqual(bytes), !bytes.contains(0) else {
            return .init(name: "topic_base64", value: .text(Base64.encode(bytes)))
        }
        return .init(name: "topic", value: .text(text))
    }

    /// Whether a guest has subscribed to this topic.
    func isSubscribed(_ topic: [UInt8]) -> Bool {
        listeners.values.contains { entry in entry.filters.contains { $0.matches(topic) } }
    }

    /// The session is gone, and the guests' subscriptions with it if it does not come back with them.
    func linkBroke(_ reason: String) {
        let ended = listeners.values.map(\.call)
        listeners = [:]
        leftovers.formUnion(filters.keys)
        filters = [:]
        for call in ended { call.fail(.unavailable, "the link broke: \(reason)") }
    }

    /// Messages can be published again: the session may hold what guests have left.
    func linkCameUp() {
        let left = leftovers
        leftovers = []
        for filter in left where filters[filter] == nil { unsubscribe(filter) }
    }

    private func unsubscribe(_ filter: [UInt8]) {
        guard let owner, !owner.keepsSubscription(filter) else { return }
        owner.driver.unsubscribe(filter) { [weak self] isGone in
            guard let self else { return }
            // Somebody has asked for it anew meanwhile: the session gets it next, and keeps its record.
            guard !listeners.values.contains(where: { $0.filters.contains { $0.bytes == filter } }) else { return }
            if isGone { self.owner?.guestUnsubscribed(filter) } else { leftovers.insert(filter) }
        }
    }

    /// One filter after the other, each with its SUBACK.
    private func ask(for rest: ArraySlice<TopicFilter>, _ number: Int, _ qos: Int, _ call: ControlCall) {
        guard call.isOpen, let owner else { return }
        guard let filter = rest.first else {
            call.tell(.members(["subscribed": true]))
            return
        }
        let key = filter.bytes
        if owner.subscribesItself(key) || filters[key] != nil {
            if !owner.subscribesItself(key) { hold(key, number) }
            return ask(for: rest.dropFirst(), number, qos, call)
        }
        owner.guestSubscribes(key) { [weak self] in self?.submit(filter, rest.dropFirst(), number, qos, call) }
    }

    private func submit(
        _ filter: TopicFilter, _ rest: ArraySlice<TopicFilter>, _ number: Int, _ qos: Int, _ call: ControlCall
    ) {
        let key = filter.bytes
        owner?.driver.subscribe(filter, qos: qos) { [weak self] outcome in
            guard let self else { return }
            switch outcome {
            case .granted:
                hold(key, number)
                ask(for: rest, number, qos, call)
            case .refused(let reason):
                leave(number)
                call.fail(.protocolError, "\(readable(key)): \(reason)")
            case .late:
                leave(number, perhaps: key)
                call.fail(.temporary, "\(readable(key)): no SUBACK came: the broker may refuse this filter")
            case .failed(let reason):
                leave(number, perhaps: key)
                call.fail(.unavailable, reason)
            }
        }
    }

    /// `perhaps`: the session may have this filter all the same.
    private func leave(_ number: Int, perhaps filter: [UInt8]? = nil) {
        if let filter, filters[filter] == nil { leftovers.insert(filter) }
        guard let entry = listeners.removeValue(forKey: number) else { return }
        for filter in entry.held { release(filter) }
    }

    /// The session has this filter for this listener, who may be gone meanwhile.
    private func hold(_ filter: [UInt8], _ number: Int) {
        filters[filter, default: 0] += 1
        guard listeners[number] != nil else { return release(filter) }
        listeners[number]?.held.append(filter)
    }

    private func release(_ filter: [UInt8]) {
        guard let count = filters[filter] else { return }
        filters[filter] = count > 1 ? count - 1 : nil
        if count == 1 { unsubscribe(filter) }
    }
}
