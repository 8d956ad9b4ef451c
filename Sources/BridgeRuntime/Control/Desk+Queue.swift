import BridgeCore
import Control

extension DeskOwner {
    var queue: Dispatcher? { nil }
}

extension Desk {
    /// `flush`: the store on disk then tells all that is known.
    func flush(_ call: ControlCall, _ owner: any DeskOwner) {
        guard let queue = queue(call, owner) else { return }
        queue.flush { result in
            switch result {
            case .success: call.finish()
            case .failure(let trouble): call.fail(.temporary, trouble.text)
            }
        }
    }

    /// `queue-retry`: `ids`, or `all`; answers with those that were aside.
    func retry(_ call: ControlCall, _ owner: any DeskOwner) {
        guard let queue = queue(call, owner) else { return }
        let isAll = call.arguments["all"]?.boolean == true
        guard let ids = ids(call), ids.isEmpty == isAll else {
            return call.fail(
                .usage, "queue-retry needs all, or ids: 1 to \(QueueSelection.idLimit) numbers of messages")
        }
        queue.retryAside(isAll ? nil : ids) { result in
            switch result {
            case .success(let retried): call.finish(.members(["retried": .list(retried.map { .number($0) })]))
            case .failure(let trouble): call.fail(.temporary, trouble.text)
            }
        }
    }

    /// `queue-purge`: `direction`; `ids`, `topic`, `route`, `accepted_before`, or `all`; answers with how many went.
    func purge(_ call: ControlCall, _ owner: any DeskOwner) {
        guard let queue = queue(call, owner) else { return }
        guard let direction = direction(call), let selection = selection(call) else { return }
        queue.purge(direction, selection) { result in
            switch result {
            case .success(let counts):
                call.finish(
                    .members(["purged": .number(counts.purged), "under_way": .number(counts.spared)]))
            case .failure(let trouble): call.fail(.temporary, trouble.text)
            }
        }
    }

    private func queue(_ call: ControlCall, _ owner: any DeskOwner) -> Dispatcher? {
        if owner.queue == nil { call.fail(.unavailable, "this is for the running service, which has the queue") }
        return owner.queue
    }

    private func direction(_ call: ControlCall) -> Refusal.Direction? {
        switch call.arguments["direction"]?.string {
        case nil, "out": return .out
        case "in": return .in
        default:
            call.fail(.usage, "direction is out or in")
            return nil
        }
    }

    private func selection(_ call: ControlCall) -> QueueSelection? {
        var selection = QueueSelection()
        guard let ids = ids(call) else {
            call.fail(.usage, "ids are at most \(QueueSelection.idLimit) numbers of messages")
            return nil
        }
        if !ids.isEmpty { selection.ids = Set(ids) }
        if let topic = bytes(call, "topic") {
            do throws(TopicError) {
                selection.filter = try TopicFilter(topic)
            } catch {
                call.fail(.usage, "topic is no topic filter: \(error)")
                return nil
            }
        }
        // Counted from 1, as everywhere where people read it; 0: by none.
        selection.route = call.arguments["route"]?.integer.map { Int(clamping: $0 &- 1) }
        selection.acceptedBefore = call.arguments["accepted_before"]?.integer
        guard selection.isEverything == (call.arguments["all"]?.boolean == true) else {
            call.fail(.usage, "queue-purge needs all, or one or more of ids, topic, route and accepted_before")
            return nil
        }
        return selection
    }

    /// Empty where there are none; nil when they are wrong.
    private func ids(_ call: ControlCall) -> [Int64]? {
        guard let value = call.arguments["ids"] else { return [] }
        guard let elements = value.elements, (1...QueueSelection.idLimit).contains(elements.count) else { return nil }
        let ids = elements.compactMap(\.integer)
        return ids.count == elements.count ? ids : nil
    }
}
