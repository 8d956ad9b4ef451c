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
        awaitDeliveries(until: min(limit, clock.now + Self.deliveryLimit)) { [weak self] in
            guard let self else { return }
            local.stopReading()
            settle()
            waitForQuiet(until: limit, then)
        }
    }

    /// The same for what the module has delivered since: the local broker's acknowledgements are read, so that nothing it
    /// has is delivered again at the next start. What it sends meanwhile is taken and acknowledged as ever.
    func drainLocal(_ then: @escaping () -> Void) {
        guard hasOpenDelivery || outstanding != nil else { return then() }
        local.resumeReading()
        let limit = clock.now + Self.deliveryLimit
        awaitDeliveries(until: limit) { [weak self] in
            guard let self else { return }
            local.stopReading()
            settle()
            waitForQuiet(until: limit, then)
        }
    }

    /// Whether the local broker owes an acknowledgement.
    private var hasOpenDelivery: Bool { local.isConnected && !inbox.inFlight.isEmpty }

    private func awaitDeliveries(until limit: Duration, _ then: @escaping () -> Void) {
        if !hasOpenDelivery || clock.now >= limit { return then() }
        _ = clock.schedule(at: clock.now + .milliseconds(5)) { [weak self] in
            self?.awaitDeliveries(until: limit, then)
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
