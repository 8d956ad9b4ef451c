import ATProtocol
package import BridgeCore

/// What the bridge holds and does, for who watches it.
extension BridgeAssembly {
    /// What is in memory; every number has a bound.
    package struct Load: Equatable {
        /// Rows of the outbox.
        package var outRows = 0
        /// Their bytes, as the byte cap counts them.
        package var outBytes = 0
        /// Rows of the inbox.
        package var inRows = 0
        /// Their bytes.
        package var inBytes = 0
        /// Rows that wait for a commit, of either way.
        package var uncommitted = 0
        /// Bytes of inbound messages that wait for a commit.
        package var uncommittedInBytes = 0
        /// Refusals that wait for a commit.
        package var refusals = 0
        /// Rows that may be removed from disk.
        package var removals = 0
        /// Local publishes without their acknowledgement.
        package var locallyPublished = 0
        /// Echoes expected.
        package var echoes = 0
        /// Bytes of a socket link that wait for the module.
        package var streamBytes = 0
        /// Messages that its MQTT client has.
        package var streamMessages = 0
        /// Places in its stream that are kept.
        package var streamMarks = 0
    }

    /// What is in memory now.
    package var load: Load {
        var load = Load()
        load.outRows = dispatcher.outbox.count + dispatcher.outbox.inFlight.count
        load.outBytes = dispatcher.outbox.bytes
        load.inRows = dispatcher.inbox.count + dispatcher.inbox.inFlight.count
        load.inBytes = dispatcher.inbox.bytes
        load.uncommitted = dispatcher.pending.appendOut.count + dispatcher.pending.appendIn.count
        load.uncommittedInBytes = dispatcher.unstoredBytes
        load.refusals = dispatcher.pending.refusals.count
        load.removals = dispatcher.outbox.finishedCount + dispatcher.inbox.finishedCount
        load.locallyPublished = dispatcher.locallyPublished.count
        load.echoes = dispatcher.echoes.count
        load.streamBytes = module.carrier?.waitingBytes ?? 0
        load.streamMessages = module.carrier?.open.count ?? 0
        load.streamMarks = (module.carrier?.marks.count ?? 0) + (module.carrier?.fences.count ?? 0)
        return load
    }

    /// Whether messages may be published.
    package var isOnline: Bool { module.isOnline }

    /// Whether the session looks for the module: nothing but its probe may be written.
    package var isSynchronising: Bool { module.session.isSynchronising }

    /// What the link is doing, for people.
    package var summary: String { module.summary }

    /// What was counted since the start.
    package var counters: Counters { dispatcher.counters }
}
