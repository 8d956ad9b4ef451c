import BridgeCore
import Control
import ModemCore

/// The session as the desk sees it.
extension LoneSession: DeskOwner {
    var driver: ModuleDriver { module }
    var carriesData: Bool { state != nil }
    var whyOffline: String? {
        guard let reason = module.link.recovery?.reason else { return lastError() }
        guard let error = lastError(), !error.hasPrefix(reason) else { return reason }
        return "\(reason); last error: \(error)"
    }
    var hasQueue: Bool { options.sameID && state != nil }

    func deskStatus() -> JSONValue {
        .members([
            "service": false, "link": module.isOnline ? "online" : "offline", "link_kind": module.linkKind,
            "tls": module.linkTLS, "at": .text(module.summary),
        ])
    }

    // With the service's id its filters are in the session or they are not; asking once more does no harm.
    func subscribesItself(_ filter: [UInt8]) -> Bool { false }

    func keepsSubscription(_ filter: [UInt8]) -> Bool {
        routing?.remoteSubscriptions.contains { $0.filter.bytes == filter } ?? false
    }

    func guestSubscribes(_ filter: [UInt8], then: @escaping () -> Void) {
        guard options.sameID, let state, !keepsSubscription(filter) else { return then() }
        // It is the service's session: what this process leaves behind, the service unsubscribes.
        let known = recordedFilters
        guard !known.contains(filter) else { return then() }
        record(known + [filter], in: state, then: then)
    }

    func guestUnsubscribed(_ filter: [UInt8]) {
        guard options.sameID, let state, !keepsSubscription(filter) else { return }
        record(recordedFilters.filter { $0 != filter }, in: state) {}
    }

    private var recordedFilters: [[UInt8]] {
        guard let state, let known = try? state.meta(Dispatcher.Meta.remoteFilters) else { return [] }
        return known.split(separator: 0x0A).map(Array.init)
    }

    private func record(_ filters: [[UInt8]], in state: StateDirectory, then: @escaping () -> Void) {
        var batch = StoreBatch()
        batch.setMeta = [
            StoreBatch.Meta(key: Dispatcher.Meta.remoteFilters, value: Array(filters.joined(separator: [0x0A])))
        ]
        state.begin(batch) { _ in then() }
    }

    func enqueue(_ message: DeskMessage, follows: Bool, then: @escaping (DeskMessage.Progress) -> Void) {
        guard hasQueue, let state else { return then(.refused("there is no queue")) }
        let limits = RemoteLimits(maximumPayload: module.largestPayload)
        if let problem = limits.problem(topic: message.topic, payloadCount: message.payload.count) {
            return then(.refused("refused: \(problem.reason)"))
        }
        let now = clock.wallClock
        var batch = StoreBatch()
        batch.appendOut = [
            OutboundRow(
                topic: message.topic, payload: message.payload, qos: message.qos, retain: message.retain,
                acceptedAt: now, expiresAt: message.expiry.map { now + $0 }, route: OutboundRow.noRoute)
        ]
        state.begin(batch) { result in
            switch result {
            case .success(let receipt): then(receipt.outIDs.first == .some(nil) ? .refused(Self.isFull) : .stored)
            case .failure(let failure): then(.refused(failure.text))
            }
        }
    }

    private static let isFull = "refused: the queue is full ([queue] max_bytes)"
}
