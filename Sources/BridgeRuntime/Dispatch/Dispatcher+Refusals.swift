import BridgeCore

/// What is not carried, and what the log says of it.
extension Dispatcher {
    /// Counts, lists and logs a message that is not carried.
    func refuse(_ refusal: Refusal) {
        pending.refusals.append(refusal)
        let excess = pending.refusals.count - Self.refusalLimit
        if excess > 0 { pending.refusals.removeFirst(excess) }
        tell(refusal)
    }

    /// Counts and logs a refusal that is on the list already.
    func tell(_ refusal: Refusal) {
        switch refusal.direction {
        case .out: counters.outRefused += 1
        case .in: counters.inRefused += 1
        }
        warn(refusal.code, "refused \(readable(refusal.topic)): \(refusal.reason)")
    }

    func warn(_ code: String, _ text: String) {
        for line in warnings.raised(code, now: clock.now) { say(line, text) }
        warningsDue?.move(to: warnings.deadline)
    }

    func summariseWarnings() {
        for line in warnings.deadlineReached(now: clock.now) { say(line, "") }
        warningsDue?.move(to: warnings.deadline)
    }

    private func say(_ line: RateLimitedWarnings.Line, _ text: String) {
        switch line {
        case .warning: log(.warning, text)
        case .summary(let code, let more): log(.warning, "\(more) more of: \(code)")
        }
    }
}
