import BridgeCore

/// The end in order.
extension Dispatcher {
    /// How long the local broker may take to acknowledge what it was given.
    static let deliveryLimit: Duration = .seconds(1)

    /// Stops reading, and calls `then` once all that was read is on disk and nothing is with the module, or after 5 s.
    func drain(_ then: @escaping () -> Void) {
        stopping = true
        settle()
        let limit = clock.now + .seconds(5)
        linger(until: min(limit, clock.now + Self.deliveryLimit), while: { $0.hasOpenDelivery }) { [weak self] in
            guard let self else { return }
            local.stopReading()
            settle()
            waitForQuiet(until: limit, then)
        }
    }

    /// The same for what the module has delivered since: the local broker's acknowledgements are read, so that nothing it
    /// has is delivered again at the next start. What it sends meanwhile is taken and acknowledged as ever.
    func drainLocal(_ then: @escaping () -> Void) {
        guard hasUndelivered else { return then() }
        local.resumeReading()
        let limit = clock.now + Self.deliveryLimit
        linger(until: limit, while: { $0.hasUndelivered }) { [weak self] in
            guard let self else { return }
            local.stopReading()
            settle()
            waitForQuiet(until: limit, then)
        }
    }

    /// Whether the local broker owes an acknowledgement.
    private var hasOpenDelivery: Bool { local.isConnected && !inbox.inFlight.isEmpty }

    /// Whether something is to be delivered yet, or the commit under way holds up what was: it can only be removed after
    /// that, and more may be loaded.
    private var hasUndelivered: Bool { local.isConnected && inboxWaiting > 0 || outstanding != nil }

    private func linger(
        until limit: Duration, while holds: @escaping (Dispatcher) -> Bool, _ then: @escaping () -> Void
    ) {
        if !holds(self) || clock.now >= limit { return then() }
        _ = clock.schedule(at: clock.now + .milliseconds(5)) { [weak self] in
            self?.linger(until: limit, while: holds, then)
        }
    }

    private func waitForQuiet(until limit: Duration, _ then: @escaping () -> Void) {
        // What was acknowledged while its own commit was under way can only be removed after that.
        if local.mayWrite && !module.hasOpenPublish && outstanding == nil || clock.now >= limit {
            commit()
            return then()
        }
        _ = clock.schedule(at: clock.now + .milliseconds(5)) { [weak self] in
            self?.waitForQuiet(until: limit, then)
        }
    }
}
