import BridgeCore
import MosquittoClient

/// What is subscribed at the local broker.
extension LocalDriver {
    /// Asks for everything again: a session that was kept has it already, and then nothing comes of it.
    func subscribe() {
        guard let broker else { return }
        for filter in stale {
            attempt("unsubscribe", filter) { () throws(MosquittoError) in
                unsubscribing[try broker.unsubscribe(String(decoding: filter, as: UTF8.self))] = filter
            }
        }
        // In their order: of several copies that of the first filter is taken, which must not be missing.
        for (index, filter) in filters.enumerated() {
            // New retained messages only; our own are not wanted back; the flag tells a retained message from a live
            // one.
            let options = MosquittoClient.SubscribeOptions(
                noLocal: true, retainAsPublished: true, retainHandling: 1,
                identifier: copies.areNeeded ? copies.identifiers[index] : nil)
            attempt("subscribe", filter.bytes) { () throws(MosquittoError) in
                // QoS 1 at most: libmosquitto cannot receive QoS 2 so that a crash loses nothing.
                let mid = try broker.subscribe(
                    "\(filter)", qos: 1, options: version == .v5 ? options : MosquittoClient.SubscribeOptions())
                subscribing[mid] = index
            }
        }
        guard !filters.contains(where: { $0.matches(Self.droppedTopic) }) else { return }
        attempt("subscribe", Self.droppedTopic) { () throws(MosquittoError) in
            _ = try broker.subscribe(
                String(decoding: Self.droppedTopic, as: UTF8.self), qos: 0, options: MosquittoClient.SubscribeOptions())
        }
    }

    /// One request that fails must not keep the others from being made.
    private func attempt(_ what: String, _ filter: [UInt8], _ body: () throws(MosquittoError) -> Void) {
        do throws(MosquittoError) {
            try body()
        } catch {
            log(.error, "local \(what) \(readable(filter)): \(error)")
        }
    }

    /// The broker's answer to one of the subscriptions.
    func subscribed(_ mid: Int32, _ granted: [Int32]) {
        guard let index = subscribing.removeValue(forKey: mid), filters.indices.contains(index) else { return }
        guard granted.contains(where: { $0 >= 128 }) else {
            refused.remove(index)
            return
        }
        if refused.insert(index).inserted {
            log(.error, "the local broker refuses the subscription to \(readable(filters[index].bytes)): check its ACL")
        }
    }
}
